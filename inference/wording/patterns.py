"""How what is written in signs looks in one language, as regular expressions.

In the order in which they are tried where several could begin. All are bounded.
"""

import re
from collections.abc import Collection

from inference.wording import written_down
from inference.wording.amounts import amount_pattern, money_pattern
from inference.wording.languages.table import Language
from inference.wording.moments import month_patterns, time_pattern

_INSIDE_WORDS = ("ending", "range")
_GROUPED = r"\d{1,3}(?:\.\d{3})+(?![\w.])"


def patterns(language: Language) -> dict[str, str]:
    """By the name of what they find, without those the language has no words for."""
    amount = amount_pattern(language)
    found = {
        "email": written_down.EMAIL,
        "web": written_down.WEB,
        "iban": written_down.IBAN,
        "date": f"{written_down.ISO_DATE}|{written_down.DATE}",
        "day_month": language.day_month,
        "written_date": month_patterns(language),
        "time": time_pattern(language),
        "special": _abbreviations(language.special),
        "abbreviation": _abbreviations(language.abbreviations),
        "before_number": _followed(_abbreviations(language.before_number), r" ?\d"),
        "ending": _followed_by_no_word(r"(?<=[^\W\d_])", language.endings),
        "cued": _cued(language.digit_cues),
        "money": money_pattern(language),
        "own_phone": language.phone,
        "percent": rf"{amount} ?%",
        "unit": rf"{amount} ?(?P<unit_name>{_any(language.units)})(?![\w/])",
        "phone": written_down.PHONE,
        "ordinal": _ordinal(language.ordinal_mark),
        "weekday_range": _weekdays(language.weekdays),
        "sign_code": written_down.CODE,
        "spelt": written_down.SPELT,
        "house": r"(?<![\w.,])(?P<house_number>\d{1,3})(?P<house_letter>[a-k])(?!\w)",
        "dotted": rf"(?<![\w.,])(?!{_GROUPED})\d{{1,6}}(?:\.\d{{1,6}}){{2,6}}(?!\w|\.\d)",
        "hash": r"(?<!\w)#(?P<hash_digits>\d{1,12})(?!\w|[.,]\d)",
        "fraction": r"(?<!\w)\d{1,3}/\d{1,3}(?!\w)",
        "number": rf"{amount}(?!\w)",
        "range": r"(?<=[\d%€$£mMhr.])(?: ?[–—] ?|-)(?=[€$£]?\d)",
        "operator": r"(?<=\d) ?[+=] ?(?=\d)|(?<![\w+])\+(?=\d)",
        "per": r"(?<=[\d€$£])/(?=[^\W\d_]{3})",
        "ampersand": r"(?<= )&(?= )",
    }
    return {name: pattern for name, pattern in found.items() if pattern}


def scanner(found: dict[str, str]) -> str:
    """All of them in one, by their names."""
    named = {name: f"(?P<{name}>{pattern})" for name, pattern in found.items()}
    inside = [named.pop(name) for name in _INSIDE_WORDS if name in named]
    # most of a text is the inside of words, where hardly anything begins
    return "|".join((*inside, rf"(?<![^\W\d_])(?:{'|'.join(named.values())})"))


def _any(words: Collection[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def _abbreviations(words: Collection[str]) -> str:
    """A blank inside one may be missing: "z. B." and "z.B."."""
    return _followed_by_no_word(r"(?<![\w.])", words).replace(r"\ ", " ?")


def _followed_by_no_word(before: str, words: Collection[str]) -> str:
    return rf"{before}(?:{_any(words)})(?!\w)" if words else ""


def _followed(pattern: str, after: str) -> str:
    return f"{pattern}(?={after})" if pattern else ""


def _cued(cues: Collection[str]) -> str:
    if not cues:
        return ""
    number = "number|is|Nummer|ist|numéro|número|es|numero|è|nummer"
    return (
        rf"(?<!\w)(?:{_any(cues)}):? (?:(?:{number}):? )?"
        r"(?P<cued_digits>\d{3,8})(?!\w|[.,:/]\d)"
    )


def _ordinal(mark: str) -> str:
    if not mark:
        return ""
    return rf"(?<![\w.,])(?P<ordinal_number>\d{{1,4}})(?P<ordinal_mark>{mark})"


def _weekdays(names: Collection[str]) -> str:
    either = _any({variant for name in names for variant in (name, name.capitalize())})
    return rf"(?<!\w)(?P<day_from>{either})\.? ?[-–—] ?(?P<day_to>{either})(?!\w)(?:\.(?= ?[^\s]))?"
