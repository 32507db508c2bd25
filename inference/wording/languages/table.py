"""The form of a language's table: how it says what is written in signs.

Words that need a rule (a date, a time, an ordinal) are small functions beside the table.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Counted:
    """A unit: "one kilometre" and the word after any other number."""

    one: str
    many: str


@dataclass(frozen=True, slots=True)
class Money(Counted):
    cent: Counted | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """A time of day as written; `half` is "a" or "p" where it said a.m. or p.m."""

    hour: int
    minute: int
    half: str = ""


NumberWords = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Language:
    code: str
    digits: tuple[str, ...]  # "zero" to "nine", as in a telephone number
    months: tuple[str, ...]  # "January" to "December"
    weekdays: dict[str, str]  # "Mon": "Monday"; said in ranges only, since "Sun" is a word

    # (day, month's name, year in words or "", the text before) -> the date in words
    say_date: Callable[[int, str, str, str], str]
    say_time: Callable[[Moment], str]
    # (number, the mark it carried, the text before) -> the ordinal in words, None for none
    say_ordinal: Callable[[int, str, str], str | None]

    # numbers
    point: str  # "point", as in three point five
    minus: str
    plus: str
    to: str  # 9-17: nine to seventeen
    percent: str
    per: str  # "a", for "$20/month"
    number: str  # "number", for "#5"
    ampersand: str
    thousands: str = ","  # what parts them; the other sign begins a fraction
    thousands_may_be_blanks: bool = False
    fraction_is_number: bool = False  # "trois virgule quatorze", not "one four"
    years_in_hundreds: bool = False  # "nineteen eighty-five"
    year_cues: tuple[str, ...] = ()  # words after which 1750 is a year
    before_noun: Callable[[str], str] = lambda words: words  # "veintiuno", but "veintiún euros"
    one: Callable[[str], str] | None = None  # 1 before this text, where a noun changes it
    pairs: bool = False  # telephone numbers written in pairs are said in pairs
    phone: str = ""  # telephone numbers only this language writes like that
    digit_cues: tuple[str, ...] = ()  # words after which a number is said digit by digit

    # dates and times, as regular expressions
    month_names: dict[str, int] = field(default_factory=dict)  # "jan": 1, beside `months`
    day_first: bool = True  # in 03/04/2026
    month_then_day: bool = False  # "March 3" is written, too
    after_day: str = " "  # what stands between day and month
    before_year: str = " "
    day_month: str = ""  # "03.04.", where that is a date
    after_hour: str = ""  # what makes a bare hour a time
    ordinal_mark: str = ""

    # money and units
    money: dict[str, Money] = field(default_factory=dict)
    cents_after: str = " "
    cents_are_named: bool = False
    units: dict[str, Counted] = field(default_factory=dict)

    # addresses: each sign by its name
    signs: dict[str, str] = field(default_factory=dict)
    letters: dict[str, str] = field(default_factory=dict)  # those that are words by themselves

    abbreviations: dict[str, str] = field(default_factory=dict)
    before_number: dict[str, str] = field(default_factory=dict)  # "No.", only before one
    endings: dict[str, str] = field(default_factory=dict)  # of a word: "str." in "Hauptstr."
    # an abbreviation, the text before and after it -> what it means there
    special: dict[str, Callable[[str, str], str]] = field(default_factory=dict)


def last_word(text: str) -> str:
    match = re.search(r"([^\W\d_]+)\W*$", text)
    return match[1].lower() if match and not text.rstrip().endswith((".", "!", "?")) else ""
