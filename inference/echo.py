"""Our own voice, coming back from the caller's end.

A loudspeaker and a microphone in one room, or a line that reflects, return what the agent says:
quieter, 50 to 400 ms later, coloured by the room. A voice activity detector takes it for the
caller. Here the last of the caller's audio is compared with what was played: when one short
filter makes most of it out of our own voice at some delay, it is echo; words of the caller's
are in no such filter's reach.

Works at half the sample rate, enough for what a telephone returns. Never sleeps, decides alike
for like input, keeps about 60 kB per call.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from inference.engines.base import FRAME_MS, SAMPLE_HZ

Samples = NDArray[np.float32]

KHZ = SAMPLE_HZ // 2000  # samples compared in a millisecond
WINDOW_MS = 160  # of the caller that are compared at a time
LONGEST_MS = 640  # delay that is looked for
AHEAD_MS = 60  # that our idea of what was heard may be late
TAPS = 32  # of the filter, 4 ms: the rest of a room's answer stays unexplained
TAPS_BEFORE = 8
KEPT_MS = 1_000
JITTER_MS = 100  # frames come in bursts; further off, something was lost
AUDIBLE = 20.0  # RMS of a frame after the filter below; nobody's voice is less

IS_ECHO = 0.5  # of the energy is explained; strangers' voices reach 0.3
MAY_BE_ECHO = 0.2  # is enough at a delay that is sure, when it is no louder than echo was
SURE = 3  # frames of echo at one delay
STEP_MS = 2  # delays nearer to each other are one
LOUDER = 2.0  # in energy, than echo so far: then somebody speaks
FORGETS = 0.97  # a frame, of how loud echo was
DOUBT_FRAMES = 2  # that are no echo in a row before it is believed

_TO_HALF = np.sinc(np.arange(-11.5, 12) * 0.45) * np.hanning(26)[1:-1]
_WEIGHTS = np.convolve(_TO_HALF / _TO_HALF.sum(), [1, 0, -0.9]).astype(np.float32)  # and flattens
_LAGS = np.abs(np.subtract.outer(np.arange(TAPS), np.arange(TAPS)))


class _Heard:
    """The last of one side's audio, by the time at which it was heard."""

    def __init__(self, kept_ms: int) -> None:
        self.end_ms = 0
        self._samples: Samples = np.zeros(kept_ms * KHZ, dtype=np.float32)
        self._before: Samples = np.zeros(len(_WEIGHTS) - 1, dtype=np.float32)

    def put(self, pcm: bytes, ended_ms: int) -> float:
        """One frame; its energy, flattened, per sample."""
        audio = np.concatenate((self._before, np.frombuffer(pcm, dtype="<i2")), dtype=np.float32)
        self._before = audio[-len(self._before) :]
        samples = np.convolve(audio, _WEIGHTS, "valid")[::2]
        self.reach(ended_ms)
        end = len(self._samples) - (self.end_ms - ended_ms) * KHZ
        if end >= len(samples):
            self._samples[end - len(samples) : end] = samples
        return float(samples @ samples) / max(1, len(samples))

    def reach(self, at_ms: int) -> None:
        """Nothing was heard up to then, but for what is put later."""
        new = min(len(self._samples), (at_ms - self.end_ms) * KHZ)
        if new > 0:
            self._samples[:-new] = self._samples[new:]
            self._samples[-new:] = 0
            self.end_ms = at_ms

    def last(self, ms: int, end_ms: int) -> Samples:
        end = len(self._samples) - (self.end_ms - end_ms) * KHZ
        return self._samples[end - ms * KHZ : end]


class EchoGuard:
    """One call's. Every frame of the caller's goes to `heard` or, when it sounds like speech,
    to `is_echo`, and what the caller heard of us to `played`, at latest when it was heard."""

    def __init__(self) -> None:
        self._ours = _Heard(KEPT_MS + AHEAD_MS)
        self._theirs = _Heard(WINDOW_MS)
        self._sounds_until_ms = -LONGEST_MS
        self._delay: int | None = None  # in samples
        self._sure = 0  # frames of echo at that delay
        self._gain = 0.0  # most of our energy that came back so far, slowly forgotten
        self._doubts = DOUBT_FRAMES

    def played(self, pcm: bytes, ended_ms: int) -> None:
        """20 ms of ours, as the caller heard them; the end in ms since media start."""
        if self._ours.put(pcm, ended_ms) > AUDIBLE**2:
            self._sounds_until_ms = ended_ms

    def heard(self, frame: bytes, at_ms: int) -> None:
        """20 ms of the caller's that are no speech."""
        self._hear(frame, at_ms)

    def is_echo(self, frame: bytes, at_ms: int) -> bool:
        """Whether these 20 ms of speech are our own.

        At the very beginning of a call's echo up to 80 ms pass before it is known.
        """
        self._hear(frame, at_ms)
        if at_ms - self._sounds_until_ms > LONGEST_MS + WINDOW_MS:
            self._doubts = DOUBT_FRAMES
            return False
        if self._is_ours(self._theirs.last(WINDOW_MS, self._theirs.end_ms)):
            self._doubts = 0
        else:
            self._doubts += 1
        return self._doubts < DOUBT_FRAMES

    def _hear(self, frame: bytes, at_ms: int) -> None:
        expected_ms = self._theirs.end_ms + FRAME_MS
        is_next = abs(at_ms - expected_ms) <= JITTER_MS
        self._theirs.put(frame, expected_ms if is_next else at_ms)

    # Comparing

    def _is_ours(self, caller: Samples) -> bool:
        energy = float(caller @ caller)
        if energy < len(caller) * AUDIBLE**2 / 10:
            return self._doubts < DOUBT_FRAMES  # a pause: as before
        ours = self._ours_around()
        if self._delay is not None:
            explained, source = self._explained(ours, caller, energy, self._delay)
            if explained >= IS_ECHO or self._is_faint_echo(explained, energy, source):
                self._found(self._delay, energy, source)
                return True
        delay = self._best_delay(ours, caller)
        explained, source = self._explained(ours, caller, energy, delay)
        if explained >= IS_ECHO:
            self._found(delay, energy, source)
            return True
        return False

    def _ours_around(self) -> Samples:
        """What we said from LONGEST_MS before the caller's window to AHEAD_MS after it."""
        end_ms = self._theirs.end_ms + AHEAD_MS
        self._ours.reach(end_ms)
        return self._ours.last(WINDOW_MS + LONGEST_MS + AHEAD_MS, end_ms)

    def _found(self, delay: int, energy: float, source: float) -> None:
        is_same = self._delay is not None and abs(delay - self._delay) <= STEP_MS * KHZ
        self._sure = self._sure + 1 if is_same else 1
        self._delay = self._delay if is_same else delay
        self._gain = max(self._gain * FORGETS if is_same else 0.0, energy / source)

    def _is_faint_echo(self, explained: float, energy: float, source: float) -> bool:
        """In a room that rings no short filter explains much; but echo is no louder than echo."""
        if self._sure < SURE or explained < MAY_BE_ECHO:
            return False
        return energy <= LOUDER * self._gain * source

    @staticmethod
    def _best_delay(ours: Samples, caller: Samples) -> int:
        """Where the two are most alike, loud and quiet tones counting nearly the same."""
        size = 1 << (len(ours) - 1).bit_length()
        product = np.fft.rfft(ours, size) * np.conj(np.fft.rfft(caller, size))
        weight = np.sqrt(np.abs(product))
        likeness = np.fft.irfft(product / (weight * np.sqrt(weight) + 1), size)
        start = int(np.argmax(np.abs(likeness[: len(ours) - len(caller) + 1])))
        return LONGEST_MS * KHZ - start

    @staticmethod
    def _explained(
        ours: Samples, caller: Samples, energy: float, delay: int
    ) -> tuple[float, float]:
        """What share of the caller's energy a short filter makes of ours; and ours."""
        start = LONGEST_MS * KHZ - delay - (TAPS - 1 - TAPS_BEFORE)
        start = min(max(0, start), len(ours) - len(caller) - TAPS + 1)
        source = ours[start : start + len(caller) + TAPS - 1]
        power = float(source @ source)
        if not power:
            return 0.0, 1.0
        shifted = sliding_window_view(source, len(caller))
        both = shifted @ shifted.T
        both[np.diag_indices(TAPS)] += 1e-3 * power
        weights = np.linalg.solve(both, shifted @ caller)
        left = caller - weights @ shifted
        return 1 - float(left @ left) / energy, power
