"""What goes into an RTP packet of 20 ms: G.722 and mu-law, to and from 16-bit samples.

Both have a clock of 8000 in RTP; G.722 does so although its audio is 16 kHz (RFC 3551, 4.5.2).
"""

from typing import Protocol

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from numpy.typing import NDArray

Samples = NDArray[np.int16]

PTIME_MS = 20
CLOCK_HZ = 8000
CLOCK_PER_PACKET = CLOCK_HZ * PTIME_MS // 1000


class Codec(Protocol):
    """One direction of one call each way: both sides keep state between packets."""

    payload_type: int
    hz: int  # of the samples

    def encode(self, frame: Samples) -> bytes:
        """20 ms of samples at `hz` to one payload."""

    def decode(self, payload: bytes) -> Samples: ...


def _mu_law_steps() -> Samples:
    """The 256 values of G.711 mu-law, for the bytes as they are sent (inverted)."""
    code = ~np.arange(256, dtype=np.uint8)
    exponent, mantissa = (code >> 4) & 7, code & 15
    magnitude = (((mantissa.astype(np.int32) << 3) + 132) << exponent) - 132
    return np.where(code & 128, -magnitude, magnitude).astype(np.int16)


MU_LAW = _mu_law_steps()


def _mu_law_bytes() -> NDArray[np.uint8]:
    """The nearest of MU_LAW for every 16-bit sample, at its value as an unsigned number.

    A table of all 65,536: the usual formula errs for some values by one step.
    """
    order = np.argsort(MU_LAW, kind="stable")
    steps = MU_LAW[order].astype(np.int32)
    bounds = (steps[1:] + steps[:-1] + 1) // 2
    samples = np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.int32)
    return order[np.searchsorted(bounds, samples, side="right")].astype(np.uint8)


MU_LAW_BYTES = _mu_law_bytes()


class Pcmu:
    payload_type = 0
    hz = 8000

    def encode(self, frame: Samples) -> bytes:
        return MU_LAW_BYTES[frame.view(np.uint16)].tobytes()

    def decode(self, payload: bytes) -> Samples:
        return MU_LAW[np.frombuffer(payload, np.uint8)]


class G722:
    """64 kbit/s, by the ffmpeg inside PyAV. Encoder and decoder delay 22 samples together."""

    payload_type = 9
    hz = 16_000

    def __init__(self) -> None:
        self._encoder = self._open("w")
        self._decoder = self._open("r")

    def _open(self, mode: str) -> AudioCodecContext:
        context = av.CodecContext.create("g722", mode)  # type: ignore[call-overload]
        assert isinstance(context, AudioCodecContext)
        context.sample_rate, context.layout, context.format = self.hz, "mono", "s16"
        context.thread_count = 1
        context.open()
        return context

    def encode(self, frame: Samples) -> bytes:
        audio = av.AudioFrame.from_ndarray(frame.reshape(1, -1), format="s16", layout="mono")
        audio.sample_rate = self.hz
        return b"".join(bytes(packet) for packet in self._encoder.encode(audio))

    def decode(self, payload: bytes) -> Samples:
        frames = self._decoder.decode(av.Packet(payload))
        if not frames:
            return np.zeros(0, np.int16)
        return np.concatenate([frame.to_ndarray()[0] for frame in frames])


CODECS: dict[str, type[Pcmu] | type[G722]] = {"g722": G722, "pcmu": Pcmu}
NAMES = {9: "G722/8000", 0: "PCMU/8000"}


def codec_for(payload_types: tuple[int, ...]) -> Codec:
    """The first of the other side's codecs that we know. Raises ValueError."""
    known = {kind.payload_type: kind for kind in CODECS.values()}
    for payload_type in payload_types:
        if payload_type in known:
            return known[payload_type]()
    raise ValueError("no codec in common; the phone knows G.722 and PCMU")
