"""A recogniser's text as words that tables can be asked about, whatever its punctuation."""

import re
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_NOT_SAID = re.compile(
    r"\[[^\]]*\]|\([^)\d]*\)|\*[^*]*\*|<[^>]*>"
)  # "[cough]", "(music)"; not "(0171)"


def said(text: str) -> str:
    """Without what a recogniser tells about sounds, in lower case, one kind of apostrophe."""
    return _NOT_SAID.sub(" ", text).replace("’", "'").strip().lower()


def words_of(text: str) -> list[str]:
    """`text` as `said` gives it. Hyphens part words: "mm-hm" is two, "B-A-U" three."""
    return _WORD.findall(text)


def consists_of(words: list[str], entries: frozenset[str]) -> bool:
    """Whether entries alone, one after the other, make up all of it."""
    at = 0
    while at < len(words):
        length = _entry_at(words, at, entries)
        if not length:
            return False
        at += length
    return bool(words)


def without_first(words: list[str], entries: frozenset[str]) -> list[str]:
    at = 0
    while length := _entry_at(words, at, entries):
        at += length
    return words[at:]


def without_last(words: list[str], entries: frozenset[str]) -> list[str]:
    while length := last_entry(words, entries):
        words = words[:-length]
    return words


def without(words: list[str], entries: frozenset[str]) -> list[str]:
    left, at = [], 0
    while at < len(words):
        length = _entry_at(words, at, entries)
        if not length:
            left.append(words[at])
        at += length or 1
    return left


def last_entry(words: list[str], entries: frozenset[str]) -> int:
    """How many words the longest entry has that it ends with; 0 if it ends with none."""
    for length in range(min(_longest(entries), len(words)), 0, -1):
        if " ".join(words[-length:]) in entries:
            return length
    return 0


def _entry_at(words: list[str], at: int, entries: frozenset[str]) -> int:
    for length in range(min(_longest(entries), len(words) - at), 0, -1):
        if " ".join(words[at : at + length]) in entries:
            return length
    return 0


@lru_cache(maxsize=512)
def _longest(entries: frozenset[str]) -> int:
    """Words of the longest entry: most tables hold short ones, and this runs at each word."""
    return max((entry.count(" ") + 1 for entry in entries), default=0)
