"""What can happen in a call, and what can be decided about it.

Events hold numbers and judgements, never words, so that what is kept of them to replay a call
says nothing of what was said in it. A *take* is one recognition of what the caller has said so
far, a *turn* one piece of the agent's work; both are counted from 1. Everything slow reports
back with its number, and what an old number reports falls through.
"""

from dataclasses import dataclass
from enum import Enum

from inference.engines.base import After
from inference.journal import Ending
from inference.turns.meaning import Meaning


class Line(Enum):
    """What the agent says of its own accord."""

    GREETING = "greeting"
    STILL_THERE = "still there"
    SAY_AGAIN = "say again"
    TYPE_IT = "type it"
    GOODBYE = "goodbye"
    TIME_IS_UP = "time is up"
    TROUBLE = "trouble"


# What happened


@dataclass(frozen=True, slots=True)
class Started:
    """The caller can hear us."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One frame from the caller, ending now, and how loud it is in dB below full scale."""

    speech: bool
    frame_ms: int = 20
    level_db: int = 0


@dataclass(frozen=True, slots=True)
class KeyPressed:
    is_end: bool = False  # the hash key


@dataclass(frozen=True, slots=True)
class Transcribed:
    """What a take gave. Takes whose words ask for the same have the same `text`."""

    take: int
    text: int
    meaning: Meaning
    sure: Meaning | None = None  # of those words on which it agrees with the take before


@dataclass(frozen=True, slots=True)
class TakeFailed:
    """`reason` names the stage, never what was said."""

    take: int
    reason: str


@dataclass(frozen=True, slots=True)
class EndHeard:
    """How likely the caller was done at the end of a take's audio, by its sound."""

    take: int
    percent: int


@dataclass(frozen=True, slots=True)
class Queued:
    """Audio of this turn went to the line; with nothing more it plays until then."""

    turn: int
    until_ms: int
    notice_until_ms: int = 0  # and until then it may not be interrupted


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
    Started
    | Heard
    | KeyPressed
    | Transcribed
    | TakeFailed
    | EndHeard
    | Queued
    | ReplyMade
    | Failed
    | CallerGone
    | Tick
)


# What to do


@dataclass(frozen=True, slots=True)
class Transcribe:
    """Recognise what the caller said from then until now."""

    take: int
    from_ms: int
    is_ahead: bool = False  # the turn is not over: leave it when there is much to do
    is_pause: bool = False  # the caller has just paused


@dataclass(frozen=True, slots=True)
class Draft:
    """Begin the reply to this take, unheard; the caller may go on."""

    turn: int
    take: int
    continues: bool = False  # as in Answered


@dataclass(frozen=True, slots=True)
class Answered:
    """What of the caller is being answered, and when it was said."""

    take: int  # 0: keys
    from_ms: int
    speech_end_ms: int  # or the last key
    turn_end_ms: int
    keys: int = 0  # so many of the last keys
    is_secret: bool = False  # and they are for nobody
    continues: bool = False  # the last turn of the caller: the pause was not its end
    drafts: int = 0  # replies begun ahead


@dataclass(frozen=True, slots=True)
class Reply:
    """Begin the reply, and let it be heard."""

    turn: int
    said: Answered


@dataclass(frozen=True, slots=True)
class Release:
    """Let the draft with this turn be heard."""

    turn: int
    said: Answered


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
class Fill:
    """Say that it takes a moment; the work goes on."""

    turn: int
    number: int


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop the work in hand; whatever it still reports is for nobody."""


@dataclass(frozen=True, slots=True)
class Mute:
    """Be silent at once, and remember where; it may have been nothing."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Go on where the agent fell silent."""

    turn: int


@dataclass(frozen=True, slots=True)
class Flush:
    """Stop what the caller hears, now and for good."""


@dataclass(frozen=True, slots=True)
class AllHeard:
    """The caller has heard this turn to its end."""

    turn: int


@dataclass(frozen=True, slots=True)
class Hide:
    """Record nothing of either side: secret keys follow."""


@dataclass(frozen=True, slots=True)
class Show:
    """Record again."""


@dataclass(frozen=True, slots=True)
class End:
    ending: Ending
    detail: str = ""


Command = (
    Transcribe
    | Draft
    | Reply
    | Release
    | NotUnderstood
    | Say
    | Fill
    | Cancel
    | Mute
    | Resume
    | Flush
    | AllHeard
    | Hide
    | Show
    | End
)
