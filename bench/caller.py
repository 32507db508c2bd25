"""A caller that asks, waits, listens, interrupts now and then, and keeps what came of it.

All of it is decided on the 20 ms ticks of its leg; nothing here waits. What the caller does
follows from a seed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from random import Random

from bench.clips import Clip
from bench.stand_ins import frames_of
from bench.tones import LINE, code_heard, code_of
from inference.engines.base import FRAME_MS
from telephony.media_client import SILENCE, wire

ANSWER_S = 6.0  # then nothing will come; the agent asks "are you still there?" later
QUIET_S = 0.6  # then a reply is over
GREETING_QUIET_S = 0.5
THINK_S = (0.3, 1.5)
BARGE_AFTER_S = (0.6, 2.0)  # into a reply of more than four seconds
BARGE_SHARE = 0.25
PAUSE_SHARE = 0.4
PAUSE_MS = 450  # the median of a speaker's pauses inside a turn
PAUSE_SPREAD = 0.5  # of its logarithm
SHORTEST_PAUSE_MS, LONGEST_PAUSE_MS = 200, 1_600


@dataclass(frozen=True, slots=True)
class Request:
    """What the caller says in one turn, ready for the wire."""

    text: str
    frames: tuple[bytes, ...]
    code: int
    parts: frozenset[int]  # codes of requests that hold only some of its words
    pause_ms: int = 0  # inside it


class Requests:
    """The clips as requests, with a pause put in where one is wanted."""

    def __init__(self, clips: Sequence[Clip]) -> None:
        self.clips = [clip for clip in clips if _is_told_apart(clip)]
        self._frames = {
            clip.name: tuple(wire(frame) for frame in frames_of(clip.pcm)) for clip in self.clips
        }

    def request(self, clip: Clip, chance: Random | None = None) -> Request:
        """With `chance`, a pause between two of its words."""
        frames, pause_ms = self._frames[clip.name], 0
        if chance:
            before, after = chance.choice(list(zip(clip.words, clip.words[1:], strict=False)))
            at = (before.end_ms + after.start_ms) // 2 // FRAME_MS
            wanted_ms = PAUSE_MS * chance.lognormvariate(0, PAUSE_SPREAD)
            pause_ms = int(max(SHORTEST_PAUSE_MS, min(LONGEST_PAUSE_MS, wanted_ms)))
            pause = (SILENCE,) * (pause_ms // FRAME_MS)
            frames = frames[:at] + pause + frames[at:]
        return Request(clip.text, frames, code_of(clip.text), _parts(clip), pause_ms)


def _parts(clip: Clip) -> frozenset[int]:
    words = [word.text for word in clip.words]
    whole = code_of(clip.text)
    spans = (
        words[begin:end] for begin in range(len(words)) for end in range(begin + 1, len(words) + 1)
    )
    return frozenset(code_of(" ".join(span)) for span in spans) - {whole}


def _is_told_apart(clip: Clip) -> bool:
    """Whether the answer to a beginning or an end of it sounds unlike the answer to all."""
    words = [word.text for word in clip.words]
    parts = [words[:at] for at in range(1, len(words))] + [
        words[at:] for at in range(1, len(words))
    ]
    return code_of(clip.text) not in {code_of(" ".join(part)) for part in parts}


@dataclass(slots=True)
class Asked:
    """What came of one request. Times are the loop's, in seconds; None did not happen."""

    request: Request
    over: Request | None = None  # whose answer it was spoken over
    began_s: float = 0.0
    ended_s: float | None = None  # last frame of speech sent
    heard_code: int | None = None  # of the right answer
    came_s: float | None = None  # first audio of the right answer received
    played_s: float | None = None  # and played
    muted_s: float | None = None  # the reply it was spoken over was last heard
    flushed_s: float | None = None
    was_cut_off: bool = False  # an answer was heard before the end, or to a part of it
    strange: int = 0  # answers to something that was not asked
    lines: int = 0  # of the agent's own, before the answer

    @property
    def over_code(self) -> int | None:
        return self.over.code if self.over else None

    def is_right(self, code: int) -> bool:
        """Answers what was asked; after an interruption, what was asked before, too."""
        joined = {code_of(f"{self.over.text} {self.request.text}")} if self.over else set()
        return code in {self.request.code, *joined}

    def is_part(self, code: int) -> bool:
        if code in self.request.parts:
            return True
        words = self.request.text.split()
        begun = (" ".join(words[:at]) for at in range(1, len(words)))
        return self.over is not None and code in {code_of(f"{self.over.text} {b}") for b in begun}

    @property
    def is_answered(self) -> bool:
        return self.played_s is not None

    @property
    def gap_ms(self) -> float | None:
        """None too when the answer was on its way before the request was over."""
        return _between_ms(self.ended_s, self.played_s)

    @property
    def received_ms(self) -> float | None:
        return _between_ms(self.ended_s, self.came_s)

    @property
    def mute_ms(self) -> float | None:
        return _between_ms(self.began_s, self.muted_s)

    @property
    def flush_ms(self) -> float | None:
        return _between_ms(self.began_s, self.flushed_s)


def _between_ms(from_s: float | None, to_s: float | None) -> float | None:
    return None if from_s is None or to_s is None else max(0.0, (to_s - from_s) * 1000)


@dataclass(slots=True)
class Heard:
    """Playout ticks while a reply was in the air."""

    played: list[float] = field(default_factory=list)  # when
    late: list[float] = field(default_factory=list)


class State(Enum):
    GREETED = "hears the greeting"
    ASKING = "speaks"
    WAITING = "waits for the answer"
    LISTENING = "hears the answer"
    THINKING = "thinks of the next question"
    GONE = "has hung up"


class Caller:
    """One call: so many requests, then it is `done`. An Ear of its leg."""

    def __init__(self, requests: Requests, chance: Random, turns: int) -> None:
        self.asked: list[Asked] = []
        self.ticks = Heard()
        self.state = State.GREETED
        self.is_done = False
        self._requests = requests
        self._chance = chance
        self._turns = turns
        self._next = 0  # frame of the request
        self._since_s: float | None = None
        self._last_audio_s: float | None = None
        self._last_code: int | None = None
        self._barge_at_s: float | None = None
        self._think_until_s = 0.0
        self._pending: list[float] = []  # ticks without audio that may prove late
        self._now_s = 0.0

    @property
    def may_leave(self) -> bool:
        """Whether nothing that was asked waits for its answer."""
        return self.state not in (State.ASKING, State.WAITING)

    # What the leg tells

    def next_frame(self, at_s: float) -> bytes:
        self._now_s = at_s
        if self._since_s is None:
            self._since_s = at_s
        self._advance(at_s)
        if self.state is not State.ASKING:
            return SILENCE
        asked = self.asked[-1]
        frame = asked.request.frames[self._next]
        if self._next == 0:
            asked.began_s = at_s
        self._next += 1
        if self._next == len(asked.request.frames):
            asked.ended_s = at_s
            self.state = State.WAITING
        return frame

    def played(self, pcm: bytes, at_s: float, came_s: float) -> None:
        code = code_heard(pcm)
        if code is None:
            return
        if code == self._last_code:
            self.ticks.late += self._pending
        is_first = code != self._last_code or self._pending != []
        self._pending = []
        self._last_code = code
        self._last_audio_s = at_s
        self.ticks.played.append(at_s)
        if self.asked:
            self._judge(self.asked[-1], code, at_s, came_s, is_first=is_first)

    def starved(self) -> None:
        if self._last_code is not None:
            self._pending.append(self._now_s)

    def flushed(self, at_s: float) -> None:
        self._pending = []
        self._last_code = None
        asked = self.asked[-1] if self.asked else None
        if asked and asked.over_code is not None and asked.flushed_s is None:
            asked.flushed_s = at_s
            if self._last_audio_s is not None:
                asked.muted_s = self._last_audio_s + FRAME_MS / 1000

    def closed(self) -> None:
        self.state = State.GONE

    # What follows

    def _judge(
        self, asked: Asked, code: int, at_s: float, came_s: float, *, is_first: bool
    ) -> None:
        if code == asked.over_code:
            return  # the reply that is being interrupted
        if code == LINE:
            asked.lines += is_first
            asked.was_cut_off |= self.state is State.ASKING
        elif asked.is_right(code):
            asked.was_cut_off |= self.state is State.ASKING
            if asked.played_s is None:
                asked.played_s, asked.came_s, asked.heard_code = at_s, came_s, code
        elif asked.is_part(code):
            asked.was_cut_off = True
        else:
            asked.strange += is_first

    def _advance(self, at_s: float) -> None:
        asked = self.asked[-1] if self.asked else None
        match self.state:
            case State.GREETED if self._is_quiet(at_s, GREETING_QUIET_S):
                self._think(at_s)
            case State.WAITING if asked and asked.is_answered:
                self.state = State.LISTENING
                self._barge_at_s = None
                if self._may_ask() and self._chance.random() < BARGE_SHARE:
                    self._barge_at_s = at_s + self._chance.uniform(*BARGE_AFTER_S)
            case State.WAITING if asked and asked.ended_s is not None:
                quiet_since_s = max(asked.ended_s, self._last_audio_s or 0.0)
                if at_s - quiet_since_s > ANSWER_S:
                    self._think(at_s)
            case State.LISTENING if self._barge_at_s is not None and at_s >= self._barge_at_s:
                if asked:
                    self._ask(over=asked.request)
            case State.LISTENING if self._is_quiet(at_s, QUIET_S):
                self._think(at_s)
            case State.THINKING if at_s >= self._think_until_s:
                self._ask()

    def _is_quiet(self, at_s: float, so_long_s: float) -> bool:
        return self._last_audio_s is not None and at_s - self._last_audio_s > so_long_s

    def _may_ask(self) -> bool:
        return len(self.asked) < self._turns

    def _think(self, at_s: float) -> None:
        self.is_done = not self._may_ask()
        if not self.is_done:
            self.state = State.THINKING
            self._think_until_s = at_s + self._chance.uniform(*THINK_S)

    def _ask(self, over: Request | None = None) -> None:
        last = self.asked[-1].request.code if self.asked else None
        clips = [clip for clip in self._requests.clips if code_of(clip.text) != last]
        pauses = self._chance.random() < PAUSE_SHARE and over is None
        clip = self._chance.choice(clips)
        request = self._requests.request(clip, self._chance if pauses else None)
        self.asked.append(Asked(request, over))
        self._next = 0
        self.state = State.ASKING
