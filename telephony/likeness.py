"""Whether some words were heard: a voice saying them, against what was heard.

A synthesizer hardly says the same text twice with the same samples, so spectra are compared,
in pieces that must all be found at one place. A codec, a resampler and a gain leave the right
words far above what other words of the same voice reach (tests/telephony/test_likeness.py).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from inference.audio import resample
from inference.engines.base import SAMPLE_HZ

Floats = NDArray[np.floating]

COMPARED_HZ = 8000  # what G.711 leaves is enough to compare
FRAME, HOP_MS = 256, 10
BANDS = 24
LOWEST_HZ, HIGHEST_HZ = 200, 3500
DEPTH_DB = 50.0  # below the loudest frame by so much is silence
SILENCE_DB = 45.0  # so is this, in our units: a sine with an amplitude of 3 of 32768
PIECE_FRAMES = 40
FLAT = 1.0  # what varies less has no shape to compare
DRIFT_FRAMES = 12  # a piece may lie so far from its place: voices vary their pace
SAME = 0.7


@dataclass(frozen=True, slots=True)
class Likeness:
    share: float  # of the expected pieces that were heard in their place, 0 to 1
    start_ms: int | None  # where the words begin in what was heard


def likeness(heard: bytes, expected: bytes) -> Likeness:
    """How much of `expected` is in `heard`; both 16 kHz mono."""
    there, wanted = _spectra(heard), _spectra(expected)
    starts = [
        start
        for start in range(0, len(wanted) - PIECE_FRAMES + 1, PIECE_FRAMES)
        if wanted[start : start + PIECE_FRAMES].any()
    ]
    if not starts or len(there) < PIECE_FRAMES:
        return Likeness(0.0, None)
    pieces = np.array([wanted[start : start + PIECE_FRAMES] for start in starts])
    scores = _correlations(there, pieces)
    found = np.array(
        [
            _by_place(of_piece, start, len(wanted))
            for of_piece, start in zip(scores.T, starts, strict=True)
        ]
    )
    place = int(np.argmax(found.mean(axis=0)))
    share = float(np.mean(found[:, place] >= SAME))
    return Likeness(share, (place - len(wanted)) * HOP_MS if share else None)


def _correlations(there: Floats, pieces: Floats) -> Floats:
    """(places, pieces): the correlation coefficient of each piece with `there` at each frame."""
    windows = sliding_window_view(there, PIECE_FRAMES, axis=0).transpose(0, 2, 1)
    windows = windows.reshape(len(windows), -1)
    flat = pieces.reshape(len(pieces), -1)
    flat = flat - flat.mean(axis=1, keepdims=True)
    spread = np.outer(windows.std(axis=1), flat.std(axis=1)) * flat.shape[1]
    products: Floats = windows @ flat.T
    return np.divide(products, spread, out=np.zeros_like(products), where=spread > FLAT)


def _by_place(scores: Floats, start: int, length: int) -> Floats:
    """How well one piece fits, for every place where the whole might begin.

    The first place is `length` frames before what was heard begins.
    """
    around = np.pad(scores, DRIFT_FRAMES, constant_values=-1.0)
    near = sliding_window_view(around, 2 * DRIFT_FRAMES + 1).max(axis=1)
    best = 0.95 * near + 0.05 * scores  # of places as good, the one without drift
    places = np.full(length + len(best) + PIECE_FRAMES, -1.0)
    places[length - start : length - start + len(best)] = best
    return places


def _spectra(pcm: bytes) -> Floats:
    """(frames, BANDS): how far above silence, in dB."""
    audio = np.frombuffer(resample(pcm, SAMPLE_HZ, COMPARED_HZ), "<i2").astype(np.float64)
    if len(audio) < FRAME:
        return np.zeros((0, BANDS))
    frames = sliding_window_view(audio, FRAME)[:: COMPARED_HZ * HOP_MS // 1000]
    power = np.abs(np.fft.rfft(frames * np.hanning(FRAME))) ** 2 @ _bands()
    level = 10 * np.log10(np.maximum(power, 1.0))
    floor = max(level.max() - DEPTH_DB, SILENCE_DB)
    heights: Floats = np.maximum(level - floor, 0).astype(np.float32)
    return heights


def _bands() -> Floats:
    """Triangles on the mel scale, one column each."""
    mels = np.linspace(_mel(LOWEST_HZ), _mel(HIGHEST_HZ), BANDS + 2)
    edges = 700 * (10 ** (mels / 2595) - 1)
    bins = np.fft.rfftfreq(FRAME, 1 / COMPARED_HZ)[:, None]
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    return np.clip(np.minimum(rising, falling), 0, None)


def _mel(hz: float) -> float:
    return 2595 * math.log10(1 + hz / 700)
