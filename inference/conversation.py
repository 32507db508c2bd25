"""One call's conversation: the asynchronous shell around the turn machine.

The machine decides; this module does: it has the caller's words recognised, runs at most one
piece of the agent's work, brings results back as events, and hands audio to the line. Between
an event and the commands it leads to there is no await.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from concurrent.futures import Executor
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import Protocol

from inference.ahead import AHEAD, Ahead, Job
from inference.answering import Answering
from inference.choices import Choices
from inference.engines.base import (
    FRAME_MS,
    SAMPLE_HZ,
    After,
    LanguageModel,
    Speaker,
    Transcriber,
    TurnEnd,
    Utterance,
    VoiceActivity,
)
from inference.hearing import Hearing
from inference.history import History
from inference.journal import Ending, Journal, Stage, TurnRecord
from inference.phrases import Phrases
from inference.phrases import pieces as pieces_of_line
from inference.recognition import NOT_NOW, Recognition
from inference.reply import SpokenReply
from inference.script import Script
from inference.sentences import Pieces
from inference.takes import Takes
from inference.timings import TurnTimings
from inference.turns.events import (
    AllHeard,
    Answered,
    CallerGone,
    Cancel,
    Command,
    Draft,
    End,
    Event,
    Failed,
    Fill,
    Flush,
    Heard,
    Hide,
    KeyPressed,
    Line,
    Mute,
    NotUnderstood,
    Queued,
    Release,
    Reply,
    ReplyMade,
    Resume,
    Say,
    Show,
    Started,
    Tick,
    Transcribe,
)
from inference.turns.machine import TurnMachine
from inference.turns.tape import Tape
from inference.voicing import Voice, Voicing
from inference.wording.requests import request_in

log = logging.getLogger(__name__)

PACE_MS = 4_000  # of audio ready ahead of what is heard
HELD_DEADLINE_S = 60.0  # longer no reply waits to be heard
STOP_DEADLINE_S = 2.0  # for an engine to let go of a call that is over
KEYS_KEPT = 64
_heard = cache(Heard)  # made fifty times a second for each call, and of two hundred kinds


class AudioLine(Protocol):
    """The way to the caller's ear. Nothing here waits."""

    def begin_reply(self) -> None: ...

    def play(self, pcm: bytes) -> int:
        """Queue audio after what is queued; when the caller will have heard it, in ms."""

    def end_piece(self) -> None:
        """A sentence ends here."""

    def end_reply(self) -> int:
        """Fill the last frame; when the caller will have heard the reply, in ms."""

    def plays_until(self, at_ms: int) -> int:
        """When the caller will have heard all that is queued, as far as is known, in ms."""

    def flush(self) -> int:
        """Stop at once; how much was heard since the reply began, in ms."""

    def catch_up(self, at_ms: int) -> int:
        """Report what has been played; how much was heard since the reply began, in ms."""

    def hide(self) -> None:
        """Record nothing of either side from a moment ago on."""

    def show(self) -> None: ...

    def end(self, ending: Ending, detail: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Engines:
    """One call's engines. `backup_voice` speaks when the voice fails, and what stands in for it.

    `gone`: stages whose first choice could not be loaded; the second has taken its place.
    """

    vad: VoiceActivity
    transcriber: Transcriber
    model: LanguageModel
    voice: Voice
    backup_voice: Voice | None = None
    turn_end: TurnEnd | None = None
    voices: Mapping[str, Voice] = field(default_factory=dict)  # of the other languages
    second_transcriber: Transcriber | None = None  # when the first one fails
    second_model: LanguageModel | None = None
    gone: frozenset[Stage] = frozenset()


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
        phrases: Phrases,
        ahead: Ahead = AHEAD,
    ) -> None:
        hangover_ms = engines.vad.hangover_ms
        greeting = script.greeting_may_be_interrupted
        self.machine = TurnMachine(
            script.tuning, greeting_may_be_interrupted=greeting, hangover_ms=hangover_ms
        )
        self.tape = Tape(
            script.tuning, greeting_may_be_interrupted=greeting, hangover_ms=hangover_ms
        )
        self.secret = ""  # what was typed last for nobody to see; for the deed that asked for it
        self._main = self._script = script
        self._line = line
        self._journal = journal
        self._clock = clock
        self._ahead = ahead
        self._history = History()
        self._hearing = Hearing(engines.vad)
        self._takes = Takes(script)
        self._notices = tuple(n.casefold().strip() for n in script.notices if n.strip())
        self._pressed = self._last_keys = ""
        self._work: asyncio.Task[None] | None = None
        self._recognition = Recognition(
            Choices(
                engines.transcriber,
                engines.second_transcriber,
                is_first_gone="stt" in engines.gone,
            ),
            engines.turn_end,
            self._takes,
            ahead,
            executor,
            clock,
            self._handle,
        )
        self._answering = Answering(
            Choices(engines.model, engines.second_model, is_first_gone="llm" in engines.gone)
        )
        self._voicing = Voicing(
            engines.voice,
            engines.voices,
            engines.backup_voice,
            phrases,
            script.pronunciations,
            executor,
        )
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at_ms = 0
        self._told_until_ms = 0
        self._next_index = 0
        self._asked_at = -1  # the index at which the caller asked to be spoken to otherwise
        self._caller_index = 0  # of the caller's last turn
        self._turn_index = 0  # of the caller's turn that the engines work for
        self._answered_take = -1
        self._stuck_in: Stage = "llm"  # what was waited for when the work was stopped last
        self._timings: TurnTimings | None = None
        self._reply: SpokenReply | None = None
        self._record: TurnRecord | None = None  # of the reply, once it is heard
        self._prelude = ("", 0)  # a filler in the air, and how long it is in ms
        self._drafted: Job | None = None
        self._may_flow = asyncio.Event()

    # What the line tells us

    def start(self) -> None:
        self._handle(Started())

    def hear(self, pcm: bytes) -> None:
        """Audio from the caller at SAMPLE_HZ, of any length."""
        for frame in self._hearing.frames(pcm):
            now_ms = self._clock()
            if self._reply:
                self._line.catch_up(now_ms)
            heard = self._hearing.hear(frame, now_ms)
            self._handle(_heard(heard.speech, FRAME_MS, heard.level_db), now_ms)
        self._hearing.forget_before(self.machine.caller_audio_from_ms())

    def played(self, pcm: bytes, ended_ms: int) -> None:
        """A frame of ours that the caller has heard."""
        self._hearing.played(pcm, ended_ms)

    def press(self, digit: str) -> None:
        self._pressed = (self._pressed + digit)[-KEYS_KEPT:]
        self._handle(KeyPressed(is_end=digit == "#"))

    def plays_until(self, until_ms: int) -> None:
        """The line learned better when the present reply will have been heard."""
        self._tell_until(until_ms, self._clock())

    def caller_gone(self, heard_ms: int) -> None:
        is_stopped = self._reply is not None and not self._reply.is_flowing
        self._finish_reply(heard_ms, was_interrupted=is_stopped)
        self._handle(CallerGone())

    async def close(self) -> None:
        """Stop all work. The call is over."""
        if self._timer:
            self._timer.cancel()
        self._takes.settle(0)
        self._settle_draft(was_heard=False)
        tasks = self._recognition.stop()
        if self._work:
            self._work.cancel()
            tasks.append(self._work)
        if tasks:
            await asyncio.wait(tasks, timeout=STOP_DEADLINE_S)

    # Deciding and doing

    def _handle(self, event: Event, at_ms: int | None = None) -> None:
        now_ms = self._clock() if at_ms is None else at_ms
        if self._record:  # a line held up plays longer than it told us when we queued
            self._tell_until(self._line.plays_until(now_ms), now_ms)
        for command in self._decide(event, now_ms):
            self._do(command)
        self._set_timer()

    def _decide(self, event: Event, now_ms: int) -> list[Command]:
        commands = self.machine.handle(event, now_ms)
        self.tape.note(event, now_ms, commands)
        return commands

    def _tell_until(self, until_ms: int, now_ms: int) -> None:
        if until_ms != self._told_until_ms and self._reply and self._reply.is_flowing:
            notice_ms = self._reply.notice_until_ms(until_ms)
            self._told_until_ms = until_ms
            self._decide(Queued(self.machine.turn, until_ms, notice_ms), now_ms)

    def _do(self, command: Command) -> None:  # noqa: C901 (one case a command)
        match command:
            case Transcribe(from_ms=from_ms):
                self._recognition.begin(command, self._hearing.audio_from(from_ms))
            case Draft():
                self._begin_draft(command)
            case Release(turn=turn, said=said):
                self._release(turn, said)
            case Reply(turn=turn, said=said):
                self._answer_now(turn, self._caller_said(said), said)
            case NotUnderstood(from_ms=from_ms, speech_end_ms=speech_end_ms):
                self._keep_caller("", self._take_index(), from_ms, speech_end_ms)
            case Say(turn=turn, line=line, number=number):
                self._timings = None
                self._begin_reply(turn, is_line=True)
                self._start(turn, partial(self._say, turn, self._words(line, number)))
            case Fill(number=number):
                self._fill(number)
            case Cancel():
                self._stop_work()
                if self._record is None:
                    self._stuck_in = "tts" if self._reply and self._reply.pieces else "llm"
                    self._reply = None  # not a word of it was spoken, and none will be
            case Mute():
                self._fall_silent()
            case Resume():
                self._resume()
            case Flush():
                self._flush()
            case AllHeard():
                self._finish_reply(None)
            case Hide():
                self._hearing.forget()
                self._line.hide()
            case Show():
                self._hearing.forget()
                self._line.show()
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
        self._ahead.late(self._clock() - self._timer_at_ms)
        due_ms = self.machine.next_deadline_ms()
        if due_ms is not None and due_ms <= self._clock():
            self._handle(Tick())
        else:
            self._set_timer()  # what was due was put off

    def _soon(self, event: Event) -> None:
        """Not now: the commands in hand come first."""
        asyncio.get_running_loop().call_soon(self._handle, event)

    # Work

    def _start(self, turn: int, work: Callable[[], Awaitable[None]]) -> None:
        self._stop_work()
        self._work = asyncio.ensure_future(self._guarded(turn, work))

    def _stop_work(self) -> None:
        self._settle_draft(was_heard=False)
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

    def _begin_draft(self, draft: Draft) -> None:
        self._begin_turn(continues=draft.continues)
        job = self._ahead.begin(self._answering.models.in_order()[0])
        if job is None:
            self._soon(Failed(draft.turn, NOT_NOW))
            return
        said = self._said(draft.take)
        told = self._history.for_model(said.text, continues=draft.continues)
        self._begin_reply(draft.turn, said.language, is_flowing=False)
        self._start(draft.turn, partial(self._answer, draft.turn, said, told))
        self._drafted = job

    def _settle_draft(self, *, was_heard: bool) -> None:
        job, self._drafted = self._drafted, None
        if job and was_heard:
            job.used()
        elif job:
            job.done()
            job.wasted()

    def _release(self, turn: int, answered: Answered) -> None:
        reply, said = self._reply, self._caller_said(answered)
        if reply is None or reply.turn != turn:  # it was not begun after all: there was no room
            self._answer_now(turn, said, answered)
            return
        self._settle_draft(was_heard=True)
        reply.was_ahead = True
        reply.drafts = answered.drafts
        self._let_flow(reply)

    def _answer_now(self, turn: int, said: "_Said", answered: Answered) -> None:
        self._begin_reply(turn, said.language).drafts = answered.drafts
        told = self._history.for_model()
        self._start(turn, partial(self._answer, turn, said, told))

    async def _answer(self, turn: int, said: "_Said", told: tuple[Utterance, ...]) -> None:
        """Have the reply written and spoken, as it comes. `told`: the talk, with this in it."""
        pieces, after = Pieces(said.language), After.LISTEN
        async with aclosing(self._written(turn, said, told)) as written:
            async for part in written:
                if isinstance(part, After):
                    after = part
                    continue
                for sentence in pieces.push(part):
                    await self._speak(turn, sentence)
                if self._is_long():
                    break
        for sentence in pieces.rest():
            await self._speak(turn, sentence)
        await self._reply_made(turn, after)

    async def _written(
        self, turn: int, said: "_Said", told: tuple[Utterance, ...]
    ) -> AsyncGenerator[str | After, None]:
        """What is to be said: the model's words or, if that is what was asked, the last again."""
        if again := self._asked_again(said):
            yield again
            return
        knowledge = self._main.speaking(said.language).knowledge
        reply = self._current(turn)
        written = self._answering.written(told, knowledge, lambda: reply.is_flowing, reply.stood_in)
        async with aclosing(written) as pieces:
            async for piece in pieces:
                yield piece

    def _asked_again(self, said: "_Said") -> str:
        request = request_in(said.text, said.language)
        last = self._history.last_reply()
        if request is None or not last:
            return ""
        if self._asked_at != self._next_index:  # not again for each draft
            self._asked_at = self._next_index
            self._voicing.follow(request)
        return last

    def _is_long(self) -> bool:
        return self._reply is not None and self._reply.made_ms() >= self._main.tuning.max_reply_ms

    async def _say(self, turn: int, text: str) -> None:
        for sentence in pieces_of_line(text) or (text,):
            await self._speak(turn, sentence)
        await self._reply_made(turn, After.LISTEN)

    async def _speak(self, turn: int, sentence: str) -> None:
        reply = self._current(turn)
        if reply.pieces and not reply.is_flowing:
            await self._until_flowing()  # one piece of a guess is enough
        if reply.first_sentence_ms is None:
            reply.first_sentence_ms = self._clock()
        reply.begin_piece(sentence, is_notice=self._is_notice(sentence))
        spoken = self._voicing.spoken(
            sentence, reply.language, is_line=reply.is_line, stood_in=reply.stood_in
        )
        async with aclosing(spoken) as pieces:
            async for pcm in pieces:
                self._sound(turn, pcm)
                await self._keep_pace(turn)
        if reply.is_flowing:
            self._line.end_piece()

    def _is_notice(self, sentence: str) -> bool:
        """Whether it is one of the sentences that are always heard to the end, or part of one."""
        plain = sentence.casefold().strip()
        return any(plain in notice or notice in plain for notice in self._notices)

    async def _keep_pace(self, turn: int) -> None:
        """Leave the rest of a long speech to later; other calls' first words come sooner."""
        reply = self._current(turn)
        if not reply.is_flowing and reply.unqueued_ms() >= PACE_MS:
            await self._until_flowing()
        now_ms = self._clock()
        ahead_ms = self._line.plays_until(now_ms) - now_ms if reply.is_flowing else 0
        if ahead_ms > PACE_MS:
            await asyncio.sleep((ahead_ms - PACE_MS) / 1000)

    async def _until_flowing(self) -> None:
        async with asyncio.timeout(HELD_DEADLINE_S):
            await self._may_flow.wait()

    def _current(self, turn: int) -> SpokenReply:
        if self._reply is None or self._reply.turn != turn:
            raise asyncio.CancelledError  # decided against while this was made
        return self._reply

    async def _reply_made(self, turn: int, after: After) -> None:
        if not self._current(turn).is_flowing:
            await self._until_flowing()
        self._current(turn)
        if self._record:
            self._told(self._line.end_reply())
        self._handle(ReplyMade(turn, after))

    # On the line

    def _begin_reply(
        self, turn: int, language: str = "", *, is_flowing: bool = True, is_line: bool = False
    ) -> SpokenReply:
        language = language or self._script.language
        self._reply = SpokenReply(turn, language, is_flowing=is_flowing, is_line=is_line)
        self._record = None
        self._may_flow = asyncio.Event()
        return self._reply

    def _sound(self, turn: int, pcm: bytes) -> None:
        reply = self._current(turn)
        if pcm:
            reply.add_audio(pcm)
            if reply.is_flowing:
                self._queue(reply)

    def _queue(self, reply: SpokenReply) -> None:
        """Give the line what it has not been given."""
        pcm = reply.take_unqueued()
        if not pcm:
            return
        if self._record is None:
            (reply.prelude, reply.prelude_ms), self._prelude = self._prelude, ("", 0)
            if not reply.prelude:
                self._line.begin_reply()
        until_ms = self._line.play(pcm)
        if self._record is None:
            self._first_audio(reply)
        self._told(until_ms)

    def _told(self, until_ms: int) -> None:
        """The machine learns until when the reply plays as it is."""
        if self._reply:
            self._told_until_ms = until_ms
            notice_ms = self._reply.notice_until_ms(until_ms)
            self._handle(Queued(self._reply.turn, until_ms, notice_ms))

    def _let_flow(self, reply: SpokenReply) -> None:
        reply.is_flowing = True
        self._queue(reply)
        self._may_flow.set()

    def _fill(self, number: int) -> None:
        """Say that it takes a moment, if such a sentence lies ready."""
        fillers = self._script.fillers
        text = fillers[number % len(fillers)] if fillers else ""
        pcm = self._voicing.ready(text, self._script.language)
        if pcm and self._record is None:
            self._line.begin_reply()
            self._line.play(pcm)
            self._prelude = (text, len(pcm) * 1000 // (2 * SAMPLE_HZ))

    def _fall_silent(self) -> None:
        heard_ms = self._line.flush()
        if self._reply:
            self._reply.stop(heard_ms)
            self._may_flow.clear()

    def _resume(self) -> None:
        if self._reply:
            self._reply.take_up()
            self._line.begin_reply()
            self._let_flow(self._reply)
            self._told(self._line.plays_until(self._clock()))

    def _flush(self) -> None:
        self._prelude = ("", 0)
        is_stopped = self._reply is not None and self._record and not self._reply.is_flowing
        line_ms = 0 if is_stopped else self._line.flush()
        self._finish_reply(line_ms, was_interrupted=True)

    # What is kept

    def _said(self, take: int) -> "_Said":
        return _Said(self._takes.text(take), self._takes.language(take))

    def _caller_said(self, answered: Answered) -> "_Said":
        """Keep what the caller said, as it is being answered."""
        self._choose_engines(answered)
        if answered.take:
            said = self._said(answered.take)
            self._speak_language(said.language)
        else:
            text = self._last_keys if answered.continues else self._typed(answered)
            said = _Said(text, self._script.language)
        self._timings = TurnTimings(
            answered.speech_end_ms, answered.turn_end_ms, self._takes.at_ms(answered.take)
        )
        if not answered.continues:
            self._caller_index = self._take_index()
        self._history.caller_said(said.text, continues=answered.continues)
        self._keep_caller(
            said.text,
            self._caller_index,
            answered.from_ms,
            answered.speech_end_ms,
            stood_in=("stt",) if self._takes.stood_in(answered.take) else (),
        )
        self._takes.settle(answered.take)
        return said

    def _choose_engines(self, answered: Answered) -> None:
        """A second try of the same turn leaves out whoever the first was stuck in."""
        is_again = answered.continues and answered.take == self._answered_take
        self._answered_take = answered.take
        if is_again and self._stuck_in == "llm":
            self._answering.models.skip()
        elif is_again:
            self._voicing.skip(self._script.language)
        else:
            self._begin_turn(continues=answered.continues)

    def _begin_turn(self, *, continues: bool) -> None:
        """Whoever failed in the turn before may be asked again; once a turn, drafts and all."""
        index = self._caller_index if continues else self._next_index
        if index != self._turn_index:
            self._turn_index = index
            self._answering.models.next_turn()
            self._voicing.next_turn()

    def _typed(self, answered: Answered) -> str:
        """The keys as the model and the transcript get them."""
        keys = self._pressed[-answered.keys :].rstrip("#") or "#"
        self._pressed = ""
        if answered.is_secret:
            self.secret = keys
            keys = f"{len(keys)} secret digits"
        self._last_keys = f"[{keys}]"
        return self._last_keys

    def _speak_language(self, language: str) -> None:
        if language != self._script.language:
            self._script = self._main.speaking(language)
            self._takes.speak(language)

    def _keep_caller(
        self,
        text: str,
        index: int,
        started_ms: int,
        ended_ms: int,
        stood_in: tuple[Stage, ...] = (),
    ) -> None:
        record = TurnRecord(index, Speaker.CALLER, text, started_ms, ended_ms, stood_in=stood_in)
        self._journal.turn(record)

    def _first_audio(self, reply: SpokenReply) -> None:
        """Journal the turn as it begins, so that a crash finds it begun."""
        now_ms = self._clock()
        timings = self._timings
        if timings:
            timings.first_sentence_ms = reply.first_sentence_ms
            timings.first_audio_ms = now_ms
            log.info("turn answered in %s ms", timings.response_ms())
        self._record = TurnRecord(
            index=self._take_index(),
            speaker=Speaker.AGENT,
            text="",
            unheard_text=reply.text(),
            started_ms=now_ms,
            ended_ms=now_ms,
            endpointing_ms=timings.endpointing_ms() if timings else None,
            stt_ms=timings.stt_ms() if timings else None,
            llm_ms=timings.llm_ms() if timings else None,
            tts_ms=timings.tts_ms() if timings else None,
            response_ms=timings.response_ms() if timings else None,
            drafts=reply.drafts,
            was_ahead=reply.was_ahead,
            stood_in=tuple(sorted(reply.stood_in)),
        )
        self._journal.turn(self._record)

    def _finish_reply(self, line_ms: int | None, *, was_interrupted: bool = False) -> None:
        """The reply in the air is over, the line having played so much; None: all of it."""
        reply, begun = self._reply, self._record
        self._reply = self._record = None
        if reply is None or begun is None:
            return
        heard, unheard = reply.text(), ""
        if line_ms is not None:
            heard, unheard = reply.split(reply.heard_ms(line_ms))
        self._history.agent_was_heard(heard)
        self._takes.agent_said(heard)
        if not reply.is_line:
            self._voicing.pace.replied()
        self._journal.turn(
            replace(
                begun,
                text=f"{reply.prelude} {heard}".strip(),
                unheard_text=unheard,
                was_interrupted=was_interrupted and bool(unheard),
                ended_ms=max(begun.started_ms, self._clock()),
                stood_in=tuple(sorted(reply.stood_in)),
            )
        )

    def _take_index(self) -> int:
        self._next_index += 1
        return self._next_index - 1

    def _words(self, line: Line, number: int) -> str:
        script = self._script
        if line is Line.STILL_THERE:
            prompts = script.idle_prompts[number:] or (script.say_again,)
            return prompts[0]
        return {
            Line.GREETING: script.greeting,
            Line.SAY_AGAIN: script.say_again,
            Line.TYPE_IT: script.type_it,
            Line.GOODBYE: script.goodbye,
            Line.TIME_IS_UP: script.time_is_up,
            Line.TROUBLE: script.trouble,
        }[line]


@dataclass(frozen=True, slots=True)
class _Said:
    """What the caller asks, as the model is to be told."""

    text: str
    language: str
