"""A hundred interjections and a hundred interruptions over a sentence of the agent's.

Through the product's own conversation, line and playout, with each detector (bench/rehearsal.py).
The way from our flush to the caller's ear is not in it: tests/e2e/test_interruptions.py measures
it at the RTP of a real call.
"""

from collections.abc import Sequence

from agents.specs import PATIENCE, tuning_of
from bench.calls import percentile
from bench.rehearsal import Outcome, Rehearsal
from bench.sounds import (
    Echo,
    Kind,
    OverEcho,
    Sound,
    interjections,
    interruptions,
    interruptions_over_echo,
)
from inference.engines import registry
from inference.engines.base import EngineChoice
from inference.turns.tuning import Tuning

TITLE = "Interjections and interruptions"
ABOUT = """Balanced patience, stopped normally, working ahead; a recogniser that costs 170 ms
and knows the words spoken by then. Times are from the sound's first 10 ms above -50 dB to our
flush; the way to the ear is not in them."""
DETECTORS = (
    EngineChoice.of("webrtc"),
    EngineChoice.of("silero"),
    EngineChoice.of("silero", threshold="0.2"),
)
WITHIN_MS = 200
SHARES = (0.5, 0.9, 0.95, 0.98, 1.0)
PATH_MS = 20  # from our flush to silence at the caller's RTP: tests/e2e/test_interruptions.py


def main() -> list[str]:
    lines: list[str] = []
    for choice in DETECTORS:
        threshold = choice.option("threshold")
        title = f"{choice.key}, threshold {threshold}" if threshold else choice.key
        lines += [f"## {title}", "", *_page(choice), ""]
    return lines


def _page(choice: EngineChoice) -> list[str]:
    nothing = [_rehearsed(sound, choice) for sound in interjections()]
    meant = [_rehearsed(sound, choice) for sound in interruptions()]
    echoing = [_rehearsed(sound, choice) for sound in interruptions_over_echo()]
    return [
        *_interjections(nothing),
        "",
        *_interruptions(meant, "interruptions"),
        "",
        *_interruptions(echoing, "interruptions on a line that echoes"),
    ]


def _rehearsed(sound: Sound | Echo | OverEcho, choice: EngineChoice) -> Outcome:
    vad = registry.load("vad", choice).stream()
    return Rehearsal(sound, vad, tuning()).run()


def tuning() -> Tuning:
    return tuning_of(PATIENCE["balanced"])


def _interjections(outcomes: Sequence[Outcome]) -> list[str]:
    stopped = sum(outcome.is_stopped for outcome in outcomes)
    lines = [
        f"{len(outcomes) - stopped} of {len(outcomes)} interjections did not stop the agent.",
        "",
        "| interjection | of them | stopped | paused | times | pause p50 ms | longest ms |",
        "|---|---|---|---|---|---|---|",
    ]
    kinds = {outcome.sound.kind for outcome in outcomes}
    rows = [
        _row(kind, [o for o in outcomes if o.sound.kind is kind]) for kind in Kind if kind in kinds
    ]
    return lines + rows


def _row(kind: Kind, outcomes: Sequence[Outcome]) -> str:
    pauses = [ms for outcome in outcomes if not outcome.is_stopped for _, ms in outcome.mutes]
    stopped = sum(outcome.is_stopped for outcome in outcomes)
    paused = sum(bool(outcome.mutes) and not outcome.is_stopped for outcome in outcomes)
    middle = f"{percentile(pauses, 0.5):.0f}" if pauses else "-"
    return (
        f"| {kind.value} | {len(outcomes)} | {stopped} | {paused} | {len(pauses)} "
        f"| {middle} | {max(pauses, default='-')} |"
    )


def _interruptions(outcomes: Sequence[Outcome], name: str) -> list[str]:
    took = sum(outcome.has_floor for outcome in outcomes)
    muted = [outcome.muted_ms for outcome in outcomes if outcome.muted_ms is not None]
    both = sum(outcome.has_floor and _is_in_time(outcome) for outcome in outcomes)
    times = "".join(f" {percentile(muted, share):.0f} |" for share in SHARES)
    return [
        f"{took} of {len(outcomes)} {name} got the floor, {both} of them",
        f"with silence at the caller's ear within {WITHIN_MS} ms, {PATH_MS} of them for the way.",
        "",
        "| first flush, ms | p50 | p90 | p95 | p98 | longest |",
        "|---|---|---|---|---|---|",
        f"| |{times}",
    ]


def _is_in_time(outcome: Outcome) -> bool:
    """Before the sound nothing may have happened, on account of an echo."""
    return outcome.muted_ms is not None and 0 < outcome.muted_ms <= WITHIN_MS - PATH_MS
