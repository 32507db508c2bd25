"""Dates and times, from their signs to a language's words."""

import re

from inference.wording.languages.table import Language, Moment
from inference.wording.numbers import number_words

FIRST_YEAR, LAST_YEAR = 1100, 2099  # four digits in between may be a year
_CENTURY_TURNS = 70  # 03/04/69 is 2069, 03/04/70 is 1970


def date_words(text: str, before: str, language: Language) -> str | None:
    """Of 2026-04-03, 03/04/2026, 3.4.26 or 3.4.; None where that is no day."""
    first, second, third, *_ = (*(int(part) for part in re.findall(r"\d+", text)), 0)
    if text.count(".") == 2 and text.endswith("."):
        return _said(first, second, 0, before, language)
    if re.match(r"\d{4}", text):
        year, month, day = first, second, third
    else:
        year = third if third > 99 else third + (2000 if third < _CENTURY_TURNS else 1900)
        day, month = (first, second) if language.day_first or "." in text else (second, first)
        if month > 12:  # written the other way round
            day, month = month, day
    return _said(day, month, year, before, language)


def month_words(match: re.Match[str], before: str, language: Language) -> str | None:
    """Of "3. April 2026", "April 3rd" or "April 3-5", by the groups of `month_patterns`."""
    found = match.groupdict()
    day = found["day"] or found.get("day_after")
    name = found["month"] or found.get("month_before")
    year = found["date_year"] or found.get("date_year_after")
    if day is None or name is None:
        return None
    month = _month_numbers(language)[name.removesuffix(".")]
    if last_day := found.get("last_day"):
        first = _said(int(day), month, 0, before, language)
        return first and f"{first} {language.to} {language.say_ordinal(int(last_day), '', '')}"
    return _said(int(day), month, int(year or 0), before, language)


def month_patterns(language: Language) -> str:
    numbers = _month_numbers(language)
    full = {language.months[number - 1].lower() for number in numbers.values()}
    names = "|".join(
        re.escape(name) + ("" if name.lower() in full else r"\b\.?")
        for name in sorted(numbers, key=len, reverse=True)
    )
    year = rf"(?:{language.before_year}(?P<date_year>\d{{4}})(?![\w:]|[.,]\d))?"
    pattern = rf"(?<![\w.,])(?P<day>\d{{1,2}}){language.after_day}(?P<month>{names})(?!\w){year}"
    if language.month_then_day:
        after = year.replace("date_year", "date_year_after")
        pattern += (
            rf"|\b(?P<month_before>{names}) (?P<day_after>\d{{1,2}})(?:st|nd|rd|th)?"
            rf"(?:[-–](?P<last_day>\d{{1,2}}))?(?![\w:%]|[.,]\d){after}"
        )
    return pattern


def time_pattern(language: Language) -> str:
    hour = language.after_hour
    clock = r"(?<![\w.,:])\d{1,2}:\d{2}(?::\d{2})?(?![\w:])"
    if not hour:
        return clock
    return (
        rf"(?<![\w.,:])\d{{1,2}}:\d{{2}}(?::\d{{2}})?(?:{hour})"
        rf"|{clock}"
        rf"|(?<![\w.,:])\d{{1,2}}(?: ?h ?\d{{2}}(?!\w)|(?:\.\d{{2}})?(?:{hour}))"
    )


def time_words(text: str, language: Language) -> str | None:
    """Of 9:30, 17.00 Uhr, 9am or 9h30. None where no clock shows that."""
    hour, minute, *_ = *map(int, re.findall(r"\d+", text)), 0
    half = re.search(r"(?<![a-z])([ap])\.? ?m\b", text.lower())
    if hour > 24 or minute > 59 or (half and not 1 <= hour <= 12):
        return None
    return language.say_time(Moment(hour % 24, minute, half[1] if half else ""))


def year_words(number: int, before: str, language: Language, code: str) -> str | None:
    """Four digits as a year, None for a number that is hardly one."""
    if not FIRST_YEAR <= number <= LAST_YEAR or not language.years_in_hundreds:
        return None
    if number < 1900 and not before.lower().rstrip().endswith(_cues(language)):
        return None
    if 2000 <= number <= 2009:
        return number_words(number, code)
    words = number_words(number, code, "year")
    return words.replace(" honderd ", "honderd") if words else None  # nl: one word


def _said(day: int, month: int, year: int, before: str, language: Language) -> str | None:
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return None
    year_said = ""
    if year:
        year_said = year_words(year, "", language, language.code) or (
            number_words(year, language.code) or str(year)
        )
    return language.say_date(day, language.months[month - 1], year_said, before)


def _month_numbers(language: Language) -> dict[str, int]:
    full = {name: number for number, name in enumerate(language.months, start=1)}
    names = language.month_names | full
    return {name.capitalize(): number for name, number in names.items()} | names


def _cues(language: Language) -> tuple[str, ...]:
    return tuple(f" {cue}" for cue in language.year_cues) + language.year_cues
