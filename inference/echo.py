"""Our own voice, coming back from the caller's end.

A loudspeaker and a microphone in one room, or a line that reflects, return what the agent says:
quieter, 50 to 400 ms later, coloured by the room. A voice activity detector takes it for the
caller. Here the last of the caller's audio is compared with what was played: when one short
filter makes most of it out of our own voice at some delay, it is echo; words of the caller's
are in no such filter's reach.

Works at half the sample rate, enough for what a telephone returns. Never sleeps, decides alike
for like input, keeps about 60 kB per call.
"""

from collections import deque

import numpy as np
from numpy.typing import NDArray

from inference.engines.base import FRAME_MS, SAMPLE_HZ

Samples = NDArray[np.float32]

KHZ = SAMPLE_HZ // 2000  # samples compared in a millisecond
WINDOW_MS = 160  # of the caller that are compared at a time
LONGEST_MS = 640  # delay that is looked for
AHEAD_MS = 60  # that our idea of what was heard may be late
TAPS = 32  # of the filter, 4 ms: the rest of a room's answer stays unexplained
TAPS_BEFORE = 8
RIDGE = 1e-3  # keeps the filter from making much of little
LOST_MS = 600  # so late are no frames: there were none
SEEN_FRAMES = 15  # all of them late by more than STEP_LATE_MS, then something was lost
STEP_LATE_MS = 40
LONG_AGO_MS = 1_000_000
AUDIBLE = 20.0  # RMS of a frame after the filter below; our voice is never less
PAUSE = 7.0  # what is less is silence
OVER_NOISE = 4.0  # in energy: what is less is in the line, not said

CLEAR = 8.0  # times the mean likeness: by chance one time in twenty, with echo nineteen
IS_ECHO = 0.5  # of the energy is explained; strangers' voices seldom reach 0.4
SURE = 2  # frames of echo at one delay, then this is known of it:
LEFT = 4.0  # times the share that such echo usually leaves unexplained is somebody else's,
LEAST_LEFT, MOST_LEFT = 0.2, 0.8  # from the first on, and above the second always
LOUDER = 2.0  # in energy, than echo can be: somebody speaks
LEARNS = 0.1  # a frame, of how echo usually is
NOISE_RISES = 1.1  # a frame at most; not all that is no speech is noise
STEP_MS = 2  # delays nearer to each other are one
LATEST_MS = 40  # the part of the window that a caller who just began is found in
RINGS_MS = 320  # that a room is heard to ring
RINGS = 0.5  # of the energy after LATEST_MS more
WAITING_FRAMES = 120  # of both sides together, longer than all that is ever looked at
DOUBT_FRAMES = 2  # that are no echo in a row before it is believed

_TO_HALF = np.sinc(np.arange(-11.5, 12) * 0.45) * np.hanning(26)[1:-1]
_WEIGHTS = np.convolve(_TO_HALF / _TO_HALF.sum(), [1, 0, -0.9]).astype(np.float32)  # and flattens
_DIAGONAL = np.diag_indices(TAPS)
_NOTHING = np.zeros(1, dtype=np.float32)
_WINDOW = WINDOW_MS * KHZ
_LATEST = LATEST_MS * KHZ
_SEARCHED = (WINDOW_MS + LONGEST_MS + AHEAD_MS) * KHZ
_RINGING = RINGS ** np.arange(RINGS_MS // LATEST_MS)[::-1]


class _Heard:
    """The last of one side's audio, by the time at which it was heard."""

    def __init__(self, kept_ms: int) -> None:
        self.end_ms = -LONG_AGO_MS
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
        """So much up to then; silence where it is not kept any more."""
        size = ms * KHZ
        end = min(len(self._samples), len(self._samples) - (self.end_ms - end_ms) * KHZ)
        if end >= size:
            return self._samples[end - size : end]
        kept = self._samples[: max(0, end)]
        return np.concatenate((np.zeros(size - len(kept), dtype=np.float32), kept))


class EchoGuard:
    """One call's.

    Every frame of the caller's goes to `heard` or, when it sounds like speech, to `is_echo`;
    what the caller hears of us goes to `played` no later than it is heard.
    """

    def __init__(self) -> None:
        self._ours = _Heard(LONGEST_MS + RINGS_MS + 2 * AHEAD_MS)
        self._theirs = _Heard(WINDOW_MS)
        self._waiting: deque[tuple[bool, bytes, int]] = deque(maxlen=WAITING_FRAMES)
        self._late: deque[int] = deque(maxlen=SEEN_FRAMES)
        self._sounds_until_ms = -LONGEST_MS - WINDOW_MS
        self._delay: int | None = None  # in samples
        self._sure = 0  # frames of echo at that delay
        self._gain = 0.0  # how much of our energy comes back
        self._left = 0.0  # what share of that no short filter explains
        self._doubts = DOUBT_FRAMES
        self._noise = 0.0  # of the caller's line, a sample's energy

    def played(self, pcm: bytes, ended_ms: int) -> None:
        """20 ms of ours; the end in ms since media start. Ahead of time is welcome."""
        self._waiting.append((True, pcm, ended_ms))

    def heard(self, frame: bytes, at_ms: int) -> None:
        """20 ms of the caller's that are no speech."""
        self._waiting.append((False, frame, at_ms))

    def is_echo(self, frame: bytes, at_ms: int) -> bool:
        """Whether these 20 ms of speech are our own voice.

        The first 20 to 100 ms of a call's first echo are not known for it.
        """
        self._catch_up()
        self._hear(frame, at_ms)
        if at_ms - self._sounds_until_ms > LONGEST_MS + WINDOW_MS:
            self._doubts = DOUBT_FRAMES
            return False
        if self._is_ours(self._theirs.last(WINDOW_MS, self._theirs.end_ms)):
            self._doubts = 0
        else:
            self._doubts += 1
        return self._doubts < DOUBT_FRAMES

    def _catch_up(self) -> None:
        """Take in what came since; while nobody talks over us, nothing has to be computed."""
        while self._waiting:
            is_ours, pcm, at_ms = self._waiting.popleft()
            if not is_ours:
                energy = self._hear(pcm, at_ms)
                self._noise = min(energy, self._noise * NOISE_RISES + 1) if self._noise else energy
            elif self._ours.put(pcm, at_ms) > AUDIBLE**2:
                self._sounds_until_ms = at_ms

    def _hear(self, frame: bytes, at_ms: int) -> float:
        """Frames come late and in bursts, and never early: the least late tell the time."""
        late_ms = at_ms - self._theirs.end_ms - FRAME_MS
        if late_ms > LOST_MS:
            self._late.clear()
            return self._theirs.put(frame, at_ms)
        energy = self._theirs.put(frame, self._theirs.end_ms + FRAME_MS)
        self._late.append(late_ms)
        least_ms = min(self._late)
        if late_ms < 0 or (least_ms > STEP_LATE_MS and len(self._late) == SEEN_FRAMES):
            self._theirs.end_ms += least_ms
            self._late.clear()
        return energy

    # Comparing

    def _is_ours(self, caller: Samples) -> bool:
        if _energy(caller[-_LATEST:]) <= _LATEST * max(self._noise * OVER_NOISE, PAUSE**2):
            return self._doubts < DOUBT_FRAMES  # a pause: as before
        ours = self._ours_around()
        if self._delay is not None:
            match = _Match(ours, caller, self._delay)
            if match.is_usual(self._gain, self._left) if self._sure >= SURE else match.is_echo():
                self._found(match)
                return True
        delay = _clearest_delay(ours[-_SEARCHED:], caller)
        if delay is not None and (match := _Match(ours, caller, delay)).is_echo():
            self._found(match)
            return True
        return False

    def _ours_around(self) -> Samples:
        """What we said, from what may ring in the longest delay to AHEAD_MS after the window."""
        end_ms = self._theirs.end_ms + AHEAD_MS
        self._ours.reach(end_ms)
        return self._ours.last(LONGEST_MS + RINGS_MS + AHEAD_MS, end_ms)

    def _found(self, match: "_Match") -> None:
        """What is known of the echo stays known when it comes sooner or later than before."""
        is_same = self._delay is not None and abs(match.delay - self._delay) <= STEP_MS * KHZ
        if not is_same:
            self._delay = match.delay
            if self._sure < SURE:
                self._sure, self._gain, self._left = 1, match.gain, MOST_LEFT / LEFT
        elif match.is_echo():
            self._sure += 1
            self._gain += LEARNS * (match.gain - self._gain)
            self._left += LEARNS * (match.left - self._left)


class _Match:
    """How much of the caller's window a short filter makes of what we said `delay` before."""

    def __init__(self, ours: Samples, caller: Samples, delay: int) -> None:
        self.delay = delay
        end = len(ours) - AHEAD_MS * KHZ - delay + TAPS_BEFORE
        end = min(max(end, _WINDOW + TAPS - 1), len(ours))
        source = ours[end - _WINDOW - TAPS + 1 : end]
        left = caller - np.convolve(source, _filter(source, caller), "valid")
        self.left = _energy(left) / _energy(caller)
        self.gain = _energy(caller) / (_energy(source) + 1)
        self._latest = _energy(caller[-_LATEST:]) + 1
        self._latest_left = _energy(left[-_LATEST:]) / self._latest
        parts = ours[end % _LATEST : end].reshape(-1, _LATEST)[-len(_RINGING) :]
        rung = np.einsum("ij,ij->i", parts, parts) * _RINGING[-len(parts) :]
        self._rings = float(rung.max())

    def is_echo(self) -> bool:
        """Judged by the filter alone."""
        return max(self.left, self._latest_left) <= 1 - IS_ECHO

    def is_usual(self, gain: float, left: float) -> bool:
        """Judged by what echo has been in this call."""
        echo = gain * self._rings
        if self._latest > LOUDER * echo and not self.is_echo():
            return False
        share = min(max(LEFT * left, LEAST_LEFT), MOST_LEFT)
        return self._latest * self._latest_left <= share * max(self._latest, echo)


def _energy(samples: NDArray[np.floating]) -> float:
    return float(samples @ samples)


def _filter(source: Samples, caller: Samples) -> Samples:
    """The weights that make most of the caller's audio, by least squares.

    The matrix of a delayed signal's products with itself moves along its diagonals but for the
    edges; the matrix product that says so more simply would wake the threads of numpy's library.
    """
    alike = np.empty((TAPS, TAPS), dtype=np.float32)
    alike[0] = alike[:, 0] = np.correlate(source, source[:_WINDOW], "valid")
    enters, leaves = source[_WINDOW:], source[: TAPS - 1]
    edges = np.multiply.outer(enters, enters) - np.multiply.outer(leaves, leaves)
    for row in range(TAPS - 1):
        alike[row + 1, 1:] = alike[row, :-1] + edges[row]
    alike[_DIAGONAL] *= 1 + RIDGE
    alike[_DIAGONAL] += 1
    weights: Samples = np.linalg.solve(alike, np.correlate(source, caller, "valid"))
    return weights[::-1]


def _clearest_delay(ours: Samples, caller: Samples) -> int | None:
    """Where the two are most alike, if there is such a place.

    Loud and quiet tones count nearly the same, and so do loud and quiet moments: where we were
    loud and the caller still silent, the caller's is no echo.
    """
    size = 1 << (len(ours) - 1).bit_length()
    product = np.fft.rfft(ours, size) * np.conj(np.fft.rfft(caller, size))
    weight = np.sqrt(np.abs(product))
    likeness = np.fft.irfft(product / (weight * np.sqrt(weight) + 1), size)
    energies = np.cumsum(np.concatenate((_NOTHING, ours * ours)))
    energies = energies[_WINDOW:] - energies[:-_WINDOW]
    likeness = np.abs(likeness[: len(energies)]) / np.sqrt(energies + energies.mean() / 10 + 1)
    start = int(np.argmax(likeness))
    if likeness[start] ** 2 * len(likeness) < CLEAR**2 * _energy(likeness):
        return None
    return (LONGEST_MS * KHZ) - start
