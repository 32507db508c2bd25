"""Finds the agent's own question that is most like what the caller said, and gives its answer.

It thinks nothing up: every word it says was written by the agent's owner. Words that few
questions share count most, endings and small slips of the recogniser count little.

What comes in brackets was typed: "[1]" asks the question of that key. Digits that nobody may
know come as "[4 secret digits]" and ask the question "[secret digits]", where the owner wrote it.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import AsyncIterator
from functools import lru_cache

from rapidfuzz import fuzz

from inference.engines.base import (
    After,
    EngineChoice,
    EngineFailed,
    EngineUnavailable,
    Entry,
    Knowledge,
    Speaker,
    Utterance,
)

THRESHOLD = 0.6  # measured together with the recogniser: bench/results/
_SAME_WORD = 75.0  # of 100: "hour" and "hours", not "hour" and "four"
_STRANGE_WORD = 0.35  # weight of a word that is in no question: people say more than they need
_KEYS = re.compile(r"\[([0-9*#]+)\]")
_HIDDEN_KEYS = re.compile(r"\[[0-9]+ secret digits?\]")
AFTER_HIDDEN_KEYS = "[secret digits]"  # as a question


def missing() -> str:
    return ""


def load(choice: EngineChoice) -> "Questions":
    try:
        threshold = float(choice.option("threshold") or THRESHOLD)
    except ValueError:
        threshold = -1
    if not 0 < threshold <= 1:
        raise EngineUnavailable("questions: the likeness needed is a number from 0.1 to 1")
    return Questions(threshold)


class Questions:
    def __init__(self, threshold: float = THRESHOLD) -> None:
        self._threshold = threshold

    def warm(self) -> None:
        pass

    async def reply(
        self, history: tuple[Utterance, ...], knowledge: Knowledge
    ) -> AsyncIterator[str | After]:
        said = _last_two_of_caller(history)
        entry = self.find(said[-1], knowledge)
        if entry is not None:
            yield entry.answer
            if entry.after is not After.LISTEN:
                yield entry.after
            return
        if not knowledge.fallback_sentence:
            raise EngineFailed("no question fits, and the agent has no sentence for that")
        yield knowledge.fallback_sentence
        if len(said) == 2 and self.find(said[0], knowledge) is None:
            yield After.HAND_OVER

    def find(self, text: str, knowledge: Knowledge) -> Entry | None:
        if keys := _KEYS.fullmatch(text.strip()):
            return next((e for e in knowledge.entries if e.digit == keys[1]), None)
        if _HIDDEN_KEYS.fullmatch(text.strip()):
            return next((e for e in knowledge.entries if AFTER_HIDDEN_KEYS in e.questions), None)
        entry, likeness = nearest(text, knowledge)
        return entry if likeness >= self._threshold else None


def _last_two_of_caller(history: tuple[Utterance, ...]) -> list[str]:
    """What the caller said last, and before the agent's last turn if there was one.

    Keys stand for themselves: what was said before them was not answered in time.
    """
    turns: list[list[str]] = [[]]
    for utterance in history:
        if utterance.speaker is Speaker.CALLER:
            if utterance.text.startswith("["):
                turns[-1].clear()
            turns[-1].append(utterance.text)
        elif turns[-1]:
            turns.append([])
    said = [" ".join(turn) for turn in turns if turn]
    return said[-2:] or [""]


def nearest(text: str, knowledge: Knowledge) -> tuple[Entry | None, float]:
    """The entry most like this text, and how like it is, from 0 to 1."""
    weights, wordings = _prepared(knowledge)
    said = words(text)
    best: tuple[Entry | None, float] = None, 0.0
    for entry, wording in wordings:
        likeness = _likeness(said, wording, weights)
        if likeness > best[1]:
            best = entry, likeness
    return best


def words(text: str) -> tuple[str, ...]:
    """Lower case, without accents and punctuation."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return tuple(re.findall(r"\w+(?:'\w+)*", plain))


@lru_cache(maxsize=64)
def _prepared(
    knowledge: Knowledge,
) -> tuple[dict[str, float], tuple[tuple[Entry, tuple[str, ...]], ...]]:
    """What each word weighs, and every wording in words."""
    wordings = tuple(
        (entry, found)
        for entry in knowledge.entries
        for wording in entry.questions
        if wording != AFTER_HIDDEN_KEYS and (found := words(wording))
    )
    entries_with = Counter(
        word
        for entry in knowledge.entries
        for word in {word for other, wording in wordings if other is entry for word in wording}
    )
    # long words and those of few questions say what is asked, in any language
    weights = {word: min(len(word), 8) / 8 / count**0.5 for word, count in entries_with.items()}
    return weights, wordings


def _likeness(said: tuple[str, ...], wording: tuple[str, ...], weights: dict[str, float]) -> float:
    if not said:
        return 0.0
    asked = _covered(wording, said, weights)  # of the question, how much was said
    meant = _covered(said, wording, weights)  # of what was said, how much is in the question
    return float(max((asked**2 * meant) ** (1 / 3), fuzz.ratio(said, wording) / 100))


def _covered(these: tuple[str, ...], those: tuple[str, ...], weights: dict[str, float]) -> float:
    """The weighted share of these words that is among those."""
    total = found = 0.0
    for word in these:
        weight = weights.get(word, _STRANGE_WORD)
        likest = max(fuzz.ratio(word, other, score_cutoff=_SAME_WORD) for other in those)
        total += weight
        found += weight * likest / 100
    return found / total
