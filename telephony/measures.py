"""What the calls of this process add up to, for whoever watches it from outside.

Counts and milliseconds alone: no label tells a caller, a number, an agent or a word.
"""

from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector

from inference.journal import Stage, TurnRecord

RESPONSE_BUCKETS_MS = (50, 100, 150, 200, 250, 300, 400, 500, 650, 800, 1_000, 1_500, 3_000, 6_000)

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)  # processor time, memory, open files
TURNS_ANSWERED = Counter(
    "voiceadmin_turns_answered",
    "Turns of callers that were answered; ahead: with a reply begun before the turn was over.",
    ["ahead"],
    registry=REGISTRY,
)
RESPONSE_MS = Histogram(
    "voiceadmin_response_ms",
    "From the caller's last word to the first audio of the answer, in milliseconds.",
    buckets=RESPONSE_BUCKETS_MS,
    registry=REGISTRY,
)
SECOND_CHOICE = Counter(
    "voiceadmin_second_choice",
    "Turns in which another engine than the first choice did a stage: stt, llm or tts.",
    ["stage"],
    registry=REGISTRY,
)
for _stage in get_args(Stage):
    SECOND_CHOICE.labels(_stage)
for _ahead in ("yes", "no"):
    TURNS_ANSWERED.labels(_ahead)  # there from the start, with nothing counted


def answered(record: TurnRecord) -> None:
    """One turn of a caller was answered, after `response_ms`."""
    if record.response_ms is not None:
        TURNS_ANSWERED.labels("yes" if record.was_ahead else "no").inc()
        RESPONSE_MS.observe(record.response_ms)


def stood_in(stage: Stage) -> None:
    """The first choice did not do this stage of a turn."""
    SECOND_CHOICE.labels(stage).inc()
