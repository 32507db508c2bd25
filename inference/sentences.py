"""Cutting a reply into pieces to speak while the rest is still being written.

The first piece is cut early, at a clause, because the caller waits for it; later pieces are
whole sentences, which sound better.
"""

import re

FIRST_CLAUSE_CHARS = 24  # shorter clauses sound clipped
LONGEST_CHARS = 240  # a model that forgets its full stops must not silence the agent

_ABBREVIATIONS = frozenset(
    ("dr", "mr", "mrs", "ms", "prof", "st", "no", "vs", "etc", "e.g", "i.e", "a.m", "p.m", "approx")
)
_SENTENCE_END = re.compile(r"[.!?…]+[\"')\]]*(?=\s)|\n+")
_CLAUSE_END = re.compile(r"[,;:](?=\s)|\s[–—-](?=\s)")


class SentenceCutter:
    """Takes text as it comes, gives pieces that can be spoken."""

    def __init__(self) -> None:
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
            if not _is_abbreviation(self._text[: match.start()]):
                return match.end()
        if self._is_first:
            for match in _CLAUSE_END.finditer(self._text):
                if match.end() >= FIRST_CLAUSE_CHARS:
                    return match.end()
        return None


def _is_abbreviation(before: str) -> bool:
    word = before.rpartition(" ")[2].lower()
    return word in _ABBREVIATIONS or (len(word) == 1 and word.isalpha() and word != "i")
