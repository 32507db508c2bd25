"""The words of an unfinished utterance that will stay.

A recogniser asked again and again about the same growing utterance changes its mind about the
last words. What two decodes in a row begin with is kept and never taken back (LocalAgreement-2:
Liu, Spanakis and Niehues, Interspeech 2020).
"""

import re
from collections.abc import Sequence
from itertools import takewhile

_LETTERS = re.compile(r"\W+")


class StablePrefix:
    """Of one utterance. Case and punctuation, which a recogniser adds late, are no difference."""

    def __init__(self) -> None:
        self._last: tuple[str, ...] = ()
        self._stable: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        return self._stable

    def push(self, words: Sequence[str]) -> tuple[str, ...]:
        """All the words of another decode; what is stable now, always longer or the same.

        A recogniser that changes its mind about a stable word is heard on the words after it.
        """
        decoded = tuple(word for word in words if _plain(word))
        agreed = _agreed(self._last, decoded)
        self._last = decoded
        self._stable += decoded[len(self._stable) : agreed]
        return self._stable


def _agreed(some: tuple[str, ...], others: tuple[str, ...]) -> int:
    """With how many of the same words both begin."""
    pairs = zip(some, others, strict=False)
    return sum(1 for _ in takewhile(lambda pair: _plain(pair[0]) == _plain(pair[1]), pairs))


def _plain(word: str) -> str:
    return _LETTERS.sub("", word).casefold()
