"""The processes of one installation, kept running and ended together.

Knows nothing of what they do. Each child leads a session of its own: Ctrl-C in the terminal
reaches only the supervisor, which ends its children in order, and whatever a child started
can be found by its session and ended too. A supervisor that is killed takes its children
along: the kernel signals them (Linux only).
"""

import asyncio
import contextlib
import ctypes
import os
import signal
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

PR_SET_PDEATHSIG = 1
LOG_BYTES = 10_000_000  # a longer log is put aside at the next start
TAIL_LINES = 8
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
STEADY_S = 60.0  # a child that ran this long starts over with the first pause

_libc = ctypes.CDLL(None, use_errno=True)


class ChildFailed(Exception):
    """A child ended, or was not ready in time, while the whole was starting."""


@dataclass(frozen=True, slots=True)
class Child:
    """One process: how it is started, when it is ready, how it is ended."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)  # beside the supervisor's own
    is_ready: Callable[[], Awaitable[bool]] | None = None  # None: as soon as it runs
    ready_s: float = 60.0
    stop_s: float = 3.0  # to end by itself; then it and all it started are killed
    # sent by the kernel when the supervisor dies
    orphan_signal: signal.Signals = signal.SIGTERM


class Supervisor:
    """Starts children in order, starts them again when they end, stops them in reverse."""

    def __init__(self, log_dir: Path, cwd: Path, tell: Callable[[str], None]) -> None:
        self._log_dir = log_dir
        self._cwd = cwd
        self._tell = tell
        self._keepers: dict[str, _Keeper] = {}

    async def start(self, child: Child) -> None:
        """Returns once the child is ready. Raises ChildFailed, with the end of its log."""
        keeper = _Keeper(child, self._log_dir / f"{child.name}.log", self._cwd, self._tell)
        self._keepers[child.name] = keeper
        await keeper.start()

    def is_running(self, name: str) -> bool:
        return name in self._keepers and self._keepers[name].is_running()

    async def stop(self) -> None:
        """End every child, the last started first. Nothing they started is left."""
        while self._keepers:
            _, keeper = self._keepers.popitem()
            await keeper.stop()


class _Keeper:
    """Keeps one child running."""

    def __init__(self, child: Child, log: Path, cwd: Path, tell: Callable[[str], None]) -> None:
        self.child = child
        self._log = log
        self._cwd = cwd
        self._tell = tell
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None

    async def start(self) -> None:
        _put_aside(self._log)
        started = time.monotonic()
        await self._spawn()
        await self._become_ready(started)
        self._watch = asyncio.create_task(self._keep(started), name=f"keep {self.child.name}")

    def is_running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def stop(self) -> None:
        if self._watch:
            self._watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watch
        await self._end()

    async def _spawn(self) -> None:
        try:
            with self._open_log() as log:
                self._process = await asyncio.create_subprocess_exec(
                    *self.child.argv,
                    cwd=self._cwd,
                    env={**os.environ, **self.child.env},
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    # the kernel's promise is made between fork and exec; it only calls prctl
                    preexec_fn=_die_with(os.getpid(), self.child.orphan_signal),
                )
        except OSError as error:
            raise ChildFailed(f"{self.child.name} cannot be started: {error}") from error

    def _open_log(self) -> BinaryIO:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        return self._log.open("ab")

    async def _become_ready(self, started: float) -> None:
        assert self._process
        if not self.child.is_ready:
            return
        ended = asyncio.create_task(self._process.wait())
        try:
            while not await self.child.is_ready():
                if time.monotonic() - started > self.child.ready_s:
                    raise ChildFailed(
                        f"{self.child.name} was not ready after {self.child.ready_s:.0f} s;"
                        f" the end of {self._log}:\n{tail(self._log)}"
                    )
                await asyncio.wait([ended], timeout=0.1)
                if ended.done():
                    raise ChildFailed(
                        f"{self.child.name} {_outcome(ended.result())} while it started;"
                        f" the end of {self._log}:\n{tail(self._log)}"
                    )
        finally:
            ended.cancel()

    async def _keep(self, started: float) -> None:
        """Start the child again whenever it ends, with ever longer pauses."""
        pause_s = FIRST_PAUSE_S
        while True:
            assert self._process
            code = await self._process.wait()
            await _end_session(self._process.pid, 0)  # what it left behind holds its ports
            if time.monotonic() - started > STEADY_S:
                pause_s = FIRST_PAUSE_S
            self._tell(
                f"{self.child.name} {_outcome(code)}; starting it again in {pause_s:g} s;"
                f" the end of {self._log}:\n{tail(self._log)}"
            )
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
            started = time.monotonic()
            try:
                await self._spawn()
            except ChildFailed as failed:
                self._tell(str(failed))

    async def _end(self) -> None:
        if not self._process:
            return
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.terminate()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), self.child.stop_s)
        await _end_session(self._process.pid, 0.5)
        await self._process.wait()


# --- processes, as the kernel sees them -------------------------------------------------


def session_members(leader: int) -> list[int]:
    """The living processes of the session that `leader` leads or led."""
    members = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            # the name in parentheses may hold spaces: state, ppid, pgrp, session follow it
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it ended while we looked
            continue
        if int(fields[3]) == leader and fields[0] != "Z":
            members.append(int(entry.name))
    return members


async def _end_session(leader: int, patience_s: float) -> None:
    """Kill what is left of a session, after `patience_s` to end by itself."""
    deadline = time.monotonic() + patience_s
    while members := session_members(leader):
        if time.monotonic() >= deadline:
            for pid in members:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        await asyncio.sleep(0.02)


def _die_with(parent: int, orphan_signal: signal.Signals) -> Callable[[], None]:
    def between_fork_and_exec() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, int(orphan_signal))
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)

    return between_fork_and_exec


# --- what children leave to read --------------------------------------------------------


def tail(log: Path, lines: int = TAIL_LINES) -> str:
    """The last lines of a log, indented; a word where there are none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 20_000))
            last = deque(file.read().decode(errors="replace").splitlines(), maxlen=lines)
    except OSError:
        last = deque()
    return "\n".join(f"    {line}" for line in last) or "    (it is empty)"


def _put_aside(log: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size > LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))


def _outcome(code: int) -> str:
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"
