"""Engines that do what they are told, in a real engine process.

A voice says each word as 10 ms of its own loudness; an ear answers with the loudness it heard.
Some words are orders: `die`, `hang`, `fail`, `poison`, and `wait`, which ends once the test has
opened the folder's gate. `once-` before an order obeys it the first time only. Everything that
happens is written to the folder's journal, by every process.
"""

import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from inference.engines import wanted
from inference.engines.base import (
    SAMPLE_HZ,
    EngineChoice,
    EngineFailed,
    EngineUnavailable,
    Knowledge,
    Transcript,
    VoiceChoice,
)
from inference.host import engine_child

PIECE_SAMPLES = SAMPLE_HZ // 100
POLL_S = 0.002
ORDERS = ("die", "hang", "fail", "poison", "wait")


class Scripted:
    def __init__(self, choice: EngineChoice) -> None:
        self.folder = Path(choice.option("folder"))
        if choice.option("missing"):
            raise EngineUnavailable("no model at /nowhere; bring one")
        self.is_broken = False
        self.write(f"loaded {os.getpid()}")

    def warm(self) -> None:
        if self.is_broken:
            raise RuntimeError("still broken")

    def write(self, line: str) -> None:
        with (self.folder / "journal").open("a") as journal:
            journal.write(f"{line}\n")

    def obey(self, order: str) -> None:
        if order.startswith("once-"):
            order = order.removeprefix("once-")
            if (self.folder / f"obeyed {order}").exists():
                return
            (self.folder / f"obeyed {order}").touch()
        match order:
            case "die":
                os._exit(7)
            case "hang":
                time.sleep(3600)
            case "fail":
                raise ValueError("with what was said")
            case "break":
                self.is_broken = True
                raise ValueError("with what was said")
            case "poison":
                raise EngineFailed("the voice failed") from RuntimeError("CUDA error: said")
            case "wait":
                while wanted.is_wanted() and not (self.folder / "gate").exists():
                    time.sleep(POLL_S)


class Parrot(Scripted):
    hz = SAMPLE_HZ
    speakers = ("Polly",)
    languages = ("en", "de")

    def synthesize(self, text: str, voice: VoiceChoice) -> Iterator[bytes]:
        self.write(f"says {text}")
        try:
            for word in text.split():
                self.obey(word)
                if not wanted.is_wanted():
                    return
                yield pcm_of(word)
        finally:
            self.write(f"ends {text}")

    def forget_voice(self, sample_path: str) -> None:
        self.write(f"forgets {sample_path}")


class Ear(Scripted):
    batch = 4

    def transcribe(self, pcm: bytes, knowledge: Knowledge) -> Transcript:
        raise NotImplementedError

    def transcribe_together(
        self, utterances: Sequence[tuple[bytes, Knowledge]]
    ) -> list[Transcript | EngineFailed]:
        self.write(f"hears {len(utterances)}")
        for _, knowledge in utterances:
            self.obey(knowledge.instructions)
        return [Transcript(str(loudness(pcm)), language=k.language) for pcm, k in utterances]


class OneByOne(Scripted):
    """A recogniser that knows nothing of batches."""

    def transcribe(self, pcm: bytes, knowledge: Knowledge) -> Transcript:
        self.obey(knowledge.instructions)
        return Transcript(str(loudness(pcm)))


def pcm_of(word: str) -> bytes:
    return np.full(PIECE_SAMPLES, number_of(word), dtype="<i2").tobytes()


def number_of(word: str) -> int:
    return sum(word.encode()) % 30_000


def loudness(pcm: bytes) -> int:
    return int(np.frombuffer(pcm, dtype="<i2")[0])


ENGINES = {"parrot": Parrot, "ear": Ear, "one by one": OneByOne}


def load(kind: str, choice: EngineChoice) -> Scripted:
    return ENGINES[choice.key](choice)


if __name__ == "__main__":
    engine_child.serve(int(sys.argv[1]), load)
