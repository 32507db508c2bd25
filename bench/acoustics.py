"""How our own voice comes back from the caller's end, made by code and drawn from a seed."""

from enum import Enum
from typing import Any

import numpy as np

from inference import audio
from inference.engines.base import SAMPLE_HZ
from telephony.phone_codecs import MU_LAW, MU_LAW_BYTES

ECHO_DB = -12.0  # below what was played
TELEPHONE_HZ = 8_000
PER_MS = SAMPLE_HZ // 1000
LOWEST_HZ, HIGHEST_HZ = 300, 3_000  # of a small loudspeaker
DIRECT_MS = 1  # of the sound before the room answers
DECAY = 6.9  # nepers, 60 dB


class Path(Enum):
    """From our voice to the caller's microphone: the room's share of the energy, and how long
    it takes to fall by 60 dB, in ms."""

    LINE = (0.0, 1)  # reflected in the network, as it was
    SPEAKERPHONE = (0.2, 350)
    HALL = (0.5, 350)


def echo(
    pcm: bytes, delay_ms: int, *, path: Path = Path.LINE, level_db: float = ECHO_DB, seed: int = 0
) -> bytes:
    """What comes back of `pcm`, over mu-law there and back, delayed; as long as it, plus delay."""
    heard = _samples(over_mu_law(pcm))
    back = heard if path is Path.LINE else _in_room(heard, path, np.random.default_rng(seed))
    back *= np.sqrt(np.mean(heard**2) / max(1, np.mean(back**2))) * 10 ** (level_db / 20)
    return over_mu_law(bytes(2 * PER_MS * delay_ms) + _pcm(back))


def _in_room(heard: Any, path: Path, random: np.random.Generator) -> Any:
    share, decay_ms = path.value
    answer = random.standard_normal(decay_ms * PER_MS)
    answer *= np.exp(-DECAY * np.arange(len(answer)) / len(answer))
    answer[: DIRECT_MS * PER_MS] = 0
    answer *= np.sqrt(share / (1 - share) / np.sum(answer**2))
    answer[0] = 1
    size = 1 << (len(heard) + len(answer)).bit_length()
    hz = np.maximum(np.fft.rfftfreq(size, 1 / SAMPLE_HZ), 1)
    loudspeaker = 1 / np.sqrt((1 + (hz / HIGHEST_HZ) ** 8) * (1 + (LOWEST_HZ / hz) ** 6))
    turned = np.exp(-2j * np.arctan(hz / HIGHEST_HZ))  # a filter of its kind delays the high tones
    spectrum = np.fft.rfft(heard, size) * np.fft.rfft(answer, size) * loudspeaker * turned
    return np.fft.irfft(spectrum, size)[: len(heard)]


def over_mu_law(pcm: bytes) -> bytes:
    narrow = np.frombuffer(audio.resample(pcm, SAMPLE_HZ, TELEPHONE_HZ), dtype="<i2")
    coded = MU_LAW[MU_LAW_BYTES[narrow.view(np.uint16)]].astype("<i2").tobytes()
    return audio.resample(coded, TELEPHONE_HZ, SAMPLE_HZ)[: len(pcm)].ljust(len(pcm), b"\0")


def hiss(ms: int, level_db: float, seed: int = 0) -> bytes:
    """A line's noise, of that level below full scale."""
    noise = np.random.default_rng(seed).standard_normal(ms * PER_MS)
    return _pcm(32768 * 10 ** (level_db / 20) * noise)


def mix(*parts: tuple[bytes, int]) -> bytes:
    """Audio put together, each part from its own ms on; as long as the last of them."""
    ends = [len(pcm) // 2 + at_ms * PER_MS for pcm, at_ms in parts]
    total = np.zeros(max(ends))
    for (pcm, at_ms), end in zip(parts, ends, strict=True):
        total[at_ms * PER_MS : end] += _samples(pcm)
    return _pcm(total)


def louder(pcm: bytes, by_db: float) -> bytes:
    return _pcm(_samples(pcm) * 10 ** (by_db / 20))


def _samples(pcm: bytes) -> Any:
    return np.frombuffer(pcm, dtype="<i2").astype(float)


def _pcm(samples: Any) -> bytes:
    return np.clip(np.rint(samples), -32768, 32767).astype("<i2").tobytes()
