"""How late the calls' event loop is while their engines work: beside them, and in the host.

Callers on the media socket ask one thing after the other; faster-whisper and VITS with tiny
models hear and speak, a scripted Ollama answers. Tiny models of random weights say nothing about
a real model's speed, but they do what holds up a loop: Python's lock, threads, memory, cores.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random

from django.conf import settings
from django.core.management import call_command

from agents.models import Question, Voice
from bench.calls import percentile
from bench.house import Door, call_in, media_house
from inference.engines import coqui
from telephony import human_voice
from telephony.media_client import SILENCE, TICK_S, Lateness, wire
from telephony.worker import Worker
from tests import model_servers, tiny_models

TITLE = "How late the calls' event loop is while engines work"
ABOUT = """Lag is how much later than asked
for a timer of the media process fires, every 5 ms. A gap is silence of less than 400 ms in the
middle of a spoken sentence, as the caller hears it. Engines: tiny faster-whisper and VITS, a
scripted Ollama. Callers, engines and server share the two cores."""
CALLS = (1, 20)
SECONDS = 60.0
WARM_S = 25.0  # from the first call to the measuring
STEP_S = 0.005
LATE_MS = 60
PAUSE_S = (10.0, 18.0)  # of a caller, from the end of one question to the next
HEARD = "when are you open on saturday"
GAP_TICKS = 20  # longer silence is the end of a sentence, not a gap in it
READY_S = 60


# --- in the server ------------------------------------------------------------------------


def watch(path: Path) -> None:
    """From the first call on, the event loop's lateness is written there: time, seconds late."""
    made = Worker.__init__

    def make(worker: Worker) -> None:
        made(worker)
        worker.lag = asyncio.ensure_future(_sample(path))  # type: ignore[attr-defined]

    Worker.__init__ = make  # type: ignore[method-assign]


async def _sample(path: Path) -> None:
    with path.open("a") as file:
        while True:
            due_s = time.monotonic() + STEP_S
            await asyncio.sleep(STEP_S)
            now_s = time.monotonic()
            file.write(f"{now_s:.4f} {max(0.0, now_s - due_s):.5f}\n")


# --- the callers --------------------------------------------------------------------------


class Asking:
    """A caller who asks, listens for a while, and asks again."""

    def __init__(self, question: bytes, chance: Random) -> None:
        self._frames = [wire(question[at : at + 640]) for at in range(0, len(question) - 639, 640)]
        self._chance = chance
        self._sent = 0
        self._waits = chance.randrange(int(PAUSE_S[1] / TICK_S))
        self._empty = GAP_TICKS
        self.asked_s: list[float] = []
        self.answered_s: list[float] = []
        self.gaps: list[tuple[float, int]] = []  # when, ms
        self.played_s: list[float] = []

    def next_frame(self, at_s: float) -> bytes:
        if self._waits:
            self._waits -= 1
            return SILENCE
        frame = self._frames[self._sent]
        self._sent += 1
        if self._sent == len(self._frames):
            self._sent = 0
            self._waits = int(self._chance.uniform(*PAUSE_S) / TICK_S)
            self.asked_s.append(at_s)
        return frame

    def played(self, _pcm: bytes, at_s: float, _came_s: float, /) -> None:
        if self._empty >= GAP_TICKS and len(self.answered_s) < len(self.asked_s):
            self.answered_s.append(at_s)
        elif 0 < self._empty < GAP_TICKS:
            self.gaps.append((at_s, round(self._empty * TICK_S * 1000)))
        self._empty = 0
        self.played_s.append(at_s)

    def starved(self) -> None:
        self._empty += 1

    def flushed(self, _at_s: float, /) -> None:
        self._empty = GAP_TICKS

    def closed(self) -> None:
        pass


@dataclass(frozen=True, slots=True)
class Measured:
    calls: int
    lags_ms: list[float]
    gaps_ms: list[int]
    frames: int
    asked: int
    answered: int
    stayed: int  # calls that nothing ended
    callers_late_ms: float

    def row(self, where: str) -> str:
        late = sum(lag > LATE_MS for lag in self.lags_ms)
        cells = (
            where,
            self.calls,
            *(f"{percentile(self.lags_ms, share):.1f}" for share in (0.5, 0.99, 0.999)),
            f"{max(self.lags_ms):.0f}",
            late,
            f"{sum(self.gaps_ms) / 20 / max(self.frames, 1):.2%}",
            max(self.gaps_ms, default=0),
            f"{self.answered}/{self.asked}",
            self.stayed,
            f"{self.callers_late_ms:.1f}",
        )
        return f"| {' | '.join(map(str, cells))} |"


COLUMNS = (
    "engines work",
    "calls",
    "lag p50",
    "p99",
    "p99.9",
    "max",
    "over 60 ms",
    "frames late",
    "longest gap",
    "answered",
    "still talking",
    "callers' own lag p99",
)
HEAD = (f"| {' | '.join(COLUMNS)} |", "|" + "---|" * len(COLUMNS))


async def _crowd(door: Door, calls: int, lag: Path) -> Measured:
    question = human_voice.speak("hours", "digits/today")
    ears = [Asking(question, Random(f"lag {n}")) for n in range(calls)]
    late, legs = Lateness(), []
    for n, ear in enumerate(ears):
        legs.append(await call_in(door, str(n), ear, Random(n).uniform(0, TICK_S), late))
        await asyncio.sleep(min(0.25, 5 / calls))
    await asyncio.sleep(WARM_S)
    late.ticks_s.clear()
    from_s = time.monotonic()
    await asyncio.sleep(SECONDS)
    until_s = time.monotonic()
    stayed = sum(not leg.over.is_set() for leg in legs)
    for leg in legs:
        leg.hang_up()
    await asyncio.gather(*(leg.over.wait() for leg in legs))
    return _measured(ears, lag, (from_s, until_s), stayed, late)


def _measured(
    ears: list[Asking], lag: Path, window_s: tuple[float, float], stayed: int, late: Lateness
) -> Measured:
    def within(at_s: float) -> bool:
        return window_s[0] <= at_s < window_s[1]

    samples = (line.split() for line in lag.read_text().splitlines() if line.count(" ") == 1)
    return Measured(
        calls=len(ears),
        lags_ms=[float(took_s) * 1000 for at_s, took_s in samples if within(float(at_s))],
        gaps_ms=[ms for ear in ears for at_s, ms in ear.gaps if within(at_s)],
        frames=sum(within(at_s) for ear in ears for at_s in ear.played_s),
        asked=sum(within(at_s) for ear in ears for at_s in ear.asked_s),
        answered=sum(within(at_s) for ear in ears for at_s in ear.answered_s),
        stayed=stayed,
        callers_late_ms=percentile(late.ticks_s, 0.99) * 1000,
    )


# --- the installation ---------------------------------------------------------------------


def main() -> list[str]:
    lines = [*HEAD]
    with (
        tempfile.TemporaryDirectory(prefix="va-lag-") as folder,
        model_servers.running() as ollama,
    ):
        ollama.script = _another_table(count(1))
        agent = _agent(Path(folder), ollama.address)
        for where, is_hosted in (("beside the calls", False), ("in the host", True)):
            for calls in CALLS:
                lines.append(_level(Path(folder), agent, calls, is_hosted=is_hosted).row(where))
                print(lines[-1], flush=True)
    return lines


def _another_table(numbers: Iterator[int]) -> model_servers.Script:
    """Never the same answer: what was said before would come from memory."""

    def script(call: model_servers.Answering) -> None:
        model_servers.says(f"Table {next(numbers)} is free.")(call)

    return script


def _agent(folder: Path, ollama: str) -> dict[str, object]:
    coqui.prepare()
    whisper = tiny_models.whisper(folder / "whisper", HEARD)
    vits = tiny_models.vits(folder / "vits")
    for command in ("migrate", "load_demo"):
        call_command(command, verbosity=0)
    Question.objects.all().delete()  # names to listen for would confuse so tiny a model
    Voice.objects.update(engine="vits", engine_options={"path": str(vits)})
    return {
        "greeting": "Good day.",
        "instructions": "",
        "idle_seconds": 60,  # these callers think for long
        "stt_engine": "faster_whisper",
        "stt_options": {"path": str(whisper), "device": "cpu"},
        "llm_engine": "ollama",
        "llm_options": {"model": "tiny", "host": ollama},
    }


def _level(folder: Path, agent: dict[str, object], calls: int, *, is_hosted: bool) -> Measured:
    lag = folder / "lag"
    lag.unlink(missing_ok=True)
    changes = {"BENCH_LAG": str(lag)}
    with _host(folder / "s") if is_hosted else _nothing() as socket:
        if socket:
            changes["VOICEADMIN_INFERENCE_SOCKET"] = str(socket)
        with media_house(agent, changes) as (door, _):
            return asyncio.run(_crowd(door, calls, lag))


@contextmanager
def _nothing() -> Iterator[None]:
    yield


@contextmanager
def _host(socket: Path) -> Iterator[Path]:
    process = subprocess.Popen(
        [sys.executable, "-m", "inference.host", str(socket), "1"],
        cwd=settings.BASE_DIR,
        env={**os.environ, "VOICEADMIN_LOG_LEVEL": "WARNING"},
    )
    try:
        give_up = time.monotonic() + READY_S
        while not socket.exists() and time.monotonic() < give_up:
            time.sleep(0.05)
        yield socket
    finally:
        process.terminate()
        process.wait(20)
