"""What the inference service offers, whoever does the work: processes of its own, or Ray's."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Literal, Protocol

from inference.engines.base import (
    EngineChoice,
    EngineFailed,
    Knowledge,
    Transcript,
    VoiceChoice,
)

Kind = Literal["stt", "tts"]


class EngineBusy(EngineFailed):
    """More is waiting than could be done in time. Try another host, or soon again."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """An engine that is ready, and what a caller of it has to know."""

    kind: Kind
    choice: EngineChoice
    slots: int  # jobs at a time
    speakers: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()  # () where the engine does not say


@dataclass(frozen=True, slots=True)
class EngineState:
    """One engine in numbers; the counters run since it was first loaded."""

    kind: Kind
    key: str
    processes: int
    ready: int
    waiting: int  # jobs
    working: int
    done: int = 0
    failed: int = 0
    cancelled: int = 0
    retried: int = 0
    restarts: int = 0
    batches: int = 0  # of a recogniser; done / batches is how many shared one
    busy_ms: int = 0
    trouble: str = ""  # why it is not ready, for the operator; never what was said


class Stages(Protocol):
    async def load(self, kind: Kind, choice: EngineChoice) -> Loaded:
        """The engine, loaded once and warm. Raises EngineUnavailable."""

    async def transcribe(
        self, pcm: bytes, knowledge: Knowledge, choice: EngineChoice
    ) -> Transcript:
        """At SAMPLE_HZ. Cancelled, it ends where it is done. Raises EngineFailed, EngineBusy."""

    def speak(self, text: str, voice: VoiceChoice) -> AsyncGenerator[bytes, None]:
        """Audio at SAMPLE_HZ as it is made; closing it stops the work. Raises as above."""

    async def forget_voice(self, sample_path: str) -> None:
        """No process knows the voice of this recording any more. Does not fail."""

    def states(self) -> tuple[EngineState, ...]: ...

    async def close(self) -> None: ...
