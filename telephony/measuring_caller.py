"""A caller who asks, waits, listens to the end and asks again, and keeps what came of it.

All is decided on the 20 ms ticks of its leg; nothing here waits. Times are the loop's, in
seconds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from random import Random

from inference.audio import level_db
from inference.engines.base import FRAME_MS
from telephony.capacity import LATE_MS
from telephony.media_client import SILENCE
from telephony.phone_rtp import LOUD_DB
from telephony.spoken_questions import Frames

ANSWER_S = 6.0  # then none will come; soon the agent asks whether anyone is there
QUIET_S = 0.7  # then a reply is over: longer than the pause between two sentences
THINK_S = (0.3, 1.2)


@dataclass(slots=True)
class Asked:
    """One question. None: has not happened."""

    question: int  # of the caller's
    ended_s: float | None = None  # last speech sent
    answered_s: float | None = None  # first audio of the reply played
    is_spoilt: bool = False  # the agent spoke into it, so its end means nothing

    @property
    def answer_ms(self) -> float | None:
        if self.ended_s is None or self.answered_s is None or self.is_spoilt:
            return None
        return (self.answered_s - self.ended_s) * 1000

    def is_missing(self, now_s: float) -> bool:
        """Whether it was given all the time there is, and no answer came."""
        if self.ended_s is None or self.answered_s is not None or self.is_spoilt:
            return False
        return now_s - self.ended_s > ANSWER_S


class State(Enum):
    GREETED = "hears the greeting"
    THINKING = "thinks of the next question"
    ASKING = "speaks"
    WAITING = "waits for the answer"
    LISTENING = "hears the answer"


class MeasuringCaller:
    """An Ear of its leg. `questions` are ready for the wire, `order` says which is asked next."""

    def __init__(self, questions: Sequence[Frames], order: Iterator[int], chance: Random) -> None:
        self.is_done = False  # nothing more to ask
        self.asked: list[Asked] = []
        self.played_ticks = 0  # of the agent's speech
        self.late_ticks = 0  # within it, without audio
        self._questions = questions
        self._order = order
        self._chance = chance
        self._state = State.GREETED
        self._next = 0  # frame of the question
        self._loud_s: float | None = None  # when the agent was last heard
        self._asks_at_s = 0.0
        self._hole_ticks = 0

    @property
    def is_greeted(self) -> bool:
        return self._state is not State.GREETED

    def next_frame(self, at_s: float) -> bytes:
        self._advance(at_s)
        if self._state is not State.ASKING:
            return SILENCE
        asked = self.asked[-1]
        frames = self._questions[asked.question]
        frame = frames[self._next]
        self._next += 1
        if self._next == len(frames):
            asked.ended_s = at_s
            self._state = State.WAITING
        return frame

    def played(self, pcm: bytes, at_s: float, _came_s: float) -> None:
        self.played_ticks += 1
        if self._hole_ticks * FRAME_MS >= LATE_MS:
            self.late_ticks += self._hole_ticks
        self._hole_ticks = 0
        if level_db(pcm) <= LOUD_DB:
            return
        self._loud_s = at_s
        if self._state is State.ASKING:
            self.asked[-1].is_spoilt = True
        elif self._state is State.WAITING:
            self.asked[-1].answered_s = at_s
            self._state = State.LISTENING

    def starved(self) -> None:
        self._hole_ticks += 1

    def flushed(self, _at_s: float) -> None:
        self._hole_ticks = 0

    def closed(self) -> None:
        pass

    def _advance(self, at_s: float) -> None:
        if self._loud_s is not None and at_s - self._loud_s > QUIET_S:
            self._hole_ticks = 0  # the reply is over; what follows is another one
        match self._state:
            case State.GREETED | State.LISTENING if self._is_quiet(at_s):
                self._think(at_s)
            case State.WAITING if self._waited_s(at_s) > ANSWER_S:
                self._think(at_s)
            case State.THINKING if at_s >= self._asks_at_s and self._is_quiet(at_s):
                self._ask()

    def _ask(self) -> None:
        question = next(self._order, None)
        if question is None:
            self.is_done = True
            return
        self.asked.append(Asked(question))
        self._next = 0
        self._state = State.ASKING

    def _waited_s(self, at_s: float) -> float:
        return at_s - (self.asked[-1].ended_s or at_s)

    def _is_quiet(self, at_s: float) -> bool:
        return self._loud_s is not None and at_s - self._loud_s > QUIET_S

    def _think(self, at_s: float) -> None:
        self._state = State.THINKING
        self._asks_at_s = at_s + self._chance.uniform(*THINK_S)
