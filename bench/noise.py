"""What a caller's line and surroundings add to a clean voice, made by code.

Everything is drawn from the seed, so the same caller sounds the same on every machine. The
ratio of speech to noise is taken as the listener gets it: inside the telephone band, and of the
speech only where there is some.
"""

from enum import Enum
from functools import cache
from typing import Any

import numpy as np

from bench.clips import BYTES_PER_MS, LOUD_DB, STEP_MS, levels_db
from inference import audio
from inference.engines.base import SAMPLE_HZ
from telephony.phone_codecs import MU_LAW, MU_LAW_BYTES

BAND_HZ = (300, 3_400)
TELEPHONE_HZ = 8_000
SPEECH_DB = -20.0  # a caller's level while speaking, of full scale
TAPS = 401  # the band's edges are 70 Hz wide
SYLLABLES_HZ = (2.5, 6.0)  # how fast voices rise and fall
VOICES = 6
MAINS_HZ = 50


class Noise(Enum):
    WHITE = "white"
    BABBLE = "babble"  # noise with the spectrum and the rhythm of many voices
    CAR = "car"  # rolling and an engine
    HUM = "hum"  # mains, with its harmonics


def on_the_telephone(pcm: bytes, *, snr_db: float, noise: Noise, seed: int) -> bytes:
    """The caller as we get them: noise around the voice, the band, mu-law, again as 16 kHz.

    `pcm` holds speech somewhere; its level becomes SPEECH_DB.
    """
    speech = in_band(np.frombuffer(pcm, dtype="<i2").astype(float) / 32768)
    around = in_band(_make(noise, len(speech), np.random.default_rng(seed)))
    speech *= _factor(SPEECH_DB) / _active_rms(pcm, speech)
    around *= _factor(SPEECH_DB - snr_db) / _rms(around)
    return _over_mu_law(speech + around)


def in_band(samples: Any) -> Any:
    return np.convolve(samples, _band(), mode="same")


@cache
def _band() -> Any:
    """A windowed sinc: the difference of two low passes."""
    at = np.arange(TAPS) - TAPS // 2
    low, high = (2 * hz / SAMPLE_HZ for hz in BAND_HZ)
    return (high * np.sinc(high * at) - low * np.sinc(low * at)) * np.hamming(TAPS)


def _over_mu_law(samples: Any) -> bytes:
    pcm = (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()
    narrow = np.frombuffer(audio.resample(pcm, SAMPLE_HZ, TELEPHONE_HZ), dtype="<i2")
    heard = MU_LAW[MU_LAW_BYTES[narrow.view(np.uint16)]].astype("<i2")
    wide = audio.resample(heard.tobytes(), TELEPHONE_HZ, SAMPLE_HZ)
    return wide[: len(pcm)].ljust(len(pcm), b"\0")


def _make(noise: Noise, count: int, random: np.random.Generator) -> Any:
    match noise:
        case Noise.WHITE:
            return random.standard_normal(count)
        case Noise.BABBLE:
            return sum(_voice(count, random) for _ in range(VOICES))
        case Noise.CAR:
            return _car(count, random)
        case Noise.HUM:
            return _hum(count, random)


def _voice(count: int, random: np.random.Generator) -> Any:
    """Noise falling 6 dB an octave above 500 Hz, in syllables."""
    seconds = np.arange(count) / SAMPLE_HZ
    rate_hz, phase = random.uniform(*SYLLABLES_HZ), random.uniform(0, 2 * np.pi)
    louder = np.clip(np.sin(2 * np.pi * rate_hz * seconds + phase), 0, 1)
    return _falling(random.standard_normal(count), 500, 1) * louder


def _car(count: int, random: np.random.Generator) -> Any:
    seconds = np.arange(count) / SAMPLE_HZ
    turns_hz = random.uniform(25, 45) + 2 * np.sin(2 * np.pi * 0.2 * seconds)
    angle = 2 * np.pi * np.cumsum(turns_hz) / SAMPLE_HZ
    engine = sum(np.sin(order * angle) / order for order in range(1, 20))
    return _falling(random.standard_normal(count), 100, 2) + 0.02 * engine


def _hum(count: int, random: np.random.Generator) -> Any:
    """Mains harmonics over a little hiss."""
    seconds = np.arange(count) / SAMPLE_HZ
    harmonics = range(1, 30)
    tones: Any = sum(
        np.sin(2 * np.pi * MAINS_HZ * order * seconds + random.uniform(0, 2 * np.pi)) / order
        for order in harmonics
    )
    return tones + 0.01 * random.standard_normal(count)


def _falling(samples: Any, from_hz: float, order: int) -> Any:
    """Less of what lies above `from_hz`, by 6 dB an octave for each order."""
    spectrum = np.fft.rfft(samples)
    hz = np.fft.rfftfreq(len(samples), 1 / SAMPLE_HZ)
    return np.fft.irfft(spectrum / (1 + hz / from_hz) ** order, len(samples))


def _active_rms(pcm: bytes, speech: Any) -> float:
    """Of the speech in the band, over the steps that are loud in the clean voice."""
    step = STEP_MS * BYTES_PER_MS // 2
    loud = np.repeat(levels_db(pcm) > LOUD_DB, step)
    return _rms(speech[: len(loud)][loud])


def _rms(samples: Any) -> float:
    return float(np.sqrt(np.mean(samples**2))) if len(samples) else 1.0


def _factor(level_db: float) -> float:
    return float(10 ** (level_db / 20))
