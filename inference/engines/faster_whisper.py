"""Whisper through CTranslate2, from a folder the owner brings.

Whisper invents sentences where nobody speaks. So what is too quiet is not asked about, and
an answer that the model itself doubts, or that repeats itself, is dropped.
"""

import logging
import math
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from inference.audio import level_db, to_floats
from inference.engines.base import (
    FRAME_BYTES,
    EngineChoice,
    EngineFailed,
    EngineUnavailable,
    Knowledge,
    Transcript,
)
from inference.engines.folders import model_folder, refuse_without

FILES = ("model.bin", "config.json", "tokenizer.json")  # without the last it asks a hub
DEVICES = ("auto", "cpu", "cuda")
QUIET_DB = -50.0  # the loudest tenth of an utterance below this holds no words
NO_SPEECH = 0.6  # Whisper's own limits, see its paper's section 4.5
LOW_LOGPROB = -1.0
HOPELESS_LOGPROB = -1.5
REPETITIVE = 2.4  # compressed this well, a text says the same over and over
MAX_SECONDS = 60


def missing() -> str:
    if find_spec("faster_whisper") is None:
        return "faster-whisper is not installed here; run ./run setup"
    return ""


def load(choice: EngineChoice) -> "FasterWhisper":
    if problem := missing():
        raise EngineUnavailable(problem)
    folder = model_folder(choice, "faster-whisper", "a CTranslate2 Whisper model")
    refuse_without(folder, "faster-whisper", FILES)
    device = choice.option("device") or "auto"
    if device not in DEVICES:
        raise EngineUnavailable(f"faster-whisper: device is one of {', '.join(DEVICES)}")
    return FasterWhisper(folder, device, choice.option("compute_type") or "default")


class FasterWhisper:
    def __init__(self, folder: Path, device: str, compute_type: str) -> None:
        from faster_whisper import WhisperModel

        # below this they tell what was said
        logging.getLogger("faster_whisper").setLevel(logging.WARNING)
        try:
            self._model = WhisperModel(
                str(folder), device=device, compute_type=compute_type, local_files_only=True
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise EngineUnavailable(f"faster-whisper cannot load {folder}: {error}") from error

    def warm(self) -> None:
        hiss = np.random.default_rng(0).normal(0, 0.01, 16_000).astype(np.float32)
        for _ in self._segments(hiss, "en"):
            pass

    def transcribe(self, pcm: bytes, knowledge: Knowledge) -> Transcript:
        pcm = pcm[: MAX_SECONDS * 50 * FRAME_BYTES]
        if not _is_loud_enough(pcm):
            return Transcript("")
        try:
            language = knowledge.language.lower().replace("_", "-").partition("-")[0]
            kept = [s for s in self._segments(to_floats(pcm), language) if _is_believable(s)]
        except (RuntimeError, ValueError) as error:
            raise EngineFailed(f"faster-whisper failed: {type(error).__name__}") from error
        if not kept:
            return Transcript("")
        text = " ".join(segment.text.strip() for segment in kept)
        confidence = math.exp(sum(segment.avg_logprob for segment in kept) / len(kept))
        return Transcript(text, min(1.0, confidence))

    def _segments(self, audio: Any, language: str) -> Iterable[Any]:
        segments: Iterable[Any]
        segments, _ = self._model.transcribe(
            audio,
            language=language,
            beam_size=1,
            temperature=0.0,  # the library's default tries again up to five times when in doubt
            condition_on_previous_text=False,
            without_timestamps=True,
            vad_filter=False,
        )
        return segments


def _is_loud_enough(pcm: bytes) -> bool:
    levels = sorted(
        level_db(pcm[at : at + FRAME_BYTES])
        for at in range(0, len(pcm) - FRAME_BYTES + 1, FRAME_BYTES)
    )
    return bool(levels) and levels[len(levels) * 9 // 10] > QUIET_DB


def _is_believable(segment: Any) -> bool:
    if segment.no_speech_prob > NO_SPEECH and segment.avg_logprob < LOW_LOGPROB:
        return False
    if segment.avg_logprob < HOPELESS_LOGPROB or segment.compression_ratio > REPETITIVE:
        return False
    return not _repeats_itself(segment.text)


def _repeats_itself(text: str) -> bool:
    """Whether one to four words come four times in a row, "thank you thank you …"."""
    said = text.casefold().split()
    return any(
        said[at : at + size] * 4 == said[at : at + size * 4]
        for size in range(1, 5)
        for at in range(len(said) - size * 4 + 1)
    )
