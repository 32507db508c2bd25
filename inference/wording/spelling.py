"""What is said sign by sign: addresses, telephone numbers, codes."""

import re
from itertools import pairwise

from inference.wording.languages.table import Language
from inference.wording.numbers import number_words

_VOWELS = frozenset("aeiouyäöüáéíóúàèìòùâêîôû")
_LONGEST_GROUP = 4  # digits that stay in mind at once
_PARTS = re.compile(r"[^\W\d_]+|\d+|[\W_]")


def address_words(text: str, language: Language) -> str:
    """An e-mail address or one of the web, so that it can be written down."""
    text = re.sub(r"^https?://", "", text).rstrip("/")
    parts = _PARTS.findall(text)
    said = []
    for at, part in enumerate(parts):
        if part.isdecimal():
            said.append(digits(part, language))
        elif part.isalpha():
            is_top_level = parts[at - 1 : at] == ["."] and parts[at + 1 : at + 2] != ["."]
            said.append(_name(part, is_top_level, language))
        else:
            said.append(language.signs.get(part, part))
    return _joined(said)


def digits(text: str, language: Language) -> str:
    return " ".join(language.digits[int(digit)] for digit in text if digit.isdecimal())


def letters(text: str, language: Language) -> str:
    return " ".join(language.letters.get(letter, letter) for letter in text.upper())


def phone_words(text: str, language: Language, code: str) -> str:
    """Digit by digit, in the groups it is written in; long ones in parts."""
    plus = f"{language.plus} " if text.startswith("+") else ""
    groups = re.findall(r"\d+", text)
    if language.pairs and len(groups) > 3 and all(len(group) == 2 for group in groups):
        return plus + ", ".join(_pair(group, language, code) for group in groups)
    short = [part for group in groups for part in _in_parts(group)]
    return plus + ", ".join(digits(group, language) for group in short)


def code_words(text: str, language: Language, code: str) -> str:
    """ "A12B" sign by sign; "B12" and "COVID-19" as people say them."""
    parts = re.findall(r"[A-Z]+|\d+", text)
    name, number = (parts[0], parts[1]) if len(parts) == 2 else ("", "")
    if number.isdecimal() and len(number) <= 2 and number[0] != "0":
        is_word = len(name) > 3 and not _VOWELS.isdisjoint(name.lower())
        said_name = name if is_word else letters(name, language)
        return f"{said_name} {number_words(int(number), code) or digits(number, language)}"
    if len(parts) == 2 and parts[0].isdecimal() and len(parts[0]) <= 2 and parts[0][0] != "0":
        house = number_words(int(parts[0]), code) or digits(parts[0], language)
        return f"{house} {letters(parts[1], language)}".removesuffix(",")
    said = []
    for part in parts:
        said.extend(
            [digits(group, language) for group in _in_parts(part)]
            if part.isdecimal()
            else [letters(part, language)]
        )
    return _joined(said, " " if len(text) <= _LONGEST_GROUP else ", ")


def iban_words(text: str, language: Language) -> str:
    signs = text.replace(" ", "")
    groups = [signs[at : at + _LONGEST_GROUP] for at in range(0, len(signs), _LONGEST_GROUP)]
    return _joined([" ".join(_sign(sign, language) for sign in group) for group in groups], ", ")


def spelt_words(text: str, language: Language) -> str:
    return _joined([_sign(sign, language) for sign in re.findall(r"[^\W_]", text)], ", ")


def _sign(sign: str, language: Language) -> str:
    return digits(sign, language) if sign.isdecimal() else letters(sign, language)


def _joined(said: list[str], between: str = " ") -> str:
    """A letter's name may end in a comma: the pause that makes it one."""
    return between.join(said).replace(",,", ",").removesuffix(",")


def _name(part: str, is_top_level: bool, language: Language) -> str:
    """A name as a word, unless nobody could say it: "gmx", "www", "de" at the end."""
    unsayable = len(part) <= 4 and _VOWELS.isdisjoint(part.lower())
    if unsayable or len(part) == 1 or (is_top_level and len(part) == 2):
        return letters(part, language)
    return part


def _in_parts(group: str) -> list[str]:
    """Seven digits as three and four: as equal as can be, the shorter ones first."""
    count = -(-len(group) // _LONGEST_GROUP)
    edges = [len(group) * part // count for part in range(count + 1)]
    return [group[begin:end] for begin, end in pairwise(edges)]


def _pair(pair: str, language: Language, code: str) -> str:
    if pair[0] == "0":
        return digits(pair, language)
    return number_words(int(pair), code) or digits(pair, language)
