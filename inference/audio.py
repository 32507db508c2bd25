"""Audio arithmetic: other sample rates, levels and WAV files.

Audio is mono signed 16-bit little-endian in `bytes`, as everywhere. Nothing here waits or
knows the time.
"""

import math
import struct
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
SILENT_DB = -100.0

_REACH_MS = 1.0  # of the filter to either side: this is the delay
_KAISER_BETA = 6.0  # the best stop band a filter this short has: 69 dB at 8 kHz
_COEFFICIENT_ONE = 1 << 20


class AudioFault(ValueError):
    """The audio cannot be used. The text says what it should have been."""


class Resampler:
    """One stream from one sample rate to another, 1 ms late.

    How the stream is cut into pieces never changes what comes out. Tones up to three quarters
    of the band survive within 0.1 dB with images at least 60 dB down; in the last quarter, a
    millisecond cannot tell them apart. Why not soxr: it holds back up to 115 ms.
    """

    def __init__(self, from_hz: int, to_hz: int) -> None:
        if from_hz not in RATES or to_hz not in RATES:
            raise AudioFault(f"cannot resample {from_hz} Hz to {to_hz} Hz; known rates: {RATES}")
        ratio = Fraction(to_hz, from_hz)
        self._up, self._down = ratio.numerator, ratio.denominator
        self._is_same = from_hz == to_hz
        self._bank = _polyphase_bank(from_hz, to_hz)
        self._reach = self._bank.shape[1] // 2  # input samples an output needs to either side
        self._pending = np.zeros(self._reach, dtype=np.int16)
        self._start = -self._reach  # the input index of the first pending sample
        self._received = 0
        self._made = 0

    def push(self, pcm: bytes) -> bytes:
        """What can be made now. Whole samples only."""
        samples = np.frombuffer(pcm, dtype="<i2")
        if self._is_same:
            return pcm
        self._received += len(samples)
        self._pending = np.concatenate((self._pending, samples))
        complete = max(0, self._received - self._reach)  # input positions whose window is there
        return self._make(-(-complete * self._up // self._down))

    def flush(self) -> bytes:
        """The last millisecond; in all, as many seconds come out as went in."""
        if self._is_same:
            return b""
        total = -(-self._received * self._up // self._down)
        self._pending = np.concatenate((self._pending, np.zeros(self._reach, dtype=np.int16)))
        return self._make(total)

    def _make(self, until: int) -> bytes:
        if until <= self._made:
            return b""
        at = np.arange(self._made, until, dtype=np.int64) * self._down
        position, phase = at // self._up, at % self._up
        first = position - self._reach + 1 - self._start
        windows = sliding_window_view(self._pending, self._bank.shape[1])[first]
        # whole numbers below 2**53 in float64: exact, so the order of adding cannot matter
        sums = np.einsum("ij,ij->i", windows, self._bank[phase], dtype=np.float64)
        self._made = until
        self._forget_before(until * self._down // self._up - self._reach + 1)
        return _to_pcm(sums / _COEFFICIENT_ONE)

    def _forget_before(self, index: int) -> None:
        drop = min(max(0, index - self._start), len(self._pending))
        self._pending = self._pending[drop:]
        self._start += drop


@lru_cache(maxsize=len(RATES) ** 2)
def _polyphase_bank(from_hz: int, to_hz: int) -> NDArray[np.float64]:
    """(phases, taps): the weights of the inputs around an output, whole numbers."""
    phases = Fraction(to_hz, from_hz).numerator
    reach = int(from_hz * _REACH_MS / 1000)
    offsets = np.arange(-reach + 1, reach + 1) - np.arange(phases)[:, None] / phases
    cutoff = min(from_hz, to_hz) / from_hz
    edge = np.clip(1 - (offsets / reach) ** 2, 0, None)
    window = np.i0(_KAISER_BETA * np.sqrt(edge)) / np.i0(_KAISER_BETA)
    weights = np.sinc(cutoff * offsets) * window
    weights /= weights.sum(axis=1, keepdims=True)
    return np.rint(weights * _COEFFICIENT_ONE)


def resample(pcm: bytes, from_hz: int, to_hz: int) -> bytes:
    stream = Resampler(from_hz, to_hz)
    return stream.push(pcm) + stream.flush()


def level_db(pcm: bytes) -> float:
    """Loudness (RMS) in dB below full scale; SILENT_DB for silence or nothing."""
    samples = np.frombuffer(pcm, dtype="<i2").astype(np.float64)
    power = float(np.mean(samples**2)) if len(samples) else 0.0
    return max(SILENT_DB, 10 * math.log10(power / 32768**2)) if power else SILENT_DB


def to_floats(pcm: bytes) -> NDArray[np.float32]:
    """Samples between -1 and 1, as models want them."""
    return np.frombuffer(pcm, dtype="<i2").astype(np.float32) / np.float32(32768)


def from_floats(samples: NDArray[np.floating]) -> bytes:
    """Too loud is clipped, what is not a number is silence."""
    finite = np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0)
    return _to_pcm(finite * 32768)


def _to_pcm(values: NDArray[Any]) -> bytes:
    whole: NDArray[np.int16] = np.clip(np.rint(values), -32768, 32767).astype("<i2")
    return whole.tobytes()


def wav_bytes(pcm: bytes, hz: int, channels: int = 1) -> bytes:
    head = struct.pack("<4sI4s4sIHHIIHH4sI",
        b"RIFF", 36 + len(pcm), b"WAVE", b"fmt ", 16, 1, channels, hz,
        hz * channels * 2, channels * 2, 16, b"data", len(pcm))  # fmt: skip
    return head + pcm


def write_wav(path: Path, pcm: bytes, hz: int, channels: int = 1) -> None:
    path.write_bytes(wav_bytes(pcm, hz, channels))


def read_wav(source: Path | bytes) -> tuple[bytes, int]:
    """Mono audio and its rate, from any PCM or float WAV; channels are mixed.

    A header that promises more than there is (a file still being written) is believed only
    as far as the audio goes. Raises AudioFault, OSError.
    """
    data = source if isinstance(source, bytes) else source.read_bytes()
    kind, channels, hz, bits, body = _wav_parts(data)
    frame = channels * bits // 8
    body = body[: len(body) // frame * frame]
    samples = _wav_samples(kind, bits, body).reshape(-1, channels)
    return from_floats(samples.mean(axis=1)), hz


def _wav_parts(data: bytes) -> tuple[int, int, int, int, bytes]:
    """Format (1 PCM, 3 float), channels, rate, bits, audio."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise AudioFault("not a WAV file; save the recording as WAV (PCM, 16 bit)")
    form: tuple[int, int, int, int] | None = None
    at = 12
    while at + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        body = data[at + 8 : at + 8 + size]
        if name == b"fmt " and len(body) >= 16:
            kind, channels, hz, _, _, bits = struct.unpack_from("<HHIIHH", body)
            if kind == 0xFFFE and len(body) >= 26:  # "extensible": the kind is further in
                (kind,) = struct.unpack_from("<H", body, 24)
            form = kind, channels, hz, bits
        elif name == b"data" and form is not None:
            kind, channels, hz, bits = form
            if channels == 0 or hz == 0 or bits < 8:
                break
            return kind, channels, hz, bits, body
        at += 8 + size + size % 2
    raise AudioFault("the WAV file is damaged: it has no format or no audio")


def _wav_samples(kind: int, bits: int, body: bytes) -> NDArray[np.float64]:
    match kind, bits:
        case 1, 8:
            return (np.frombuffer(body, dtype=np.uint8).astype(np.float64) - 128) / 128
        case 1, 16:
            return np.frombuffer(body, dtype="<i2").astype(np.float64) / 2**15
        case 1, 24:
            parts = np.frombuffer(body, dtype=np.uint8).reshape(-1, 3)
            wide = np.zeros((len(parts), 4), dtype=np.uint8)
            wide[:, 1:] = parts
            return wide.view("<i4").reshape(-1).astype(np.float64) / 2**31
        case 1, 32:
            return np.frombuffer(body, dtype="<i4").astype(np.float64) / 2**31
        case 3, 32:
            return np.frombuffer(body, dtype="<f4").astype(np.float64)
        case 3, 64:
            return np.frombuffer(body, dtype="<f8").astype(np.float64)
    raise AudioFault(
        f"WAV of format {kind} with {bits} bits is not understood; save it as PCM, 16 bit"
    )
