"""What is written in signs, said in words: just before it goes to the voice.

One pass from left to right. What a rule has said is not looked at again, and what no rule knows
stays as it is. How each language says it is in `languages`; docs/wording.md shows it.
"""

import logging
import re
from dataclasses import replace
from functools import lru_cache

from inference.wording import amounts, moments, spelling
from inference.wording.languages import en
from inference.wording.languages.all import LANGUAGES
from inference.wording.languages.table import Language
from inference.wording.numbers import knows, number_words
from inference.wording.patterns import patterns, scanner

log = logging.getLogger(__name__)

CONTEXT = 40  # characters around a match that may decide how it is said
SHORT_NUMBER = 3  # digits of a "#5" that is counted, not read out
_MONTH_FIRST = frozenset(("", "US", "CA", "PH"))  # regions of English
_INTEGER = re.compile(r"(?<![\w.,:/+-])[1-9]\d{0,5}(?![\w:/-]|[.,]\d)")

Pronunciations = tuple[tuple[str, str], ...]


def spoken_form(text: str, language: str, pronunciations: Pronunciations = ()) -> str:
    """The text as it is said in that language ("de", "en-GB"). Never raises.

    `pronunciations` are (as written, as to be said), whole words in any case. They come first,
    the longest before the others, and are said exactly so.
    """
    speaker = _speaker(language)
    said: list[str] = []
    at = 0
    if words := _pronounced(pronunciations):
        pattern, ways = words
        for match in pattern.finditer(text):
            said += (speaker.say(text, at, match.start()), ways[_folded(match[0])])
            at = match.end()
    said.append(speaker.say(text, at, len(text)))
    return "".join(said)


def _folded(word: str) -> str:
    """As IGNORECASE compares, which takes "İ" for "i"."""
    return word.lower().replace("i̇", "i")


@lru_cache(maxsize=256)
def _pronounced(pronunciations: Pronunciations) -> tuple[re.Pattern[str], dict[str, str]] | None:
    ways = {_folded(word): way for word, way in reversed(pronunciations) if word.strip()}
    if not ways:
        return None
    words = "|".join(re.escape(word) for word in sorted(ways, key=len, reverse=True))
    # not inside an address, which is said so that it can be written down
    pattern = rf"(?<![\w@])(?<!\w\.)(?:{words})(?![\w@])(?!\.\w)"
    return re.compile(pattern, re.IGNORECASE), ways


@lru_cache(maxsize=64)
def _speaker(language: str) -> "_Speaker | _Counter":
    main, _, region = language.replace("_", "-").partition("-")
    main, region = main.lower(), region.upper()
    code = f"{main}_{region}" if region else main
    table = LANGUAGES.get(main)
    if table is None:
        return _Counter(code)
    if main == "en" and region not in _MONTH_FIRST:
        table = replace(table, day_first=True, say_date=en.say_date_day_first)
    return _Speaker(table, code)


class _Counter:
    """A language without a table: plain numbers, where their words are known."""

    def __init__(self, code: str) -> None:
        self._code = code

    def say(self, text: str, begin: int, end: int) -> str:
        if not knows(self._code):
            return text[begin:end]
        return _INTEGER.sub(
            lambda match: number_words(int(match[0]), self._code) or match[0], text[begin:end]
        )


class _Speaker:
    """A language with a table: its patterns, compiled, and a method for what each finds."""

    def __init__(self, language: Language, code: str) -> None:
        self._language = language
        self._code = code
        self._weekdays = {
            variant: day
            for short, day in language.weekdays.items()
            for variant in (short, short.capitalize())
        }
        short = language.abbreviations | language.before_number
        self._abbreviations = {_without_blanks(name): words for name, words in short.items()}
        known = patterns(language)
        self._rules = {name: getattr(self, f"_{name}") for name in known}
        self._pattern = re.compile(scanner(known))

    def say(self, text: str, begin: int, end: int) -> str:
        said: list[str] = []
        at = begin
        for match in self._pattern.finditer(text, begin, end):
            said += (text[at : match.start()], self._said(match))
            at = match.end()
        said.append(text[at:end])
        return "".join(said)

    def _said(self, match: re.Match[str]) -> str:
        try:
            words: str | None = self._rules[str(match.lastgroup)](match)
        except Exception as error:  # a call goes on with what is written
            log.warning("%s: %s failed: %s", self._code, match.lastgroup, type(error).__name__)
            return match[0]
        if words is None:
            return match[0]
        if match[0].endswith(".") and not words.endswith(".") and not _after(match).strip():
            return f"{words}."  # it ended the sentence, too
        return words

    # --- written down -----------------------------------------------------------------

    def _email(self, match: re.Match[str]) -> str:
        return spelling.address_words(match[0], self._language)

    _web = _email

    def _iban(self, match: re.Match[str]) -> str:
        return spelling.iban_words(match[0], self._language)

    def _phone(self, match: re.Match[str]) -> str:
        return spelling.phone_words(match[0], self._language, self._code)

    _own_phone = _phone

    def _cued(self, match: re.Match[str]) -> str:
        number = match["cued_digits"]
        said = spelling.phone_words(number, self._language, self._code)
        return match[0].removesuffix(number) + said

    def _sign_code(self, match: re.Match[str]) -> str:
        return spelling.code_words(match[0], self._language, self._code)

    def _spelt(self, match: re.Match[str]) -> str:
        return spelling.spelt_words(match[0], self._language)

    # --- dates and times --------------------------------------------------------------

    def _date(self, match: re.Match[str]) -> str | None:
        return moments.date_words(match[0], _before(match), self._language)

    _day_month = _date

    def _written_date(self, match: re.Match[str]) -> str | None:
        return moments.month_words(match, _before(match), self._language)

    def _time(self, match: re.Match[str]) -> str | None:
        words = moments.time_words(match[0], self._language)
        if words and _after(match).startswith("."):
            return words.removesuffix(".")
        return words

    def _weekday_range(self, match: re.Match[str]) -> str:
        first, last = self._weekdays[match["day_from"]], self._weekdays[match["day_to"]]
        return f"{first} {self._language.to} {last}"

    # --- amounts ----------------------------------------------------------------------

    def _money(self, match: re.Match[str]) -> str | None:
        return amounts.money_words(match[0], self._language, self._code)

    def _percent(self, match: re.Match[str]) -> str | None:
        amount = amounts.read(match[0], self._language)
        words = amount and amounts.number_said(amount, self._language, self._code)
        return f"{words} {self._language.percent}" if words else None

    def _unit(self, match: re.Match[str]) -> str | None:
        amount = amounts.read(match[0], self._language)
        unit = self._language.units[match["unit_name"]]
        return amounts.counted(amount, unit, self._language, self._code) if amount else None

    def _ordinal(self, match: re.Match[str]) -> str | None:
        number, mark = int(match["ordinal_number"]), match["ordinal_mark"]
        return self._language.say_ordinal(number, mark, _before(match))

    def _number(self, match: re.Match[str]) -> str | None:
        text = match[0]
        if text == "1" and self._language.one:
            return self._language.one(_after(match))
        if text.isdecimal() and len(text) == 4:
            year = moments.year_words(int(text), _before(match), self._language, self._code)
            if year:
                return year
        amount = amounts.read(text, self._language)
        return amounts.number_said(amount, self._language, self._code) if amount else None

    def _house(self, match: re.Match[str]) -> str | None:
        number = number_words(int(match["house_number"]), self._code)
        return f"{number} {match['house_letter'].upper()}" if number else None

    def _dotted(self, match: re.Match[str]) -> str | None:
        parts = [number_words(int(part), self._code) for part in match[0].split(".")]
        if None in parts:
            return None
        return f" {self._language.signs['.']} ".join(part for part in parts if part)

    def _fraction(self, _match: re.Match[str]) -> None:
        """Two thirds, or two of three, or the second of March: left to the voice."""

    def _range(self, _match: re.Match[str]) -> str:
        return f" {self._language.to} "

    # --- words ------------------------------------------------------------------------

    def _special(self, match: re.Match[str]) -> str:
        return self._language.special[match[0]](_before(match), _after(match))

    def _abbreviation(self, match: re.Match[str]) -> str:
        return self._abbreviations[_without_blanks(match[0])]

    def _before_number(self, match: re.Match[str]) -> str:
        blank = "" if _after(match).startswith(" ") else " "
        return self._abbreviations[_without_blanks(match[0])] + blank

    def _ending(self, match: re.Match[str]) -> str:
        return self._language.endings[match[0]]

    def _hash(self, match: re.Match[str]) -> str:
        digits = match["hash_digits"]
        said = number_words(int(digits), self._code) if len(digits) <= SHORT_NUMBER else None
        return f"{self._language.number} " + (
            said or spelling.phone_words(digits, self._language, self._code)
        )

    def _operator(self, match: re.Match[str]) -> str:
        words = self._language.signs[match[0].strip()]
        return f" {words} " if match.start() and _before(match)[-1].isdecimal() else f"{words} "

    def _per(self, _match: re.Match[str]) -> str:
        return f" {self._language.per} "

    def _ampersand(self, _match: re.Match[str]) -> str:
        return self._language.ampersand


def _before(match: re.Match[str]) -> str:
    return match.string[max(match.start() - CONTEXT, 0) : match.start()]


def _after(match: re.Match[str]) -> str:
    return match.string[match.end() : match.end() + CONTEXT]


def _without_blanks(short: str) -> str:
    return short.replace(" ", "")
