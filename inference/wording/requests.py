"""When the caller asks how to be spoken to: once more, slower, faster.

Only what is nothing else is such a request: "can you repeat that" is, "can you repeat my
prescription" is for the agent to answer. So every word of the caller's has to be known here.
"""

import re
from enum import Enum
from functools import lru_cache

from inference.wording.asking import ASKING, Asking

LONGEST_WORDS = 16

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*['’]?|\?")


class Request(Enum):
    REPEAT = "repeat"
    SLOWER = "slower"
    FASTER = "faster"


def request_in(text: str, language: str) -> Request | None:
    """What the caller asks for, if that is all they say.

    "Repeat that more slowly" is a REPEAT: what is repeated is said slower anyhow.
    """
    known = _known(language.lower().partition("-")[0])
    words = _WORD.findall(text.lower().replace("’", "'"))
    if not known or len(words) > LONGEST_WORDS:
        return None
    return known.request_in(words)


class _Known:
    """The requests of one language, as tuples of words by their first word."""

    def __init__(self, asking: Asking) -> None:
        self._phrases: dict[str, list[tuple[tuple[str, ...], Request | None]]] = {}
        for request, phrases in (
            (None, asking.polite),
            (Request.REPEAT, asking.repeat),
            (Request.SLOWER, asking.slower),
            (Request.FASTER, asking.faster),
        ):
            for phrase in phrases:
                words = tuple(_WORD.findall(phrase))
                self._phrases.setdefault(words[0], []).append((words, request))

    def request_in(self, words: list[str]) -> Request | None:
        found = self._readings(tuple(words))
        for request in Request:  # in the order of what comes first when several are asked
            if any(request in reading for reading in found):
                return request
        return None

    def _readings(self, words: tuple[str, ...]) -> set[frozenset[Request]]:
        """All ways to read the words as known phrases, each as the requests it holds."""
        ends: list[set[frozenset[Request]]] = [set() for _ in range(len(words) + 1)]
        ends[0].add(frozenset())
        for at, readings in enumerate(ends[:-1]):
            if not readings:
                continue
            if words[at] == "?":
                ends[at + 1] |= readings
            for phrase, request in self._phrases.get(words[at], ()):
                if words[at : at + len(phrase)] == phrase:
                    ends[at + len(phrase)] |= {
                        reading | {request} if request else reading for reading in readings
                    }
        return ends[-1]


@lru_cache(maxsize=32)
def _known(language: str) -> _Known | None:
    return _Known(ASKING[language]) if language in ASKING else None
