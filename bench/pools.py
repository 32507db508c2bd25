"""python -m bench.pools [haproxy|ray]: what callers notice when a host or a node is killed.

Tiny models and espeak: the figures are about the way to the engines, not about engines. Prints
a table; bench/results/ keeps what was printed.
"""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

django.setup()

import asyncio
import logging
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.calls import percentile
from tests import tiny_models
from tests.e2e.callers import SENTENCE, Callers, calling
from tests.e2e.haproxy import Balancer
from tests.e2e.ray_cluster import WORKER, ray_cluster
from tests.e2e.test_pool import BOTH, Host, two_hosts

CALLERS = 4
ALONE_TURNS, TURNS = 40, 60
HEAD = (
    "| what | turns | turn p50 ms | p95 | longest | broke off | lost |",
    "|---|---|---|---|---|---|---|",
)


Mark = tuple[int, int, int]


def mark(callers: Callers) -> Mark:
    return len(callers.took_ms), callers.broken, len(callers.lost)


def row(what: str, callers: Callers, since: Mark) -> str:
    took_ms, lost = callers.took_ms[since[0] :], callers.lost[since[2] :]
    p50_ms, p95_ms = percentile(took_ms, 0.5), percentile(took_ms, 0.95)
    reasons = f" ({', '.join(sorted(set(lost)))})" if lost else ""
    return (
        f"| {what} | {len(took_ms)} | {p50_ms:.0f} | {p95_ms:.0f} | {max(took_ms)} "
        f"| {callers.broken - since[1]} | {len(lost)}{reasons} |"
    )


async def alone(what: str, stt_url: str, tts_url: str) -> str:
    async with calling(1, stt_url, tts_url) as callers:
        await callers.more(3)
        since = mark(callers)
        await callers.more(ALONE_TURNS)
    return row(what, callers, since)


async def through_a_kill(
    what: str, stt_url: str, tts_url: str, kill: Callable[[], object], back: Callable[[], object]
) -> list[str]:
    rows = []
    async with calling(CALLERS, stt_url, tts_url) as callers:
        await callers.more(2 * CALLERS)
        since = mark(callers)
        await callers.more(TURNS)
        rows.append(row(f"{CALLERS} callers, {what}", callers, since))
        since = mark(callers)
        await asyncio.to_thread(kill)
        await callers.more(TURNS)
        rows.append(row("from the kill on", callers, since))
        began_s = time.monotonic()
        await asyncio.to_thread(back)
        back_s = time.monotonic() - began_s
        since = mark(callers)
        await callers.more(TURNS)
        rows.append(row(f"all there again, which took {back_s:.0f} s", callers, since))
    return rows


def haproxy(whisper: Path, tts: str) -> Iterator[str]:
    with two_hosts(whisper, tts) as (one, front):
        urls = front.url("transcribe"), front.url("speak")
        direct = [f"http://127.0.0.1:{port}" for port in (one.transcribe_port, one.tts_port)]
        yield asyncio.run(alone("1 caller, straight to a host", *direct))
        yield asyncio.run(alone("1 caller, through HAProxy", *urls))
        yield from asyncio.run(
            through_a_kill(
                "two hosts behind HAProxy; then kill -9 of one",
                *urls,
                lambda: one.end(signal.SIGKILL),
                lambda: back_again(one, front),
            )
        )


def back_again(host: Host, front: Balancer) -> None:
    host.start()
    for section in BOTH:
        front.wait_status(section, "UP", "one")


def ray(whisper: Path, tts: str) -> Iterator[str]:
    def tiny(application: dict[str, object]) -> None:
        hears = {"engine": "faster_whisper", "path": str(whisper), "device": "cpu"}
        application["args"] = {"transcriber": hears, "synthesizer": {"engine": "espeak"}}

    with two_hosts(whisper, tts) as (one, _front):
        direct = [f"http://127.0.0.1:{port}" for port in (one.transcribe_port, one.tts_port)]
        yield asyncio.run(alone("1 caller, straight to a host", *direct))
    began_s = time.monotonic()
    with ray_cluster(tiny) as cluster:
        yield f"| (up after {time.monotonic() - began_s:.0f} s) | | | | | | |"
        yield asyncio.run(alone("1 caller, through Ray Serve", cluster.url, cluster.url))
        whole = len(cluster.engines())

        def replaced() -> None:
            while len(cluster.engines()) < whole:
                time.sleep(0.1)

        yield from asyncio.run(
            through_a_kill(
                "two Ray nodes; then kill -9 of one node's processes",
                cluster.url,
                cluster.url,
                lambda: cluster.kill(WORKER),
                replaced,
            )
        )


@contextmanager
def models() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="va-pools-") as folder:
        yield tiny_models.whisper(Path(folder) / "whisper", SENTENCE)


def main(what: str = "haproxy", tts: str = "espeak") -> None:
    logging.disable(logging.INFO)
    print(f"load average before: {os.getloadavg()[0]:.1f}\n", flush=True)
    print("\n".join(HEAD), flush=True)
    with models() as whisper:
        for line in {"haproxy": haproxy, "ray": ray}[what](whisper, tts):
            print(line, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
