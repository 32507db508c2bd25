"""python -m bench conversation: a laboratory for conversations.

Callers on Asterisk's media socket, in real time, talk with the product; engines that cost what
they are told to take the place of real ones (bench.stand_ins). The server has one core and the
callers another.
"""

import argparse
import asyncio
import json
import os
import sqlite3
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from django.conf import settings

from bench.caller import Asked, Caller, Requests
from bench.calls import percentile
from bench.clips import Clip, clips
from bench.house import Door, Server, call_in, media_house
from bench.stand_ins import TOKEN_MS, Costs, Ledger, WordTimes, Work
from telephony.media_client import TICK_S, Lateness, Leg

LEVELS = (1, 10, 40, 100)
SECONDS = {1: 180.0, 10: 90.0}  # of measuring; more calls need less
FEWER_SECONDS = 60.0
ARTICLE, FREE = Costs(170, 81, 84), Costs(0, 0, 0)
SEED = 20261123
TURNS = 8  # a call, then the caller hangs up and another calls
WARM_S = 8.0  # from the last call's begin to the measuring: a greeting and a first question
RAMP_S = 10.0  # for all calls to begin
LOOK_S = 0.1  # how often it is asked whether a call is over
GREETING = "Good day."  # short: the callers wait for its end
SERVER_CORE, CALLERS_CORE = 0, 1


@dataclass(frozen=True, slots=True)
class Level:
    """What was measured at so many calls at once. Times in ms."""

    calls: int
    asked: int
    gaps_ms: list[float]  # of turns that were not cut off: last speech sent to answer played
    received_ms: list[float]  # the same to the answer's first byte
    mutes_ms: list[float]  # first speech over a reply sent to the reply's last frame over
    flushes_ms: list[float]
    late_frames: float  # share of playout ticks within a reply that had no audio
    cutoffs: int
    missing: int
    wrong: int
    unheeded: int  # interruptions that stopped nothing
    wasted_share: float  # of the engines' seconds
    llm_share: float  # replies the model began for each one heard
    drafts: int | None  # as the product counts; None: it does not
    was_ahead: int | None
    cpu_s_per_call_min: float
    core_share: float
    rss_mb: float
    rss_mb_per_call: float
    callers_late_ms: float  # p99 of the callers' own ticks: no figure here is better

    def as_json(self, costs: Costs) -> dict[str, Any]:
        return {
            "calls": self.calls,
            "stage_costs": str(costs),
            "asked": self.asked,
            "gap_ms": _spread(self.gaps_ms),
            "received_ms": _spread(self.received_ms),
            "mute_ms": _spread(self.mutes_ms),
            "flush_ms": _spread(self.flushes_ms),
            "late_frames": round(self.late_frames, 5),
            "cutoffs": self.cutoffs,
            "missing": self.missing,
            "wrong": self.wrong,
            "unheeded": self.unheeded,
            "wasted_share": round(self.wasted_share, 3),
            "llm_begun_per_reply": round(self.llm_share, 2),
            "drafts": self.drafts,
            "was_ahead": self.was_ahead,
            "cpu_s_per_call_min": round(self.cpu_s_per_call_min, 3),
            "core_share": round(self.core_share, 3),
            "rss_mb": round(self.rss_mb, 1),
            "rss_mb_per_call": round(self.rss_mb_per_call, 2),
            "callers_late_ms": round(self.callers_late_ms, 1),
        }


def _spread(values: Sequence[float]) -> dict[str, float | None]:
    shares = {"p50": 0.5, "p95": 0.95}
    return {
        name: round(percentile(values, share), 1) if values else None
        for name, share in shares.items()
    }


@dataclass(frozen=True, slots=True)
class Trial:
    """How a laboratory is set up."""

    costs: Costs = ARTICLE
    times: WordTimes = WordTimes.END
    seed: int = SEED
    seconds: float | None = None
    warm_s: float = WARM_S
    agent: tuple[tuple[str, str], ...] = ()  # fields of the agent that are not the default's

    def clips(self) -> list[Clip]:
        """What callers say: where words come when they were recognised, only what was."""
        is_known = self.times is WordTimes.KNOWN
        return [clip for clip in clips() if clip.is_recognised or not is_known]

    def seconds_for(self, count: int) -> float:
        return self.seconds or SECONDS.get(count, FEWER_SECONDS)


class Crowd:
    """So many lines on which there is always a call."""

    def __init__(self, count: int, door: Door, trial: Trial) -> None:
        self.callers: list[Caller] = []
        self.legs: list[Leg] = []
        self.late = Lateness()
        self._count = count
        self._door = door
        self._seed = trial.seed
        self._requests = Requests(trial.clips())
        self._ends = asyncio.Event()
        self.began_s = time.monotonic()

    async def run(self, warm_s: float, seconds: float, server: Server) -> "Window":
        ramp_s = min(RAMP_S, self._count * 0.25)
        lines = [asyncio.create_task(self._line(n, ramp_s)) for n in range(self._count)]
        await asyncio.sleep(ramp_s + warm_s)
        window = Window.open(server)
        self.late.ticks_s.clear()
        await asyncio.sleep(seconds)
        window.close(server)
        self._ends.set()
        await asyncio.gather(*lines)
        return window

    async def _line(self, number: int, ramp_s: float) -> None:
        chance = Random(f"{self._seed} line {number}")
        await asyncio.sleep(ramp_s * number / self._count)
        calls = 0
        while not self._ends.is_set():
            turns = TURNS if calls else chance.randint(TURNS // 2, TURNS)  # not all end together
            await self._call(f"{number}.{calls}", turns, chance)
            calls += 1

    async def _call(self, name: str, turns: int, chance: Random) -> None:
        caller = Caller(self._requests, Random(f"{self._seed} call {name}"), turns)
        phase_s = chance.uniform(0, TICK_S)
        leg = await call_in(self._door, name, caller, phase_s, self.late)
        self.callers.append(caller)
        self.legs.append(leg)
        while not (caller.is_done or leg.over.is_set()):
            if self._ends.is_set() and caller.may_leave:
                break
            await asyncio.sleep(LOOK_S)
        leg.hang_up()
        await leg.over.wait()


@dataclass(slots=True)
class Window:
    """The measured stretch of a crowd's time."""

    from_s: float
    cpu_from_s: float
    until_s: float = 0.0
    cpu_s: float = 0.0
    rss_mb: float = 0.0

    @classmethod
    def open(cls, server: Server) -> "Window":
        return cls(time.monotonic(), server.cpu_s())

    def close(self, server: Server) -> None:
        self.until_s = time.monotonic()
        self.cpu_s = server.cpu_s() - self.cpu_from_s
        self.rss_mb = server.rss_mb()

    @property
    def seconds(self) -> float:
        return self.until_s - self.from_s

    def holds(self, at_s: float | None) -> bool:
        return at_s is not None and self.from_s <= at_s < self.until_s

    def call_minutes(self, legs: Sequence[Leg]) -> float:
        spans = ((leg.answered_s, leg.over_s) for leg in legs)
        return (
            sum(
                max(0.0, min(over_s or self.until_s, self.until_s) - max(began_s, self.from_s))
                for began_s, over_s in spans
                if began_s is not None
            )
            / 60
        )


def measured(crowd: Crowd, window: Window, idle_mb: float, ledger: Path, count: int) -> Level:
    all_asked = [one for caller in crowd.callers for one in caller.asked]
    asked = [one for one in all_asked if window.holds(one.ended_s)]
    clean = [one for one in asked if not one.was_cut_off]
    over = [one for one in asked if one.over]
    played = _in(window, [at for caller in crowd.callers for at in caller.ticks.played])
    late = _in(window, [at for caller in crowd.callers for at in caller.ticks.late])
    works = [work for work in Ledger.read(ledger) if work.began_s >= crowd.began_s]
    wasted, begun = _wasted(all_asked, works)
    cpu_s = window.cpu_s - sum(work.cpu_s for work in works if window.holds(work.began_s))
    drafts, was_ahead = _drafts()
    return Level(
        calls=count,
        asked=len(asked),
        gaps_ms=[one.gap_ms for one in clean if one.gap_ms is not None],
        received_ms=[one.received_ms for one in clean if one.received_ms is not None],
        mutes_ms=[one.mute_ms for one in over if one.mute_ms is not None],
        flushes_ms=[one.flush_ms for one in over if one.flush_ms is not None],
        late_frames=late / (played + late) if played else 0.0,
        cutoffs=sum(one.was_cut_off for one in asked),
        missing=sum(not one.is_answered for one in asked),
        wrong=sum(bool(one.strange) for one in asked),
        unheeded=sum(one.flushed_s is None for one in over),
        wasted_share=wasted,
        llm_share=begun,
        drafts=drafts,
        was_ahead=was_ahead,
        cpu_s_per_call_min=cpu_s / window.call_minutes(crowd.legs),
        core_share=window.cpu_s / window.seconds,
        rss_mb=window.rss_mb,
        rss_mb_per_call=(window.rss_mb - idle_mb) / count,
        callers_late_ms=percentile(crowd.late.ticks_s, 0.99) * 1000,
    )


def _in(window: Window, times_s: list[float]) -> int:
    return sum(map(window.holds, times_s))


def _wasted(asked: Sequence[Asked], works: Sequence[Work]) -> tuple[float, float]:
    """The share of the engines' seconds that no answer came of, and how many replies the model
    began for each that was heard.

    Of the work for one text as much counts as used, the longest first, as answers to it were
    heard: one decode, one reply, its two sentences.
    """
    heard: dict[int, int] = defaultdict(int)
    for one in asked:
        if one.heard_code is not None:
            heard[one.heard_code] += 1
    spent: dict[tuple[str, int], list[float]] = defaultdict(list)
    for work in works:
        if work.code >= 0:  # the agent's own lines are no answers
            spent[work.engine, work.code].append(work.seconds)
    all_s = sum(sum(seconds) for seconds in spent.values())
    used_s = sum(
        sum(sorted(seconds, reverse=True)[: heard[code] * (2 if engine == "tts" else 1)])
        for (engine, code), seconds in spent.items()
    )
    replies = sum(len(seconds) for (engine, _), seconds in spent.items() if engine == "llm")
    answered = sum(heard.values())
    return (1 - used_s / all_s if all_s else 0.0), (replies / answered if answered else 0.0)


def _drafts() -> tuple[int | None, int | None]:
    """Drafts begun, and turns answered with one, as the product kept them."""
    database = settings.VAR_DIR / "voiceadmin.sqlite3"
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as rows:
        columns = {row[1] for row in rows.execute("pragma table_info(records_turn)")}
        if not columns >= {"drafts", "was_ahead"}:
            return None, None
        query = "select coalesce(sum(drafts), 0), coalesce(sum(was_ahead), 0) from records_turn"
        return tuple(rows.execute(query).fetchone())  # type: ignore[return-value]


def run(counts: Sequence[int], trial: Trial) -> list[Level]:
    """The levels one after another, with a server of their own each."""
    return [_level(count, trial) for count in counts]


def _level(count: int, trial: Trial) -> Level:
    ledger = settings.VAR_DIR / "ledger.txt"
    ledger.unlink(missing_ok=True)
    agent = {"greeting": GREETING, **dict(trial.agent)}
    changes = {
        "BENCH_COSTS": str(trial.costs),
        "BENCH_WORD_TIMES": trial.times.value,
        "BENCH_LEDGER": str(ledger),
    }
    with _two_cores(changes), media_house(agent, changes) as (door, server):
        asyncio.run(Crowd(1, door, trial).run(trial.warm_s, 0, server))
        idle_mb = server.rss_mb()
        crowd, window = asyncio.run(_crowd(count, door, trial, server))
    return measured(crowd, window, idle_mb, ledger, count)


@contextmanager
def _two_cores(changes: dict[str, str]) -> Iterator[None]:
    """One for the server and one for us, where there are so many."""
    cores = os.sched_getaffinity(0)
    if {SERVER_CORE, CALLERS_CORE} <= cores:
        changes["BENCH_CORE"] = str(SERVER_CORE)
        os.sched_setaffinity(0, {CALLERS_CORE})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


async def _crowd(count: int, door: Door, trial: Trial, server: Server) -> tuple[Crowd, Window]:
    crowd = Crowd(count, door, trial)
    return crowd, await crowd.run(trial.warm_s, trial.seconds_for(count), server)


MEANINGS = """\
The gap is from the last frame with speech sent to the first frame of the answer played, over
turns that were not cut off; `received` is the same to the answer's first byte, which is how
others were measured. A cut-off is an answer begun before the caller was done, or to a part of
what was asked; missing, no right answer; wrong, an answer to something else. Mute is from the
first frame of an interruption sent to the end of the last frame of the reply. Late frames are
playout ticks within a reply that found no audio. Wasted is the share of the engines' seconds
that nobody heard anything of, interrupted replies among them. CPU per call-minute is the server's
without what the stand-in recogniser takes in it to find its words; `of a core` is with it."""

WANTED = {"gap p50": 250, "gap p95": 400}  # ms, one call at the article's costs
WANTED_CPU = {1: 1.5, 40: 0.5}  # s per call-minute
WANTED_WORSE = 1.1  # 100 calls' p95, as a multiple of one call's
FIRST_SENTENCE_TOKENS = 5  # of the stand-in's answer, after its first
FLOOR = """\
The last word of a turn is known at the earliest one recognition after its last sound: this
recogniser returns no word before its end. The model answers words, not guesses at them, and the
voice a first sentence, so recognition, first sentence and first audio stand one after another
behind that sound, whatever was done before. At these costs that is {floor} ms ({stages}), and
hearing that a word is over takes one or two frames more. A few last words end so faintly that
the recognition begun at their apparent end lacks them: they wait for the next one, 100 ms later.

A real recogniser mostly has a word before its end. In the second table, "{known}",
each last word comes when PocketSphinx had it (bench/data/clips.json, telephone band, measured;
clips whose last word it never got are left out): four in five 120 to 480 ms before its end, one in
seven up to 240 ms after it. There the answer is begun in mid-word, and what is waited for is the
silence after a whole sentence (300 ms), which is what keeps callers from being cut off."""

COLUMNS = (
    "calls",
    "turns",
    "gap p50",
    "gap p95",
    "received p50",
    "mute p50",
    "mute p95",
    "late frames",
    "cut-offs",
    "missing",
    "wrong",
    "wasted",
    "LLM per reply",
    "CPU s per call-minute",
    "of a core",
    "RSS MB",
    "MB per call",
)
HEAD = (f"| {' | '.join(COLUMNS)} |", "|" + "---|" * len(COLUMNS))


def row(level: Level) -> str:
    gap, mute = level.gaps_ms, level.mutes_ms
    cells = (
        level.calls,
        level.asked,
        f"{percentile(gap, 0.5):.0f}",
        f"{percentile(gap, 0.95):.0f}",
        f"{percentile(level.received_ms, 0.5):.0f}",
        f"{percentile(mute, 0.5):.0f}",
        f"{percentile(mute, 0.95):.0f}",
        f"{level.late_frames:.2%}",
        level.cutoffs,
        level.missing,
        level.wrong,
        f"{level.wasted_share:.0%}",
        f"{level.llm_share:.2f}",
        f"{level.cpu_s_per_call_min:.2f}",
        f"{level.core_share:.0%}",
        f"{level.rss_mb:.0f}",
        f"{level.rss_mb_per_call:.1f}",
    )
    return f"| {' | '.join(map(str, cells))} |"


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run bench conversation")
    parser.add_argument("--calls", type=int, help="at once; without it 1, 10, 40 and 100")
    parser.add_argument(
        "--stage-costs", type=Costs.of, metavar="STT,LLM,TTS", help="in ms (170,81,84 and 0,0,0)"
    )
    parser.add_argument("--seconds", type=float, help="of measuring at each number of calls")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument(
        "--word-times",
        type=WordTimes,
        choices=list(WordTimes),
        help="when the recogniser has a word: at its end, or when a real one knew it",
    )
    parser.add_argument(
        "--agent",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="a field of the agent to change, such as endpoint_ms=200",
    )
    parser.add_argument("--json", action="store_true", help="the last line is one JSON object")
    return parser.parse_args(argv)


def main(argv: Sequence[str]) -> list[str]:
    """Prints as it goes. The page, when it was the whole table."""
    options = arguments(argv)
    counts = (options.calls,) if options.calls else LEVELS
    agent = tuple(tuple(field.split("=", 1)) for field in options.agent)
    found: dict[str, list[Level]] = {}
    for costs, times in _tables(options):
        title = _title(costs, times)
        trial = Trial(costs, times, options.seed, options.seconds, agent=agent)
        print(f"\n## {title}\n", *HEAD, sep="\n", flush=True)
        for count in counts:
            for level in run((count,), trial):
                print(row(level), flush=True)
                found.setdefault(title, []).append(level)
                if options.json:
                    print(json.dumps(level.as_json(costs)), flush=True)
    return [] if options.calls else page(found)


def _tables(options: argparse.Namespace) -> list[tuple[Costs, WordTimes]]:
    """What was asked for; by default the article's costs, with a word's two times, and none."""
    if options.stage_costs or options.word_times:
        costs = (options.stage_costs,) if options.stage_costs else (ARTICLE, FREE)
        return [(one, options.word_times or WordTimes.END) for one in costs]
    return [(ARTICLE, WordTimes.END), (ARTICLE, WordTimes.KNOWN), (FREE, WordTimes.END)]


def _title(costs: Costs, times: WordTimes) -> str:
    said = ", words when a real recogniser had them" if times is WordTimes.KNOWN else ""
    return f"Stage costs {costs} ms{said}"


def page(found: dict[str, list[Level]]) -> list[str]:
    """The table as Markdown, with what its columns mean."""
    lines = [MEANINGS]
    if levels := found.get(_title(ARTICLE, WordTimes.END)):
        lines += verdict({level.calls: level for level in levels})
    for title, levels in found.items():
        lines += ["", f"## {title}", "", *HEAD, *map(row, levels)]
        late_ms = max(level.callers_late_ms for level in levels)
        lines += ["", f"The callers' own ticks were at most {late_ms:.0f} ms late (p99)."]
        if drafts := [level for level in levels if level.drafts is not None]:
            told = ", ".join(f"{level.calls}: {level.drafts}/{level.was_ahead}" for level in drafts)
            lines += [f"Drafts begun / turns answered with one, by calls: {told}."]
    return lines


def verdict(levels: dict[int, Level]) -> list[str]:
    """What was wanted of the article's costs, what came of it, and what nobody can have."""
    one, most = levels.get(1), levels.get(100)
    lines = ["", "## What was wanted", ""]
    if one:
        for name, share in (("gap p50", 0.5), ("gap p95", 0.95)):
            found_ms = percentile(one.gaps_ms, share)
            lines.append(_judged(f"{name} of one call, ms", found_ms, WANTED[name]))
    for count, wanted_s in WANTED_CPU.items():
        if level := levels.get(count):
            name = f"CPU s per call-minute, {count} calls"
            lines.append(_judged(name, level.cpu_s_per_call_min, wanted_s))
    if one and most:
        worse = percentile(most.gaps_ms, 0.95) / percentile(one.gaps_ms, 0.95)
        lines.append(_judged("gap p95 of 100 calls, of one call's", worse, WANTED_WORSE))
    stages = (ARTICLE.stt_ms, ARTICLE.llm_ms, FIRST_SENTENCE_TOKENS * TOKEN_MS, ARTICLE.tts_ms)
    told = " + ".join(map(str, stages))
    known = _title(ARTICLE, WordTimes.KNOWN)
    return [*lines, "", FLOOR.format(floor=sum(stages), stages=told, known=known)]


def _judged(name: str, found: float, wanted: float) -> str:
    result = "holds" if found <= wanted else f"missed by {found - wanted:.2f}"
    return f"- {name}: {found:.2f}, wanted at most {wanted:g}: {result}"
