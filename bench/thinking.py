"""Callers who think while they speak: turns of a human voice, with known pauses in them.

Pauses last as pauses in conversation do. Their logarithm is normally distributed (Campione and
Véronis, Speech Prosody 2002; Demol et al., Interspeech 2007), and half of them last from a
quarter to half a second (Lundholm Fors, Production and Perception of Pauses in Speech,
Gothenburg 2015): hence a median of 354 ms, where one in eight is below 200 ms and one in
forty-five above a second. They "vary greatly across speakers" (ibid.); how much of the spread
lies between callers, where in a turn pauses are, and how often, is not in these papers: the
shares below are ours.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cache

import numpy as np

from bench.clips import BYTES_PER_MS, Clip, Word, clips, trimmed
from inference.engines.base import FRAME_MS
from telephony import human_voice

HALF_FROM_MS, HALF_TO_MS = 250, 500
SHORTEST_MS, LONGEST_MS = 60, 3_000  # longer, and the agent may well ask
QUARTILE = 0.6745  # of the normal distribution, in standard deviations
BETWEEN_CALLERS = 1 / 3  # of the variance; the rest is within a call

BEFORE_MS, AFTER_MS = 300, 4_000  # silence around a turn
FADE_MS = 5
# Of a clip's end, without which its last word is recognised all the same: of those that the
# embedded recogniser gets at all, it has 27 of 35 so long before (data/clips.json).
TAIL_MS = 120
DIGIT_GAP_MS = 80
TURNS_PER_CALL = 8

# Prompts that answer a question, whole; of each the words.
SHORT = {
    "auth-thankyou": "thank you",
    "goodbye": "goodbye",
    "vm-goodbye": "goodbye",
    "vm-no": "no",
    "digits/today": "today",
    "digits/tomorrow": "tomorrow",
    "im-sorry": "i'm sorry",
}
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
GROUPS = ((3, 3, 4), (3, 4), (2, 2, 2), (4, 4))


class Said(Enum):
    """What a turn is, and which share of them are."""

    SHORT = "a short answer"
    SENTENCE = "a sentence"
    THINKING = "a sentence with pauses in it"
    SENTENCES = "two sentences"
    NUMBER = "a number in groups"


SHARES = {
    Said.SHORT: 20,
    Said.SENTENCE: 25,
    Said.THINKING: 35,
    Said.SENTENCES: 10,
    Said.NUMBER: 10,
}
ASKED = {Said.NUMBER: "What is your telephone number?"}
ASKED_USUALLY = "How can I help you?"
SECOND_PAUSE = 1 / 3  # of the sentences with pauses have two


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a caller with silence around it. Times in ms from the audio's begin."""

    said: Said
    pcm: bytes = field(repr=False)
    words: tuple[Word, ...]
    pauses: tuple[tuple[int, int], ...]  # begin and end of each silence inside the turn
    end_ms: int
    asked: str  # by the agent before it

    def pauses_at(self, at_ms: int) -> bool:
        """Whether the caller is silent, or ending a word on which a silence follows."""
        silences = (*self.pauses, (self.end_ms, self.end_ms + AFTER_MS))
        return any(from_ms - TAIL_MS <= at_ms < to_ms for from_ms, to_ms in silences)

    def text(self, from_ms: int, until_ms: int) -> str:
        """The words a recogniser can know that heard the audio in between."""
        inside = (word for word in self.words if word.known_ms <= until_ms)
        return " ".join(
            word.text for word in inside if (word.start_ms + word.end_ms) / 2 >= from_ms
        )


@dataclass(slots=True)
class Pauses:
    """One caller's."""

    drawn: random.Random
    middle: float  # of the logarithm of ms
    spread: float

    @classmethod
    def of_a_caller(cls, drawn: random.Random, slower: float) -> "Pauses":
        middle = math.log(slower) + (math.log(HALF_FROM_MS) + math.log(HALF_TO_MS)) / 2
        spread = math.log(HALF_TO_MS / HALF_FROM_MS) / 2 / QUARTILE
        between, within = math.sqrt(BETWEEN_CALLERS), math.sqrt(1 - BETWEEN_CALLERS)
        return cls(drawn, drawn.gauss(middle, spread * between), spread * within)

    def next_ms(self) -> int:
        """Of whole frames."""
        lasts_ms = self.drawn.lognormvariate(self.middle, self.spread)
        return round(min(max(lasts_ms, SHORTEST_MS), LONGEST_MS) / FRAME_MS) * FRAME_MS


@cache
def calls(count: int, *, slower: float = 1.0, seed: int = 1) -> tuple[tuple[Turn, ...], ...]:
    """The turns of so many callers, whose pauses last `slower` times as long as usual."""
    drawn = random.Random(seed)
    return tuple(_call(drawn, Pauses.of_a_caller(drawn, slower)) for _ in range(count))


def _call(drawn: random.Random, pauses: Pauses) -> tuple[Turn, ...]:
    return tuple(_turn(drawn, pauses) for _ in range(TURNS_PER_CALL))


def _turn(drawn: random.Random, pauses: Pauses) -> Turn:
    said = drawn.choices(list(SHARES), list(SHARES.values()))[0]
    turn = _Building()
    match said:
        case Said.SHORT:
            turn.say(_short(drawn.choice(list(SHORT))))
        case Said.SENTENCE:
            turn.say(drawn.choice(clips()))
        case Said.THINKING:
            clip = drawn.choice(clips())
            number = 2 if drawn.random() < SECOND_PAUSE else 1
            after = sorted(drawn.sample(range(1, len(clip.words)), number))
            for piece in _pieces(clip, after):
                turn.pause(pauses.next_ms())
                turn.say(piece)
        case Said.SENTENCES:
            for clip in drawn.sample(clips(), 2):
                turn.pause(pauses.next_ms())
                turn.say(clip)
        case Said.NUMBER:
            for length in drawn.choice(GROUPS):
                turn.pause(pauses.next_ms())
                for at in range(length):
                    turn.gap(DIGIT_GAP_MS if at else 0)
                    turn.say(_digit(drawn.randrange(10)))
    return turn.done(said)


def paused(clip: Clip, after: int, lasts_ms: int) -> Turn:
    """The sentence with one pause after so many words."""
    turn = _Building()
    for piece in _pieces(clip, [after]):
        turn.pause(lasts_ms)
        turn.say(piece)
    return turn.done(Said.THINKING)


def _pieces(clip: Clip, after: list[int]) -> Iterator[Clip]:
    """The clip cut after those words."""
    for first, last in zip([0, *after], [*after, len(clip.words)], strict=True):
        words = clip.words[first:last]
        from_ms = words[0].start_ms if first else 0
        until_ms = clip.words[last].start_ms if last < len(clip.words) else clip.duration_ms
        pcm = clip.pcm[from_ms * BYTES_PER_MS : until_ms * BYTES_PER_MS]
        yield Clip(clip.name, _faded(pcm), tuple(_moved(word, -from_ms) for word in words))


def _faded(pcm: bytes) -> bytes:
    """Without clicks where it was cut."""
    samples = np.frombuffer(pcm, dtype="<i2").astype(float)
    ramp = np.linspace(0, 1, FADE_MS * BYTES_PER_MS // 2)
    samples[: len(ramp)] *= ramp
    samples[-len(ramp) :] *= ramp[::-1]
    return samples.astype("<i2").tobytes()


@cache
def _short(name: str) -> Clip:
    return _evenly(name, SHORT[name])


@cache
def _digit(digit: int) -> Clip:
    return _evenly(f"digits/{digit}", DIGITS[digit])


def _evenly(name: str, text: str) -> Clip:
    """A prompt of so few words that each may be taken to last as long as the next."""
    pcm = trimmed(human_voice.speak(name))
    each_ms = len(pcm) // BYTES_PER_MS // len(text.split())
    ends = [each_ms * (at + 1) for at in range(len(text.split()))]
    ends[-1] = len(pcm) // BYTES_PER_MS
    return Clip(
        name,
        pcm,
        tuple(
            Word(word, end_ms - each_ms, end_ms, end_ms)
            for word, end_ms in zip(text.split(), ends, strict=True)
        ),
    )


def _moved(word: Word, by_ms: int) -> Word:
    return Word(word.text, word.start_ms + by_ms, word.end_ms + by_ms, word.known_ms + by_ms)


class _Building:
    """A turn in the making."""

    def __init__(self) -> None:
        self._pcm = bytes(BEFORE_MS * BYTES_PER_MS)
        self._words: list[Word] = []
        self._pauses: list[tuple[int, int]] = []

    def _now_ms(self) -> int:
        return len(self._pcm) // BYTES_PER_MS

    def say(self, clip: Clip) -> None:
        until_ms = clip.duration_ms - TAIL_MS
        for word in clip.words:
            known_ms = max(word.start_ms, min(word.known_ms, word.end_ms, until_ms))
            self._words.append(_moved(replace(word, known_ms=known_ms), self._now_ms()))
        self._pcm += clip.pcm

    def gap(self, lasts_ms: int) -> None:
        self._pcm += bytes(lasts_ms * BYTES_PER_MS)

    def pause(self, lasts_ms: int) -> None:
        """Nothing before the first word."""
        if self._words:
            self._pauses.append((self._now_ms(), self._now_ms() + lasts_ms))
            self.gap(lasts_ms)

    def done(self, said: Said) -> Turn:
        end_ms = self._now_ms()
        asked = ASKED.get(said, ASKED_USUALLY)
        self.gap(AFTER_MS)
        return Turn(said, self._pcm, tuple(self._words), tuple(self._pauses), end_ms, asked)
