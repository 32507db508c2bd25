"""A host whose engines are `scripted_engine`'s, and what a test wants to know of them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import numpy as np

from inference.engines.base import SAMPLE_HZ, EngineChoice, Knowledge, Transcript, VoiceChoice
from inference.host.engine_process import Deadlines
from inference.host.host_stages import HostStages
from inference.host.stages import EngineState
from tests.inference.host.scripted_engine import pcm_of

PROGRAM = ("-m", "tests.inference.host.scripted_engine")
DEADLINE_S = 30
PATIENT = Deadlines(queue_s=DEADLINE_S, silent_s=DEADLINE_S, first_pause_s=0.01)


class House:
    def __init__(self, stages: HostStages, folder: Path) -> None:
        self.stages = stages
        self.folder = folder

    def choice(self, key: str, **options: str) -> EngineChoice:
        return EngineChoice.of(key, folder=str(self.folder), **options)

    async def say(self, text: str, **options: str) -> bytes:
        voice = VoiceChoice(self.choice("parrot", **options))
        async with aclosing(self.stages.speak(text, voice)) as pieces:
            return b"".join([piece async for piece in pieces])

    async def hear(
        self, number: int, order: str = "", key: str = "ear", language: str = "en"
    ) -> Transcript:
        pcm = np.full(SAMPLE_HZ, number, dtype="<i2").tobytes()
        knowledge = Knowledge(language, instructions=order)
        return await self.stages.transcribe(pcm, knowledge, self.choice(key))

    def journal(self) -> list[str]:
        file = self.folder / "journal"
        return file.read_text().splitlines() if file.exists() else []

    def pids(self) -> list[int]:
        return [int(line.split()[1]) for line in self.journal() if line.startswith("loaded")]

    def open_gate(self) -> None:
        (self.folder / "gate").touch()

    def state(self) -> EngineState:
        (state,) = self.stages.states()
        return state

    async def until(self, happened: Callable[[], bool]) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while not happened():
                await asyncio.sleep(0.005)

    async def until_written(self, line: str) -> None:
        await self.until(lambda: line in self.journal())


@asynccontextmanager
async def house(folder: Path, deadlines: Deadlines = PATIENT) -> AsyncIterator[House]:
    stages = HostStages(deadlines, PROGRAM)
    try:
        async with asyncio.timeout(2 * DEADLINE_S):
            yield House(stages, folder)
    finally:
        await stages.close()


def audio_of(text: str) -> bytes:
    return b"".join(pcm_of(word) for word in text.split())
