"""A whole conversation with engines that answer on cue and a clock turned by hand."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Self

from inference.ahead import Ahead
from inference.conversation import Conversation, Engines
from inference.engines.base import (
    FRAME_BYTES,
    FRAME_MS,
    SAMPLE_HZ,
    After,
    EngineChoice,
    Knowledge,
    Transcript,
    Utterance,
    VoiceChoice,
)
from inference.journal import Ending, Stage, TurnRecord
from inference.script import Script
from inference.turns.tuning import Tuning
from inference.voicing import Voice
from tests.inference.by_hand import HandExecutor, HandLoop

SPEECH = b"\x01" * FRAME_BYTES
SILENCE = bytes(FRAME_BYTES)
LETTER_MS = 50  # how long the voice takes to say a letter
SCRIPT = Script(
    greeting="Hello.",
    knowledge=Knowledge("en"),
    idle_prompts=("Are you there?", "I can't hear you."),
    goodbye="Goodbye.",
    time_is_up="Time is up.",
    say_again="Say again?",
    trouble="Sorry.",
)


class Ear:
    hangover_ms = 0

    def is_speech(self, frame: bytes) -> bool:
        return frame == SPEECH


class Recogniser:
    """Blocking, as a real one: it answers when its thread is let go on."""

    def __init__(self) -> None:
        self.says: list[str | Transcript | Exception] = []
        self.heard: list[bytes] = []
        self.knowledge: list[Knowledge] = []

    def transcribe(self, pcm: bytes, knowledge: Knowledge) -> Transcript:
        self.heard.append(pcm)
        self.knowledge.append(knowledge)
        said = self.says.pop(0)
        if isinstance(said, Exception):
            raise said
        return said if isinstance(said, Transcript) else Transcript(said)


class Model:
    """Says what the test puts in, to whoever asked last; an Exception is raised, None ends it."""

    def __init__(self) -> None:
        self.asked: list[tuple[Utterance, ...]] = []
        self.knowledge: list[Knowledge] = []
        self.says: asyncio.Queue[str | After | Exception | None] = asyncio.Queue()
        self.closed = 0
        self.is_stubborn = False

    async def reply(
        self, history: tuple[Utterance, ...], knowledge: Knowledge
    ) -> AsyncIterator[str | After]:
        self.asked.append(history)
        self.knowledge.append(knowledge)
        self.says = asyncio.Queue()
        try:
            while (piece := await self.says.get()) is not None:
                if isinstance(piece, Exception):
                    raise piece
                yield piece
        except asyncio.CancelledError:
            if not self.is_stubborn:
                raise
            yield "I go on. "
        finally:
            self.closed += 1


class Synthesizer:
    hz = SAMPLE_HZ

    def __init__(self) -> None:
        self.fails: Exception | None = None
        self.fails_after = 0  # pieces
        self.said: list[str] = []
        self.speeds: list[float] = []

    def synthesize(self, text: str, voice: VoiceChoice) -> Iterator[bytes]:
        self.said.append(text)
        self.speeds.append(voice.speed)
        pieces = [b"\x02" * (LETTER_MS * SAMPLE_HZ // 1000 * 2)] * len(text)
        if self.fails:
            yield from pieces[: self.fails_after]
            raise self.fails
        yield from pieces


class Line:
    """Plays what it is given in real time, a hundredth of a second after it got it."""

    def __init__(self, loop: HandLoop) -> None:
        self._loop = loop
        self._until_ms = 0
        self._reply_ms = 0
        self.flushed = 0
        self.is_hidden = False
        self.ended: tuple[Ending, str] | None = None
        self.pieces = 0

    def begin_reply(self) -> None:
        self._reply_ms = 0

    def play(self, pcm: bytes) -> int:
        ms = len(pcm) * 1000 // (2 * SAMPLE_HZ)
        self._reply_ms += ms
        self._until_ms = max(self._until_ms, self._loop.now_ms + 10) + ms
        return self._until_ms

    def end_piece(self) -> None:
        self.pieces += 1

    def end_reply(self) -> int:
        return max(self._until_ms, self._loop.now_ms)

    def plays_until(self, at_ms: int) -> int:
        return self._until_ms

    def is_held_up(self, ms: int) -> None:
        """The network stood still, and all that is queued is heard so much later."""
        self._until_ms += ms

    def flush(self) -> int:
        heard_ms = self.heard_ms()
        self._until_ms = self._loop.now_ms
        self.flushed += 1
        return heard_ms

    def catch_up(self, at_ms: int) -> int:
        return self.heard_ms()

    def hide(self) -> None:
        self.is_hidden = True

    def show(self) -> None:
        self.is_hidden = False

    def heard_ms(self) -> int:
        return max(0, self._reply_ms - max(0, self._until_ms - self._loop.now_ms))

    def end(self, ending: Ending, detail: str) -> None:
        self.ended = (ending, detail)


class Notes:
    """The journal, as a database keeps it: the last record of an index counts."""

    def __init__(self) -> None:
        self.records: dict[int, TurnRecord] = {}
        self.all: list[TurnRecord] = []

    def turn(self, record: TurnRecord) -> None:
        self.records[record.index] = record
        self.all.append(record)


class Unhurried(Ahead):
    """The clock is turned in leaps: nothing is late."""

    def late(self, ms: int) -> None:
        pass


class Canned:
    """Sentences that lie ready."""

    def __init__(self, ms: dict[str, int]) -> None:
        self._ms = ms

    def find(self, text: str, voice: VoiceChoice) -> bytes | None:
        return b"\x02" * (self._ms[text] * SAMPLE_HZ // 1000 * 2) if text in self._ms else None


class Talk:
    """One conversation. `with` it: the loop is closed after, and nothing may be left over."""

    def __init__(
        self,
        *,
        script: Script = SCRIPT,
        has_backup: bool = False,
        has_second: bool = False,
        gone: frozenset[Stage] = frozenset(),
        canned: dict[str, int] | None = None,
    ) -> None:
        """`canned`: sentences that lie ready as audio, and how many ms each takes.

        `has_second`: a recogniser, a model and a voice that take over when the first ones fail.
        """
        self.loop = HandLoop()
        self.loop.set_exception_handler(self._went_wrong)
        self.wrong: list[dict[str, object]] = []
        self.threads = HandExecutor()
        self.recogniser, self.model = Recogniser(), Model()
        self.second_recogniser, self.second_model = Recogniser(), Model()
        self.voice, self.stand_in, self.backup = Synthesizer(), Synthesizer(), Synthesizer()
        self.line, self.notes = Line(self.loop), Notes()
        choice = VoiceChoice(EngineChoice("fake"))
        engines = Engines(
            Ear(),
            self.recogniser,
            self.model,
            Voice(self.voice, choice, Voice(self.stand_in, choice) if has_second else None),
            Voice(self.backup, choice) if has_backup else None,
            second_transcriber=self.second_recogniser if has_second else None,
            second_model=self.second_model if has_second else None,
            gone=gone,
        )
        self.conversation = Conversation(
            script,
            engines,
            self.line,
            self.notes,
            lambda: self.loop.now_ms,
            self.threads,
            Canned(canned or {}),  # type: ignore[arg-type]
            Unhurried(lambda: self.loop.now_ms),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        while self.threads.waiting:
            self.recogniser.says.append("")
            self.second_recogniser.says.append("")
            self.threads.work()
        self.loop.run_until_complete(self.conversation.close())
        self.loop.settle()
        left = asyncio.all_tasks(self.loop)
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()
        assert not left
        assert not self.wrong

    def _went_wrong(self, loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        self.wrong.append(context)

    def _do(self, deed: object, *args: object) -> None:
        """On the loop, where everything of a call happens."""
        self.loop.call_soon(deed, *args)  # type: ignore[arg-type]
        self.loop.settle()

    # The caller

    def start(self) -> None:
        self._do(self.conversation.start)

    def speak(self, ms: int) -> None:
        self._frames(SPEECH, ms)

    def pause(self, ms: int) -> None:
        self._frames(SILENCE, ms)

    def press(self, digit: str) -> None:
        self._do(self.conversation.press, digit)

    def says_over(self, text: str, ms: int = 400) -> None:
        """The caller says this over the agent, and it is recognised."""
        self.speak(ms)
        self.wait(300)
        while self.threads.waiting:
            self.recognised(text)

    def hangs_up(self) -> None:
        self._do(lambda: self.conversation.caller_gone(self.line.heard_ms()))

    def _frames(self, frame: bytes, ms: int) -> None:
        for _ in range(0, ms, FRAME_MS):
            self.wait(FRAME_MS)
            self._do(self.conversation.hear, frame)

    # The engines

    def recognised(self, text: str | Transcript | Exception) -> None:
        """The oldest utterance at the recogniser is done."""
        self.recogniser.says.append(text)
        self.work()

    def says(self, *pieces: str | After | Exception | None) -> None:
        """The model writes this."""
        for piece in pieces:
            self.model.says.put_nowait(piece)
            self.loop.settle()

    def work(self) -> None:
        """The thread that has waited longest does its work."""
        self.threads.work()
        self.loop.settle(40)

    def spoken(self, text: str) -> None:
        """The model answers, the voice says it, the whole of it lies in the line."""
        self.says(text)
        self.says(None)
        while self.threads.waiting:
            self.work()

    # The clock

    def wait(self, ms: int) -> None:
        """No frame comes; what is due in the meantime happens when it is due."""
        until_ms = self.loop.now_ms + ms
        while (due_ms := self.conversation.machine.next_deadline_ms()) is not None and (
            due_ms <= until_ms
        ):
            self.loop.now_ms = max(self.loop.now_ms, due_ms)
            before = (due_ms, self.conversation.machine.state)
            self.loop.settle()
            if before == (
                self.conversation.machine.next_deadline_ms(),
                self.conversation.machine.state,
            ):
                raise AssertionError("a deadline passed and nothing happened")
        self.loop.now_ms = until_ms
        self.loop.settle()

    # What is to be seen

    @property
    def turns(self) -> list[tuple[str, str]]:
        """Who said what, as kept; of the agent what was heard."""
        return [(record.speaker.value, record.text) for record in self._in_order()]

    def _in_order(self) -> list[TurnRecord]:
        return [self.notes.records[index] for index in sorted(self.notes.records)]

    @property
    def last(self) -> TurnRecord:
        return self._in_order()[-1]


def listening(*, tuning: Tuning | None = None, script: Script = SCRIPT, **how: object) -> Talk:
    """The caller has heard the greeting."""
    script = script if tuning is None else replace(script, tuning=tuning)
    talk = Talk(script=script, **how)  # type: ignore[arg-type]
    talk.start()
    talk.work()
    talk.wait(1_000)
    assert talk.turns == [("agent", "Hello.")]
    return talk


def asked(text: str = "when are you open", **how: object) -> Talk:
    """The caller has asked, and the model is to answer."""
    talk = listening(**how)  # type: ignore[arg-type]
    talk.speak(1_000)
    talk.wait(600)
    talk.recognised(text)
    return talk
