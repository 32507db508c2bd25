"""Work done before it is asked for, and how much of it this process can afford.

A decode or a reply begun while the caller still speaks may turn out to be for nothing. It gets
what is left over: never the last place of an engine that has several, nothing while the work of
turns that are over fills an engine, nothing while the event loop cannot keep up. Used on the
event loop only; nothing here waits.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

MOST = 64  # jobs in all engines together; telephony/worker.py has 96 threads for them
# Three frames too late on average: the machine is full. One stall, be it of 100 ms, is not that;
# refusing for it cost half the callers of a shared machine their early answers and saved nothing.
LATE_MS = 60
JUDGED_MS = 1_000  # what the average is taken over, at least
FEWEST = 4  # fewer are no average
CALM_MS = 2_000  # after that, before anything is begun ahead again
FORGOTTEN_MS = 30_000  # a job of which nothing is heard any more holds no place


@dataclass(slots=True)
class Counts:
    """Since the process began. What is not settled yet is neither used nor wasted."""

    begun: int = 0
    used: int = 0
    wasted: int = 0
    wasted_ms: int = 0  # of work, not of waiting for a verdict
    refused: int = 0


class Job:
    """One piece of work begun ahead. The first of `used` and `wasted` counts."""

    def __init__(self, on: object, clock_ms: Callable[[], int], counts: Counts) -> None:
        self.on = on
        self.begun_ms = clock_ms()
        self.done_ms: int | None = None
        self._clock_ms = clock_ms
        self._counts = counts
        self._is_settled = False

    def done(self) -> None:
        """The engine is free again; whether it was of any use is not known yet."""
        if self.done_ms is None:
            self.done_ms = self._clock_ms()

    def used(self) -> None:
        if self._settle():
            self._counts.used += 1

    def wasted(self) -> None:
        if self._settle() and self.done_ms is not None:
            self._counts.wasted += 1
            self._counts.wasted_ms += self.done_ms - self.begun_ms

    def _settle(self) -> bool:
        self.done()
        was_settled, self._is_settled = self._is_settled, True
        return not was_settled


def monotonic_ms() -> int:
    return time.monotonic_ns() // 1_000_000


class Ahead:
    """The budget. An engine's `slots` says how many jobs it does at a time; without, `most`."""

    def __init__(self, clock_ms: Callable[[], int] = monotonic_ms, most: int = MOST) -> None:
        self._clock_ms = clock_ms
        self._most = most
        self._jobs: list[Job] = []
        self._working: list[object] = []  # an engine for each job of a turn that is over
        self._calm_at_ms = self._judged_at_ms = clock_ms()
        self._lates_ms: list[int] = []  # since it was judged
        self._counts = Counts()

    def begin(self, on: object = None, *, is_likely: bool = False) -> Job | None:
        """A job for this engine, or None: not now. A likely one waits behind others ahead."""
        self._forget_ended()
        if not self._has_room(on, is_likely=is_likely):
            self._counts.refused += 1
            return None
        job = Job(on, self._clock_ms, self._counts)
        self._jobs.append(job)
        self._counts.begun += 1
        return job

    @contextmanager
    def busy(self, on: object = None) -> Iterator[None]:
        """While it is open, this engine works for a turn that is over."""
        self._working.append(on)
        try:
            yield
        finally:
            at = next(at for at, engine in enumerate(self._working) if engine is on)
            del self._working[at]

    def late(self, ms: int) -> None:
        """The event loop did something so much later than it was due."""
        self._lates_ms.append(ms)
        now_ms = self._clock_ms()
        if len(self._lates_ms) < FEWEST or now_ms - self._judged_at_ms < JUDGED_MS:
            return
        if sum(self._lates_ms) >= LATE_MS * len(self._lates_ms):
            self._calm_at_ms = now_ms + CALM_MS
        self._judged_at_ms = now_ms
        self._lates_ms.clear()

    def counts(self) -> Counts:
        return replace(self._counts)

    def _has_room(self, on: object, *, is_likely: bool) -> bool:
        if self._clock_ms() < self._calm_at_ms:
            return False
        if len(self._jobs) + len(self._working) >= self._most:
            return False
        slots = getattr(on, "slots", self._most)
        ahead = sum(job.on is on for job in self._jobs)
        working = sum(engine is on for engine in self._working)
        if is_likely:
            return working < slots
        return ahead + working < slots and ahead < max(1, slots - 1)

    def _forget_ended(self) -> None:
        lost_ms = self._clock_ms() - FORGOTTEN_MS
        for job in self._jobs:
            if job.begun_ms < lost_ms:
                job.wasted()
        self._jobs = [job for job in self._jobs if job.done_ms is None]


AHEAD = Ahead()
