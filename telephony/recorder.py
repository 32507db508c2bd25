"""The call's audio on its way to disk: both sides on one time line, while they talk.

Asterisk sends nothing while the caller is silent and plays nothing while we are, so both
sides are placed by the clock and the gaps filled. The disk is written by one thread a
process, in order; a slow or full disk costs the recording its rest, never the call a frame.

While the caller types a secret, neither side is recorded: there is silence instead.
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
SECRET_MS = 60_000  # what the network held back so long is still known to be secret


class Sink(Protocol):
    def append(self, caller: bytes, agent: bytes) -> None: ...

    def close(self) -> None: ...


@dataclass(slots=True)
class Hidden:
    """What nobody may hear: spans of the call in ms, the last one perhaps without an end yet."""

    spans: list[tuple[int, int | None]] = field(default_factory=list)

    def begin(self, from_ms: int) -> None:
        if not self.spans or self.spans[-1][1] is not None:
            self.spans.append((from_ms, None))

    def end(self, at_ms: int) -> None:
        if self.spans and self.spans[-1][1] is None:
            self.spans[-1] = (self.spans[-1][0], at_ms)

    def forget_before(self, at_ms: int) -> None:
        self.spans = [span for span in self.spans if span[1] is None or span[1] > at_ms]

    def silenced(self, pcm: bytes, begins: int) -> bytes:
        """The audio with silence where it is hidden; `begins` is in bytes, as a place in the
        call."""
        if not self.spans:
            return pcm
        ends, silenced = begins + len(pcm), bytearray(pcm)
        for from_ms, until_ms in self.spans:
            first = max(begins, from_ms * BYTES_PER_MS)
            last = ends if until_ms is None else min(ends, until_ms * BYTES_PER_MS)
            if first < last:
                silenced[first - begins : last - begins] = bytes(last - first)
        return bytes(silenced)


@dataclass(slots=True)
class Track:
    """One side's audio since the last write, in pieces as they came."""

    from_ms: int = 0
    pieces: list[tuple[int, bytes]] = field(default_factory=list)  # here at ms, audio

    def place(self, pcm: bytes, here_ms: int) -> None:
        """Audio that had been heard by then."""
        self.pieces.append((here_ms, pcm))

    def take(self, until_ms: int, hidden: Hidden) -> bytes:
        """Exactly the audio up to then, silence where there is none or where it is hidden.

        What came too late for its place lies behind it; hidden is what either place hides.
        """
        origin = self.from_ms * BYTES_PER_MS
        until = max(0, until_ms - self.from_ms) * BYTES_PER_MS
        taken, later = bytearray(), []
        for begins, piece in zip(self._beginnings(), self.pieces, strict=True):
            if begins >= until:
                later.append(piece)
                continue
            if begins > len(taken):
                taken += bytes(begins - len(taken))
            taken += hidden.silenced(piece[1], origin + begins)
        taken += bytes(max(0, until - len(taken)))
        rest = bytes(taken[until:])
        self.from_ms = max(self.from_ms, until_ms)
        self.pieces = [(self.from_ms + len(rest) // BYTES_PER_MS, rest)] if rest else []
        self.pieces += later
        return hidden.silenced(bytes(taken[:until]), origin)

    def _beginnings(self) -> list[int]:
        """Where each piece begins, in bytes from `from_ms`.

        A piece ended when it was here or, of several that came at once, when the next began.
        """
        beginnings: list[int] = []
        begins: int | None = None  # the piece after
        for here_ms, pcm in reversed(self.pieces):
            ends = (here_ms - self.from_ms) * BYTES_PER_MS
            if begins is not None and begins < ends:
                ends = begins
            begins = ends - len(pcm)
            beginnings.append(begins)
        return beginnings[::-1]


class Recorder:
    """Records one call. `disk` is a one-thread executor shared by all calls."""

    def __init__(self, sink: Sink, disk: ThreadPoolExecutor, name: str) -> None:
        self._sink = sink
        self._disk = disk
        self._name = name
        self._caller = Track()
        self._agent = Track()
        self._hidden = Hidden()
        self._writing: Future[None] | None = None
        self._has_failed = False

    def caller(self, pcm: bytes, ended_ms: int) -> None:
        if not self._has_failed:
            self._caller.place(pcm, ended_ms)

    def agent(self, pcm: bytes, ended_ms: int) -> None:
        if not self._has_failed:
            self._agent.place(pcm, ended_ms)

    def hide(self, from_ms: int) -> None:
        """From then on neither side is recorded. LATE_MS back is early enough; further back it
        is on the disk."""
        self._hidden.begin(from_ms)

    def show(self, from_ms: int) -> None:
        """From then on both sides are recorded again. Never called: hidden to the end."""
        self._hidden.end(from_ms)

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
        caller = self._caller.take(until_ms, self._hidden)
        agent = self._agent.take(until_ms, self._hidden)
        self._hidden.forget_before(until_ms - SECRET_MS)
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
