"""An inference service on a real socket, its engines by script."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from inference.audio import from_floats
from inference.engines.base import (
    SAMPLE_HZ,
    EngineChoice,
    EngineUnavailable,
    Knowledge,
    Transcript,
    VoiceChoice,
)
from inference.host import serving
from inference.host.app import create_app
from inference.host.offer import Offer, OfferedVoice
from inference.host.stages import EngineState, Kind, Loaded

WHISPER = EngineChoice.of("faster_whisper", path="/models/whisper")
XTTS = EngineChoice.of("xtts", path="/models/xtts")
ANNA = VoiceChoice(XTTS, language="en", sample_path="/samples/anna.wav")
OFFER = Offer(
    WHISPER,
    Knowledge("en", languages=("de",)),
    (OfferedVoice("Anna", ANNA), OfferedVoice("Hans", VoiceChoice(XTTS, language="de"))),
)


@lru_cache
def tone(seconds: float, hz: int = SAMPLE_HZ) -> bytes:
    times = np.arange(int(seconds * hz)) / hz
    return from_floats(0.3 * np.sin(2 * np.pi * 440 * times))


class ScriptedStages:
    """Hears one sentence in everything and speaks a hum, unless a test says otherwise."""

    def __init__(self) -> None:
        self.text = "when are you open"
        self.heard: list[tuple[bytes, Knowledge, EngineChoice]] = []
        self.said: list[tuple[str, VoiceChoice]] = []
        self.loaded: list[tuple[Kind, EngineChoice]] = []
        self.forgotten: list[str] = []
        self.known = Loaded("tts", XTTS, 1, ("Claribel",), ("en", "de"))
        self.fails: Exception | None = None  # in the next job
        self.always_fails: Exception | None = None
        self.pieces = [tone(0.1)] * 3
        self.fails_after: Exception | None = None  # once the pieces are out
        self.is_held = False  # jobs wait until cancelled, speech after its first piece
        self.begun = asyncio.Event()
        self.released = asyncio.Event()
        self.cancelled = asyncio.Event()
        self.shown: tuple[EngineState, ...] = ()

    async def load(self, kind: Kind, choice: EngineChoice) -> Loaded:
        self.loaded.append((kind, choice))
        if choice.option("path") == "/nowhere":
            raise EngineUnavailable("no model at /nowhere")
        languages = ("en", "de", "fr") if kind == "stt" else self.known.languages
        return Loaded(kind, choice, 2, self.known.speakers if kind == "tts" else (), languages)

    async def transcribe(
        self, pcm: bytes, knowledge: Knowledge, choice: EngineChoice
    ) -> Transcript:
        self._fail()
        self.heard.append((pcm, knowledge, choice))
        await self._hold()
        return Transcript(self.text, 0.9, knowledge.language if knowledge.languages else "")

    async def speak(self, text: str, voice: VoiceChoice) -> AsyncGenerator[bytes, None]:
        self._fail()
        self.said.append((text, voice))
        for piece in self.pieces:
            yield piece
            await self._hold()
        if self.fails_after:
            raise self.fails_after

    async def forget_voice(self, sample_path: str) -> None:
        self.forgotten.append(sample_path)

    def states(self) -> tuple[EngineState, ...]:
        return self.shown

    async def close(self) -> None:
        pass

    def _fail(self) -> None:
        if self.fails:
            failure, self.fails = self.fails, None
            raise failure
        if self.always_fails:
            raise self.always_fails

    async def _hold(self) -> None:
        self.begun.set()
        if not self.is_held:
            return
        try:
            await self.released.wait()
        except BaseException:
            self.cancelled.set()
            raise


@asynccontextmanager
async def served(
    stages: ScriptedStages, offer: Offer = OFFER, at: Path | None = None, **more: Any
) -> AsyncIterator[str]:
    """The service's address; on a socket in the file system where `at` names one."""
    door_socket = serving.private_socket(at) if at else serving.public_socket("127.0.0.1", 0)
    stop = asyncio.Event()
    with door_socket as listening:
        door = serving.Door(create_app(stages, offer, **more), [listening], drain_s=1)
        serve = asyncio.create_task(door.run_until(stop))
        try:
            yield "http://host" if at else f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            stop.set()
            await serve


@asynccontextmanager
async def asked(
    stages: ScriptedStages, offer: Offer = OFFER, *, is_ready: bool = True, **more: Any
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the service, which has done its first turns unless told otherwise."""
    at = more.get("at")
    transport = httpx.AsyncHTTPTransport(uds=str(at)) if at else None
    async with (
        served(stages, offer, **more) as address,
        httpx.AsyncClient(base_url=address, transport=transport, timeout=10) as client,
    ):
        if is_ready:
            await until(client, 200)
            stages.heard.clear()
            stages.said.clear()
            stages.begun.clear()
        yield client


async def until(client: httpx.AsyncClient, status: int) -> httpx.Response:
    """What /readyz answers once it answers with this status."""
    async with asyncio.timeout(10):
        while (answer := await client.get("/readyz")).status_code != status:
            pass
    return answer
