"""One engine process as the host sees it: started, given jobs, watched, ended."""

import asyncio
import os
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from inference.engines.base import EngineFailed, EngineUnavailable, Transcript
from inference.host import wire

PROGRAM = ("-m", "inference.host.engine_child")
ROOT = Path(__file__).resolve().parents[2]
# threads that wait for each other sleep; by default they spin, on processors that calls need
PASSIVE = {"OMP_WAIT_POLICY": "PASSIVE"}
SILENT_TURNS = 10  # times what one short turn takes here, and it is stuck


@dataclass(frozen=True, slots=True)
class Deadlines:
    load_s: float = 600.0  # large models from a slow disk
    queue_s: float = 4.0  # until a process has begun; then another host may be asked
    silent_s: float = 6.0  # at work, and nothing comes: the least for a machine of any speed
    stop_s: float = 5.0
    first_pause_s: float = 0.5  # between a process that did nothing and the next one
    longest_pause_s: float = 30.0


Answer = Transcript | bytes | EngineFailed | None  # None: the end of a voice's audio


@dataclass(eq=False, slots=True)
class Job:
    """One piece of work, with all that came of it so far."""

    order: wire.Order
    answers: "asyncio.Queue[Answer]" = field(default_factory=asyncio.Queue)
    tries: int = 0
    was_given: bool = False  # something of it; trying again would say it twice
    is_unwanted: bool = False
    too_late: asyncio.TimerHandle | None = None

    def begun(self) -> None:
        self.tries += 1
        self.stop_clock()

    def stop_clock(self) -> None:
        if self.too_late:
            self.too_late.cancel()

    def give(self, answer: Answer) -> None:
        self.was_given = True
        self.answers.put_nowait(answer)


@dataclass(slots=True)
class Done:
    """What a process did, in numbers."""

    jobs: int = 0
    failed: int = 0
    batches: int = 0
    busy_ms: int = 0

    def add(self, other: "Done") -> None:
        self.jobs += other.jobs
        self.failed += other.failed
        self.batches += other.batches
        self.busy_ms += other.busy_ms


class EngineProcess:
    """Used on the event loop only. `on_room` is called whenever there is room for a job."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        line: "Line",
        ready: wire.Ready,
        deadlines: Deadlines,
        on_room: Callable[[], None],
    ) -> None:
        self.ready = ready
        self.places = 2 * ready.batch if ready.batch > 1 else 1  # one batch runs, one waits
        self.done = Done()
        self.jobs: dict[int, Job] = {}
        self._process = process
        self._line = line
        self._silent_s = max(deadlines.silent_s, SILENT_TURNS * ready.turn_ms / 1000)
        self._stop_s = deadlines.stop_s
        self._on_room = on_room
        self._number = 0
        self._patience = asyncio.timeout(None)
        self._is_watched = False

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def room(self) -> int:
        return self.places - len(self.jobs)

    def begin(self, job: Job) -> None:
        self._number += 1
        self.jobs[self._number] = job
        job.begun()
        if len(self.jobs) == 1:
            self._expect()
        self._line.write(replace(job.order, job=self._number))

    def cancel(self, job: Job) -> None:
        """Its place is free once the process says that it ended."""
        for number, mine in self.jobs.items():
            if mine is job:
                self._line.write(wire.Cancel(number))

    async def watched(self) -> str:
        """Until the process is over, and why it is. `jobs` holds what it left undone."""
        try:
            async with self._patience:
                self._is_watched = True
                self._expect()
                while not isinstance(report := await self._line.read(), wire.Poisoned):
                    self._take(report)
                    if not self.jobs or _is_sign_of_life(report):
                        self._expect()
                return f"is broken ({report.reason})"
        except TimeoutError:
            return f"gave no sign of life for {self._silent_s:.0f} s"
        except (asyncio.IncompleteReadError, OSError):
            return "died"
        finally:
            self._is_watched = False
            await end(self._process, self._line, self._stop_s)

    def _expect(self) -> None:
        """While it works, something has to come from it."""
        if self._is_watched:
            now_s = asyncio.get_running_loop().time()
            self._patience.reschedule(now_s + self._silent_s if self.jobs else None)

    def _take(self, report: wire.Report) -> None:
        match report:
            case wire.Piece(number, pcm):
                self.jobs[number].give(pcm)
            case wire.Heard(transcripts, busy_ms):
                self.done.batches += 1
                self.done.busy_ms += busy_ms
                for number, transcript in transcripts:
                    self._finish(number, transcript)
            case wire.Ended(number, failure, busy_ms):
                self.done.busy_ms += busy_ms
                self._finish(number, failure)

    def _finish(self, number: int, answer: Answer) -> None:
        job = self.jobs.pop(number)
        if not isinstance(job.order, wire.Forget) and not job.is_unwanted:
            failed = isinstance(answer, EngineFailed)
            self.done.failed += failed
            self.done.jobs += not failed
        job.give(answer)
        self._on_room()


def _is_sign_of_life(report: wire.Report) -> bool:
    """Cancelling what waits works even where the engine hangs."""
    return not isinstance(report, wire.Ended) or report.was_begun


class Line:
    """The host's end of the socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def write(self, request: wire.Request) -> None:
        self._writer.write(wire.pack(request))  # a process always reads: nothing piles up here

    async def read(self) -> wire.Report:
        return await wire.report(self._reader)

    def close(self) -> None:
        self._writer.close()


async def start(
    load: wire.Load,
    program: tuple[str, ...],
    threads: int,
    deadlines: Deadlines,
    on_room: Callable[[], None],
) -> EngineProcess:
    """A process with its engine loaded and warm. Raises EngineUnavailable."""
    process, line = await _spawn(program, threads, deadlines.stop_s)
    try:
        line.write(load)
        async with asyncio.timeout(deadlines.load_s):
            ready = await line.read()
        if isinstance(ready, wire.Ready):
            return EngineProcess(process, line, ready, deadlines, on_room)
        assert isinstance(ready, wire.Unavailable)
        raise EngineUnavailable(ready.reason)
    except BaseException as error:
        await end(process, line, deadlines.stop_s)
        if isinstance(error, TimeoutError):
            raise EngineUnavailable(f"not loaded within {deadlines.load_s:.0f} s") from None
        if isinstance(error, (asyncio.IncompleteReadError, OSError)):
            raise EngineUnavailable("its process died as it loaded: too little memory?") from None
        raise


async def _spawn(
    program: tuple[str, ...], threads: int, deadline_s: float
) -> tuple[asyncio.subprocess.Process, Line]:
    ours, theirs = socket.socketpair()
    environment = os.environ | PASSIVE | ({"OMP_NUM_THREADS": str(threads)} if threads else {})
    with theirs:
        async with asyncio.timeout(deadline_s):
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *program,
                str(theirs.fileno()),
                pass_fds=[theirs.fileno()],
                stdin=asyncio.subprocess.DEVNULL,
                cwd=ROOT,
                env=environment,
            )
    async with asyncio.timeout(deadline_s):
        return process, Line(*await asyncio.open_connection(sock=ours))


async def end(process: asyncio.subprocess.Process, line: Line, deadline_s: float) -> None:
    line.close()
    with suppress(ProcessLookupError):
        process.kill()
    with suppress(TimeoutError):  # one that even SIGKILL does not end waits in the kernel
        async with asyncio.timeout(deadline_s):
            await process.wait()
