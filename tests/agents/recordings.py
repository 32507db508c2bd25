"""Recordings as people upload them, made on the spot."""

import io
from functools import cache
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from inference.engines import espeak
from inference.engines.base import EngineChoice, VoiceChoice

HZ = 48_000
SENTENCES = "The surgery is open from Monday to Friday. Please bring your insurance card. "

Samples = NDArray[np.float64]


@cache
def _speech_once(text: str) -> Samples:
    choice = EngineChoice("espeak")
    voice = espeak.load(choice)
    pcm = b"".join(voice.synthesize(text, VoiceChoice(choice, speed=0.9)))
    samples = np.frombuffer(pcm, "<i2") / 32768
    at = np.arange(int(len(samples) / voice.hz * HZ)) * voice.hz / HZ
    return np.interp(at, np.arange(len(samples)), samples)


def speech(seconds: float = 8.0, peak: float = 0.6) -> Samples:
    """One voice reading aloud, pauses included."""
    once = _speech_once(SENTENCES)
    samples = np.tile(once, int(seconds * HZ / len(once)) + 1)[: int(seconds * HZ)]
    scaled: Samples = samples * (peak / np.abs(samples).max())
    return scaled


def silence(seconds: float) -> Samples:
    return np.zeros(int(seconds * HZ))


def noise(seconds: float, level: float) -> Samples:
    return np.random.default_rng(1).standard_normal(int(seconds * HZ)) * level


def encoded(
    samples: Samples,
    form: str = "wav",
    codec: str = "pcm_s16le",
    hz: int = HZ,
    channels: int = 1,
    **tags: str,
) -> bytes:
    """A file of that container and codec."""
    file = io.BytesIO()
    layout = "mono" if channels == 1 else "stereo"
    with av.open(file, "w", format=form) as container:
        container.metadata.update(tags)
        stream: Any = container.add_stream(codec, rate=hz)
        stream.layout = layout
        resampler = av.AudioResampler(stream.codec_context.format or "s16", layout, hz)
        frame = av.AudioFrame.from_ndarray(
            np.tile(samples, (channels, 1)).astype(np.float32), format="fltp", layout=layout
        )
        frame.sample_rate = HZ
        for piece in (*resampler.resample(frame), *resampler.resample(None)):
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return file.getvalue()
