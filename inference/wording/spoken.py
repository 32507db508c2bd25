"""What is written in signs, said in words: just before it goes to the voice.

One pass from left to right. What a rule has said is not looked at again, and what no rule knows
stays as it is. How each language says it is in `languages`; docs/wording.md shows it.
"""

import logging
import re
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

from inference.wording import amounts, moments, spelling, written_down
from inference.wording.languages import de, en, es, fr, it, nl
from inference.wording.languages.table import Language
from inference.wording.numbers import knows, number_words

log = logging.getLogger(__name__)

LANGUAGES = {table.LANGUAGE.code: table.LANGUAGE for table in (de, en, es, fr, it, nl)}
_MONTH_FIRST = frozenset(("", "US", "CA", "PH"))  # regions of English
_INTEGER = re.compile(r"(?<![\w.,:/+-])\d{1,15}(?![\w:/-]|[.,]\d)")

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
            said += (speaker.say(text, at, match.start()), ways[match[0].lower()])
            at = match.end()
    said.append(speaker.say(text, at, len(text)))
    return "".join(said)


@lru_cache(maxsize=256)
def _pronounced(pronunciations: Pronunciations) -> tuple[re.Pattern[str], dict[str, str]] | None:
    ways = {word.lower(): way for word, way in reversed(pronunciations) if word.strip()}
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


Rule = Callable[[re.Match[str]], str | None]


class _Speaker:
    """A language with a table: its patterns, compiled, and what each becomes."""

    def __init__(self, language: Language, code: str) -> None:
        self._language = language
        self._code = code
        self._weekday_names = {
            name: day
            for short, day in language.weekdays.items()
            for name in (short, short.capitalize())
        }
        self._abbreviations = {
            _key(short): long
            for short, long in (language.abbreviations | language.before_number).items()
        }
        rules = self._rules()
        self._by_name = {name: rule for name, (_, rule) in rules.items()}
        self._pattern = re.compile(
            "|".join(f"(?P<{name}>{pattern})" for name, (pattern, _) in rules.items() if pattern)
        )

    def say(self, text: str, begin: int, end: int) -> str:
        said: list[str] = []
        at = begin
        for match in self._pattern.finditer(text, begin, end):
            said += (text[at : match.start()], self._said(match))
            at = match.end()
        said.append(text[at:end])
        return "".join(said)

    def _said(self, match: re.Match[str]) -> str:
        rule = self._by_name[_name_of(match)]
        try:
            words = rule(match)
        except Exception as error:  # a call goes on with what is written
            log.warning("a wording rule of %s failed: %s", self._code, type(error).__name__)
            return match[0]
        return match[0] if words is None else words

    def _rules(self) -> dict[str, tuple[str, Rule]]:
        """In the order in which they are tried where several could begin."""
        language, code = self._language, self._code
        amount = amounts.amount_pattern(language)
        units = _any(language.units)
        weekdays = _any(self._weekday_names)
        cues = _any(language.digit_cues)
        return {
            "email": (written_down.EMAIL, self._address),
            "web": (written_down.WEB, self._address),
            "iban": (written_down.IBAN, lambda m: spelling.iban_words(m[0], language)),
            "iso": (written_down.ISO_DATE, self._date),
            "date": (written_down.DATE, self._date),
            "day_month": (language.day_month, self._date),
            "written_date": (moments.month_patterns(language), self._month),
            "time": (moments.time_pattern(language), self._time),
            "special": (_abbreviation(language.special), self._special),
            "short": (_abbreviation(language.abbreviations), self._short),
            "before_number": (
                f"{_abbreviation(language.before_number)}(?= ?\\d)", self._short_before_number
            ),
            "ending": (_ending(language.endings), lambda m: language.endings[m[0]]),
            "cued": (
                rf"(?:(?<!\w){cues}:? (?:(?:number|Nummer|numéro|número|numero|nummer|is|ist|:) )?)"
                r"(?=\d{3,8}(?![\w]|[.,:/]\d))(?P<cued_digits>\d+)" if cues else "",
                self._cued,
            ),
            "money": (
                amounts.money_pattern(language),
                lambda m: amounts.money_words(m[0], language, code),
            ),
            "own_phone": (language.phone, self._phone),
            "percent": (rf"{amount} ?%", self._percent),
            "unit": (rf"{amount} ?(?P<unit_name>{units})(?![\w/])", self._unit),
            "phone": (written_down.PHONE, self._phone),
            "ordinal": (
                rf"(?<![\w.,])(?P<ordinal_number>\d{{1,4}})(?P<ordinal_mark>{language.ordinal_mark})(?!\w)"
                if language.ordinal_mark else "",
                self._ordinal,
            ),
            "weekdays": (
                rf"(?<!\w)(?P<day_from>{weekdays})\.? ?[-–—] ?(?P<day_to>{weekdays})(?![\w])\.?",
                self._weekdays,
            ),
            "code": (written_down.CODE, lambda m: spelling.code_words(m[0], language, code)),
            "spelt": (written_down.SPELT, lambda m: spelling.spelt_words(m[0], language)),
            "house": (r"(?<![\w.,])(?P<house_number>\d{1,4})(?P<house_letter>[a-z])(?!\w)", self._house),
            "dotted": (r"(?<![\w.,])\d{1,6}(?:\.\d{1,6}){2,6}(?![\w]|\.\d)", self._dotted),
            "hash": (r"(?<!\w)#(?=\d)", lambda _: f"{language.number} "),
            "fraction": (r"(?<!\w)\d{1,3}/\d{1,3}(?!\w)", lambda _: None),
            "number": (rf"{amount}(?!\w)", self._number),
            "range": (r"(?<=[\d%€$£mMhr.])(?: ?[–—] ?|-)(?=[€$£]?\d)", self._range),
            "and": (r"(?<= )&(?= )", lambda _: language.ampersand),
        }  # fmt: skip

    def _address(self, match: re.Match[str]) -> str:
        return spelling.address_words(match[0], self._language)

    def _date(self, match: re.Match[str]) -> str | None:
        return moments.date_words(match[0], _before(match), self._language)

    def _month(self, match: re.Match[str]) -> str | None:
        return moments.month_words(match, _before(match), self._language)

    def _time(self, match: re.Match[str]) -> str | None:
        words = moments.time_words(match[0], self._language)
        if words and match.string.startswith(".", match.end()):
            return words.removesuffix(".")
        return words

    def _special(self, match: re.Match[str]) -> str:
        means = self._language.special[match[0]]
        return means(_before(match), match.string[match.end() : match.end() + 40])

    def _short(self, match: re.Match[str]) -> str:
        ends = match[0].endswith(".") and not match.string[match.end() :].strip()
        return self._abbreviations[_key(match[0])] + ("." if ends else "")

    def _short_before_number(self, match: re.Match[str]) -> str:
        after = match.string[match.end() : match.end() + 1]
        return self._abbreviations[_key(match[0])] + ("" if after == " " else " ")

    def _cued(self, match: re.Match[str]) -> str:
        number = match["cued_digits"]
        return match[0].removesuffix(number) + spelling.phone_words(
            number, self._language, self._code
        )

    def _phone(self, match: re.Match[str]) -> str:
        return spelling.phone_words(match[0], self._language, self._code)

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

    def _weekdays(self, match: re.Match[str]) -> str:
        names = self._weekday_names
        return f"{names[match['day_from']]} {self._language.to} {names[match['day_to']]}"

    def _house(self, match: re.Match[str]) -> str | None:
        number = number_words(int(match["house_number"]), self._code)
        return f"{number} {match['house_letter'].upper()}" if number else None

    def _dotted(self, match: re.Match[str]) -> str | None:
        parts = [number_words(int(part), self._code) for part in match[0].split(".")]
        if None in parts:
            return None
        return f" {self._language.signs['.']} ".join(part for part in parts if part)

    def _number(self, match: re.Match[str]) -> str | None:
        text = match[0]
        if text.isdecimal() and len(text) == 4:
            year = moments.year_words(int(text), _before(match), self._language, self._code)
            if year:
                return year
        amount = amounts.read(text, self._language)
        return amounts.number_said(amount, self._language, self._code) if amount else None

    def _range(self, _match: re.Match[str]) -> str:
        return f" {self._language.to} "


def _before(match: re.Match[str]) -> str:
    return match.string[max(match.start() - 40, 0) : match.start()]


def _name_of(match: re.Match[str]) -> str:
    return str(match.lastgroup)


def _key(short: str) -> str:
    return short.replace(" ", "")


def _any(words: "dict[str, object] | tuple[str, ...]") -> str:
    return f"(?:{'|'.join(re.escape(word) for word in sorted(words, key=len, reverse=True))})"


def _abbreviation(words: "dict[str, object]") -> str:
    if not words:
        return ""
    return rf"(?<![\w.]){_any(words)}(?![\w])".replace(r"\ ", " ?")


def _ending(words: dict[str, str]) -> str:
    return rf"(?<=[^\W\d_]){_any(words)}(?!\w)" if words else ""
