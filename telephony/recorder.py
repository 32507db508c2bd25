"""The call's audio on its way to disk: both sides on one time line, while they talk.

Asterisk sends nothing while the caller is silent and plays nothing while we are, so both
sides are placed by the clock and the gaps filled. The disk is written by one thread a
process, in order; a slow or full disk costs the recording its rest, never the call a frame.
"""

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

from inference.engines.base import SAMPLE_HZ

log = logging.getLogger(__name__)

BYTES_PER_MS = SAMPLE_HZ * 2 // 1000
LATE_MS = 300  # a frame may arrive this late and still find its place
BEHIND_MS = 30_000  # audio kept in memory for a slow disk


class Sink(Protocol):
    def append(self, caller: bytes, agent: bytes) -> None: ...

    def close(self) -> None: ...


@dataclass(slots=True)
class Track:
    """One side's audio since the last write, in pieces as they came."""

    from_ms: int = 0
    pieces: list[tuple[int, bytes]] = field(default_factory=list)  # here at ms, audio

    def place(self, pcm: bytes, here_ms: int) -> None:
        """Audio that had been heard by then."""
        self.pieces.append((here_ms, pcm))

    def take(self, until_ms: int) -> bytes:
        """Exactly the audio up to then, silence where there is none."""
        until = max(0, until_ms - self.from_ms) * BYTES_PER_MS
        taken, later = bytearray(), []
        for begins, piece in zip(self._beginnings(), self.pieces, strict=True):
            if begins >= until:
                later.append(piece)
                continue
            taken += bytes(max(0, begins - len(taken))) + piece[1]
        taken += bytes(max(0, until - len(taken)))
        rest = bytes(taken[until:])
        self.from_ms = max(self.from_ms, until_ms)
        self.pieces = [(self.from_ms + len(rest) // BYTES_PER_MS, rest)] if rest else []
        self.pieces += later
        return bytes(taken[:until])

    def _beginnings(self) -> list[int]:
        """Where each piece begins, in bytes from `from_ms`.

        A piece ended when it was here or, of several that came at once, when the next began.
        """
        beginnings: list[int] = []
        for here_ms, pcm in reversed(self.pieces):
            here = (here_ms - self.from_ms) * BYTES_PER_MS
            beginnings.append(min([here, *beginnings[-1:]]) - len(pcm))
        return beginnings[::-1]


class Recorder:
    """Records one call. `disk` is a one-thread executor shared by all calls."""

    def __init__(self, sink: Sink, disk: ThreadPoolExecutor, name: str) -> None:
        self._sink = sink
        self._disk = disk
        self._name = name
        self._caller = Track()
        self._agent = Track()
        self._writing: Future[None] | None = None
        self._has_failed = False

    def caller(self, pcm: bytes, ended_ms: int) -> None:
        if not self._has_failed:
            self._caller.place(pcm, ended_ms)

    def agent(self, pcm: bytes, ended_ms: int) -> None:
        if not self._has_failed:
            self._agent.place(pcm, ended_ms)

    def write(self, at_ms: int) -> None:
        """Hand what is settled to the disk, unless it is still busy with the last piece."""
        if self._writing and not self._writing.done():
            if at_ms - self._caller.from_ms > BEHIND_MS:
                self._fail("the disk is too slow")
            return
        self._write(at_ms - LATE_MS)

    def finish(self, at_ms: int) -> None:
        """Write the rest and close the file, in the disk's thread."""
        self._write(at_ms)
        self._disk.submit(self._sink.close)

    def _write(self, until_ms: int) -> None:
        if self._has_failed or until_ms <= self._caller.from_ms:
            return
        caller, agent = self._caller.take(until_ms), self._agent.take(until_ms)
        self._writing = self._disk.submit(self._append, caller, agent)

    def _append(self, caller: bytes, agent: bytes) -> None:
        try:
            self._sink.append(caller, agent)
        except (OSError, ValueError) as error:
            self._fail(type(error).__name__)

    def _fail(self, reason: str) -> None:
        if not self._has_failed:
            log.error("call %s: the recording ends here: %s", self._name, reason)
        self._has_failed = True
