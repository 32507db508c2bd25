"""German."""

import re

from inference.wording.languages.table import Counted, Language, Moment, Money, last_word
from inference.wording.numbers import number_words

# after these an ordinal ends in -n: "am dritten April"
_OBLIQUE = frozenset((
    "am", "im", "vom", "zum", "zur", "beim", "dem", "den", "des", "bis", "ab", "seit", "jeden",
    "jedem", "einem", "einen", "einer", "diesem", "diesen", "dieser", "ihrem", "ihren", "seinem",
    "seinen", "unserem", "unseren", "meinem", "meinen",
))  # fmt: skip
_DATIVE = re.compile(r"\b(?:in|an|auf|aus|bei|mit|nach|von|vor|zu) der $", re.IGNORECASE)
_DEFINITE = frozenset(("der", "die", "das", "jeder", "jede", "jedes"))


def _words(number: int) -> str:
    return number_words(number, "de") or str(number)


def _ordinal(number: int, before: str, alone: str) -> str:
    stem = (number_words(number, "de", "ordinal") or str(number)).removesuffix("e")
    # "am 3. und 4. April": the second goes as the first
    chain = re.search(r"(\w+) \d{1,2}\.? ?(?:und|oder|bis|[-–]) ?$", before)
    word = chain[1].lower() if chain else last_word(before)
    if word in _OBLIQUE or _DATIVE.search(before):
        return f"{stem}en"
    return f"{stem}e" if word in _DEFINITE else f"{stem}{alone}"


def say_date(day: int, month: str, year: str, before: str) -> str:
    return f"{_ordinal(day, before, 'er')} {month}" + (f" {year}" if year else "")


def say_time(at: Moment) -> str:
    hour = "ein" if at.hour == 1 else _words(at.hour)
    return f"{hour} Uhr" + (f" {_words(at.minute)}" if at.minute else "")


def say_ordinal(number: int, mark: str, before: str) -> str | None:
    """ "im 2. Stock", but "Ich habe 2. Das genügt"."""
    if mark == ". ":
        if last_word(before) not in _OBLIQUE | _DEFINITE:
            return f"{_words(number)}. "
        return _ordinal(number, before, "e") + " "
    return _ordinal(number, before, "e")


def one(after: str) -> str:
    """ "ein Tag", "eine Stunde": most nouns tell by their ending."""
    noun = re.match(r" ([A-ZÄÖÜ][a-zäöüß]+)", after)
    if not noun:
        return "eins"
    is_feminine = re.search(r"(?:e|ung|heit|keit|schaft|ion|tät|ur|ei)$", noun[1])
    return "eine" if is_feminine and noun[1] != "Name" else "ein"


def _frau_or_friday(_before: str, after: str) -> str:
    return "Frau" if re.match(r" (?:Dr|Prof|[A-ZÄÖÜ][a-zäöüß])", after) else "Freitag"


LANGUAGE = Language(
    code="de",
    digits=("null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"),
    months=(
        "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September",
        "Oktober", "November", "Dezember",
    ),
    month_names={
        "Jänner": 1, "Jan": 1, "Feb": 2, "Mär": 3, "Apr": 4, "Jun": 6, "Jul": 7, "Aug": 8,
        "Sep": 9, "Sept": 9, "Okt": 10, "Nov": 11, "Dez": 12,
    },
    weekdays={
        "Mo": "Montag", "Di": "Dienstag", "Mi": "Mittwoch", "Do": "Donnerstag", "Fr": "Freitag",
        "Sa": "Samstag", "So": "Sonntag",
    },
    say_date=say_date,
    say_time=say_time,
    say_ordinal=say_ordinal,
    point="Komma",
    minus="minus",
    plus="plus",
    to="bis",
    percent="Prozent",
    per="pro",
    number="Nummer",
    ampersand="und",
    thousands=".",
    one=one,
    years_in_hundreds=True,
    year_cues=("jahr", "jahre", "jahres", "seit", "anno", "von", "bis"),
    digit_cues=(
        "Notruf", "Durchwahl", "Nebenstelle", "Apparat", "PIN", "Code", "Postleitzahl", "PLZ",
        "Kundennummer", "Auftragsnummer", "Bestellnummer", "Rechnungsnummer", "Aktenzeichen",
    ),
    day_month=r"(?<![\w.,])\d{1,2}\.\d{1,2}\.(?!\w)",
    after_day=r"\. ?",
    after_hour=r" ?Uhr",
    ordinal_mark=(
        r"\.(?= [a-zäöüß])|\. (?=[A-ZÄÖÜ])|\.(?= ?(?:[-–]|und|oder|bis(?: zum)?) ?\d{1,2}\.)"
    ),
    money={
        "€": Money("ein Euro", "Euro", Counted("ein Cent", "Cent")),
        "$": Money("ein Dollar", "Dollar", Counted("ein Cent", "Cent")),
        "£": Money("ein Pfund", "Pfund", Counted("ein Penny", "Pence")),
        "¥": Money("ein Yen", "Yen"),
        "CHF": Money("ein Franken", "Franken", Counted("ein Rappen", "Rappen")),
    },
    units={
        "km": Counted("ein Kilometer", "Kilometer"),
        "m": Counted("ein Meter", "Meter"),
        "cm": Counted("ein Zentimeter", "Zentimeter"),
        "mm": Counted("ein Millimeter", "Millimeter"),
        "kg": Counted("ein Kilogramm", "Kilogramm"),
        "g": Counted("ein Gramm", "Gramm"),
        "mg": Counted("ein Milligramm", "Milligramm"),
        "µg": Counted("ein Mikrogramm", "Mikrogramm"),
        "l": Counted("ein Liter", "Liter"),
        "ml": Counted("ein Milliliter", "Milliliter"),
        "min": Counted("eine Minute", "Minuten"),
        "Min.": Counted("eine Minute", "Minuten"),
        "Std.": Counted("eine Stunde", "Stunden"),
        "h": Counted("eine Stunde", "Stunden"),
        "Mio.": Counted("eine Million", "Millionen"),
        "°C": Counted("ein Grad Celsius", "Grad Celsius"),
        "°F": Counted("ein Grad Fahrenheit", "Grad Fahrenheit"),
        "°": Counted("ein Grad", "Grad"),
        "km/h": Counted("ein Stundenkilometer", "Stundenkilometer"),
        "kWh": Counted("eine Kilowattstunde", "Kilowattstunden"),
        "kW": Counted("ein Kilowatt", "Kilowatt"),
        "MB": Counted("ein Megabyte", "Megabyte"),
        "GB": Counted("ein Gigabyte", "Gigabyte"),
        "m²": Counted("ein Quadratmeter", "Quadratmeter"),
        "qm": Counted("ein Quadratmeter", "Quadratmeter"),
    },
    signs={
        "@": "at", ".": "Punkt", "-": "Bindestrich", "_": "Unterstrich", "/": "Schrägstrich",
        "+": "plus", ":": "Doppelpunkt", "?": "Fragezeichen", "=": "gleich", "&": "und",
        "#": "Raute", "~": "Tilde", "%": "Prozent",
    },
    abbreviations={
        "Dr.": "Doktor", "Prof.": "Professor", "Hr.": "Herr", "Hrn.": "Herrn", "z. B.":
        "zum Beispiel", "Z. B.": "zum Beispiel", "d. h.": "das heißt", "u. a.": "unter anderem",
        "o. Ä.": "oder Ähnliches", "u. U.": "unter Umständen", "i. d. R.": "in der Regel",
        "bzw.": "beziehungsweise", "ca.": "circa", "usw.": "und so weiter", "etc.": "et cetera",
        "inkl.": "inklusive", "zzgl.": "zuzüglich", "evtl.": "eventuell", "ggf.":
        "gegebenenfalls", "vgl.": "vergleiche", "Tel.": "Telefon", "Str.": "Straße", "Pl.":
        "Platz", "St.": "Sankt", "Mo.": "Montag", "Di.": "Dienstag", "Mi.": "Mittwoch", "Do.":
        "Donnerstag", "Sa.": "Samstag", "So.": "Sonntag", "min.": "mindestens", "max.":
        "maximal", "exkl.": "exklusive", "1/2": "ein halb", "1/4": "ein Viertel", "3/4":
        "drei Viertel", "½": "ein halb", "¼": "ein Viertel", "¾": "drei Viertel",
        "24/7": "rund um die Uhr",
    },
    before_number={"Nr.": "Nummer", "Nrn.": "Nummern", "§": "Paragraph", "S.": "Seite"},
    endings={"str.": "straße", "pl.": "platz", "nr.": "nummer"},
    special={"Fr.": _frau_or_friday},
)  # fmt: skip
