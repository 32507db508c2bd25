"""Blocking engines brought to the event loop.

A synthesizer is a blocking generator. It runs in a worker thread, at most a few pieces ahead
of the call; when the call no longer wants it, the generator is closed in that thread.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Executor

PIECES_AHEAD = 64
PIECE_DEADLINE_S = 10.0
STOP_POLL_S = 0.5  # how soon a blocked thread sees that nobody listens


async def iterate(
    make: Callable[[], Iterator[bytes]], executor: Executor, deadline_s: float = PIECE_DEADLINE_S
) -> AsyncIterator[bytes]:
    """The pieces of a blocking generator as they come.

    Raises what the generator raised, TimeoutError when a piece takes longer than the deadline.
    """
    loop = asyncio.get_running_loop()
    pieces: asyncio.Queue[bytes | BaseException | None] = asyncio.Queue()
    room = threading.Semaphore(PIECES_AHEAD)
    stop = threading.Event()

    def put(item: bytes | BaseException | None) -> None:
        try:
            loop.call_soon_threadsafe(pieces.put_nowait, item)
        except RuntimeError:  # the loop is gone, and the listener with it
            stop.set()

    def work() -> None:
        try:
            generator = make()
            try:
                for piece in generator:
                    while not room.acquire(timeout=STOP_POLL_S):
                        if stop.is_set():
                            return
                    if stop.is_set():
                        return
                    put(piece)
            finally:
                if hasattr(generator, "close"):
                    generator.close()
            put(None)
        except BaseException as error:  # crosses the thread and is raised to the listener
            put(error)

    executor.submit(work)
    try:
        while True:
            item = await asyncio.wait_for(pieces.get(), deadline_s)
            if item is None:
                return
            if isinstance(item, BaseException):
                raise item
            room.release()
            yield item
    finally:
        stop.set()
