"""Engines with a fixed cost, to measure the path around them and nothing else.

The cost is the article's budget: 170 ms STT, 81 ms to the first token, 84 ms to the first
audio; BENCH_COSTS sets another, as "stt,llm,tts" in ms. The voice is a loud tone, so that the
first reply sample cannot be mistaken.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator

import numpy as np

from agents.spec import AgentSpec
from inference.conversation import Engines
from inference.engines import registry
from inference.engines.base import (
    SAMPLE_HZ,
    After,
    Knowledge,
    Transcript,
    Utterance,
    VoiceChoice,
)
from inference.voicing import Voice

STT_MS, LLM_MS, TTS_MS = map(int, os.environ.get("BENCH_COSTS", "170,81,84").split(","))
REPLY_MS = 1_500
PIECE_MS = 100
TONE_HZ = 440


class ScriptedTranscriber:
    def transcribe(self, pcm: bytes, knowledge: Knowledge) -> Transcript:
        time.sleep(STT_MS / 1000)
        return Transcript("words")


class ScriptedModel:
    async def reply(
        self, history: tuple[Utterance, ...], knowledge: Knowledge
    ) -> AsyncIterator[str | After]:
        await asyncio.sleep(LLM_MS / 1000)
        yield "An answer."


class ScriptedSynthesizer:
    hz = SAMPLE_HZ

    def synthesize(self, text: str, voice: VoiceChoice) -> Iterator[bytes]:
        time.sleep(TTS_MS / 1000)
        times = np.arange(SAMPLE_HZ * PIECE_MS // 1000) / SAMPLE_HZ
        piece = (8_000 * np.sin(2 * np.pi * TONE_HZ * times)).astype("<i2").tobytes()
        for _ in range(REPLY_MS // PIECE_MS):
            yield piece


def load_engines(spec: AgentSpec) -> Engines:
    return Engines(
        vad=registry.load("vad", spec.vad).stream(),
        transcriber=ScriptedTranscriber(),
        model=ScriptedModel(),
        voice=Voice(ScriptedSynthesizer(), spec.voice),
    )
