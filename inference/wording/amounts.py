"""Numbers, money, percentages and units, from their signs to a language's words."""

import re
from dataclasses import dataclass

from inference.wording import spelling
from inference.wording.languages.table import Counted, Language
from inference.wording.numbers import LARGEST, number_words

_SIGNS = {
    "EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "SFr.": "CHF", "US$": "$",
    "euro": "€", "euros": "€", "dollar": "$", "dollars": "$",
}  # fmt: skip
_MONEY_BEFORE = r"(?:US\$|[€$£¥]|(?<!\w)(?:EUR|USD|GBP|JPY|CHF|SFr\.))"
_MONEY_AFTER = r"(?:[€$£¥]|(?:EUR|USD|GBP|JPY|CHF|[Ee]uros?|[Dd]ollars?)(?!\w))"
_MAGNITUDE = (
    r"(?:million|billion|Million(?:en)?|Milliarden?|Mio\.|Mrd\.|millions|millones|milioni|miljoen)"
)
_MAGNITUDES = rf"(?: {_MAGNITUDE}(?!\w))?"
MINUS = r"(?:(?<![\w)])[-−])?"


@dataclass(frozen=True, slots=True)
class Amount:
    whole: int
    fraction: str  # the digits as written, "" for none
    is_negative: bool


def amount_pattern(language: Language) -> str:
    return rf"{MINUS}(?<![\w.,:/])(?<!\d['’]){_number_pattern(language)}"


def money_pattern(language: Language) -> str:
    number, no_cents = _number_pattern(language), "(?:,[-–—]{1,2})?"
    return (
        rf"{MINUS}{_MONEY_BEFORE} ?[-−]?{number}{no_cents}{_MAGNITUDES}"
        rf"|{amount_pattern(language)}{no_cents}{_MAGNITUDES} ?{_MONEY_AFTER}"
    )


def _number_pattern(language: Language) -> str:
    blanks = r"|\d{1,3}(?: \d{3})+(?:,\d+)?" if language.thousands_may_be_blanks else ""
    number = rf"(?:\d{{1,3}}(?:[.,'’]\d{{3}})+(?:[.,]\d+)?{blanks}|\d{{1,40}}(?:[.,]\d{{1,40}})?)"
    return rf"{number}(?![.,'’]?\d)"


def read(text: str, language: Language) -> Amount | None:
    """ "1,250.50" and "1.250,50" are the same; "1,250" depends on the language."""
    match = re.search(r"\d[\d.,'’ ]*", text)
    if not match:
        return None
    digits = re.sub(r"['’ ]", "", match[0].rstrip(" .,'’"))
    whole, fraction = _split(digits, language.thousands)
    if len(whole) > len(str(LARGEST)):
        return None
    return Amount(int(whole), fraction, bool(re.search(r"^[-−]|[-−]\d", text)))


def _split(digits: str, thousands: str) -> tuple[str, str]:
    signs = re.findall(r"[.,]", digits)
    if not signs:
        return digits, ""
    last = signs[-1]
    if len(set(signs)) == 1:
        grouped = all(len(group) == 3 for group in re.split(r"[.,]", digits)[1:])
        if len(signs) > 1 or (grouped and last == thousands):
            return re.sub(r"[.,]", "", digits), ""
    whole, _, fraction = digits.rpartition(last)
    return re.sub(r"[.,]", "", whole), fraction


def number_said(amount: Amount, language: Language, code: str) -> str | None:
    words = number_words(amount.whole, code)
    if words is None:
        return None
    minus = f"{language.minus} " if amount.is_negative else ""
    if not amount.fraction:
        return minus + words
    fraction = amount.fraction
    if language.fraction_is_number and len(fraction) <= 2 and fraction[0] != "0":
        said = number_words(int(fraction), code) or spelling.digits(fraction, language)
    else:
        said = spelling.digits(fraction, language)
    return f"{minus}{words} {language.point} {said}"


def counted(amount: Amount, unit: Counted, language: Language, code: str) -> str | None:
    if amount.whole == 1 and not amount.fraction:
        return (f"{language.minus} " if amount.is_negative else "") + unit.one
    words = number_said(amount, language, code)
    if words is None:
        return None
    return f"{words if amount.fraction else language.before_noun(words)} {unit.many}"


def money_words(text: str, language: Language, code: str) -> str | None:
    amount = read(text, language)
    sign = re.search(f"{_MONEY_BEFORE}|{_MONEY_AFTER}", text)
    if not amount or not sign:
        return None
    name = sign[0].lower() if sign[0].lower() in _SIGNS else sign[0]
    money = language.money.get(_SIGNS.get(name, name))
    if not money:
        return None
    if magnitude := re.search(_MAGNITUDE, text):
        words = number_said(amount, language, code)
        return f"{words} {magnitude[0]} {money.many}" if words else None
    if not money.cent or len(amount.fraction) != 2:
        return counted(amount, money, language, code)
    cents = int(amount.fraction)
    whole = counted(Amount(amount.whole, "", amount.is_negative), money, language, code)
    if not cents:
        return whole
    if amount.whole == 0 or language.cents_are_named:
        cents_said = counted(Amount(cents, "", is_negative=False), money.cent, language, code)
    else:
        cents_said = number_words(cents, code)
    if amount.whole == 0:
        return cents_said
    return f"{whole}{language.cents_after}{cents_said}"
