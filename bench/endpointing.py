"""When a caller's turn is taken to be over: how long callers wait, and how many are cut off.

Human turns with known pauses go through a detector and a rule on a simulated clock: fixed
silence, our own TurnMachine with its presets, and Pipecat where PIPECAT_PYTHON names a Python
that has it. smart-turn's model is used if deploy/get_smart_turn.py has fetched it.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from agents.specs import PATIENCE, Pauses, tuning_of
from bench import pipecat_turns, plot
from bench.calls import percentile
from bench.clips import BYTES_PER_MS
from bench.replay import (
    LINES,
    STT_MS,
    ByTurnMachine,
    Call,
    FixedSilence,
    Hint,
    Line,
    Outcome,
    Rule,
    on_the_line,
    outcome,
    outcomes,
    overheard,
)
from bench.thinking import SHARES, Said, Turn, calls
from deploy import get_smart_turn
from inference.engines import silero, smart_turn, webrtc
from inference.engines.base import EngineChoice, VoiceActivityEngine
from inference.turns.tuning import Tuning

CALLS = 20
SLOWER = 2.0  # the pauses of callers who speak slowly
THRESHOLDS_MS = (200, 300, 500, 800, 1200)
CURVE_MS = (100, 150, 200, 250, 300, 350, 400, 450, 500, 600, 700, 800, 1000, 1200)
SWEEP_MS = (100, 150, 200, 250, 300, 400, 500, 600, 700, 800, 900, 1000, 1200, 1400, 1600, 1800)
DETECTORS = ("webrtc", "silero")
PIPECAT_PYTHON = "PIPECAT_PYTHON"
HEAD = (
    "| rule | wait p50 | wait p95 | with words p50 | turns cut off | pauses cut |",
    "|---|---|---|---|---|---|",
)
VERDICT = (
    "## Left of plain silence and below it?",
    "",
    (
        "Ours is the balanced preset with another `endpoint_ms` (and, above 800, a longer `done_ms`"
        " and `hanging_ms`, as the patient preset has); of those that cut off fewer turns than"
        " the plain rule and wait less at the median, the one that cuts off fewest. Plain"
        " silence has no words yet when it decides, so both ways to compare are given."
    ),
    "",
    "| line | detector | plain, ms | decides, cuts off | with words | ours, with words | ours |",
    "|---|---|---|---|---|---|---|",
)
ABOUT = """No real time passes: the clock is simulated.

Callers: {turns} turns of {calls} callers, made of Asterisk's prompts (one American woman):
{shares}. The {pauses} pauses inside them are drawn as bench/thinking.py tells. The line: 300 to
3400 Hz, mu-law, speech at -20 dB of full scale, noise by code at 40 dB below it ("clean"), 20
and 10 dB (white, babble, car, mains hum in turn).

Wait: from the caller's true end to the decision that the turn is over. A turn is cut off when a
decision falls inside it. "With words" adds what is still missing before a reply can begin:
{stt} ms of recognition for the others, nothing for ours, which decides only with the words in
hand. Our stand-in recogniser has a word when the embedded one had it (bench/data/clips.json), at
the latest at its end, {stt} ms after it was asked; it mishears nothing. Pipecat's waits are
without its transcripts and without its model's computing time. A turn that a rule never ends
counts as 20 s."""


@dataclass(frozen=True, slots=True)
class Measured:
    rule: str
    outcomes: tuple[Outcome, ...]
    needs_words: bool = True  # which are still to be recognised

    def wait_ms(self, share: float) -> float:
        return percentile([outcome.wait_ms for outcome in self.outcomes], share)

    @property
    def cut_percent(self) -> float:
        return 100 * sum(outcome.is_cut_off for outcome in self.outcomes) / len(self.outcomes)

    def row(self) -> str:
        pauses = sum(outcome.pauses_cut for outcome in self.outcomes)
        return (
            f"| {self.rule} | {self.wait_ms(0.5):.0f} | {self.wait_ms(0.95):.0f}"
            f" | {self.words_ms():.0f} | {self.cut_percent:.1f} % | {pauses} |"
        )

    def words_ms(self) -> float:
        return self.wait_ms(0.5) + (STT_MS if self.needs_words else 0)

    def point(self) -> tuple[float, float]:
        return self.wait_ms(0.5), self.cut_percent

    def is_below(self, other: "Measured") -> bool:
        """Fewer cut off; at the floor, none either."""
        return self.cut_percent < other.cut_percent or self.cut_percent == 0


@dataclass(frozen=True, slots=True)
class Scene:
    """All callers on one line, as each detector has them."""

    line: Line
    turns: tuple[tuple[Turn, ...], ...]
    pcms: list[list[bytes]]
    calls: dict[str, list[Call]]


def scene(turns: tuple[tuple[Turn, ...], ...], line: Line) -> Scene:
    pcms = [on_the_line(call, line, seed) for seed, call in enumerate(turns)]
    heard: dict[str, list[Call]] = {
        name: [overheard(call, pcm, engine.stream()) for call, pcm in zip(turns, pcms, strict=True)]
        for name, engine in _detectors().items()
    }
    return Scene(line, turns, pcms, heard)


@cache
def _detectors() -> dict[str, VoiceActivityEngine]:
    return {
        "webrtc": webrtc.load(EngineChoice("webrtc")),
        "silero": silero.load(EngineChoice("silero")),
    }


def preset(name: str) -> Tuning:
    """An agent's tuning, as the product makes it of the form's words."""
    return tuning_of(PATIENCE[name])


def tuned(done_ms: int, endpoint_ms: int, hanging_ms: int) -> Tuning:
    return tuning_of(Pauses(done_ms, endpoint_ms, hanging_ms))


def sweep() -> Iterator[Tuning]:
    """From hasty to patient, along the presets: the others follow the silence after open words."""
    balanced = PATIENCE["balanced"]
    for endpoint_ms in SWEEP_MS:
        done_ms = max(min(balanced.done_ms, endpoint_ms), endpoint_ms - 600)
        yield tuned(done_ms, endpoint_ms, max(balanced.hanging_ms, endpoint_ms * 12 // 5))


def measured(name: str, rule: Rule, scene: Scene, detector: str) -> Measured:
    found = tuple(outcomes(rule, scene.calls[detector]))
    return Measured(name, found, needs_words=isinstance(rule, FixedSilence))


def ours(tuning: Tuning, detector: str, hint: Hint | None = None) -> ByTurnMachine:
    return ByTurnMachine(tuning, _detectors()[detector].stream().hangover_ms, hint)


@cache
def _hint() -> Hint | None:
    folder = get_smart_turn.FOLDER
    models = sorted(folder.glob("*.onnx"))
    return cache(smart_turn.SmartTurn(models[0]).likelihood) if models else None


# The page


def measure() -> tuple[list[str], str]:
    """The page and what it is about; draws the plot beside it."""
    usual = calls(CALLS)
    page: list[str] = []
    panels, verdicts, versions = [], [], ""
    for line in LINES:
        heard = scene(usual, line)
        rows, panel, verdict = _one_line(heard)
        theirs, versions = _pipecat(heard)
        rows += theirs
        panels.append(replace(panel, points={**panel.points, **_points(theirs)}))
        verdicts += verdict
        page += [f"## {line.name}", "", *HEAD, *(row.row() for row in rows), ""]
        if line is LINES[0]:
            page += _by_kind(heard)
        print(f"{line.name} done", file=sys.stderr, flush=True)
    slow = scene(calls(CALLS, slower=SLOWER), LINES[0])
    rows = _rules(slow)
    page += ["## Callers whose pauses last twice as long, clean", "", *HEAD]
    page += [*(row.row() for row in rows), ""]
    page = [*VERDICT, *verdicts, "", *page]
    plot.write(panels)
    return page, _about(usual) + (f" Pipecat is {versions}." if versions else "")


def _about(turns: tuple[tuple[Turn, ...], ...]) -> str:
    flat = [turn for call in turns for turn in call]
    shares = ", ".join(f"{percent} % {said.value}" for said, percent in SHARES.items())
    pauses = sum(len(turn.pauses) for turn in flat)
    return ABOUT.format(turns=len(flat), calls=len(turns), shares=shares, pauses=pauses, stt=STT_MS)


def _rules(scene: Scene) -> list[Measured]:
    rows = [
        measured(f"{detector}, {ms} ms of silence", FixedSilence(ms), scene, detector)
        for detector in DETECTORS
        for ms in THRESHOLDS_MS
    ]
    rows += [
        measured(f"ours, {detector}, {name}", ours(preset(name), detector), scene, detector)
        for detector in DETECTORS
        for name in PATIENCE
    ]
    if hint := _hint():
        for name in PATIENCE:
            rule = ours(preset(name), "silero", hint)
            rows.append(measured(f"ours, silero and smart-turn, {name}", rule, scene, "silero"))
    return rows


def _one_line(scene: Scene) -> tuple[list[Measured], plot.Panel, list[str]]:
    rows = _rules(scene)
    curves, verdicts = {}, []
    for detector in DETECTORS:
        plain = [measured("", FixedSilence(ms), scene, detector) for ms in CURVE_MS]
        swept = [
            measured(f"endpoint_ms {tuning.endpoint_ms}", ours(tuning, detector), scene, detector)
            for tuning in sweep()
        ]
        curves[f"plain, {detector}"] = [row.point() for row in plain]
        curves[f"ours, {detector}"] = [row.point() for row in swept]
        verdicts += _verdict(detector, scene, swept)
    if hint := _hint():
        swept = [measured("", ours(tuning, "silero", hint), scene, "silero") for tuning in sweep()]
        curves["ours, silero and smart-turn"] = [row.point() for row in swept]
    presets = [row for row in rows if row.rule.startswith("ours")]
    return rows, plot.Panel(scene.line.name, curves, _points(presets)), verdicts


def _points(rows: Sequence[Measured]) -> dict[str, tuple[float, float]]:
    return {row.rule: row.point() for row in rows}


def _verdict(detector: str, scene: Scene, swept: Sequence[Measured]) -> list[str]:
    """For each threshold the setting of ours that is left of it, and cuts off the fewest."""
    rows = []
    for ms in THRESHOLDS_MS:
        plain = measured("", FixedSilence(ms), scene, detector)
        below = [row for row in swept if row.is_below(plain)]
        sooner = _best(row for row in below if row.wait_ms(0.5) < plain.wait_ms(0.5))
        in_words = _best(row for row in below if row.words_ms() < plain.words_ms())
        rows.append(
            f"| {scene.line.name} | {detector} | {ms} | {_told(plain)}"
            f" | {plain.words_ms():.0f} ms | {in_words} | {sooner} |"
        )
    return rows


def _best(rows: Iterable[Measured]) -> str:
    best = min(rows, key=lambda row: (row.cut_percent, row.wait_ms(0.5)), default=None)
    return f"{best.rule}: {_told(best)}" if best else "**none**"


def _told(row: Measured) -> str:
    return f"{row.wait_ms(0.5):.0f} ms, {row.cut_percent:.1f} %"


def _by_kind(scene: Scene) -> list[str]:
    """What the balanced preset makes of each kind of turn, beside the nearest plain rule."""
    kinds = [turn.said for call in scene.turns for turn in call]
    rules: dict[str, Rule] = {
        "500 ms of silence": FixedSilence(500),
        "ours, balanced": ours(preset("balanced"), "webrtc"),
    }
    lines = [
        "### By kind of turn, webrtc, clean",
        "",
        "| turn | rule | turns | wait p50 | wait p95 | cut off |",
        "|---|---|---|---|---|---|",
    ]
    for name, rule in rules.items():
        whole = measured(name, rule, scene, "webrtc")
        for said in Said:
            of_kind = tuple(
                outcome for outcome, kind in zip(whole.outcomes, kinds, strict=True) if kind is said
            )
            part = Measured(name, of_kind)
            lines.append(
                f"| {said.value} | {name} | {len(of_kind)} | {part.wait_ms(0.5):.0f}"
                f" | {part.wait_ms(0.95):.0f} | {part.cut_percent:.1f} % |"
            )
    return [*lines, ""]


# Pipecat


def _pipecat(scene: Scene) -> tuple[list[Measured], str]:
    """Its decisions about the same audio, and its version; nothing where it is not there."""
    python = os.environ.get(PIPECAT_PYTHON)
    if not python:
        return [], ""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "calls.npz")
        whole = {
            f"{at:04}": np.frombuffer(b"".join(call), dtype="<i2")
            for at, call in enumerate(scene.pcms)
        }
        np.savez(path, **whole)  # type: ignore[arg-type]
        command = [python, pipecat_turns.__file__, str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    rows = [
        Measured(f"Pipecat, {name}", tuple(_outcomes(scene, decided)))
        for name, decided in told["decided"].items()
    ]
    return rows, f"pipecat-ai {told['version']}"


def _outcomes(scene: Scene, decided: Sequence[Sequence[int]]) -> Iterator[Outcome]:
    for call, pcms, times_ms in zip(scene.turns, scene.pcms, decided, strict=True):
        begun_ms = 0
        for turn, pcm in zip(call, pcms, strict=True):
            lasts_ms = len(pcm) // BYTES_PER_MS
            inside = [ms - begun_ms for ms in times_ms if begun_ms < ms <= begun_ms + lasts_ms]
            yield outcome(turn, inside)
            begun_ms += lasts_ms
