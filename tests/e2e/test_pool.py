"""Two inference services, as they are started on two machines, behind the real HAProxy."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings

from tests import tiny_models
from tests.e2e.asterisk import free_port
from tests.e2e.callers import SENTENCE, Callers, calling
from tests.e2e.haproxy import Balancer, balancer

STOP_S = 30
CALLERS = 4
BOTH = ("transcribers", "voices")


class Host:
    """`manage.py serve_inference` on ports of its own, started as often as a test likes."""

    def __init__(self, whisper: Path, tts: str) -> None:
        self.transcribe_port, self.tts_port = free_port(), free_port()
        self._whisper, self._tts = whisper, tts
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            [
                sys.executable, "manage.py", "serve_inference",
                "--stt", f"faster_whisper:path={self._whisper},device=cpu",
                "--tts", self._tts,
                "--transcribe-port", str(self.transcribe_port),
                "--tts-port", str(self.tts_port),
            ],
            cwd=settings.BASE_DIR,
            env=os.environ | {"OMP_NUM_THREADS": "1"},  # more wait for each other on a busy machine
            stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def end(self, number: signal.Signals) -> None:
        if self._process:
            self._process.send_signal(number)
            self._process.wait(STOP_S)
            self._process = None


@pytest.fixture(scope="module")
def whisper(tmp_path_factory):
    return tiny_models.whisper(tmp_path_factory.mktemp("models") / "whisper", SENTENCE)


@contextmanager
def two_hosts(whisper: Path, tts: str = "espeak") -> Iterator[tuple[Host, Balancer]]:
    """The first of them, and what is in front of both."""
    hosts = Host(whisper, tts), Host(whisper, tts)
    try:
        for host in hosts:
            host.start()
        with balancer(
            transcribers=[host.transcribe_port for host in hosts],
            voices=[host.tts_port for host in hosts],
        ) as front:
            yield hosts[0], front
    finally:
        for host in hosts:
            host.end(signal.SIGKILL)


@pytest.fixture(scope="module")
def pool(whisper):
    with two_hosts(whisper) as (one, front):
        yield one, front


def wait_for(front: Balancer, status: str, *servers: str) -> None:
    for section in BOTH:
        front.wait_status(section, status, *servers)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_host_that_goes_away_under_load_loses_no_turn_and_comes_back(pool, number):
    one, front = pool
    wait_for(front, "UP", "one", "two")
    callers, served_again = asyncio.run(calls_while_it_goes_and_comes_back(one, front, number))
    assert callers.lost == []
    if number is signal.SIGTERM:
        assert not callers.broken  # what had begun was finished
    assert all(requests >= CALLERS for requests in served_again)


async def calls_while_it_goes_and_comes_back(
    one: Host, front: Balancer, number: signal.Signals
) -> tuple[Callers, list[int]]:
    def served() -> list[int]:
        return [int(front.column(section, "stot")["one"]) for section in BOTH]

    async with calling(CALLERS, front.url("transcribe"), front.url("speak")) as callers:
        await callers.more(2 * CALLERS)
        await asyncio.to_thread(one.end, number)
        await callers.more(4 * CALLERS)
        one.start()
        await asyncio.to_thread(wait_for, front, "UP", "one")
        before = await asyncio.to_thread(served)
        await callers.more(4 * CALLERS)
        after = await asyncio.to_thread(served)
    return callers, [new - old for new, old in zip(after, before, strict=True)]
