"""Whether some audio was heard: expected against heard, piece by piece, by correlation.

For a synthesizer that says the same text the same way each time. A piece counts when the best
place in what was heard correlates with it; a codec, a resampler and a gain leave that near 1,
other words of the same voice leave it below 0.5 (measured: tests/telephony/test_likeness.py).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.audio import resample
from inference.engines.base import SAMPLE_HZ

COMPARED_HZ = 8000  # what G.711 leaves is enough to compare
PIECE_MS = 400
SAME = 0.7
QUIET = 100.0  # RMS of a piece that says nothing, in sample values
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Likeness:
    share: float  # of the expected pieces that were heard, 0 to 1
    start_ms: int | None  # where the first of them is in what was heard


def likeness(heard: bytes, expected: bytes) -> Likeness:
    """How much of `expected` is in `heard`; both 16 kHz mono."""
    there, wanted = _compared(heard), _compared(expected)
    size = COMPARED_HZ * PIECE_MS // 1000
    pieces = [(at, wanted[at : at + size]) for at in range(0, len(wanted) - size + 1, size)]
    pieces = [(at, piece) for at, piece in pieces if np.sqrt(np.mean(piece**2)) > QUIET]
    if not pieces or len(there) < size:
        return Likeness(0.0, None)
    found = [(at, *best) for at, piece in pieces if (best := _best(there, piece))[0] >= SAME]
    start_ms = (found[0][2] - found[0][0]) * 1000 // COMPARED_HZ if found else None
    return Likeness(len(found) / len(pieces), start_ms)


def _compared(pcm: bytes) -> Floats:
    return np.frombuffer(resample(pcm, SAMPLE_HZ, COMPARED_HZ), "<i2").astype(np.float64)


def _best(there: Floats, piece: Floats) -> tuple[float, int]:
    """The highest correlation coefficient of the piece along `there`, and where."""
    size = len(piece)
    length = 1 << (len(there) + size - 1).bit_length()
    spectrum = np.fft.rfft(there, length) * np.conj(np.fft.rfft(piece, length))
    products = np.fft.irfft(spectrum, length)[: len(there) - size + 1]
    energy = np.concatenate(([0.0], np.cumsum(there**2)))
    powers = np.maximum(energy[size:] - energy[:-size], size * QUIET**2 / 4)
    scores = products / np.sqrt(powers * np.sum(piece**2))
    at = int(np.argmax(scores))
    return float(scores[at]), at
