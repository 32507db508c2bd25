"""English. Dates are month first in "en", "en-US", "en-CA" and "en-PH", elsewhere day first."""

import re
from collections.abc import Callable

from inference.wording.languages.table import Counted, Language, Moment, Money, last_word
from inference.wording.numbers import number_words

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


def _words(number: int) -> str:
    return number_words(number, "en") or str(number)


def _ordinal(number: int) -> str:
    return number_words(number, "en", "ordinal") or str(number)


def say_date(day: int, month: str, year: str, before: str) -> str:
    if last_word(before) == "the":
        return say_date_day_first(day, month, year, before)
    return f"{month} {_ordinal(day)}" + (f", {year}" if year else "")


def say_date_day_first(day: int, month: str, year: str, before: str) -> str:
    the = "" if last_word(before) == "the" else "the "
    return f"{the}{_ordinal(day)} of {month}" + (f", {year}" if year else "")


def say_time(at: Moment) -> str:
    half = at.half or ("p" if at.hour > 12 else "a" if at.hour == 0 else "")
    hour = _words((at.hour - 1) % 12 + 1)
    minute = f" oh {_words(at.minute)}" if at.minute < 10 else f" {_words(at.minute)}"
    if half:
        return f"{hour}{minute if at.minute else ''} {half}.m."
    return hour + (minute if at.minute else " o'clock")


def say_ordinal(number: int, _mark: str, _before: str) -> str | None:
    return number_words(number, "en", "ordinal")


def _saint_or_street(before: str, after: str) -> str:
    """ "Main St.", but "St. Mary", and "in Main St. Anne's" is what nobody writes."""
    word = before.split()[-1:]
    follows_name = bool(word) and word[0][:1].isupper() and word[0].isalnum()
    return "Saint" if after.lstrip()[:1].isupper() and not follows_name else "Street"


def _fraction(after_number: str, alone: str) -> Callable[[str, str], str]:
    def means(before: str, _after: str) -> str:
        return f"and {after_number}" if re.search(r"\d $", before) else alone

    return means


LANGUAGE = Language(
    code="en",
    digits=("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    months=MONTHS,
    month_names={
        "Jan": 1, "Feb": 2, "Mar": 3, "Apr": 4, "Jun": 6, "Jul": 7, "Aug": 8, "Sep": 9,
        "Sept": 9, "Oct": 10, "Nov": 11, "Dec": 12,
    },
    weekdays={
        "Mon": "Monday", "Tue": "Tuesday", "Tues": "Tuesday", "Wed": "Wednesday",
        "Thu": "Thursday", "Thur": "Thursday", "Thurs": "Thursday", "Fri": "Friday",
        "Sat": "Saturday", "Sun": "Sunday",
    },
    say_date=say_date,
    say_time=say_time,
    say_ordinal=say_ordinal,
    point="point",
    minus="minus",
    plus="plus",
    to="to",
    percent="percent",
    per="a",
    number="number",
    ampersand="and",
    years_in_hundreds=True,
    year_cues=("in", "since", "until", "till", "of", "by", "from", "year", "before", "after"),
    digit_cues=(
        "call", "dial", "extension", "ext.", "Ext.", "PIN", "pin", "code", "room", "flight", "zip",
        "ZIP", "postcode", "reference", "ticket", "order number", "account number", "case number",
    ),
    day_first=False,
    month_then_day=True,
    after_day=r"(?:st|nd|rd|th)?(?: of)? ",
    before_year=r",? ",
    after_hour=r" ?[AaPp](?:\.[Mm]\.|[Mm](?![\w]))| o['’]clock",
    ordinal_mark=r"(?:st|nd|rd|th)(?!\w)",
    money={
        "€": Money("one euro", "euros", Counted("one cent", "cents")),
        "$": Money("one dollar", "dollars", Counted("one cent", "cents")),
        "£": Money("one pound", "pounds", Counted("one penny", "pence")),
        "¥": Money("one yen", "yen"),
        "CHF": Money("one Swiss franc", "Swiss francs", Counted("one centime", "centimes")),
    },
    cents_after=" and ",
    cents_are_named=True,
    units={
        "km": Counted("one kilometre", "kilometres"),
        "m": Counted("one metre", "metres"),
        "cm": Counted("one centimetre", "centimetres"),
        "mm": Counted("one millimetre", "millimetres"),
        "mi": Counted("one mile", "miles"),
        "ft": Counted("one foot", "feet"),
        "kg": Counted("one kilogram", "kilograms"),
        "g": Counted("one gram", "grams"),
        "mg": Counted("one milligram", "milligrams"),
        "µg": Counted("one microgram", "micrograms"),
        "lb": Counted("one pound", "pounds"),
        "lbs": Counted("one pound", "pounds"),
        "oz": Counted("one ounce", "ounces"),
        "l": Counted("one litre", "litres"),
        "L": Counted("one litre", "litres"),
        "ml": Counted("one millilitre", "millilitres"),
        "mL": Counted("one millilitre", "millilitres"),
        "min": Counted("one minute", "minutes"),
        "mins": Counted("one minute", "minutes"),
        "h": Counted("one hour", "hours"),
        "hrs": Counted("one hour", "hours"),
        "hr": Counted("one hour", "hours"),
        "sec": Counted("one second", "seconds"),
        "°C": Counted("one degree Celsius", "degrees Celsius"),
        "°F": Counted("one degree Fahrenheit", "degrees Fahrenheit"),
        "°": Counted("one degree", "degrees"),
        "km/h": Counted("one kilometre an hour", "kilometres an hour"),
        "mph": Counted("one mile an hour", "miles an hour"),
        "kWh": Counted("one kilowatt hour", "kilowatt hours"),
        "kW": Counted("one kilowatt", "kilowatts"),
        "MB": Counted("one megabyte", "megabytes"),
        "GB": Counted("one gigabyte", "gigabytes"),
        "m²": Counted("one square metre", "square metres"),
    },
    signs={
        "@": "at", ".": "dot", "-": "hyphen", "_": "underscore", "/": "slash", "+": "plus",
        ":": "colon", "?": "question mark", "=": "equals", "&": "and", "#": "hash",
        "~": "tilde", "%": "percent",
    },
    letters={"A": "A,"},  # else it is said as in "a day"
    abbreviations={
        "Dr.": "Doctor", "Dr": "Doctor", "Mr.": "Mister", "Mr": "Mister", "Mrs.": "Missus",
        "Mrs": "Missus", "Ms.": "Miz", "Prof.": "Professor", "Jr.": "Junior", "Sr.": "Senior",
        "Ave.": "Avenue", "Rd.": "Road", "Blvd.": "Boulevard", "Apt.": "Apartment",
        "e.g.": "for example", "E.g.": "for example", "i.e.": "that is", "I.e.": "that is",
        "etc.": "et cetera", "vs.": "versus", "approx.": "approximately", "dept.": "department",
        "Dept.": "Department", "Inc.": "Incorporated", "Ltd.": "Limited", "tel.": "telephone",
        "Tel.": "Telephone", "ext.": "extension", "Ext.": "extension", "appt.": "appointment",
        "w/o": "without", "24/7": "twenty-four seven", "½": "one half",
        "¼": "one quarter", "¾": "three quarters",
    },
    before_number={"No.": "number", "Nos.": "numbers", "no.": "number", "p.": "page"},
    special={
        "St.": _saint_or_street,
        "1/2": _fraction("a half", "one half"),
        "1/4": _fraction("a quarter", "one quarter"),
        "3/4": _fraction("three quarters", "three quarters"),
    },
)  # fmt: skip
