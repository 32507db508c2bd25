"""One call's conversation: the asynchronous shell around the turn machine.

The machine decides; this module does: it keeps the caller's audio, runs at most one task of
slow work, brings its results back as events, and hands audio to the line. Between an event
and the commands it leads to there is no await.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Executor
from contextlib import aclosing, closing
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from inference import threads
from inference.audio import Resampler
from inference.engines.base import (
    FRAME_BYTES,
    FRAME_MS,
    SAMPLE_HZ,
    After,
    LanguageModel,
    Speaker,
    Synthesizer,
    Transcriber,
    VoiceActivity,
    VoiceChoice,
)
from inference.history import History, SpokenReply
from inference.journal import Ending, Journal, TurnRecord
from inference.script import Script
from inference.sentences import SentenceCutter
from inference.timings import TurnTimings
from inference.turns.events import (
    AllHeard,
    CallerGone,
    Cancel,
    Command,
    DigitPressed,
    End,
    Event,
    Failed,
    Flush,
    Heard,
    Line,
    NotUnderstood,
    Queued,
    Reply,
    ReplyMade,
    Say,
    Started,
    Tick,
    Transcribe,
    Transcribed,
)
from inference.turns.machine import TurnMachine

log = logging.getLogger(__name__)

RING_FRAMES = 3_000 // FRAME_MS  # kept while nobody speaks; longer than any preroll
PACE_MS = 4_000  # of audio ready ahead of what is heard
STT_DEADLINE_S = 8.0
FIRST_PIECE_DEADLINE_S = 2.5  # then the backup voice speaks
STOP_DEADLINE_S = 2.0  # for an engine to let go of a call that is over


class AudioLine(Protocol):
    """The way to the caller's ear. Nothing here waits."""

    def begin_reply(self) -> None: ...

    def play(self, pcm: bytes) -> int:
        """Queue audio after what is queued; when the caller will have heard it, in ms."""

    def end_piece(self) -> None:
        """A sentence ends here."""

    def end_reply(self) -> int:
        """Fill the last frame; when the caller will have heard the reply, in ms."""

    def plays_until(self) -> int:
        """When the caller will have heard all that is queued, as far as is known now, in ms."""

    def flush(self) -> int:
        """Stop at once; how much of this reply was heard, in ms."""

    def end(self, ending: Ending, detail: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Voice:
    synthesizer: Synthesizer
    choice: VoiceChoice


@dataclass(frozen=True, slots=True)
class Engines:
    """One call's engines. `backup_voice` speaks when the voice fails."""

    vad: VoiceActivity
    transcriber: Transcriber
    model: LanguageModel
    voice: Voice
    backup_voice: Voice | None = None


def _spoken_by(voice: Voice, sentence: str) -> Iterator[bytes]:
    """The sentence at SAMPLE_HZ, in the worker thread."""
    resampler = Resampler(voice.synthesizer.hz, SAMPLE_HZ)
    with closing(voice.synthesizer.synthesize(sentence, voice.choice)) as pieces:  # type: ignore[type-var]
        for pcm in pieces:
            yield resampler.push(pcm)
    yield resampler.flush()


class Conversation:
    """Talks with one caller. `clock` gives ms since media start."""

    def __init__(
        self,
        script: Script,
        engines: Engines,
        line: AudioLine,
        journal: Journal,
        clock: Callable[[], int],
        executor: Executor,
    ) -> None:
        self.machine = TurnMachine(
            script.tuning,
            greeting_may_be_interrupted=script.greeting_may_be_interrupted,
            hangover_ms=engines.vad.hangover_ms,
        )
        self._script = script
        self._engines = engines
        self._line = line
        self._journal = journal
        self._clock = clock
        self._executor = executor
        self._history = History()
        self._audio: deque[tuple[int, bytes]] = deque()
        self._partial = b""
        self._work: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at_ms = 0
        self._next_index = 0
        self._unanswered_index: int | None = None  # the caller's turn, until we speak
        self._timings: TurnTimings | None = None
        self._spoken: SpokenReply | None = None
        self._spoken_record: TurnRecord | None = None

    # What the line tells us

    def start(self) -> None:
        self._handle(Started())

    def hear(self, pcm: bytes) -> None:
        """Audio from the caller at SAMPLE_HZ, of any length."""
        self._partial += pcm
        while len(self._partial) >= FRAME_BYTES:
            frame, self._partial = self._partial[:FRAME_BYTES], self._partial[FRAME_BYTES:]
            self._audio.append((self._clock(), frame))
            self._handle(Heard(self._engines.vad.is_speech(frame), FRAME_MS))
        self._forget_old_audio()

    def press(self, digit: str) -> None:
        self._handle(DigitPressed(digit))

    def plays_until(self, until_ms: int) -> None:
        """The line learned better when the present reply will have been heard."""
        self._handle(Queued(self.machine.turn, until_ms))

    def caller_gone(self, heard_ms: int) -> None:
        self._finish_reply(heard_ms)
        self._handle(CallerGone())

    async def close(self) -> None:
        """Stop all work. The call is over."""
        if self._timer:
            self._timer.cancel()
        if self._work:
            self._work.cancel()
            await asyncio.wait([self._work], timeout=STOP_DEADLINE_S)

    # Deciding and doing

    def _handle(self, event: Event) -> None:
        now_ms = self._clock()
        if self._spoken_record:  # a line held up plays longer than it told us when we queued
            self.machine.handle(Queued(self.machine.turn, self._line.plays_until()), now_ms)
        for command in self.machine.handle(event, now_ms):
            self._do(command)
        self._set_timer()

    def _do(self, command: Command) -> None:
        match command:
            case Transcribe(turn=turn, from_ms=from_ms, speech_end_ms=speech_end_ms):
                self._timings = TurnTimings(speech_end_ms, self._clock())
                pcm = b"".join(frame for at_ms, frame in self._audio if at_ms > from_ms)
                self._start(turn, partial(self._transcribe, turn, pcm))
            case Reply():
                self._caller_said(command)
                self._start(command.turn, partial(self._reply, command.turn))
            case NotUnderstood(from_ms=from_ms, speech_end_ms=speech_end_ms):
                self._keep_caller("", self._take_index(), from_ms, speech_end_ms)
            case Say(turn=turn, line=line, number=number):
                self._unanswered_index = self._timings = None
                self._start(turn, partial(self._say, turn, self._words(line, number)))
            case Cancel():
                self._stop_work()
                if self._spoken_record is None:
                    self._spoken = None  # not a word of it was spoken, and none will be
            case Flush():
                self._finish_reply(self._line.flush(), was_interrupted=True)
            case AllHeard():
                self._finish_reply(None)
            case End(ending=ending, detail=detail):
                self._stop_work()
                self._finish_reply(self._line.flush())
                self._line.end(ending, detail)

    def _set_timer(self) -> None:
        at_ms = self.machine.next_deadline_ms()
        if self._timer and (at_ms is None or at_ms < self._timer_at_ms):
            self._timer.cancel()
            self._timer = None
        if at_ms is not None and self._timer is None:
            delay_s = max(0, at_ms - self._clock()) / 1000
            self._timer = asyncio.get_running_loop().call_later(delay_s, self._tick)
            self._timer_at_ms = at_ms

    def _tick(self) -> None:
        self._timer = None
        self._handle(Tick())

    def _forget_old_audio(self) -> None:
        from_ms = self.machine.caller_audio_from_ms()
        while len(self._audio) > RING_FRAMES and (from_ms is None or self._audio[0][0] <= from_ms):
            self._audio.popleft()

    # Work

    def _start(self, turn: int, work: Callable[[], Awaitable[None]]) -> None:
        self._stop_work()
        self._work = asyncio.ensure_future(self._guarded(turn, work))

    def _stop_work(self) -> None:
        if self._work:
            self._work.cancel()
            self._work = None

    async def _guarded(self, turn: int, work: Callable[[], Awaitable[None]]) -> None:
        """Whatever goes wrong becomes an event. Only the kind of error is told on: its text
        may hold what was said."""
        try:
            await work()
        except Exception as error:
            log.warning("turn %d failed: %s", turn, type(error).__name__)
            self._handle(Failed(turn, type(error).__name__))

    async def _transcribe(self, turn: int, pcm: bytes) -> None:
        transcribe = partial(self._engines.transcriber.transcribe, pcm, self._script.knowledge)
        heard = asyncio.get_running_loop().run_in_executor(self._executor, transcribe)
        async with asyncio.timeout(STT_DEADLINE_S):
            transcript = await heard
        if self._timings and turn == self.machine.turn:
            self._timings.transcribed_ms = self._clock()
        self._handle(Transcribed(turn, transcript.text.strip()))

    async def _reply(self, turn: int) -> None:
        cutter = SentenceCutter()
        after = After.LISTEN
        self._begin_reply()
        stream = self._engines.model.reply(self._history.for_model(), self._script.knowledge)
        async with aclosing(stream) as pieces:  # type: ignore[type-var]  # closes the server's work
            async for piece in pieces:
                if isinstance(piece, After):
                    after = piece
                    continue
                for sentence in cutter.push(piece):
                    await self._speak(turn, sentence)
        for sentence in cutter.rest():
            await self._speak(turn, sentence)
        self._reply_made(turn, after)

    async def _say(self, turn: int, text: str) -> None:
        self._begin_reply()
        for sentence in text.splitlines() or [text]:
            await self._speak(turn, sentence)
        self._reply_made(turn, After.LISTEN)

    async def _speak(self, turn: int, sentence: str) -> None:
        spoken = self._spoken
        if turn != self.machine.turn or spoken is None:
            raise asyncio.CancelledError  # decided against while this sentence was written
        if self._timings and self._timings.first_sentence_ms is None:
            self._timings.first_sentence_ms = self._clock()
        spoken.begin_piece(sentence)
        before = spoken.made_samples
        backup = self._engines.backup_voice
        deadline_s = FIRST_PIECE_DEADLINE_S if backup else threads.PIECE_DEADLINE_S
        try:
            await self._speak_with(self._engines.voice, turn, sentence, deadline_s)
        except Exception as error:
            if backup is None or spoken.made_samples > before:
                raise
            log.warning("voice failed (%s), the backup speaks", type(error).__name__)
            await self._speak_with(backup, turn, sentence, threads.PIECE_DEADLINE_S)
        self._line.end_piece()

    async def _speak_with(self, voice: Voice, turn: int, sentence: str, deadline_s: float) -> None:
        make = partial(_spoken_by, voice, sentence)
        async with aclosing(threads.iterate(make, self._executor, deadline_s)) as pieces:
            async for pcm in pieces:
                self._play(turn, pcm)
                await self._keep_pace()

    async def _keep_pace(self) -> None:
        """Leave the rest of a long speech to later; other calls' first words come sooner."""
        ahead_ms = self._line.plays_until() - self._clock()
        if ahead_ms > PACE_MS:
            await asyncio.sleep((ahead_ms - PACE_MS) / 1000)

    def _play(self, turn: int, pcm: bytes) -> None:
        if turn != self.machine.turn:
            raise asyncio.CancelledError  # decided against while this piece was made
        if not pcm or self._spoken is None:
            return
        until_ms = self._line.play(pcm)
        self._spoken.add_audio(len(pcm) // 2)
        if self._spoken_record is None:
            self._first_audio()
        self._handle(Queued(turn, until_ms))

    def _reply_made(self, turn: int, after: After) -> None:
        if turn != self.machine.turn:
            return
        if self._spoken_record:
            self._handle(Queued(turn, self._line.end_reply()))
        self._handle(ReplyMade(turn, after))

    # What is kept

    def _caller_said(self, reply: Reply) -> None:
        from_ms = self.machine.caller_audio_from_ms()
        if from_ms is None:  # keys: they take back nothing that was said
            self._timings = TurnTimings(reply.speech_end_ms, reply.turn_end_ms)
            index = self._take_index()
        elif self._unanswered_index is not None:  # the pause was not the end of the turn
            self._history.forget_unanswered()
            index = self._unanswered_index
        else:
            index = self._take_index()
        if self._timings:
            self._timings.turn_end_ms = reply.turn_end_ms
        self._unanswered_index = None if from_ms is None else index
        self._history.caller_said(reply.text)
        started_ms = reply.speech_end_ms if from_ms is None else from_ms
        self._keep_caller(reply.text, index, started_ms, reply.speech_end_ms)

    def _keep_caller(self, text: str, index: int, started_ms: int, ended_ms: int) -> None:
        self._journal.turn(TurnRecord(index, Speaker.CALLER, text, started_ms, ended_ms))

    def _begin_reply(self) -> None:
        self._spoken = SpokenReply()
        self._spoken_record = None
        self._line.begin_reply()

    def _first_audio(self) -> None:
        """Journal the turn as it begins, so that a crash finds it begun."""
        assert self._spoken
        self._unanswered_index = None
        now_ms = self._clock()
        timings = self._timings
        if timings:
            timings.first_audio_ms = now_ms
            log.info("turn answered in %s ms", timings.response_ms())
        self._spoken_record = TurnRecord(
            index=self._take_index(),
            speaker=Speaker.AGENT,
            text="",
            unheard_text=self._spoken.text(),
            started_ms=now_ms,
            ended_ms=now_ms,
            endpointing_ms=timings.endpointing_ms() if timings else None,
            stt_ms=timings.stt_ms() if timings else None,
            llm_ms=timings.llm_ms() if timings else None,
            tts_ms=timings.tts_ms() if timings else None,
            response_ms=timings.response_ms() if timings else None,
        )
        self._journal.turn(self._spoken_record)

    def _finish_reply(self, heard_ms: int | None, *, was_interrupted: bool = False) -> None:
        """The reply in the air is over; None: heard to its end."""
        spoken, begun = self._spoken, self._spoken_record
        self._spoken = self._spoken_record = None
        if spoken is None or begun is None:
            return
        if heard_ms is None:
            heard, unheard = spoken.text(), ""
        else:
            heard, unheard = spoken.split(heard_ms)
        self._history.agent_was_heard(heard)
        self._journal.turn(
            replace(
                begun,
                text=heard,
                unheard_text=unheard,
                was_interrupted=was_interrupted and bool(unheard),
                ended_ms=max(begun.started_ms, self._clock()),
            )
        )

    def _take_index(self) -> int:
        self._next_index += 1
        return self._next_index - 1

    def _words(self, line: Line, number: int) -> str:
        script = self._script
        match line:
            case Line.GREETING:
                return script.greeting
            case Line.STILL_THERE:
                return (
                    script.idle_prompts[number]
                    if script.idle_prompts[number:]
                    else script.say_again
                )
            case Line.SAY_AGAIN:
                return script.say_again
            case Line.GOODBYE:
                return script.goodbye
            case Line.TIME_IS_UP:
                return script.time_is_up
            case Line.TROUBLE:
                return script.trouble
