"""What the caller's words say about the turn: is it over, may it go on, is it one at all.

Judged from the last words and small tables (inference/turns/languages), with or without
punctuation, because recognisers differ; in microseconds, because it runs on the event loop.
What comes out is numbers: nothing of it tells what was said.
"""

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from inference.turns.languages import language_of
from inference.turns.languages.table import Language


class Finish(Enum):
    DONE = "done"  # complete: ends early
    OPEN = "open"  # may go on
    HANGING = "hanging"  # no turn ends like that: waits longer


class Kind(Enum):
    NOTHING = "nothing"  # no words
    BACKCHANNEL = "backchannel"  # "mm-hm", "yeah": said while listening
    STOP = "stop"  # holds one of the words that always stop the agent
    WORDS = "words"


class Expecting(Enum):
    """What the agent asked for last."""

    ANYTHING = "anything"
    YES_NO = "yes or no"
    DIGITS = "digits"
    SPELLING = "spelling"
    EMAIL = "email"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Meaning:
    words: int
    finish: Finish
    kind: Kind


NOTHING = Meaning(0, Finish.OPEN, Kind.NOTHING)

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*['’]?")
_NO_WORDS = re.compile(r"\[[^\]]*\]|\([^)]*\)|\*[^*]*\*")  # "[cough]", "(music)"
_LONGEST = 6  # words of the longest entry


def understand(
    text: str,
    language: str,
    expecting: Expecting = Expecting.ANYTHING,
    stop_words: tuple[str, ...] = (),
) -> Meaning:
    """Never raises; a language without a table is judged by punctuation and counting."""
    text = _NO_WORDS.sub(" ", text).strip()
    words = _words(text)
    if not words:
        return NOTHING
    table = language_of(language)
    return Meaning(
        len(words), _finish(text, words, table, expecting), _kind(words, table, stop_words)
    )


def expected_after(agent_text: str, language: str) -> Expecting:
    return Expecting.ANYTHING


def same_request(a: str, b: str, language: str) -> bool:
    """Whether the reply to one text answers the other."""
    table = language_of(language)
    return _core(_words(a), table) == _core(_words(b), table)


def _words(text: str) -> list[str]:
    return [word.replace("’", "'").rstrip("'") for word in _WORD.findall(text.lower())]


def _core(words: list[str], table: Language) -> list[str]:
    small = table.politeness | table.hesitations
    return [word for word in words if word not in small] or words


def _kind(words: list[str], table: Language, stop_words: tuple[str, ...]) -> Kind:
    if stop_words:
        said = f" {' '.join(words)} "
        if any(stop in said for stop in _padded(stop_words)):
            return Kind.STOP
    if _consists_of(words, table.backchannels | table.hesitations):
        return Kind.BACKCHANNEL
    return Kind.WORDS


@lru_cache(maxsize=256)
def _padded(stop_words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f" {' '.join(_words(stop))} " for stop in stop_words if _words(stop))


def _consists_of(words: list[str], entries: frozenset[str]) -> bool:
    at = 0
    while at < len(words):
        for length in range(min(_LONGEST, len(words) - at), 0, -1):
            if " ".join(words[at : at + length]) in entries:
                at += length
                break
        else:
            return False
    return True


def _ends_with(words: list[str], entries: frozenset[str]) -> bool:
    return any(
        " ".join(words[-length:]) in entries for length in range(1, min(_LONGEST, len(words)) + 1)
    )


def _finish(text: str, words: list[str], table: Language, expecting: Expecting) -> Finish:
    if text.endswith(("...", "…", ",", "-", "–", "—", ":")):
        return Finish.HANGING
    if _ends_with(words, table.hesitations) or _ends_with(words, table.hanging):
        return Finish.HANGING
    if text.endswith("?") and len(words) > 2:
        return Finish.DONE
    if _consists_of(words, table.complete | table.politeness) or _ends_with(words, table.closing):
        return Finish.DONE
    if _ends_with(words, table.politeness):
        return Finish.DONE
    return Finish.OPEN
