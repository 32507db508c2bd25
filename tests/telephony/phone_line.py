"""Audio as it is at the other end of a telephone line, without the line."""

import numpy as np

from inference.audio import resample
from inference.engines.base import SAMPLE_HZ
from telephony.phone_codecs import PTIME_MS, Codec


def through(codec: Codec, pcm: bytes) -> bytes:
    """16 kHz audio, encoded, decoded and back at 16 kHz."""
    samples = np.frombuffer(resample(pcm, SAMPLE_HZ, codec.hz), "<i2")
    size = codec.hz * PTIME_MS // 1000
    samples = np.pad(samples, (0, -len(samples) % size))
    frames = np.split(samples, len(samples) // size) if len(samples) else []
    heard = b"".join(codec.decode(codec.encode(frame)).tobytes() for frame in frames)
    return resample(heard, codec.hz, SAMPLE_HZ)
