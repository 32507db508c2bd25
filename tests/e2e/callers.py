"""Callers in a hurry: each asks and is answered by an inference service, again and again.

They ask as voiceadmin does, with its own client and that client's one retry.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field

import numpy as np

from inference.audio import from_floats
from inference.engines.base import (
    SAMPLE_HZ,
    EngineChoice,
    EngineFailed,
    Knowledge,
    RemoteSynthesizer,
    RemoteTranscriber,
    VoiceChoice,
)
from inference.host import address, client

SENTENCE = "please book a table for two"  # what the tiny recogniser hears in any sound
SOUND = from_floats(np.random.default_rng(0).normal(0, 0.05, 2 * SAMPLE_HZ))
ANSWER = "A table for two, of course. At what time would you like to come?"
LEAST_BYTES = 2 * SAMPLE_HZ * 2  # two seconds: the answer said to its end
DEADLINE_S = 90


@dataclass
class Callers:
    """What came of their turns.

    An answer that had begun to sound when its host died is broken, not lost: nobody else can say
    the rest of it, and the agent goes on from there (docs/faults.md, dead halfway).
    """

    took_ms: list[int] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)  # why
    broken: int = 0

    async def more(self, turns: int) -> None:
        """Returns after so many further turns."""
        wanted = len(self.took_ms) + turns
        async with asyncio.timeout(DEADLINE_S):
            while len(self.took_ms) < wanted:
                await asyncio.sleep(0.01)


@asynccontextmanager
async def calling(count: int, stt_url: str, tts_url: str) -> AsyncIterator[Callers]:
    """So many at once, until the end."""
    hears: RemoteTranscriber = await asyncio.to_thread(
        client.offered, "stt", address.at(stt_url), count
    )
    says: RemoteSynthesizer = await asyncio.to_thread(
        client.offered, "tts", address.at(tts_url), count
    )
    callers = Callers()

    async def call() -> None:
        while True:
            began_s = time.monotonic()
            try:
                callers.broken += not await turn(hears, says)
            except EngineFailed as failed:
                callers.lost.append(str(failed))
            callers.took_ms.append(round((time.monotonic() - began_s) * 1000))

    tasks = [asyncio.create_task(call()) for _ in range(count)]
    try:
        yield callers
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def turn(hears: RemoteTranscriber, says: RemoteSynthesizer) -> bool:
    """Whether the answer was heard to its end. Raises EngineFailed where nothing was."""
    transcript = await hears.recognise(SOUND, Knowledge("en"))
    if transcript.text != SENTENCE:
        raise EngineFailed("other words")
    heard_bytes = 0
    voice = VoiceChoice(EngineChoice("service"))
    try:
        async with aclosing(says.speak(ANSWER, voice)) as pieces:
            async for pcm in pieces:
                heard_bytes += len(pcm)
    except EngineFailed:
        if not heard_bytes:
            raise
        return False
    if heard_bytes < LEAST_BYTES:
        raise EngineFailed("half an answer that was taken for a whole")
    return True
