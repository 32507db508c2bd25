"""The inference service's work, done by engine processes on this machine."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing

from inference.engines.base import (
    EngineChoice,
    EngineFailed,
    Knowledge,
    Transcript,
    VoiceChoice,
)
from inference.host.engine_process import PROGRAM, Deadlines
from inference.host.pool import Pool
from inference.host.stages import EngineState, Kind, Loaded

log = logging.getLogger(__name__)

FORGET_S = 10.0  # behind the sentence that is being spoken


class HostStages:
    """Each engine is loaded when it is first asked for, or with `load`. For one event loop."""

    def __init__(
        self, deadlines: Deadlines | None = None, program: tuple[str, ...] = PROGRAM
    ) -> None:
        self._deadlines = deadlines or Deadlines()
        self._program = program
        self._pools: dict[tuple[Kind, EngineChoice], Pool] = {}
        self._opening: dict[tuple[Kind, EngineChoice], asyncio.Task[Loaded]] = {}

    async def load(self, kind: Kind, choice: EngineChoice) -> Loaded:
        """Who comes while it loads waits along; a failed load is tried again by the next."""
        key = kind, choice
        opening = self._opening.get(key)
        if opening is None:
            pool = Pool(kind, choice, self._deadlines, self._program)
            opening = self._opening[key] = asyncio.create_task(self._open(pool))
        return await asyncio.shield(opening)

    async def transcribe(
        self, pcm: bytes, knowledge: Knowledge, choice: EngineChoice
    ) -> Transcript:
        pool = await self._pool("stt", choice)
        return await pool.transcribe(pcm, knowledge)

    async def speak(self, text: str, voice: VoiceChoice) -> AsyncGenerator[bytes, None]:
        pool = await self._pool("tts", voice.engine)
        async with aclosing(pool.speak(text, voice)) as pieces:
            async for pcm in pieces:
                yield pcm

    async def forget_voice(self, sample_path: str) -> None:
        pools = [pool for (kind, _), pool in self._pools.items() if kind == "tts"]
        try:
            async with asyncio.timeout(FORGET_S):
                await asyncio.gather(*(pool.forget_voice(sample_path) for pool in pools))
        except TimeoutError:
            log.warning("a voice is forgotten only after the sentences that are being spoken")

    def states(self) -> tuple[EngineState, ...]:
        return tuple(pool.state() for pool in self._pools.values())

    async def close(self) -> None:
        for opening in self._opening.values():
            opening.cancel()
        await asyncio.gather(*self._opening.values(), return_exceptions=True)
        await asyncio.gather(*(pool.close() for pool in self._pools.values()))
        self._opening.clear()
        self._pools.clear()

    async def _open(self, pool: Pool) -> Loaded:
        key = pool.kind, pool.choice
        try:
            loaded = await pool.open()
        except BaseException:
            del self._opening[key]
            await pool.close()
            raise
        self._pools[key] = pool
        return loaded

    async def _pool(self, kind: Kind, choice: EngineChoice) -> Pool:
        if (kind, choice) not in self._pools:
            await self.load(kind, choice)
        pool = self._pools.get((kind, choice))
        if pool is None:
            raise EngineFailed(f"{choice.key}: the host is closing")
        return pool
