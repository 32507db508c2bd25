"""PocketSphinx in processes of its own.

The library holds Python's lock while it decodes. In the media process that would make every
call's audio late: with ten callers, answers came after 1500 ms instead of 670. A process ends
when its end of the socket closes, however the other side went.
"""

import os
import queue
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

from inference.engines.base import (
    EngineChoice,
    EngineFailed,
    EngineUnavailable,
    Knowledge,
    Transcript,
)
from inference.engines.pocketsphinx import PocketSphinx, missing

PROCESSES = min(2, os.cpu_count() or 1)
WAIT_S = 5.0  # for a process that other calls keep busy
ANSWER_S = 8.0  # loading included
STOP_S = 1.0
NICE = 5  # audio goes first
ROOT = Path(__file__).resolve().parents[2]


def load(choice: EngineChoice) -> "PocketSphinxProcesses":  # noqa: ARG001 (nothing to choose)
    if problem := missing():
        raise EngineUnavailable(problem)
    return PocketSphinxProcesses()


class PocketSphinxProcesses:
    def __init__(self, count: int = PROCESSES) -> None:
        self.slots = count
        self._idle: queue.LifoQueue[_Process] = queue.LifoQueue()
        for _ in range(count):
            self._idle.put(_Process())

    def warm(self) -> None:
        self.prepare(Knowledge("en"))

    def prepare(self, knowledge: Knowledge) -> None:
        """Blocking. Makes the agent's language model now, so that no caller waits for it."""
        processes = [self._take() for _ in range(self._idle.qsize())]
        try:
            for process in processes:
                process.start()  # all of them at once: each takes half a second
            for process in processes:
                process.ask(b"", knowledge)
        finally:
            for process in processes:
                self._idle.put(process)

    def transcribe(self, pcm: bytes, knowledge: Knowledge) -> Transcript:
        process = self._take()
        try:
            return process.ask(pcm, knowledge)
        finally:
            self._idle.put(process)

    def _take(self) -> "_Process":
        try:
            return self._idle.get(timeout=WAIT_S)
        except queue.Empty:
            raise EngineFailed(f"no recogniser was free for {WAIT_S:.0f} s") from None


class _Process:
    """One process, started when it is first asked, and again after it failed."""

    def __init__(self) -> None:
        self._connection: Connection | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, pcm: bytes, knowledge: Knowledge) -> Transcript:
        connection = self.start()
        try:
            connection.send((pcm, knowledge))
            if not connection.poll(ANSWER_S):
                raise EngineFailed(f"the recogniser did not answer within {ANSWER_S:.0f} s")
            answer = connection.recv()
        except (OSError, EOFError):
            self._stop()
            raise EngineFailed("the recogniser's process died; it is started again") from None
        except EngineFailed:
            self._stop()
            raise
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, Transcript)
        return answer

    def start(self) -> Connection:
        if self._connection:
            return self._connection
        ours, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-m", __name__, str(theirs.fileno())]
            self._process = subprocess.Popen(  # noqa: S603 (our own module)
                command, pass_fds=[theirs.fileno()], cwd=ROOT
            )
        self._connection = Connection(ours.detach())
        return self._connection

    def _stop(self) -> None:
        if self._connection:
            self._connection.close()
            self._connection = None
        if self._process:
            self._process.kill()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_S)
            self._process = None


def serve(descriptor: int) -> None:
    """In the process: answer until the other side is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who started us
    os.nice(NICE)
    engine = PocketSphinx()
    with Connection(descriptor) as connection, suppress(EOFError, OSError):
        while True:
            pcm, knowledge = connection.recv()
            connection.send(_answer(engine, pcm, knowledge))


def _answer(
    engine: PocketSphinx, pcm: bytes, knowledge: Knowledge
) -> Transcript | EngineFailed | EngineUnavailable:
    try:
        if not pcm:
            engine.prepare(knowledge)
            return Transcript("")
        return engine.transcribe(pcm, knowledge)
    except (EngineFailed, EngineUnavailable) as failure:
        return failure
    except Exception as error:
        return EngineFailed(f"PocketSphinx: {type(error).__name__}")


if __name__ == "__main__":
    serve(int(sys.argv[1]))
