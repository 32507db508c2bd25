"""Which characters a voice can say, and what the others become.

Emoji are told by what Unicode says they are, not by a list, so next year's are known too.
"""

import unicodedata
from functools import lru_cache

PICTURE = "\0"  # stands where an emoji was

# "other symbols" to Unicode, like emoji, yet part of ordinary writing
_WORDS_IN_A_SIGN = frozenset("°©®™№℃℉℗℠")
# arrows, technical signs, boxes, geometric shapes, dingbats: some count as mathematics
_PICTURE_BLOCKS = ((0x2190, 0x21FF), (0x2300, 0x23FF), (0x2500, 0x27BF), (0x2900, 0x297F))
_SKIN_TONES = (0x1F3FB, 0x1F3FF)
_INVISIBLE = frozenset("\u034f\u115f\u1160\u20e3\u2800\u3164\uffa0")
_VARIATION_SELECTORS = range(0xFE00, 0xFE10)
_INVISIBLE_CATEGORIES = frozenset(("Cc", "Cf", "Cn", "Co", "Cs"))
_NEW_LINES = frozenset("\n\r\v\f\x85\u2028\u2029")


def visible(text: str) -> str:
    """The text in letters, signs, " " and "\\n", with PICTURE for each emoji."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_visible, text))


@lru_cache(maxsize=4096)
def _visible(character: str) -> str:
    if character in _NEW_LINES:
        return "\n"
    category = unicodedata.category(character)
    if character == "\t" or category == "Zs":
        return " "
    if _is_picture(character, category):
        return PICTURE
    if (
        category in _INVISIBLE_CATEGORIES
        or character in _INVISIBLE
        or ord(character) in _VARIATION_SELECTORS
    ):
        return ""
    return character


def _is_picture(character: str, category: str) -> bool:
    if character in _WORDS_IN_A_SIGN or character in _INVISIBLE:
        return False
    return category == "So" or any(
        first <= ord(character) <= last for first, last in (*_PICTURE_BLOCKS, _SKIN_TONES)
    )
