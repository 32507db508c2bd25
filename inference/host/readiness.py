"""Whether this host may be given work: proven once by a real turn, then watched.

A host whose models load but do not speak would swallow calls. So before it is ready each
engine it offers has done a turn, and how long that took is told.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace

import numpy as np

from inference.audio import from_floats
from inference.engines.base import (
    SAMPLE_HZ,
    EngineChoice,
    EngineFailed,
    EngineUnavailable,
    VoiceChoice,
)
from inference.host.offer import Offer
from inference.host.stages import Stages

log = logging.getLogger(__name__)

LOAD_S = 900.0  # a large model on a slow disk
TURN_S = 60.0
AGAIN_S = 5.0
WORDS = "Yes."

Wait = Callable[[float], Awaitable[None]]


class Readiness:
    def __init__(self, stages: Stages, offer: Offer, wait: Wait = asyncio.sleep) -> None:
        self._stages = stages
        self._offer = offer
        self._wait = wait
        self._unproven = "its models are being loaded" if offer.engines() else ""
        self.is_stopping = False
        self.turn_ms: dict[str, int] = {}  # by stage, the slowest engine's first turn

    async def prove(self) -> None:
        """Returns once every engine has done a turn; tries again until then."""
        while self._unproven:
            try:
                for kind, choice in self._offer.engines():
                    async with asyncio.timeout(LOAD_S):
                        await self._stages.load(kind, choice)
                    async with asyncio.timeout(TURN_S):
                        await self._turn(kind, choice)
                self._unproven = ""
            except Exception as error:
                self._unproven = reason(error)
                log.warning("not ready: %s", self._unproven)
                await self._wait(AGAIN_S)
        if self.turn_ms:
            log.info("ready; turns in ms: %s", self.turn_ms)

    def why_not(self) -> str:
        """Why no work should come here now, or ""."""
        if self.is_stopping:
            return "it is stopping"
        if self._unproven:
            return self._unproven
        offered = {(kind, choice.key) for kind, choice in self._offer.engines()}
        for state in self._stages.states():
            if (state.kind, state.key) in offered and not state.ready:
                return f"{state.key} is not ready: {state.trouble or 'it is being started again'}"
        return ""

    async def _turn(self, kind: str, choice: EngineChoice) -> None:
        began_s = time.monotonic()
        if kind == "stt":
            await self._stages.transcribe(_hiss(), self._offer.knowledge, choice)
        else:
            voice = next(v.choice for v in self._offer.voices if v.choice.engine == choice)
            await self._first_piece(voice)
        took_ms = round((time.monotonic() - began_s) * 1000)
        self.turn_ms[kind] = max(took_ms, self.turn_ms.get(kind, 0))

    async def _first_piece(self, voice: VoiceChoice) -> None:
        async with aclosing(self._stages.speak(WORDS, replace(voice, speed=1.0))) as pieces:
            async for piece in pieces:
                if piece:
                    return
        raise EngineFailed("the voice made no sound")


def reason(error: Exception) -> str:
    """For the operator. Only our own errors' words are known to hold nothing that was said."""
    if isinstance(error, EngineFailed | EngineUnavailable):
        return str(error)
    if isinstance(error, TimeoutError):
        return "an engine did not answer in time"
    return type(error).__name__


def _hiss() -> bytes:
    """A second of what no recogniser takes for silence."""
    noise = np.random.default_rng(0).normal(0, 0.05, SAMPLE_HZ)
    return from_floats(noise)
