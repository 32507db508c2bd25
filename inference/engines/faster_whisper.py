"""Whisper through CTranslate2, from a folder the owner brings.

Whisper invents sentences where nobody speaks. So what is too quiet is not asked about, and
an answer that the model itself doubts, or that repeats itself, is dropped.

Where the agent speaks several languages, the caller's is told from the sound. One word is no
reason to change it: names and "okay" are the same everywhere.
"""

import logging
import math
import threading
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.audio import level_db, to_floats
from inference.engines.base import (
    FRAME_BYTES,
    FRAME_MS,
    EngineChoice,
    EngineFailed,
    EngineUnavailable,
    Knowledge,
    Transcript,
    without_region,
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
OTHER_LANGUAGE = 0.7  # likelier than this among the agent's languages, and it is spoken now
LANGUAGE_MS = 1_000  # of speech; in less, Whisper's guess is worth little
LANGUAGE_WORDS = 2
SPEECH_DB = 20.0  # so far below an utterance's loud frames there is still speech


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
    slots = 1  # the library's num_workers

    def __init__(self, folder: Path, device: str, compute_type: str) -> None:
        # below this they tell what was said
        logging.getLogger("faster_whisper").setLevel(logging.WARNING)
        try:
            self._model = _once_encoding(
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
        levels = _levels(pcm)
        if not _is_loud_enough(levels):
            return Transcript("")
        try:
            spoken = self._language(to_floats(pcm), _speech_ms(levels), knowledge)
            segments = self._segments(to_floats(pcm), without_region(spoken))
            kept = [segment for segment in segments if _is_believable(segment)]
        except (RuntimeError, ValueError) as error:
            raise EngineFailed(f"faster-whisper failed: {type(error).__name__}") from error
        finally:
            self._model.forget()
        if not kept:
            return Transcript("")
        text = " ".join(segment.text.strip() for segment in kept)
        confidence = math.exp(sum(segment.avg_logprob for segment in kept) / len(kept))
        if len(text.split()) < LANGUAGE_WORDS:
            spoken = knowledge.language
        return Transcript(text, min(1.0, confidence), spoken if knowledge.languages else "")

    def _language(self, audio: NDArray[np.float32], speech_ms: int, knowledge: Knowledge) -> str:
        """The one of the agent's languages that is spoken; the present one in doubt."""
        if not knowledge.languages or speech_ms < LANGUAGE_MS:
            return knowledge.language
        if not self._model.model.is_multilingual:
            return knowledge.language
        mine = {without_region(code): code for code in (*knowledge.languages, knowledge.language)}
        features = self._model.feature_extractor(audio)
        _, _, found = self._model.detect_language(features=features[..., :-1])
        likelihood = {code: likely for code, likely in found if code in mine}
        likeliest = max(likelihood, key=likelihood.__getitem__, default="")
        if not likeliest or likelihood[likeliest] < OTHER_LANGUAGE * sum(likelihood.values()):
            return knowledge.language
        return mine[likeliest]

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


def _once_encoding(*args: Any, **kwargs: Any) -> Any:
    """The library's model, which does not encode the same sound twice in a row.

    It would for the language and again for the words, and that is most of the work.
    """
    from faster_whisper import WhisperModel

    class OnceEncoding(WhisperModel):  # type: ignore[misc]
        _last = threading.local()

        def encode(self, features: Any) -> Any:
            if not np.array_equal(features, getattr(self._last, "features", ())):
                self._last.encoded = super().encode(features)
                self._last.features = features
            return self._last.encoded

        def forget(self) -> None:
            """Megabytes in every thread that came by, and on the graphics card."""
            self._last.__dict__.clear()

    return OnceEncoding(*args, **kwargs)


def _levels(pcm: bytes) -> list[float]:
    """How loud each frame is, the quietest first."""
    return sorted(
        level_db(pcm[at : at + FRAME_BYTES])
        for at in range(0, len(pcm) - FRAME_BYTES + 1, FRAME_BYTES)
    )


def _is_loud_enough(levels: list[float]) -> bool:
    return bool(levels) and _loud(levels) > QUIET_DB


def _speech_ms(levels: list[float]) -> int:
    return sum(level > _loud(levels) - SPEECH_DB for level in levels) * FRAME_MS


def _loud(levels: list[float]) -> float:
    """What the loudest tenth of the frames is above."""
    return levels[len(levels) * 9 // 10]


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
