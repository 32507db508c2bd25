"""python -m bench [WHAT]: measures, and writes bench/results/; without WHAT the first three.

gap    response gap at the caller's RTP for 1 and for 10 calls, its parts, CPU per call-minute
load   how many calls one core holds, server alone on core 0
demo   the same gap with the demo agent's own engines (pocketsphinx, questions, espeak)

conversation   callers that ask, pause and interrupt, 1 to 100 at once, with stand-in engines;
               its --help lists what can be changed

endpointing    human turns with known pauses: how long callers wait, how many are cut off; also
               Pipecat where PIPECAT_PYTHON names a Python that has pipecat-ai

interruptions  a hundred coughs, "mm-hm"s, noises and echoes over the agent, a hundred callers
               who mean it: what stops it, and how soon

inference      the engine processes with tiny models: how soon one is free after a cancel, what
               company costs and brings, the host's lag

host-lag       how late the calls' event loop is while 20 calls' engines work, beside the calls
               and in the inference service

gpu            the stages of a turn on a graphics card, with models of the true size and random
               weights; says so and leaves where there is no card
"""

import asyncio
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

django.setup()

import sqlite3

from django.conf import settings

from agents.demo import NUMBER
from bench import conversation, endpointing, host_lag, inference_host, interruptions, scripted
from bench.calls import Measured, callers, percentile
from bench.gpu import command as gpu_command
from bench.house import Server, house
from telephony import human_voice

RESULTS = Path(__file__).parent / "results"
PROMPTS = ("hours", "digits/today")
TURNS = 6
LOAD_STEPS = (10, 20, 40, 60, 80)
ENDPOINTS_MS = (600, 200)  # the default, and what others are measured with
HELD_MS = 100  # how much worse than one call's p95 a held call may be
HEAD = (
    "| calls | turns | gap p50 | gap p95 | max | missing | CPU s per call-minute | RSS MB |",
    "|---|---|---|---|---|---|---|---|",
)
AT_THE_TELEPHONE = """Engines: {engines}.
The gap is measured at the caller's RTP (mu-law), from the last loud packet sent to the first
loud packet received."""
MEDIA_SOCKET = """The server has one core, the callers
the other; they talk over the media socket, without Asterisk."""
PARTS = ("endpointing_ms", "stt_ms", "llm_ms", "tts_ms", "response_ms")


def gap(*, with_scripted: bool = True) -> list[str]:
    lines = []
    clip = human_voice.speak(*PROMPTS)
    for endpoint_ms in ENDPOINTS_MS:
        lines += [f"## After {endpoint_ms} ms of silence", "", *HEAD]
        with house(scripted=with_scripted, endpoint_ms=endpoint_ms) as (asterisk, server):
            for count in (1, 10):
                measured, cpu_s = _measure(asterisk.sip(NUMBER), clip, server, count, TURNS)
                lines.append(_row(count, measured, cpu_s, server))
            lines += ["", *_parts(), ""]
    return lines


def load() -> list[str]:
    lines = list(HEAD)
    clip = human_voice.speak(*PROMPTS)
    held, alone_ms = 0, 0.0
    with house(scripted=True, endpoint_ms=ENDPOINTS_MS[0]) as (asterisk, server):
        server.pin(0)
        _pin_others(asterisk.pid)
        for count in (1, *LOAD_STEPS):
            measured, cpu_s = _measure(asterisk.sip(NUMBER), clip, server, count, 3)
            lines.append(_row(count, measured, cpu_s, server))
            p95_ms = percentile(measured.gaps_ms, 0.95)
            alone_ms = alone_ms or p95_ms
            if measured.missing or measured.refused or p95_ms > alone_ms + HELD_MS:
                break
            held = count
    at_least = "at least " if held == LOAD_STEPS[-1] else ""  # no more were tried
    lines += [
        "",
        f"Held on one core: {at_least}{held} calls: gap p95 within {HELD_MS} ms of one call's and",
        "no answer missing. The callers and Asterisk shared the other core.",
    ]
    return lines


def _pin_others(asterisk_pid: int) -> None:
    if (os.cpu_count() or 1) < 2:
        return
    os.sched_setaffinity(0, {1})
    for thread in Path(f"/proc/{asterisk_pid}/task").iterdir():
        os.sched_setaffinity(int(thread.name), {1})


def _measure(
    uri: str, clip: bytes, server: Server, count: int, turns: int
) -> tuple[Measured, float]:
    before_s = server.cpu_s()
    measured = asyncio.run(callers(uri, clip, count=count, turns=turns))
    return measured, server.cpu_s() - before_s


def _row(count: int, measured: Measured, cpu_s: float, server: Server) -> str:
    gaps = measured.gaps_ms
    per_minute = cpu_s / measured.call_minutes if measured.call_minutes else float("nan")
    return (
        f"| {count} | {len(gaps)} | {percentile(gaps, 0.5):.0f} | {percentile(gaps, 0.95):.0f} "
        f"| {max(gaps, default=float('nan')):.0f} | {measured.missing + measured.refused} "
        f"| {per_minute:.2f} | {server.rss_mb():.0f} |"
    )


def _parts() -> list[str]:
    """The stages as the server itself timed them, over all turns."""
    lines = ["| stage | p50 ms | p95 ms |", "|---|---|---|"]
    database = settings.VAR_DIR / "voiceadmin.sqlite3"
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as rows:
        for part in PARTS:
            query = f"select {part} from records_turn where {part} is not null"
            values = [row[0] for row in rows.execute(query)]
            p50_ms, p95_ms = percentile(values, 0.5), percentile(values, 0.95)
            lines.append(f"| {part} | {p50_ms:.0f} | {p95_ms:.0f} |")
    return lines


def _write(name: str, title: str, lines: list[str], about: str = "") -> None:
    git = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(git, capture_output=True, text=True, check=False).stdout.strip()
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    costs = f"{scripted.STT_MS} + {scripted.LLM_MS} + {scripted.TTS_MS} ms"
    engines = "the demo agent's own" if name == "demo" else f"scripted, costing {costs}"
    machine = f"Python {platform.python_version()}, {os.cpu_count()} cores, {_processor()}"
    about = about or AT_THE_TELEPHONE.format(engines=engines)
    text = f"""# {title}

{today}, commit {commit}, `./run bench {name}`, {machine}.
A shared machine: compare within one run. Times in ms. {about}

"""
    path = RESULTS / f"{today}-{name}.md"
    path.write_text(text + "\n".join(lines) + "\n")
    print("\n".join(lines), f"\nwritten to {path.relative_to(settings.BASE_DIR)}")


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def main(what: str, *rest: str) -> None:
    if what == "conversation":
        if page := conversation.main(rest):
            _write("conversation", "Conversations, stand-in engines", page, MEDIA_SOCKET)
        return
    if what == "endpointing":
        page, about = endpointing.measure()
        _write("endpointing", "When a turn is over, human turns with known pauses", page, about)
        return
    if what == "host-lag":
        _write(what, host_lag.TITLE, host_lag.main(), host_lag.ABOUT)
        return
    if what == "interruptions":
        _write(what, interruptions.TITLE, interruptions.main(), interruptions.ABOUT)
        return
    if what == "inference":
        _write(what, inference_host.TITLE, inference_host.main(), inference_host.ABOUT)
        return
    if what == "gpu":
        gpu_command.main(rest)
        return
    if what in ("gap", "all"):
        _write("gap", "Response gap, scripted engines", gap())
    if what in ("load", "all"):
        _write("load", "Calls held on one core, scripted engines", load())
    if what in ("demo", "all"):
        _write("demo", "Response gap, the demo agent's engines", gap(with_scripted=False))
    if what not in ("gap", "load", "demo", "all"):
        raise SystemExit(__doc__)


if __name__ == "__main__":
    main(*(sys.argv[1:] or ["all"]))
