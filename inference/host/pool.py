"""The processes of one engine, and the jobs that wait for them.

Who gets which place is decided here without waiting: jobs go in the order they came, to the
process with the most room. A process that ended is started again; what it held and had given
nothing of is tried once more, by the next one that has room.
"""

import asyncio
import logging
import os
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from inference.engines.base import (
    EngineChoice,
    EngineFailed,
    EngineUnavailable,
    Knowledge,
    Transcript,
    VoiceChoice,
)
from inference.host import engine_process, wire
from inference.host.engine_process import PROGRAM, Deadlines, Done, EngineProcess, Job
from inference.host.memory import Memory, processes_that_fit
from inference.host.stages import EngineBusy, EngineState, Kind, Loaded

log = logging.getLogger(__name__)

TRIES = 2
MOST_WAITING = 256
CORES_PER_PROCESS = 4  # of a voice that works without a graphics card
MOST_ON_CARD = 8  # they take turns on it: more would only make each slower


@dataclass(slots=True)
class Counts:
    cancelled: int = 0
    retried: int = 0
    restarts: int = 0


class Pool:
    def __init__(
        self,
        kind: Kind,
        choice: EngineChoice,
        deadlines: Deadlines,
        program: tuple[str, ...] = PROGRAM,
    ) -> None:
        self.kind, self.choice = kind, choice
        self._deadlines = deadlines
        self._program = program
        self._most = _most_processes(kind, choice)
        self._processes: list[EngineProcess] = []
        self._keepers: list[asyncio.Task[None]] = []
        self._waiting: deque[Job] = deque()
        self._counts = Counts()
        self._past = Done()  # by processes that are over
        self._trouble = ""

    async def open(self) -> Loaded:
        """Loads what fits. Raises EngineUnavailable where not even one does."""
        first = await self._start()
        self._keep(first)
        ready = first.ready
        room = Memory(ready.own_bytes, ready.free_bytes)
        more = processes_that_fit(room, self._most) - 1
        started = await asyncio.gather(
            *(self._start() for _ in range(more)), return_exceptions=True
        )
        for process in started:
            if isinstance(process, EngineProcess):
                self._keep(process)
            else:
                self._trouble = str(process)
                log.warning("%s: %d processes, no more: %s", self.choice.key, self._size, process)
        return Loaded(
            kind=self.kind,
            choice=self.choice,
            slots=self._size * ready.batch,
            speakers=ready.speakers,
            languages=ready.languages,
        )

    @property
    def _size(self) -> int:
        return len(self._keepers)

    async def transcribe(self, pcm: bytes, knowledge: Knowledge) -> Transcript:
        job = Job(wire.Hear(0, pcm, knowledge))
        self._add(job)
        try:
            answer = await job.answers.get()  # comes: `too_late`, then the process' patience
        finally:
            self._drop(job)
        if isinstance(answer, Transcript):
            return answer
        assert isinstance(answer, EngineFailed)
        raise answer

    async def speak(self, text: str, voice: VoiceChoice) -> AsyncGenerator[bytes, None]:
        job = Job(wire.Say(0, text, voice))
        self._add(job)
        try:
            while (answer := await job.answers.get()) is not None:  # comes, as above
                if isinstance(answer, EngineFailed):
                    raise answer
                assert isinstance(answer, bytes)
                yield answer
        finally:
            self._drop(job)

    async def forget_voice(self, sample_path: str) -> None:
        jobs = [Job(wire.Forget(0, sample_path)) for _ in self._processes]
        for process, job in zip(self._processes, jobs, strict=True):
            process.begin(job)  # behind what it does now; it needs no place
        for job in jobs:
            await job.answers.get()

    def state(self) -> EngineState:
        done = [self._past, *(process.done for process in self._processes)]
        return EngineState(
            kind=self.kind,
            key=self.choice.key,
            processes=self._size,
            ready=len(self._processes),
            waiting=len(self._waiting),
            working=sum(len(process.jobs) for process in self._processes),
            done=sum(one.jobs for one in done),
            failed=sum(one.failed for one in done),
            cancelled=self._counts.cancelled,
            retried=self._counts.retried,
            restarts=self._counts.restarts,
            batches=sum(one.batches for one in done),
            busy_ms=sum(one.busy_ms for one in done),
            trouble="" if self._processes else self._trouble,
        )

    async def close(self) -> None:
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        self._keepers.clear()
        for job in self._waiting:
            job.stop_clock()
            job.give(EngineFailed(f"{self.choice.key}: the host is closing"))
        self._waiting.clear()

    def _add(self, job: Job) -> None:
        if len(self._waiting) >= MOST_WAITING:
            raise EngineBusy(f"{self.choice.key}: {MOST_WAITING} jobs are waiting")
        self._wait(job)
        self._waiting.append(job)
        self._hand_out()

    def _wait(self, job: Job) -> None:
        loop = asyncio.get_running_loop()
        job.too_late = loop.call_later(self._deadlines.queue_s, self._too_late, job)

    def _too_late(self, job: Job) -> None:
        self._waiting.remove(job)
        why = self._trouble or "every process was busy"
        job.give(EngineBusy(f"{self.choice.key}: {why} for {self._deadlines.queue_s:.0f} s"))

    def _hand_out(self) -> None:
        while self._waiting:
            process = max(self._processes, key=lambda one: one.room, default=None)
            if process is None or process.room <= 0:
                return
            process.begin(self._waiting.popleft())

    def _drop(self, job: Job) -> None:
        """Nobody listens any more, be it that all was heard or that nobody wants it."""
        job.stop_clock()
        job.is_unwanted = True
        if job in self._waiting:
            self._waiting.remove(job)
            self._counts.cancelled += 1
        for process in self._processes:
            if job in process.jobs.values():
                self._counts.cancelled += 1
                process.cancel(job)

    def _keep(self, process: EngineProcess) -> None:
        self._keepers.append(asyncio.create_task(self._kept(process)))

    async def _kept(self, process: EngineProcess) -> None:
        """One place in the pool: its process, then the next, and so on."""
        pause_s = 0.0
        while True:
            reason = await self._life(process)
            self._counts.restarts += 1
            self._trouble = f"a process {reason}"
            log.warning("%s: a process %s; it is started again", self.choice.key, reason)
            pause_s = 0.0 if process.done.jobs else self._longer(pause_s)
            process, pause_s = await self._started_again(pause_s)

    async def _life(self, process: EngineProcess) -> str:
        """As long as it lasts; then why it did not last longer."""
        self._processes.append(process)
        self._hand_out()
        try:
            return await process.watched()
        finally:
            self._processes.remove(process)
            self._past.add(process.done)
            for job in reversed(process.jobs.values()):
                self._again(job)
            self._hand_out()

    async def _started_again(self, pause_s: float) -> tuple[EngineProcess, float]:
        while True:
            await asyncio.sleep(pause_s)
            try:
                return await self._start(), pause_s
            except EngineUnavailable as problem:
                self._trouble = str(problem)
                log.warning("%s does not start: %s", self.choice.key, problem)
                pause_s = self._longer(pause_s)

    async def _start(self) -> EngineProcess:
        load = wire.Load(self.kind, self.choice)
        threads = max(1, (os.cpu_count() or 1) // self._most) if self._most > 1 else 0
        return await engine_process.start(
            load, self._program, threads, self._deadlines, self._hand_out
        )

    def _longer(self, pause_s: float) -> float:
        first_s, longest_s = self._deadlines.first_pause_s, self._deadlines.longest_pause_s
        return min(max(first_s, 2 * pause_s), longest_s)

    def _again(self, job: Job) -> None:
        """Its process is over. Once more, if nobody has heard anything of it."""
        if job.is_unwanted:
            return
        if isinstance(job.order, wire.Forget):
            job.give(None)  # the process that knew the voice is no more
        elif job.was_given or job.tries >= TRIES:
            job.give(EngineFailed(f"{self.choice.key}: {self._trouble or 'its process died'}"))
        else:
            self._counts.retried += 1
            self._waiting.appendleft(job)
            self._wait(job)


def _most_processes(kind: Kind, choice: EngineChoice) -> int:
    """As its option says; else what the machine can be expected to run side by side."""
    asked = choice.option("processes")
    if asked:
        if not asked.isdecimal() or not 1 <= int(asked) <= MOST_ON_CARD * 2:
            raise EngineUnavailable(f"processes is a number from 1 to {MOST_ON_CARD * 2}")
        return int(asked)
    if kind == "stt":
        return 1  # it hears many at a time
    if choice.option("device") == "cuda":
        return MOST_ON_CARD
    return max(1, (os.cpu_count() or 1) // CORES_PER_PROCESS)
