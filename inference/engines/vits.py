"""Coqui's VITS: one small model for one language, a sentence at a time."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from inference import audio
from inference.engines import coqui, wanted
from inference.engines.base import (
    EngineChoice,
    EngineFailed,
    EngineUnavailable,
    VoiceChoice,
    without_region,
)
from inference.engines.folders import model_folder

MAX_CHARACTERS = 1_000  # of one text
SHORTEST_SENTENCE = 60  # below that a full stop may be an abbreviation's
PIECE_SECONDS = 0.2
PADDING = 10_000  # samples of nothing the library puts after every sentence

missing = coqui.missing


def load(choice: EngineChoice) -> "Vits":
    coqui.check()
    folder = model_folder(choice, "VITS", "a Coqui VITS model")
    config = folder / "config.json"
    models = sorted(folder.glob("*.pth"))
    if not config.is_file() or not models:
        raise EngineUnavailable(f"VITS: {folder} needs config.json and a model, model.pth")
    return Vits(models[0], config, coqui.device(choice))


def sentences(text: str) -> list[str]:
    """Together they are the text; short ones stay together."""
    found = [""]
    for part in re.split(r"(?<=[.!?…])\s+", text):
        if len(found[-1]) >= SHORTEST_SENTENCE:
            found.append(part)
        else:
            found[-1] = f"{found[-1]} {part}".strip()
    return [sentence for sentence in found if sentence]


class Vits:
    slots = 1

    def __init__(self, model: Path, config: Path, device: str) -> None:
        coqui.prepare()
        from TTS.api import TTS

        self._lock = threading.Lock()
        try:
            # a path and never a name: for a name it would go to a hub
            self._tts = TTS(model_path=str(model), config_path=str(config), progress_bar=False)
            self._tts.to(device)
        except Exception as error:
            raise EngineUnavailable(f"VITS cannot load {model}: {error}") from error
        self.hz = int(self._tts.synthesizer.output_sample_rate)

    @property
    def speakers(self) -> tuple[str, ...]:
        return tuple(self._tts.speakers or ())

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(self._tts.languages or ())

    def warm(self) -> None:
        for _ in self.synthesize("Yes.", VoiceChoice(EngineChoice("vits"))):
            pass

    def synthesize(self, text: str, voice: VoiceChoice) -> Iterator[bytes]:
        """Sentence by sentence: the first is heard while the next is made, or nobody wants it."""
        piece_bytes = int(self.hz * PIECE_SECONDS) * 2
        for sentence in sentences(text.strip()[:MAX_CHARACTERS]):
            if not wanted.is_wanted():
                return
            pcm = self._made(sentence, voice)
            for at in range(0, len(pcm), piece_bytes):
                yield pcm[at : at + piece_bytes]

    def _made(self, sentence: str, voice: VoiceChoice) -> bytes:
        with coqui.turn(self._lock):
            try:
                self._tts.synthesizer.tts_model.length_scale = 1 / max(voice.speed, 0.25)
                samples = np.asarray(
                    self._tts.tts(
                        sentence,
                        speaker=self._speaker(voice),
                        language=self._language(voice),
                        split_sentences=False,
                    )
                )
            except EngineFailed:
                raise
            except Exception as error:
                raise coqui.failure(error) from None
        if not samples[-PADDING:].any():
            samples = samples[:-PADDING]
        return audio.from_floats(samples)

    def _speaker(self, voice: VoiceChoice) -> str | None:
        if not self.speakers:
            return None
        name = voice.speaker or self.speakers[0]
        if name not in self.speakers:
            raise EngineFailed(f"VITS has no speaker {name!r}; it has {', '.join(self.speakers)}")
        return name

    def _language(self, voice: VoiceChoice) -> str | None:
        """None for a model of one language: what it was taught is what it speaks."""
        known = self.languages
        if not known:
            return None
        for name in (voice.language, without_region(voice.language)):
            if name in known:
                return name
        raise EngineFailed(f"VITS speaks {', '.join(known)}; not {voice.language!r}")
