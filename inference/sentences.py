"""Cutting a reply into pieces to speak while the rest is still being written.

The first piece is cut early, at a clause, because the caller waits for it; later pieces are
whole sentences, which sound better.
"""

import re
from functools import lru_cache

from inference.wording.languages.all import LANGUAGES
from inference.wording.plain import Plain

FIRST_CLAUSE_CHARS = 24  # shorter clauses sound clipped
LONGEST_CHARS = 240  # a model that forgets its full stops must not silence the agent

_ABBREVIATIONS = frozenset(("dr", "mr", "mrs", "ms", "prof", "st", "vs", "e.g", "i.e", "approx"))
# they may end a sentence, too: the next letter tells
_MAY_END = frozenset(("a.m", "p.m", "etc", "inc", "ltd", "usw", "ecc", "enz"))
_BEFORE_NUMBER = frozenset(("no", "nr"))
# where "3." is a third, and not only at the beginning of a list's line
_POINT_IS_ORDINAL = frozenset(
    ("de", "da", "no", "nb", "fi", "is", "et", "lv", "lt", "cs", "sk", "sl", "hr", "sr", "hu", "pl")
)
_SENTENCE_END = re.compile(r"[.!?…।؟۔]+[\"')\]”’»“]*(?=\s)|[。！？]+[」』”）]*|\n+")
_CLAUSE_END = re.compile(r"[,;:](?=\s)|\s[–—-](?=\s)|[、，]")
_LAST_WORD = re.compile(r"[^\s(\[\"'„“«]*$")


class Pieces:
    """A model's text as it comes, in the pieces in which it is spoken, without markup."""

    def __init__(self, language: str = "en") -> None:
        self._plain = Plain()
        self._cutter = SentenceCutter(language)

    def push(self, text: str) -> list[str]:
        said = self._plain.push(text)
        return self._cutter.push(f"{said} " if self._plain.has_ended_sentence else said)

    def rest(self) -> list[str]:
        """The last pieces, when the text is complete."""
        return [*self._cutter.push(self._plain.rest()), *self._cutter.rest()]


def pieces_of(text: str, language: str) -> list[str]:
    """A whole text in its pieces."""
    pieces = Pieces(language)
    return [*pieces.push(text), *pieces.rest()]


class SentenceCutter:
    """Takes text as it comes, gives pieces that can be spoken."""

    def __init__(self, language: str = "en") -> None:
        self._language = language.partition("-")[0].lower()
        self._text = ""
        self._is_first = True

    def push(self, text: str) -> list[str]:
        self._text += text
        pieces = []
        while (end := self._next_end()) is not None:
            piece, self._text = self._text[:end].strip(), self._text[end:].lstrip()
            if piece:
                pieces.append(piece)
                self._is_first = False
        return pieces

    def rest(self) -> list[str]:
        """The last piece, when the reply is complete."""
        piece, self._text = self._text.strip(), ""
        return [piece] if piece else []

    def _next_end(self) -> int | None:
        end = self._natural_end()
        if (end or len(self._text)) <= LONGEST_CHARS:
            return end
        return self._text.rfind(" ", 0, LONGEST_CHARS) + 1 or LONGEST_CHARS

    def _natural_end(self) -> int | None:
        for match in _SENTENCE_END.finditer(self._text):
            if not self._goes_on(match):
                return match.end()
        if self._is_first:
            for match in _CLAUSE_END.finditer(self._text):
                if match.end() >= FIRST_CLAUSE_CHARS:
                    return match.end()
        return None

    def _goes_on(self, end: re.Match[str]) -> bool:
        """Whether the full stop belongs to a number or an abbreviation; or cannot be told yet."""
        if end[0] != ".":
            return False
        before = self._text[: end.start()]
        found = _LAST_WORD.search(before)
        word = found[0] if found else ""
        if word.isdecimal():
            return self._is_ordinal(word, before.removesuffix(word))
        after = self._text[end.end() :].lstrip()[:1]
        if word.lower() in _MAY_END:
            return not after.isupper()
        if word in _short_before_number(self._language) and (not after or after.isdecimal()):
            return True
        if word.lower() in _ABBREVIATIONS or _is_initial(word):
            return True
        return word in _short(self._language) or word.endswith(_short_endings(self._language))

    def _is_ordinal(self, number: str, before: str) -> bool:
        """Third, or a list's number: first in its piece, after a colon, or after its forerunner."""
        if len(number) > 2:
            return False
        starts_list = not before.strip() or before.rstrip().endswith(":")
        continues_list = re.search(rf"(?<!\w){int(number) - 1}\. ", before)
        return bool(self._language in _POINT_IS_ORDINAL or starts_list or continues_list)


def _is_initial(word: str) -> bool:
    return len(word) == 1 and word.isalpha() and word not in "iI"


@lru_cache(maxsize=32)
def _short(language: str) -> frozenset[str]:
    """The language's abbreviations, without their full stop."""
    table = LANGUAGES.get(language)
    if not table:
        return frozenset()
    units = (unit for unit in table.units if unit.endswith("."))
    words = (*table.abbreviations, *table.special, *units)
    return frozenset(word.rpartition(" ")[2][:-1] for word in words if word.endswith("."))


@lru_cache(maxsize=32)
def _short_before_number(language: str) -> frozenset[str]:
    table = LANGUAGES.get(language)
    words = table.before_number if table else ()
    return _BEFORE_NUMBER | {word[:-1] for word in words if word.endswith(".")}


@lru_cache(maxsize=32)
def _short_endings(language: str) -> tuple[str, ...]:
    table = LANGUAGES.get(language)
    return tuple(ending[:-1] for ending in table.endings) if table else ()
