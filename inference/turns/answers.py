"""Answers that come in parts: numbers, spelled names, e-mail addresses, dates.

Each function says True when nothing is missing, False when more is to come, None when it
cannot tell or the words are no such answer.
"""

import re

from inference.turns.languages.table import Language, phrases
from inference.turns.words import last_entry

LEAST_DIGITS = 7  # fewer are no telephone number
DIGITS_WITH_COUNTRY = 11  # fewer cannot follow a "+"
SPELLED_AT_LEAST = 3  # letters in a row are spelling, whatever was asked for

_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}[.!?]?$")
_DATE = re.compile(r"(?:^|\s)\d{1,2}\s?[./-]\s?\d{1,2}\s?[./-]\s?(?:\d{4}|\d{2})[.!?]?$")
_YEAR = re.compile(r"(?:19|20)\d\d$")
_DAY_OF_MONTH = re.compile(r"\d{1,2}(?:st|nd|rd|th)?$")
_DOMAINS = phrases(
    "com, net, org, de, uk, us, fr, es, it, nl, be, at, ch, eu, info, biz, io, edu, gov, ie, au",
    "ca, pl, dk, se, no, pt, lu, app, dev, me, tv, online, cat",
)
_BEFORE_COUNTRY = frozenset({"co"})  # "co.uk", also said without the dot


def number_is_complete(text: str, words: list[str], table: Language) -> bool | None:
    """After a question for a number: enough digits for a telephone, or a group that just ended."""
    words = _joined(words, table)
    if table.negations.intersection(words):
        return None  # "I don't have one"
    digits = _count(words, table)
    if not digits or not (_is_number(words[-1], table) or words[-1] in table.doubles):
        return None
    if words[-1] in table.doubles:
        return False
    if text.lstrip().startswith("+") or table.plus.intersection(words):
        return False if digits < DIGITS_WITH_COUNTRY else None
    lengths = table.number_digits
    if _first_digit_is_zero(words, table):
        lengths = table.number_digits_after_zero or lengths
        if lengths and digits < min(lengths):
            return False
    if digits in lengths:
        return True
    return False if digits < LEAST_DIGITS else None


def is_within_number(words: list[str], table: Language) -> bool:
    """Whatever was asked for: single digits, one after the other, too few for a telephone.

    "Eight thirty" or "for two" is not; a zero first, or three single digits, is.
    """
    single = 0
    digits = 0
    starts_with_zero = False
    for word in reversed(words):
        if word.isdecimal():
            single += len(word) == 1
            digits += len(word)
            starts_with_zero = word[0] == "0"
        elif table.digits.get(word) == 1:
            single += 1
            digits += 1
            starts_with_zero = word in table.zeros
        else:
            break
    return digits < LEAST_DIGITS and (single >= 3 or (digits >= 2 and starts_with_zero))


def spelling_is_complete(words: list[str], table: Language) -> bool | None:
    """Never True: only the caller knows how long the name is."""
    last = words[-1]
    is_letter = len(last) == 1 and last.isalpha()
    is_word_for_letter = last in table.spelling_words
    is_part = last in table.doubles or last in table.capital or last in table.as_in
    return False if is_letter or is_word_for_letter or is_part else is_within_spelling(words, table)


def is_within_spelling(words: list[str], table: Language) -> bool | None:
    """Whatever was asked for: letters in a row, or "b as in berlin". False if so, else None."""
    letters = 0
    for word in reversed(words):
        if len(word) != 1 or not word.isalpha():
            break
        letters += 1
    if letters >= SPELLED_AT_LEAST:
        return False
    for end in (len(words), len(words) - 1):  # "b as in", "b as in berlin"
        length = last_entry(words[:end], table.as_in)
        if length and end > length and len(words[end - length - 1]) == 1:
            return False
    return None


def address_is_complete(text: str, words: list[str], table: Language) -> bool | None:
    """After a question for an e-mail address."""
    if has_address(text, words, table):
        return True
    return None if table.negations.intersection(words) else False


def has_address(text: str, words: list[str], table: Language) -> bool:
    """Whether it ends with a whole address, written or spoken."""
    if "@" in text:
        return bool(_ADDRESS.search(text))
    if len(words) < 4 or words[-1] not in _DOMAINS or words[-2] not in table.dot | _BEFORE_COUNTRY:
        return False
    return bool(table.at.intersection(words[:-3] if words[-2] in table.dot else words[:-4]))


def date_is_complete(text: str, words: list[str], table: Language) -> bool | None:
    """After a question for a day: with the year it is, a day or a month alone is not."""
    if _DATE.search(text):
        return True
    month_at = next((at for at, word in enumerate(words) if word in table.months), None)
    last = words[-1]
    if month_at is None:
        return _day_and_month_are_complete(words, table)
    after = words[month_at + 1 :]
    has_day = any(_is_day(word, table) for word in words[:month_at])
    if not has_day and after and _is_day(after[0], table):  # "may third"
        has_day, after = True, after[1:]
    if has_day and _YEAR.match(last):
        return True
    if not after:
        return None if has_day else False
    return _year_is_complete(after, table)


def _day_and_month_are_complete(words: list[str], table: Language) -> bool | None:
    """Without the month's name: "der zwölfte zehnte", "the third"."""
    days = [word in table.days for word in words[-2:]]
    if not days[-1]:
        return False if len(words) <= 2 and _is_day(words[-1], table) else None  # "le trois"
    return None if len(days) == 2 and days[0] else False


def _year_is_complete(year: list[str], table: Language) -> bool | None:
    year = _joined(year, table)
    digits = _count(year, table)
    if not digits or not _is_number(year[-1], table):
        return None
    if digits < 4 or year[-1] in table.thousands:
        return False
    return None if year[-1] in table.tens else True


def _is_day(word: str, table: Language) -> bool:
    return word in table.days or bool(_DAY_OF_MONTH.match(word)) or table.digits.get(word, 3) < 3


def _is_number(word: str, table: Language) -> bool:
    return word.isdecimal() or word in table.digits


def _first_digit_is_zero(words: list[str], table: Language) -> bool:
    first = next((word for word in words if _is_number(word, table)), "")
    return first in table.zeros or first.startswith("0")


def _count(words: list[str], table: Language) -> int:
    """Digits in it, spoken or written: "double seven", "twenty one" and "21" are two."""
    digits = 0
    times = 1
    in_tens = False  # a unit now adds no digit
    for word in words:
        if word in table.doubles:
            times = table.doubles[word]
            continue
        if in_tens and word in table.joiners:
            continue
        if word.isdecimal():
            digits += len(word) * times
            in_tens = False
        elif in_tens and word in table.after_tens:
            in_tens = word in table.tens
        elif word in table.digits:
            digits += table.digits[word] * times
            in_tens = word in table.tens
        else:
            in_tens = False
        times = 1
    return digits


def _joined(words: list[str], table: Language) -> list[str]:
    if not table.written_together:
        return words
    text = f" {' '.join(words)} "
    for phrase in table.written_together:
        text = text.replace(f" {phrase} ", f" {phrase.replace(' ', '')} ")
    return text.split()
