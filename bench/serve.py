"""`manage.py serve`, with other engines in place of every agent's own.

BENCH_COSTS is what they cost, as "stt,llm,tts" in ms. With BENCH_LEDGER they are the stand-ins
that hear the clips and write there what they did; else the scripted ones, that hear nothing.
BENCH_CORE is the only core it may use. With BENCH_LAG the engines are the agents' own, and how
late the event loop is is written there.
"""

import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "voiceadmin.settings")

if core := os.environ.get("BENCH_CORE"):
    os.sched_setaffinity(0, {int(core)})  # before any library counts the cores

import django

django.setup()

from collections.abc import Callable
from pathlib import Path

from django.core.management import execute_from_command_line

from agents.spec import AgentSpec
from inference.conversation import Engines
from telephony import live, warmup


def loader() -> Callable[[AgentSpec], Engines]:
    if ledger := os.environ.get("BENCH_LEDGER"):
        from bench.clips import clips
        from bench.stand_ins import Costs, StandIns, WordTimes

        times = WordTimes(os.environ.get("BENCH_WORD_TIMES", "end"))
        costs = Costs.of(os.environ["BENCH_COSTS"])
        return StandIns(costs, clips(), times, Path(ledger)).load_engines
    from bench import scripted

    return scripted.load_engines


if lag := os.environ.get("BENCH_LAG"):
    from bench import host_lag

    host_lag.watch(Path(lag))
else:
    live.load_engines = warmup.load_engines = loader()
execute_from_command_line([sys.argv[0], "serve"])
