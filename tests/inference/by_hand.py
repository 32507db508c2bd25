"""An event loop and worker threads whose time and turn are given by the test."""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any


class HandLoop(asyncio.SelectorEventLoop):
    """Its clock stands still until the test turns it."""

    def __init__(self) -> None:
        super().__init__()
        self.now_ms = 0

    def time(self) -> float:
        return self.now_ms / 1000

    def settle(self, rounds: int = 12) -> None:
        """Let everything that can happen now happen."""
        self.run_until_complete(_rounds(rounds))


async def _rounds(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


class HandExecutor(Executor):
    """Work waits until the test lets it be done, in the test's own thread."""

    def __init__(self) -> None:
        self.waiting: deque[tuple[Future[Any], Callable[[], Any]]] = deque()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.waiting.append((future, lambda: fn(*args, **kwargs)))
        return future

    def work(self) -> None:
        """Do the job that has waited longest."""
        future, job = self.waiting.popleft()
        if not future.set_running_or_notify_cancel():
            return
        try:
            future.set_result(job())
        except Exception as error:
            future.set_exception(error)
