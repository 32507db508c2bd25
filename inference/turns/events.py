"""What can happen in a call, and what can be decided about it.

Everything slow reports back with the turn it worked for; an old turn's answer falls through.
"""

from dataclasses import dataclass
from enum import Enum

from inference.engines.base import After
from inference.journal import Ending


class Line(Enum):
    """What the agent says of its own accord."""

    GREETING = "greeting"
    STILL_THERE = "still there"
    SAY_AGAIN = "say again"
    GOODBYE = "goodbye"
    TIME_IS_UP = "time is up"
    TROUBLE = "trouble"


# What happened


@dataclass(frozen=True, slots=True)
class Started:
    """The caller can hear us."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One frame from the caller, ending now."""

    speech: bool
    frame_ms: int = 20


@dataclass(frozen=True, slots=True)
class DigitPressed:
    digit: str


@dataclass(frozen=True, slots=True)
class Transcribed:
    turn: int
    text: str  # "" when there were no words


@dataclass(frozen=True, slots=True)
class Queued:
    """Audio of this turn went to the line; with nothing more it plays until then."""

    turn: int
    until_ms: int


@dataclass(frozen=True, slots=True)
class ReplyMade:
    """All audio of this turn went to the line."""

    turn: int
    after: After = After.LISTEN


@dataclass(frozen=True, slots=True)
class Failed:
    """The work for this turn did not deliver; `reason` names the stage, never what was said."""

    turn: int
    reason: str


@dataclass(frozen=True, slots=True)
class CallerGone:
    pass


@dataclass(frozen=True, slots=True)
class Tick:
    """A deadline may have passed."""


Event = (
    Started | Heard | DigitPressed | Transcribed | Queued | ReplyMade | Failed | CallerGone | Tick
)


# What to do


@dataclass(frozen=True, slots=True)
class Transcribe:
    """Recognise what the caller said since `from_ms`; last speech was at `speech_end_ms`."""

    turn: int
    from_ms: int
    speech_end_ms: int


@dataclass(frozen=True, slots=True)
class Reply:
    turn: int
    text: str
    speech_end_ms: int  # or the last key
    turn_end_ms: int


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """The caller said something in which no word was recognised; keep that."""

    from_ms: int
    speech_end_ms: int


@dataclass(frozen=True, slots=True)
class Say:
    turn: int
    line: Line
    number: int = 0  # which of several such lines


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop the work in hand; whatever it still reports is for nobody."""


@dataclass(frozen=True, slots=True)
class Flush:
    """Stop what the caller hears, now."""


@dataclass(frozen=True, slots=True)
class AllHeard:
    """The caller has heard this turn to its end."""

    turn: int


@dataclass(frozen=True, slots=True)
class End:
    ending: Ending
    detail: str = ""


Command = Transcribe | Reply | NotUnderstood | Say | Cancel | Flush | AllHeard | End
