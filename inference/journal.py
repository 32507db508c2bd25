"""What a conversation leaves behind: its turns as they end, and how it ended."""

from dataclasses import dataclass
from enum import Enum
from typing import Literal, Protocol

from inference.engines.base import Speaker

Stage = Literal["stt", "llm", "tts"]


class Ending(Enum):
    """Why a conversation ended; the values are what is stored."""

    CALLER_HUNG_UP = "caller"
    AGENT_HUNG_UP = "agent"
    HANDED_OVER = "handed over"
    IDLE = "idle"
    TIME_UP = "time up"
    TROUBLE = "trouble"


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """One turn. Times are ms since media start; a stage that did not run is None."""

    index: int
    speaker: Speaker
    text: str  # caller: recognised; agent: what the caller heard
    started_ms: int
    ended_ms: int
    unheard_text: str = ""
    was_interrupted: bool = False
    endpointing_ms: int | None = None
    stt_ms: int | None = None
    llm_ms: int | None = None  # to the first sentence
    tts_ms: int | None = None  # to the first audio
    response_ms: int | None = None  # last speech to first audio sent
    drafts: int = 0  # replies begun before the caller's turn was over
    was_ahead: bool = False  # the reply that was heard is one of them
    stood_in: tuple[Stage, ...] = ()  # done by another engine than the first choice


class Journal(Protocol):
    def turn(self, record: TurnRecord) -> None:
        """Keep a turn; never waits. Called again with the same index when more is known."""
