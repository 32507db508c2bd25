"""The engine processes: how soon one is free again, what company costs and brings, and the lag.

Tiny models: they show what our own code and the way through the processes cost, not what a model
of true size takes.
"""

import asyncio
import random
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.calls import percentile
from inference import audio
from inference.engines import coqui
from inference.engines.base import SAMPLE_HZ, EngineChoice, Knowledge, VoiceChoice
from inference.host.engine_process import Deadlines
from inference.host.host_stages import HostStages
from tests import tiny_models

TITLE = "Engine processes: cancel to idle, batches, lag"
ABOUT = """Tiny models of random weights: our code and the way through the
processes, not a model's own time. Cancel to idle is from the moment the request is closed to the
moment its process can begin the next."""
CANCELS = 20
UTTERANCES = 16
ROUNDS = 6
CALLERS = (1, 4, 16)
PAUSE_MS = 200  # between one caller's utterances, on average
LAG_STEP_S = 0.005
HISS = audio.from_floats(np.random.default_rng(0).normal(0, 0.1, 3 * SAMPLE_HZ))
ENGLISH = Knowledge("en")
TEXT = "We are open from Monday to Friday, from nine to five o'clock, and on Saturday until one."
PATIENT = Deadlines(queue_s=60.0, silent_s=60.0)


def main() -> list[str]:
    with tempfile.TemporaryDirectory(prefix="voiceadmin-bench-") as folder:
        return asyncio.run(_measure(Path(folder)))


async def _measure(folder: Path) -> list[str]:
    coqui.prepare()
    whisper = EngineChoice.of(
        "faster_whisper",
        path=str(tiny_models.whisper(folder / "whisper", "when are you open on saturday")),
        device="cpu",
    )
    voices = {
        "xtts": EngineChoice.of("xtts", path=str(tiny_models.xtts(folder / "xtts"))),
        "vits": EngineChoice.of("vits", path=str(tiny_models.vits(folder / "vits"))),
        "espeak": EngineChoice("espeak"),
    }
    return [*await _cancels(voices, whisper), "", *await _batches(whisper)]


@asynccontextmanager
async def _host(window_ms: int = 0) -> AsyncIterator[HostStages]:
    stages = HostStages(PATIENT, ("-m", "bench.windowed_engine", str(window_ms)))
    try:
        yield stages
    finally:
        await stages.close()


async def _cancels(voices: dict[str, EngineChoice], whisper: EngineChoice) -> list[str]:
    lines = [
        "## Cancel to idle, ms",
        "",
        "| engine | cancelled | whole job p50 | idle p50 | idle p95 | longest |",
        "|---|---|---|---|---|---|",
    ]
    for key, choice in voices.items():
        async with _host() as stages:
            voice = VoiceChoice(choice)
            await stages.load("tts", choice)
            whole = [await _whole_ms(stages, voice) for _ in range(5)]
            for where in ("at its first piece", "somewhere before"):
                idle = [
                    await _left_ms(stages, voice, where, percentile(whole, 0.5))
                    for _ in range(CANCELS)
                ]
                lines.append(_row(key, where, whole, idle))
    async with _host() as stages:
        await stages.load("stt", whisper)
        whole = [await _heard_ms(stages, whisper) for _ in range(10)]
        idle = [await _unheard_ms(stages, whisper, percentile(whole, 0.5)) for _ in range(CANCELS)]
        lines.append(_row("faster_whisper", "in its batch", whole, idle))
    return lines


def _row(key: str, where: str, whole: list[float], idle: list[float]) -> str:
    return (
        f"| {key} | {where} | {percentile(whole, 0.5):.0f} | {percentile(idle, 0.5):.1f} "
        f"| {percentile(idle, 0.95):.1f} | {max(idle):.1f} |"
    )


async def _whole_ms(stages: HostStages, voice: VoiceChoice) -> float:
    began_s = time.perf_counter()
    async with aclosing(stages.speak(TEXT, voice)) as pieces:
        async for _ in pieces:
            pass
    return _ms_since(began_s)


async def _left_ms(stages: HostStages, voice: VoiceChoice, where: str, whole_ms: float) -> float:
    if where == "at its first piece":
        async with aclosing(stages.speak(TEXT, voice)) as pieces:
            await anext(pieces)
    else:
        speaking = asyncio.create_task(_whole_ms(stages, voice))
        await asyncio.sleep(random.uniform(0.05, 0.5) * whole_ms / 1000)
        speaking.cancel()
        await asyncio.wait([speaking])
    return await _idle_ms(stages)


async def _heard_ms(stages: HostStages, choice: EngineChoice) -> float:
    began_s = time.perf_counter()
    await stages.transcribe(HISS, ENGLISH, choice)
    return _ms_since(began_s)


async def _unheard_ms(stages: HostStages, choice: EngineChoice, whole_ms: float) -> float:
    hearing = asyncio.create_task(_heard_ms(stages, choice))
    await asyncio.sleep(random.uniform(0.05, 0.9) * whole_ms / 1000)
    hearing.cancel()
    await asyncio.wait([hearing])
    return await _idle_ms(stages)


async def _idle_ms(stages: HostStages) -> float:
    began_s = time.perf_counter()
    while stages.states()[0].working:  # noqa: ASYNC110 (states tell, they do not call)
        await asyncio.sleep(0.0005)
    return _ms_since(began_s)


async def _batches(whisper: EngineChoice) -> list[str]:
    lines = [
        "## Utterances together",
        "",
        f"Callers say 3 s each, wait for the words, and pause {PAUSE_MS} ms on average. Window:",
        "how long an idle recogniser waits for company, the two in turns. Lag: how much later than",
        "due the host's event loop did something.",
        "",
        "| callers | window ms | words after p50 ms | p95 | a second | in a batch | lag p99 ms |",
        "|---|---|---|---|---|---|---|",
    ]
    async with _host(0) as alone, _host(20) as waiting:
        hosts = {0: alone, 20: waiting}
        for stages in hosts.values():
            await stages.load("stt", whisper)
        for count in CALLERS:
            runs: dict[int, list[Run]] = {window_ms: [] for window_ms in hosts}
            for _ in range(ROUNDS):  # in turns: what else the machine does meets both
                for window_ms, stages in hosts.items():
                    runs[window_ms].append(await _callers(stages, whisper, count))
            lines += [_together(count, window_ms, found) for window_ms, found in runs.items()]
    return lines


@dataclass
class Run:
    heard_ms: list[float]
    lags_ms: list[float]
    took_s: float
    batches: int


async def _callers(stages: HostStages, choice: EngineChoice, count: int) -> Run:
    before, began_s = stages.states()[0], time.perf_counter()
    lags_ms: list[float] = []
    lagging = asyncio.create_task(_lag(lags_ms))
    each = [_caller(stages, choice, max(2, UTTERANCES // count)) for _ in range(count)]
    heard_ms = [ms for caller in await asyncio.gather(*each) for ms in caller]
    lagging.cancel()
    batches = stages.states()[0].batches - before.batches
    return Run(heard_ms, lags_ms, time.perf_counter() - began_s, batches)


def _together(count: int, window_ms: int, runs: list[Run]) -> str:
    heard_ms = [ms for run in runs for ms in run.heard_ms]
    lags_ms = [ms for run in runs for ms in run.lags_ms]
    a_second = len(heard_ms) / sum(run.took_s for run in runs)
    in_a_batch = len(heard_ms) / sum(run.batches for run in runs)
    return (
        f"| {count} | {window_ms} | {percentile(heard_ms, 0.5):.0f} "
        f"| {percentile(heard_ms, 0.95):.0f} | {a_second:.0f} | {in_a_batch:.1f} "
        f"| {percentile(lags_ms, 0.99):.1f} |"
    )


async def _caller(stages: HostStages, choice: EngineChoice, utterances: int) -> list[float]:
    heard = []
    for _ in range(utterances):
        await asyncio.sleep(random.expovariate(1000 / PAUSE_MS))
        heard.append(await _heard_ms(stages, choice))
    return heard


async def _lag(lags: list[float]) -> None:
    while True:
        began_s = time.perf_counter()
        await asyncio.sleep(LAG_STEP_S)
        lags.append(_ms_since(began_s) - LAG_STEP_S * 1000)


def _ms_since(began_s: float) -> float:
    return (time.perf_counter() - began_s) * 1000
