"""Sentences said by a person, with the time of each word.

The voice is that of Asterisk's prompts (one American woman, in a studio). The times were
measured once by `python -m bench.align` and lie in data/clips.json; using them needs only the
prompts. A clip begins with its first sound and ends with its last.
"""

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from inference.engines.base import SAMPLE_HZ
from telephony import human_voice

DATA = Path(__file__).parent / "data" / "clips.json"
BYTES_PER_MS = SAMPLE_HZ // 1000 * 2
STEP_MS = 10
LOUD_DB = -50.0  # of full scale, over STEP_MS; the prompts' own noise is below it


class ClipChanged(Exception):
    """The prompt on this machine is not the one whose words were timed."""


@dataclass(frozen=True, slots=True)
class Word:
    """In ms from the clip's begin.

    `known_ms` is when a recogniser that hears the clip grow first has this word and keeps it:
    often before the word's end, at times in the silence after it.
    """

    text: str
    start_ms: int
    end_ms: int
    known_ms: int


@dataclass(frozen=True, slots=True)
class Clip:
    name: str
    pcm: bytes  # 16 kHz mono, studio quality: noise.over_telephone makes a caller of it
    words: tuple[Word, ...]

    @property
    def duration_ms(self) -> int:
        return len(self.pcm) // BYTES_PER_MS

    @property
    def is_recognised(self) -> bool:
        """Whether the recogniser that timed the words had the last one at all.

        One it never has is entered with its end.
        """
        return self.words[-1].known_ms != self.words[-1].end_ms

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)


@cache
def clips() -> tuple[Clip, ...]:
    """Whole sentences of 4 to 12 words. Raises NoHumanVoice, ClipChanged."""
    return tuple(_clip(entry) for entry in json.loads(DATA.read_text()))


def _clip(entry: dict[str, Any]) -> Clip:
    pcm = trimmed(human_voice.speak(entry["name"]))
    if fingerprint(pcm) != entry["sha256"]:
        raise ClipChanged(f"prompt {entry['name']} is another one; run python -m bench.align")
    return Clip(entry["name"], pcm, tuple(Word(*word) for word in entry["words"]))


def fingerprint(pcm: bytes) -> str:
    return hashlib.sha256(pcm).hexdigest()


def trimmed(pcm: bytes) -> bytes:
    """From the first loud step to the last one."""
    begin_ms, end_ms = sounds_ms(pcm)
    return pcm[begin_ms * BYTES_PER_MS : end_ms * BYTES_PER_MS]


def sounds_ms(pcm: bytes) -> tuple[int, int]:
    """When the first loud step begins and the last one ends."""
    loud = np.nonzero(levels_db(pcm) > LOUD_DB)[0]
    return (int(loud[0]) * STEP_MS, int(loud[-1] + 1) * STEP_MS) if len(loud) else (0, 0)


def levels_db(pcm: bytes) -> Any:
    """Level of each whole step, in dB of full scale."""
    step = SAMPLE_HZ * STEP_MS // 1000
    samples = np.frombuffer(pcm, dtype="<i2").astype(float)
    steps = samples[: len(samples) // step * step].reshape(-1, step)
    return 10 * np.log10((steps**2).mean(axis=1) / 32768**2 + 1e-12)
