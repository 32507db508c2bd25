"""Number words. The only place that knows who makes them: num2words."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Literal, cast

from num2words import CONVERTER_CLASSES, num2words  # type: ignore[import-untyped]

Kind = Literal["cardinal", "ordinal", "year"]

LARGEST = 10**15  # beyond it, digits are all that anybody says

_words = cast("Callable[..., Any]", num2words)


@lru_cache(maxsize=8192)
def number_words(number: int, language: str, kind: Kind = "cardinal") -> str | None:
    """The number in words, None where they are not known. Never raises.

    `language` is "de" or "fr_CH".
    """
    if abs(number) >= LARGEST or not knows(language):
        return None
    try:
        words = str(_words(number, lang=language, to=kind))
    except Exception:  # its languages fail in their own ways: this one cannot say it
        return None
    return re.sub(r",? +", " ", words).strip()


def knows(language: str) -> bool:
    return language in CONVERTER_CLASSES or language[:2] in CONVERTER_CLASSES
