"""A caller's turns through a detector and a rule, on a clock that is turned by hand.

What is decided about a turn is a list of times, in ms of the turn's own audio: whenever the
agent would have begun its reply. Nothing waits, so an hour of calls takes seconds.
"""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Protocol

from bench.noise import Noise, on_the_telephone
from bench.thinking import Turn
from inference.engines.base import FRAME_BYTES, FRAME_MS, Knowledge, Transcript, VoiceActivity
from inference.hearing import HeardFrame, Hearing
from inference.script import Script
from inference.takes import Takes
from inference.turns.events import (
    Cancel,
    Command,
    EndHeard,
    Event,
    Flush,
    Heard,
    Queued,
    Release,
    Reply,
    ReplyMade,
    Resume,
    Say,
    Started,
    Tick,
    Transcribe,
)
from inference.turns.machine import TurnMachine
from inference.turns.tuning import Tuning

STT_MS, LLM_MS, TTS_MS = 170, 81, 84
HINT_MS = 60  # of a model that hears the end of the turn
REPLY_MS = 1_500  # what the agent says, unless the caller goes on
BETWEEN_MS = 500  # until the caller's next turn
CLICK_MS = 80  # of speech before a turn is one
LATE_MS = 300  # into speech, a decision was still made for the pause before it
LONGEST_WAIT_MS = 20_000

SCRIPT = Script("Hello.", Knowledge("en"), (), "", "", "", "")

Hint = Callable[[bytes], float]  # how likely the turn is over after this audio


@dataclass(frozen=True, slots=True)
class Line:
    """One way a call can sound. The noises take turns."""

    name: str
    snr_db: float
    noises: tuple[Noise, ...] = tuple(Noise)


LINES = (
    Line("clean", 40, (Noise.WHITE,)),  # a line is never dead
    Line("20 dB", 20),
    Line("10 dB", 10),
)


@dataclass(frozen=True, slots=True)
class Overheard:
    """A turn as it came through the telephone, and what the detector made of it."""

    turn: Turn
    pcm: bytes
    frames: tuple[HeardFrame, ...]


Call = Sequence[Overheard]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the caller met with."""

    wait_ms: int  # from the true end to the decision
    is_cut_off: bool
    pauses_cut: int


class Rule(Protocol):
    def decide(self, call: Call) -> list[list[int]]:
        """For each turn when the agent would have begun to reply."""


def on_the_line(turns: Sequence[Turn], line: Line, seed: int) -> list[bytes]:
    return [
        on_the_telephone(
            turn.pcm,
            snr_db=line.snr_db,
            noise=line.noises[(seed + at) % len(line.noises)],
            seed=seed * 1_000 + at,
        )
        for at, turn in enumerate(turns)
    ]


def overheard(turns: Sequence[Turn], pcms: Sequence[bytes], vad: VoiceActivity) -> list[Overheard]:
    """One call: the detector hears it all."""
    hearing = Hearing(vad)
    return [
        Overheard(turn, pcm, tuple(hearing.hear(frame, 0) for frame in _frames(pcm)))
        for turn, pcm in zip(turns, pcms, strict=True)
    ]


def _frames(pcm: bytes) -> list[bytes]:
    whole = len(pcm) // FRAME_BYTES * FRAME_BYTES
    return [pcm[at : at + FRAME_BYTES] for at in range(0, whole, FRAME_BYTES)]


def outcomes(rule: Rule, calls: Sequence[Call]) -> list[Outcome]:
    found = []
    for call in calls:
        for heard, decided in zip(call, rule.decide(call), strict=True):
            found.append(outcome(heard.turn, decided))
    return found


def outcome(turn: Turn, decided_ms: Sequence[int]) -> Outcome:
    """Decisions before the first word was over were about noise, not about the turn. One that came
    with all the words, in the sound of the last one, cut the turn off and leaves nothing to wait
    for."""
    real = [at_ms for at_ms in decided_ms if at_ms >= turn.words[0].end_ms]
    all_known_ms = min(turn.end_ms, turn.words[-1].known_ms)
    final = next((at_ms for at_ms in real if at_ms >= all_known_ms), turn.end_ms + LONGEST_WAIT_MS)
    early = [at_ms for at_ms in real if at_ms < turn.end_ms]
    cut = sum(
        any(from_ms <= at_ms < to_ms + LATE_MS for at_ms in early) for from_ms, to_ms in turn.pauses
    )
    return Outcome(max(0, final - turn.end_ms), bool(early), cut)


@dataclass(frozen=True, slots=True)
class FixedSilence:
    """What most systems do: the detector has heard nothing for so long."""

    silence_ms: int

    def decide(self, call: Call) -> list[list[int]]:
        return [self._decide(heard) for heard in call]

    def _decide(self, heard: Overheard) -> list[int]:
        decided = []
        spoken_ms = last_ms = 0
        for at, frame in enumerate(heard.frames, 1):
            now_ms = at * FRAME_MS
            if frame.speech:
                spoken_ms += FRAME_MS
                last_ms = now_ms
            elif spoken_ms >= CLICK_MS and now_ms - last_ms >= self.silence_ms:
                decided.append(now_ms)
                spoken_ms = 0
        if spoken_ms >= CLICK_MS:  # speech to the end of the audio, by the detector
            decided.append(max(last_ms + self.silence_ms, heard.turn.end_ms))
        return decided


@dataclass(frozen=True, slots=True)
class ByTurnMachine:
    """The product's own decisions, with a recogniser that knows only what it could have heard.

    A decision is made when a reply is begun, so the words are there by then.
    """

    tuning: Tuning
    hangover_ms: int
    hint: Hint | None = None

    def decide(self, call: Call) -> list[list[int]]:
        player = _Player(self)
        return [player.play(heard) for heard in call]


@dataclass(frozen=True, slots=True)
class Decoded:
    """The recogniser is done with a take."""

    take: int
    text: str


@dataclass(frozen=True, slots=True)
class Judged:
    """The model that hears the end of a turn has listened so far."""

    take: int
    until_ms: int  # of the turn's audio


class _Player:
    """One call to a TurnMachine. Its times are the call's."""

    def __init__(self, rule: ByTurnMachine) -> None:
        self._rule = rule
        self._machine = TurnMachine(rule.tuning, hangover_ms=rule.hangover_ms)
        self._now_ms = FRAME_MS
        self._takes = Takes(SCRIPT)
        self._coming: list[tuple[int, int, Event | Decoded | Judged]] = []
        self._order = count()
        self._heard: Overheard | None = None
        self._began_ms = 0
        self._decided: list[int] = []
        self._happens(Started())
        self._let_time_pass(REPLY_MS + BETWEEN_MS)

    def play(self, heard: Overheard) -> list[int]:
        """The decisions about one turn; leaves the call when the agent has replied."""
        self._heard, self._began_ms, self._decided = heard, self._now_ms, []
        self._takes.agent_said(heard.turn.asked)
        for frame in heard.frames:
            self._let_time_pass(FRAME_MS)
            self._happens(Heard(frame.speech, FRAME_MS, frame.level_db))
            if self._is_decided():
                break
        deadline_ms = self._now_ms + LONGEST_WAIT_MS
        while not self._is_decided() and self._now_ms < deadline_ms:
            self._let_time_pass(FRAME_MS)
        self._let_time_pass(LLM_MS + TTS_MS + REPLY_MS + BETWEEN_MS)
        return self._decided

    def _is_decided(self) -> bool:
        assert self._heard is not None
        return bool(self._decided) and self._decided[-1] >= self._heard.turn.end_ms

    def _let_time_pass(self, lasts_ms: int) -> None:
        until_ms = self._now_ms + lasts_ms
        while True:
            due_ms = self._machine.next_deadline_ms()
            if self._coming and (due_ms is None or self._coming[0][0] <= due_ms):
                if self._coming[0][0] > until_ms:
                    break
                self._now_ms, _, event = heapq.heappop(self._coming)
                for known in self._known(event):
                    self._happens(known)
            elif due_ms is not None and due_ms <= until_ms:
                self._now_ms = max(self._now_ms, due_ms)
                self._happens(Tick())
            else:
                break
        self._now_ms = until_ms

    def _known(self, coming: Event | Decoded | Judged) -> list[Event]:
        match coming:
            case Decoded(take=take, text=text):
                return [self._takes.heard(take, Transcript(text), self._now_ms)]
            case Judged():
                return self._judge(coming)
        return [coming]

    def _happens(self, event: Event) -> None:
        for command in self._machine.handle(event, self._now_ms):
            self._do(command)

    def _in(self, after_ms: int, event: Event | Decoded | Judged) -> None:
        heapq.heappush(self._coming, (self._now_ms + after_ms, next(self._order), event))

    def _do(self, command: Command) -> None:
        match command:
            case Transcribe():
                self._transcribe(command)
                if command.is_pause and self._heard:
                    self._in(HINT_MS, Judged(command.take, self._now_ms - self._began_ms))
            case Reply(turn=turn) | Release(turn=turn):
                self._replies(turn, LLM_MS + TTS_MS)
            case Say(turn=turn):
                self._replies(turn, 0)
            case Resume(turn=turn):
                self._speaks(turn, 0)
            case Flush() | Cancel():
                self._coming = [
                    coming
                    for coming in self._coming
                    if not isinstance(coming[2], Queued | ReplyMade)
                ]
                heapq.heapify(self._coming)

    def _transcribe(self, order: Transcribe) -> None:
        if self._heard is None:
            return
        self._takes.begin(order, None)
        from_ms, until_ms = order.from_ms - self._began_ms, self._now_ms - self._began_ms
        self._in(STT_MS, Decoded(order.take, self._heard.turn.text(from_ms, until_ms)))

    def _judge(self, judged: Judged) -> list[Event]:
        """The model is asked only if the pause still lasts: else its answer is for nobody."""
        assert self._heard is not None
        if self._rule.hint is None or not self._heard.turn.pauses_at(self._now_ms - self._began_ms):
            return []
        likely = self._rule.hint(self._heard.pcm[: judged.until_ms // FRAME_MS * FRAME_BYTES])
        return [EndHeard(judged.take, round(100 * likely))]

    def _replies(self, turn: int, after_ms: int) -> None:
        if self._heard is not None:
            self._decided.append(self._now_ms - self._began_ms)
        self._speaks(turn, after_ms)

    def _speaks(self, turn: int, after_ms: int) -> None:
        self._in(after_ms, Queued(turn, self._now_ms + after_ms + REPLY_MS))
        self._in(after_ms, ReplyMade(turn))
