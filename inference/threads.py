"""Blocking engines brought to the event loop.

A synthesizer is a blocking generator. It runs in a worker thread, at most a few pieces ahead
of the call; when the call no longer wants it, the generator is closed in that thread.
"""

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import Executor
from contextlib import aclosing, closing
from dataclasses import dataclass, field

from inference.engines.base import SAMPLE_HZ

PIECES_AHEAD = 64
PIECE_DEADLINE_S = 10.0
STOP_POLL_S = 0.5  # how soon a blocked thread sees that nobody listens
# A voice makes audio much faster than it is heard, and each piece costs the event loop a wake-up.
ENOUGH_S = 0.5  # of audio more than time has passed: nobody misses the next piece yet
GATHERED_BYTES = SAMPLE_HZ * 2 * 4 // 10  # then pieces come together until there is so much


@dataclass(slots=True)
class _Bridge:
    """What the worker thread and the event loop share."""

    loop: asyncio.AbstractEventLoop
    pieces: asyncio.Queue[bytes | BaseException | None] = field(default_factory=asyncio.Queue)
    room: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(PIECES_AHEAD))
    is_unwanted: threading.Event = field(default_factory=threading.Event)

    def run(self, make: Callable[[], Iterator[bytes]]) -> None:
        """In the worker thread: everything, errors too, crosses to the loop."""
        try:
            with closing(make()) as generator:  # type: ignore[type-var]  # ours are generators
                for piece in _gathered(generator):
                    if not self._wait_for_room():
                        return
                    self._put(piece)
            self._put(None)
        except BaseException as error:
            self._put(error)

    def _wait_for_room(self) -> bool:
        while not self.room.acquire(timeout=STOP_POLL_S):
            if self.is_unwanted.is_set():
                return False
        return not self.is_unwanted.is_set()

    def _put(self, item: bytes | BaseException | None) -> None:
        try:
            self.loop.call_soon_threadsafe(self.pieces.put_nowait, item)
        except RuntimeError:  # the loop is closed, and the listener with it
            self.is_unwanted.set()


def _gathered(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Audio at SAMPLE_HZ in larger pieces, as soon as there is more of it than is needed now."""
    began_s, made, held = time.monotonic(), 0, b""
    try:
        for piece in pieces:
            made += len(piece)
            held += piece
            ahead_s = made / (SAMPLE_HZ * 2) - (time.monotonic() - began_s)
            if ahead_s < ENOUGH_S or len(held) >= GATHERED_BYTES:
                yield held
                held = b""
    except Exception:
        if held:
            yield held
        raise
    if held:
        yield held


async def iterate(
    make: Callable[[], Iterator[bytes]], executor: Executor, deadline_s: float = PIECE_DEADLINE_S
) -> AsyncGenerator[bytes, None]:
    """The pieces of a blocking generator as they come.

    Raises what the generator raised, TimeoutError when a piece takes longer than the deadline.
    """
    bridge = _Bridge(asyncio.get_running_loop())
    executor.submit(bridge.run, make)
    try:
        while True:
            async with asyncio.timeout(deadline_s):
                item = await bridge.pieces.get()
            if item is None:
                return
            if isinstance(item, BaseException):
                raise item
            bridge.room.release()
            yield item
    finally:
        bridge.is_unwanted.set()


async def in_time(
    pieces: AsyncGenerator[bytes, None], deadline_s: float
) -> AsyncGenerator[bytes, None]:
    """The pieces, each within the deadline. Raises TimeoutError."""
    async with aclosing(pieces):
        while True:
            try:
                async with asyncio.timeout(deadline_s):
                    piece = await anext(pieces)
            except StopAsyncIteration:
                return
            yield piece
