"""What the page of one call shows, worked out before the template."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from records import access, transcripts
from records.models import Call, Recording, Turn

STAGES = (
    ("endpointing_ms", "Pause"),
    ("stt_ms", "Understanding"),
    ("llm_ms", "Answer"),
    ("tts_ms", "Voice"),
)


@dataclass(frozen=True, slots=True)
class Bubble:
    index: int
    is_agent: bool
    who: str
    offset: str
    started_ms: int
    ended_ms: int
    text: str
    unheard_text: str
    stood_in: tuple[str, ...]
    is_being_said: bool  # by the agent, in a call that is still live


@dataclass(frozen=True, slots=True)
class Stage:
    label: str
    key: str
    ms: int
    left: float  # percent of the longest response on the page
    width: float


@dataclass(frozen=True, slots=True)
class Answered:
    """How long the caller waited for one of the agent's turns, stage by stage."""

    offset: str
    started_ms: int
    stages: tuple[Stage, ...]
    by_key: dict[str, int | None]
    response_ms: int


@dataclass(frozen=True, slots=True)
class PreparedAhead:
    """Replies begun while the caller was not done yet."""

    begun: int
    used: int

    @property
    def in_vain(self) -> int:
        return self.begun - self.used


@dataclass(frozen=True, slots=True)
class CallPage:
    call: Call
    is_live: bool
    outcome: str
    length: str
    may_read: bool
    may_hear: bool
    bubbles: tuple[Bubble, ...]
    answered: tuple[Answered, ...]
    median_ms: int | None
    slowest_ms: int | None
    ahead: PreparedAhead
    recording: Recording | None

    @property
    def can_be_heard(self) -> bool:
        return bool(
            self.may_hear and self.recording and self.recording.state == Recording.State.READY
        )


def page(call: Call, reader: access.Reader, now: datetime) -> CallPage:
    """The page as `reader` may see it; what they may not is left out and said so."""
    may_read = access.may_read_transcripts(reader)
    turns = access.open_transcript(call, reader).turns if may_read else ()
    answered = _answered(turns)
    waits = [turn.response_ms for turn in answered]
    return CallPage(
        call=call,
        is_live=call.ended_at is None,
        outcome=outcome(call),
        length=length(call, now),
        may_read=may_read,
        may_hear=access.may_hear_recordings(reader),
        bubbles=tuple(_bubble(turn, is_live=call.ended_at is None) for turn in turns),
        answered=answered,
        median_ms=round(median(waits)) if waits else None,
        slowest_ms=max(waits, default=None),
        ahead=_prepared_ahead(turns),
        recording=Recording.objects.filter(call=call).first(),
    )


def outcome(call: Call) -> str:
    """How the call ended, in words."""
    if call.ended_at is None:
        return "On the line now"
    return Call.Reason(call.reason).label if call.reason else "Ended"


def length(call: Call, now: datetime) -> str:
    since_start = (call.ended_at or now) - call.started_at
    return transcripts.offset(max(0, round(since_start.total_seconds() * 1000)))


def _bubble(turn: Turn, *, is_live: bool) -> Bubble:
    is_agent = turn.speaker == Turn.Speaker.AGENT
    return Bubble(
        index=turn.index,
        is_agent=is_agent,
        who=Turn.Speaker(turn.speaker).label,
        offset=transcripts.offset(turn.started_ms),
        started_ms=turn.started_ms,
        ended_ms=turn.ended_ms,
        text=turn.text,
        unheard_text=turn.unheard_text,
        stood_in=transcripts.stood_in(turn),
        is_being_said=is_live and is_agent and not turn.text and not turn.was_interrupted,
    )


def _prepared_ahead(turns: Sequence[Turn]) -> PreparedAhead:
    used = sum(turn.was_ahead for turn in turns)
    return PreparedAhead(begun=max(used, sum(turn.drafts for turn in turns)), used=used)


def _answered(turns: Sequence[Turn]) -> tuple[Answered, ...]:
    measured = [turn for turn in turns if turn.response_ms is not None]
    longest_ms = max((_longest(turn) for turn in measured), default=1)
    return tuple(_bars(turn, max(1, longest_ms)) for turn in measured)


def _longest(turn: Turn) -> int:
    return max(turn.response_ms or 0, sum(getattr(turn, key) or 0 for key, _ in STAGES))


def _bars(turn: Turn, longest_ms: int) -> Answered:
    stages = []
    from_ms = 0
    for key, label in STAGES:
        ms = getattr(turn, key) or 0
        if ms:
            left, width = 100 * from_ms / longest_ms, 100 * ms / longest_ms
            stages.append(Stage(label, key, ms, round(left, 2), round(width, 2)))
        from_ms += ms
    return Answered(
        offset=transcripts.offset(turn.started_ms),
        started_ms=turn.started_ms,
        stages=tuple(stages),
        by_key={key: getattr(turn, key) for key, _ in STAGES},
        response_ms=turn.response_ms or 0,
    )
