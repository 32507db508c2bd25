"""Blocking generators, heard on the event loop: nothing is left running, nothing is swallowed."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing

import pytest

from inference import threads
from inference.engines.base import EngineFailed
from tests.inference.by_hand import HandExecutor

SOON_S = 5.0


@pytest.fixture
def executor() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as executor:
        yield executor


@pytest.fixture(autouse=True)
def _poll_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "STOP_POLL_S", 0.001)


class Endless:
    """A synthesizer that never stops by itself."""

    def __init__(self) -> None:
        self.made = 0
        self.is_closed = threading.Event()

    def __call__(self) -> Iterator[bytes]:
        try:
            while True:
                self.made += 1
                yield b"audio"
        finally:
            self.is_closed.set()


async def first(make, executor: ThreadPoolExecutor) -> bytes:
    async with aclosing(threads.iterate(make, executor)) as pieces:
        return await anext(pieces)


async def all_of(make, executor: ThreadPoolExecutor, deadline_s: float = SOON_S) -> list[bytes]:
    return [piece async for piece in threads.iterate(make, executor, deadline_s)]


def test_the_pieces_come_in_order(executor):
    def make() -> Iterator[bytes]:
        yield from (bytes([number]) for number in range(200))

    assert asyncio.run(all_of(make, executor)) == [bytes([number]) for number in range(200)]


def test_a_generator_without_pieces_ends(executor):
    def make() -> Iterator[bytes]:
        yield from ()

    assert asyncio.run(all_of(make, executor)) == []


def test_an_endless_generator_is_closed_when_nobody_listens(executor):
    endless = Endless()
    assert asyncio.run(first(endless, executor)) == b"audio"
    assert endless.is_closed.wait(SOON_S)


def test_a_generator_does_not_run_far_ahead_of_the_call(executor):
    endless = Endless()
    asyncio.run(first(endless, executor))
    endless.is_closed.wait(SOON_S)
    assert endless.made <= threads.PIECES_AHEAD + 3


def test_a_cancelled_listener_closes_the_generator(executor):
    endless = Endless()

    async def call() -> None:
        listener = asyncio.create_task(first_then_wait(endless, executor))
        async with asyncio.timeout(SOON_S):
            while not endless.made:
                await asyncio.sleep(0)
        listener.cancel()
        with pytest.raises(asyncio.CancelledError):
            await listener

    asyncio.run(call())
    assert endless.is_closed.wait(SOON_S)


async def first_then_wait(make, executor: ThreadPoolExecutor) -> None:
    async with aclosing(threads.iterate(make, executor)) as pieces:
        async for _ in pieces:
            await asyncio.Event().wait()


def test_what_the_generator_raises_is_raised_to_the_listener(executor):
    def make() -> Iterator[bytes]:
        yield b"audio"
        raise EngineFailed("out of memory")

    heard: list[bytes] = []

    async def listen() -> None:
        async for piece in threads.iterate(make, executor):
            heard.append(piece)  # noqa: PERF401  # one by one: the last is an error

    with pytest.raises(EngineFailed, match="out of memory"):
        asyncio.run(listen())
    assert heard == [b"audio"]


def test_a_generator_that_cannot_even_be_made_is_told(executor):
    def make() -> Iterator[bytes]:
        raise EngineFailed("no such voice")

    with pytest.raises(EngineFailed, match="no such voice"):
        asyncio.run(all_of(make, executor))


def test_a_piece_that_does_not_come_is_not_waited_for(executor):
    release = threading.Event()

    def make() -> Iterator[bytes]:
        release.wait(SOON_S)
        yield b"too late"

    try:
        with pytest.raises(TimeoutError):
            asyncio.run(all_of(make, executor, deadline_s=0.01))
    finally:
        release.set()


def test_a_busy_pool_counts_against_the_deadline():
    release = threading.Event()
    with ThreadPoolExecutor(1) as executor:
        executor.submit(release.wait, SOON_S)
        try:
            with pytest.raises(TimeoutError):
                asyncio.run(all_of(Endless(), executor, deadline_s=0.01))
        finally:
            release.set()


def test_a_listener_that_is_gone_before_its_turn_costs_no_work():
    """Whoever waited for a thread and gave up leaves nothing to be made."""
    release = threading.Event()
    endless = Endless()
    with ThreadPoolExecutor(1) as executor:
        executor.submit(release.wait, SOON_S)
        with pytest.raises(TimeoutError):
            asyncio.run(all_of(endless, executor, deadline_s=0.01))
        release.set()
    assert endless.made <= 1


@pytest.mark.parametrize("rounds", range(9))
def test_a_cancellation_is_not_swallowed_by_a_piece_that_comes_at_the_same_moment(rounds):
    """The call has decided against this reply: not one more piece of it may be played."""
    executor = HandExecutor()
    played: list[bytes] = []

    def make() -> Iterator[bytes]:
        yield from [b"audio"] * 3

    async def listen() -> None:
        async for piece in threads.iterate(make, executor, SOON_S):
            played.append(piece)  # noqa: PERF401  # one by one: it is stopped halfway
        await asyncio.Event().wait()

    async def call() -> None:
        listener = asyncio.create_task(listen())
        await asyncio.sleep(0)
        executor.work()
        for _ in range(rounds):
            await asyncio.sleep(0)
        before = len(played)
        listener.cancel()
        await asyncio.wait([listener])
        assert listener.cancelled()
        assert len(played) == before

    asyncio.run(call())


SECOND = bytes(32_000)
PIECE = bytes(1_280)  # 40 ms


def test_the_first_pieces_come_one_by_one_and_what_nobody_misses_yet_together(executor):
    def make() -> Iterator[bytes]:
        yield PIECE
        yield SECOND
        yield from [PIECE] * 25

    *pieces, rest = asyncio.run(all_of(make, executor))
    assert pieces == [PIECE, SECOND, PIECE * 10, PIECE * 10]
    assert rest == PIECE * 5


def test_what_a_failed_voice_had_made_is_still_heard(executor):
    def make() -> Iterator[bytes]:
        yield SECOND
        yield PIECE
        raise EngineFailed("no more")

    heard: list[bytes] = []
    with pytest.raises(EngineFailed):
        asyncio.run(hear_into(heard, make, executor))
    assert heard == [SECOND, PIECE]


async def hear_into(heard: list[bytes], make, executor: ThreadPoolExecutor) -> None:
    async for piece in threads.iterate(make, executor):
        heard.append(piece)  # noqa: PERF401 (what came before a failure counts)
