"""What was measured, kept; and whether it is still true of this machine and its agents."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from agents.engine_fields import SECRETS
from agents.models import PhoneNumber
from agents.spec import AgentSpec
from agents.specs import spec_for
from inference.engines.base import EngineChoice
from telephony import machine
from telephony.capacity import Findings
from telephony.models import CapacityRun

BUSY = 0.5  # of the machine, with a single call

STAGES = {
    "vad": "speech from silence",
    "turn": "end of a turn",
    "stt": "recogniser",
    "llm": "answers",
    "tts": "voice",
}


def run_of(findings: Findings, spec: AgentSpec, now: datetime) -> CapacityRun:
    """Not saved yet."""
    return CapacityRun(
        measured_at=now,
        machine=machine.describe(),
        engines={"agent": spec.agent_name, **engines_of(spec)},
        budget_ms=findings.budget_ms,
        levels=[level.as_json() for level in findings.levels],
        calls=findings.calls,
        broken=findings.broken[:200],
    )


def keep(run: CapacityRun, *, is_complete: bool) -> bool:
    """Saves it; whether admission keeps to it from now on.

    What was broken off, or held no call at all, is kept to be looked at.
    """
    run.save()
    if not (is_complete and run.calls):
        return False
    CapacityRun.objects.keep_to(run)
    return True


def engines_of(spec: AgentSpec) -> dict[str, Any]:
    """Of each stage its key and options, without passwords."""
    choices = {
        "vad": spec.vad,
        "turn": spec.turn_end,
        "stt": spec.transcriber,
        "llm": spec.language_model,
        "tts": spec.voice.engine,
    }
    return {stage: _told(choice) for stage, choice in choices.items() if choice}


def _told(choice: EngineChoice) -> dict[str, Any]:
    options = {name: value for name, value in choice.options if name not in SECRETS}
    return {"key": choice.key, "options": options}


def engines_in_words(run: CapacityRun) -> list[tuple[str, str]]:
    """What was measured, stage by stage."""
    return [
        (name, " ".join([engine["key"], *map(str, _what(engine["options"]))]))
        for stage, name in STAGES.items()
        if (engine := run.engines.get(stage))
    ]


def _what(options: dict[str, str]) -> Iterator[str]:
    """The options that tell one model from another."""
    for name in ("model", "path", "device", "compute_type"):
        if value := options.get(name):
            yield value.rstrip("/").rpartition("/")[2]


def was_disturbed(run: CapacityRun) -> str:
    """Why the figure may have been too low from the beginning, in words, or ""."""
    alone = next((level for level in run.levels if level["calls"] == 1), None)
    busy = alone.get("machine_share") if alone else None
    if busy is None or busy < BUSY:
        return ""
    return (
        f"With a single call this machine was already {busy:.0%} busy. Unless the engines need "
        "that much, something else was running; measure again when nothing else does."
    )


def changes_since(run: CapacityRun) -> list[str]:
    """Why the figure may no longer be true, in words; [] if nothing is known to have changed."""
    changes = []
    if run.machine != machine.describe():
        changes.append(f"This is another machine now: {machine.describe()}. Measure again.")
    others = [name for name, engines in _in_service() if engines != _measured_engines(run)]
    if others:
        changes.append(
            f"Agents with other engines than those measured: {', '.join(others)}. If theirs need "
            "more, measure them."
        )
    return changes


def _measured_engines(run: CapacityRun) -> dict[str, Any]:
    return {stage: run.engines[stage] for stage in STAGES if stage in run.engines}


def _in_service() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each agent that answers calls, with its engines."""
    seen = set()
    for number in PhoneNumber.objects.answered():
        if number.agent_id not in seen:
            seen.add(number.agent_id)
            spec = spec_for(number.number)
            yield spec.agent_name, engines_of(spec)
