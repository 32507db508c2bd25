"""One word from an engine, timed: whether a call could use it now."""

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import aclosing
from typing import Any, TypeVar

import numpy as np

from inference import audio
from inference.engines import registry
from inference.engines.base import (
    FRAME_BYTES,
    SAMPLE_HZ,
    EngineChoice,
    EngineFailed,
    EngineUnavailable,
    Knowledge,
    Speaker,
    Utterance,
    VoiceChoice,
)

LOAD_S = 900.0  # of a large model from a slow disk
WORD_S = 60.0
WORD = "Yes."

T = TypeVar("T")


def one_word(
    kind: registry.Kind, choice: EngineChoice, knowledge: Knowledge, voice: VoiceChoice | None
) -> int:
    """Blocking. Loads the engine and has it hear, answer or say one word; how long that took, in
    ms, without the loading. Raises EngineUnavailable and EngineFailed."""
    engine = _within(LOAD_S, "loading", lambda: registry.load(kind, choice))
    if prepare := getattr(engine, "prepare", None):
        prepare(knowledge)
    began_s = time.monotonic()
    _within(WORD_S, "one word", lambda: _use(kind, engine, knowledge, voice))
    return round((time.monotonic() - began_s) * 1000)


def _use(kind: str, engine: Any, knowledge: Knowledge, voice: VoiceChoice | None) -> None:
    match kind:
        case "vad":
            engine.stream().is_speech(bytes(FRAME_BYTES))
        case "turn":
            engine.likelihood(_hiss())
        case "stt":
            engine.transcribe(_hiss(), knowledge)
        case "llm":
            asyncio.run(_reply(engine, knowledge))
        case "tts":
            assert voice is not None
            if not any(engine.synthesize(WORD, voice)):
                raise EngineFailed("the voice said nothing")


async def _reply(engine: Any, knowledge: Knowledge) -> None:
    """As long as the server's own deadlines let it take; to its first words."""
    async with aclosing(engine.reply((Utterance(Speaker.CALLER, WORD),), knowledge)) as parts:
        async for _ in parts:
            return


def _hiss() -> bytes:
    """A second that is loud enough to be worth a recogniser's while."""
    return audio.from_floats(np.random.default_rng(0).normal(0, 0.1, SAMPLE_HZ))


def _within(seconds: float, what: str, work: Callable[[], T]) -> T:
    """In a thread that is left behind if need be: no library can be told to stop loading."""
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not results:
        raise EngineUnavailable(f"{what} took longer than {seconds:.0f} s")
    return results[0]
