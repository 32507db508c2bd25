"""What reaches us from the caller: frames, how loud they are, and whose voice it is."""

import logging
import math
from collections import deque
from dataclasses import dataclass
from functools import cache

import numpy as np

from inference.echo import EchoGuard
from inference.engines.base import FRAME_BYTES, FRAME_MS, VoiceActivity

log = logging.getLogger(__name__)

RING_FRAMES = 3_000 // FRAME_MS  # kept while nobody speaks; longer than any preroll
ECHO_MS = 800  # after our last sound, then no echo of it comes any more
CALLER_FRAMES = 15  # of speech in a row that are no echo, while we are silent: it is the caller
FAINTEST_DB = -99
_SILENCE = bytes(FRAME_BYTES)
_FULL_SCALE = 32768.0**2 * (FRAME_BYTES // 2)


@dataclass(frozen=True, slots=True)
class HeardFrame:
    speech: bool
    level_db: int  # below full scale


_heard_frame = cache(HeardFrame)  # there are two hundred of them
NOTHING_HEARD = HeardFrame(speech=False, level_db=FAINTEST_DB)


class Hearing:
    """One call's ear. Keeps the caller's audio while it may still be needed."""

    def __init__(self, vad: VoiceActivity) -> None:
        self._vad = vad
        self._echo: EchoGuard | None = EchoGuard()
        self._we_sounded_ms = -ECHO_MS
        self._caller_frames = 0
        self._frames: deque[tuple[int, bytes]] = deque()
        self._partial = b""

    def played(self, pcm: bytes, ended_ms: int) -> None:
        """20 ms of ours that the caller has just heard."""
        self._we_sounded_ms = ended_ms
        self._caller_frames = 0
        if self._echo:
            self._echo.played(pcm, ended_ms)

    def frames(self, pcm: bytes) -> list[bytes]:
        """The whole frames that this audio completes."""
        if len(pcm) == FRAME_BYTES and not self._partial:
            return [pcm]
        audio = self._partial + pcm
        whole = len(audio) // FRAME_BYTES * FRAME_BYTES
        self._partial = audio[whole:]
        return [audio[at : at + FRAME_BYTES] for at in range(0, whole, FRAME_BYTES)]

    def hear(self, frame: bytes, at_ms: int) -> HeardFrame:
        """Our own voice coming back is silence, for the recogniser too."""
        if frame == _SILENCE:  # most of a call, and nothing to be told of it
            if self._echo and at_ms - self._we_sounded_ms < ECHO_MS:
                self._echo.heard(frame, at_ms)
            self._frames.append((at_ms, frame))
            return NOTHING_HEARD
        speech = self._vad.is_speech(frame)
        if at_ms - self._we_sounded_ms < ECHO_MS and self._is_echo(frame, speech, at_ms):
            speech, frame = False, _SILENCE
        self._frames.append((at_ms, frame))
        return _heard_frame(speech, _level_db(frame))

    def _is_echo(self, frame: bytes, speech: bool, at_ms: int) -> bool:
        if self._echo is None or self._caller_frames >= CALLER_FRAMES:
            return False
        try:
            if speech:
                is_echo = self._echo.is_echo(frame, at_ms)
                self._caller_frames = 0 if is_echo else self._caller_frames + 1
                return is_echo
            self._echo.heard(frame, at_ms)
        except (ArithmeticError, ValueError, IndexError) as error:  # no call ends over its echo
            log.error("the echo guard failed and is off for this call: %s", type(error).__name__)
            self._echo = None
        return False

    def audio_from(self, from_ms: int) -> bytes:
        return b"".join(frame for at_ms, frame in self._frames if at_ms > from_ms)

    def forget_before(self, from_ms: int | None) -> None:
        """Up to then the audio is not needed; None: nobody's turn is open."""
        frames = self._frames
        while len(frames) > RING_FRAMES and (from_ms is None or frames[0][0] <= from_ms):
            frames.popleft()

    def forget(self) -> None:
        self._frames.clear()


def _level_db(frame: bytes) -> int:
    samples = np.frombuffer(frame, "<i2").astype(np.float32)
    power = float(samples @ samples)
    return max(FAINTEST_DB, round(10 * math.log10(power / _FULL_SCALE))) if power else FAINTEST_DB
