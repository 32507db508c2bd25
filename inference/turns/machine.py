"""Who holds the floor: every decision of a call, in one synchronous place.

`handle` takes what happened and when, and returns what to do. Nothing here waits, sleeps,
reads a clock, knows a network or sees a word. A call replays from its events millisecond for
millisecond.
"""

from dataclasses import dataclass, replace
from enum import Enum
from operator import itemgetter

from inference.engines.base import After
from inference.journal import Ending
from inference.turns.caller import WORD_MS, CallerTurn, Drafted, Take
from inference.turns.endpointing import Loudness, SpeechRun
from inference.turns.events import (
    AllHeard,
    Answered,
    CallerGone,
    Cancel,
    Command,
    Draft,
    End,
    EndHeard,
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
    TakeFailed,
    Transcribe,
    Transcribed,
)
from inference.turns.meaning import Finish, Kind, Meaning
from inference.turns.patience import Patience
from inference.turns.tuning import Tuning

MISHEARD_LIMIT = 3  # utterances in a row without a word, then someone else should listen
ENDLESS_LIMIT = 3  # longest utterances in a row: music, or a room, not a caller
COUGH_MS = 480  # of sound without a word that is passed over
SURE_MS = 100  # of silence in a take, then not even the end of a faint last word is missing
# The same where the words look unfinished: some are known only by the silence after them.
UNFINISHED_MS = (200, 300)
LEAST_SILENCE_MS = 60  # seen by the detector: single frames inside a word are missed
TAKES_AT_ONCE = 2
UNLUCKY = 3  # drafts in a row, begun before all was recognised, that nobody heard: no more
TAKE_BACK_MS = 600  # into a reply; a caller who talks on by then was not done
REPLY_TAKES_MS = 400  # from its begin to its first sound, with room
JUDGE_MS = 200  # of silence, then what was said over the agent is recognised, at the latest
NOISE_MS = 2_000  # of sound without a word over the agent, then it talks on over it
SPOKEN_SECRET_MS = 600  # of speech where keys are expected


class Deadline(Enum):
    EARLY = "the caller may be done"
    DRAFT = "the caller is likely done"
    ENDPOINT = "the caller has been silent long enough, or has talked long enough"
    UNDECIDED = "nobody knows what was said over the agent"
    KEYS = "no further key was pressed"
    IDLE = "nobody says anything"
    FILLER = "the caller is waiting"
    RETRY = "something is stuck"
    NO_AUDIO = "no audio in time"
    STALLED = "the audio stopped halfway"
    ALL_HEARD = "everything queued has been played"
    CLOSING = "the last sentence took too long"
    TIME_UP = "the longest call time was reached"


class State(Enum):
    WAITING = "waiting"  # the line is not open yet
    LISTENING = "listening"
    THINKING = "thinking"  # the caller is done, nothing has been spoken yet
    SPEAKING = "speaking"
    HELD = "held"  # the caller talks over the agent, which is silent and may go on
    TYPING = "typing"  # the caller types what nobody is told
    CLOSING = "closing"  # the last sentence; nothing interrupts it
    ENDED = "ended"


@dataclass(slots=True)
class Speech:
    """What the agent is saying, or about to."""

    since_ms: int  # waited for
    said: Answered | None = None  # what it answers; None: a line of our own
    may_be_interrupted: bool = True
    plays_until_ms: int | None = None
    notice_until_ms: int = 0
    spoke_at_ms: int | None = None  # since when it is heard
    is_made: bool = False
    after: After = After.LISTEN
    is_filled: bool = False
    is_retried: bool = False
    false_stops: int = 0


@dataclass(slots=True)
class Keys:
    """What the caller has typed and not yet been answered."""

    count: int = 0
    at_ms: int = 0
    has_end: bool = False

    def forget(self) -> None:
        self.count = 0
        self.has_end = False


class TurnMachine:
    """One call's turns. `at_ms` never goes back."""

    def __init__(
        self,
        tuning: Tuning,
        *,
        greeting_may_be_interrupted: bool = True,
        hangover_ms: int = 0,
    ) -> None:
        """`hangover_ms`: how long the detector takes silence for speech at its end."""
        self.tuning = tuning
        self.state = State.WAITING
        self.turn = 0  # of the work in hand; older results are for nobody
        self.take = 0
        self.patience = Patience(tuning)
        self._hangover_ms = hangover_ms
        self._greeting_may_be_interrupted = greeting_may_be_interrupted
        self._loudness = Loudness()
        self._run = SpeechRun()
        self._caller: CallerTurn | None = None
        self._answered: CallerTurn | None = None  # whose answer has just begun to be heard
        self._keys = Keys()
        self._speech = Speech(0)
        self._is_hidden = False
        self._started_at_ms = 0
        self._quiet_since_ms = 0
        self._ending: Ending | None = None
        self._detail = ""
        self._closing_at_ms = 0
        self._idle_prompts = 0
        self._failures = 0
        self._misheard = 0
        self._endless = 0
        self._fills = 0
        self._unlucky = 0
        self._due_ms: int | None = None

    def handle(self, event: Event, at_ms: int) -> list[Command]:
        if self.state is State.ENDED:
            return []
        is_due = self._due_ms is not None and self._due_ms <= at_ms
        if isinstance(event, Heard) and not is_due:
            was_sharp = self._run.is_sharp
            is_speech = self._hears_speech(event, at_ms)
            if not is_speech and self._run.is_sharp == was_sharp:
                return []  # nine frames of ten; they change no deadline
            decided = self._listen(event.frame_ms, at_ms) if is_speech else []
        else:
            # who has gone is not spoken to, and what plays on has not been heard yet
            is_first = isinstance(event, CallerGone | Queued)
            late = self._overdue(at_ms) if is_due and not is_first else []
            decided = late + self._decide(event, at_ms)
        self._due_ms = min((due_ms for due_ms, _ in self._deadlines()), default=None)
        return decided

    def _hears_speech(self, heard: Heard, at_ms: int) -> bool:
        if self._answered and not self._may_be_taken_back(at_ms):
            self._answered = None
        quiet = self._loudness.is_quiet(
            heard.level_db, speech=heard.speech, frame_ms=heard.frame_ms
        )
        return self._run.heard(heard.speech, heard.frame_ms, at_ms, quiet=quiet)

    def next_deadline_ms(self) -> int | None:
        """When `Tick` is due if nothing else happens; None once the call is over."""
        return self._due_ms

    def caller_audio_from_ms(self) -> int | None:
        """From when the caller's audio is still needed; None while nobody's turn is open."""
        answered, caller = self._answered, self._caller
        if answered and caller:
            return min(answered.from_ms, caller.from_ms)
        turn = answered or caller
        return turn.from_ms if turn else None

    # What happened

    def _decide(self, event: Event, at_ms: int) -> list[Command]:  # noqa: C901 (one case an event)
        if self.state is State.ENDED:
            return []
        match event:
            case Heard(frame_ms=frame_ms):
                return self._listen(frame_ms, at_ms) if self._hears_speech(event, at_ms) else []
            case Started() if self.state is State.WAITING:
                self._started_at_ms = self._quiet_since_ms = at_ms
                return self._say(Line.GREETING, at_ms, interrupt=self._greeting_may_be_interrupted)
            case KeyPressed(is_end=is_end):
                return self._take_key(is_end, at_ms)
            case Transcribed():
                return self._transcribed(event, at_ms)
            case TakeFailed(take=take, reason=reason):
                return self._take_failed(take, reason, at_ms)
            case EndHeard(take=take, percent=percent):
                return self._end_heard(take, percent)
            case Queued(turn=turn) if self._is_current(turn):
                return self._speaks(event, at_ms)
            case ReplyMade(turn=turn, after=after) if self._is_current(turn):
                return self._reply_made(after, at_ms)
            case Failed(turn=turn, reason=reason):
                if self._caller and self._caller.draft and turn == self._caller.draft.turn:
                    self._caller.draft = None  # at the end of the turn, again
                    return []
                return self._failed(reason, at_ms) if self._is_current(turn) else []
            case CallerGone():
                return self._end(Ending.CALLER_HUNG_UP)
            case _:
                return []

    def _is_current(self, turn: int) -> bool:
        """While words are still waited for, the turn's number is that of what was said before."""
        if self.state is State.THINKING and self._speech.said is None:
            return False
        return turn == self.turn and self.state in (
            State.THINKING,
            State.SPEAKING,
            State.HELD,
            State.CLOSING,
        )

    # The caller speaks

    def _listen(self, frame_ms: int, at_ms: int) -> list[Command]:
        spoken_ms, tuning = self._run.speech_ms, self.tuning
        match self.state:
            case State.LISTENING | State.HELD | State.SPEAKING if self._caller:
                return self._caller_speaks(self._caller, frame_ms, at_ms)
            case State.LISTENING if self._keys.count:
                if spoken_ms >= 2 * tuning.mute_ms:  # a noise does not undo a key
                    self._open_turn(at_ms)
            case State.LISTENING if spoken_ms >= tuning.min_speech_ms:
                self._open_turn(at_ms)
            case State.THINKING if self._caller and spoken_ms >= tuning.min_speech_ms:
                return self._reopen_turn(self._caller, at_ms)
            case State.SPEAKING if spoken_ms >= self._stopping_ms():
                if self._may_be_interrupted(at_ms):
                    self.state = State.HELD
                    self._open_turn(at_ms)
                    return [Mute()]
                if tuning.hears_stop_words and at_ms >= self._speech.notice_until_ms:
                    self._open_turn(at_ms)  # heard in passing
            case State.TYPING if spoken_ms >= SPOKEN_SECRET_MS:
                return self._say(Line.TYPE_IT, at_ms, after=After.SECRET_KEYS)
        return []

    def _may_be_interrupted(self, at_ms: int) -> bool:
        speech = self._speech
        if not (self.tuning.can_interrupt and speech.may_be_interrupted):
            return False
        return speech.plays_until_ms is not None and at_ms >= speech.notice_until_ms

    def _stopping_ms(self) -> int:
        """Of speech; more after each noise that was taken for a word."""
        return self.tuning.mute_ms << 2 * self._speech.false_stops

    def _open_turn(self, at_ms: int) -> None:
        self._keys.forget()
        self._caller = CallerTurn(
            from_ms=max(0, self._run.began_at_ms - self.tuning.preroll_ms),
            speech_end_ms=at_ms,
            speech_ms=self._run.speech_ms,
            take_at_ms=self._run.began_at_ms,
        )

    def _caller_speaks(self, caller: CallerTurn, frame_ms: int, at_ms: int) -> list[Command]:
        run, click_ms = self._run, self.tuning.min_speech_ms
        caller.spoke(frame_ms, at_ms, run)
        if caller.paused_ms and run.speech_ms >= click_ms:
            self.patience.caller_paused(caller.paused_ms)
            caller.paused_ms = 0
        dropped: list[Command] = []
        if caller.draft and caller.draft.speech_after_ms >= caller.draft.bears_ms:
            dropped = self._drop_draft(caller)
        if self._is_time_for_partial(caller, at_ms):
            is_ahead = self.state is State.LISTENING
            return [*dropped, self._begin_take(caller, at_ms, is_ahead=is_ahead)]
        return dropped

    def _is_time_for_partial(self, caller: CallerTurn, at_ms: int) -> bool:
        every_ms = self.tuning.partial_ms
        if self.state is State.HELD:
            every_ms = every_ms or 2 * JUDGE_MS  # words decide, however long it takes
        elif self.state is State.SPEAKING:
            return False
        return bool(every_ms) and not caller.in_flight and at_ms - caller.take_at_ms >= every_ms

    def _begin_take(
        self, caller: CallerTurn, at_ms: int, *, is_ahead: bool = False, is_pause: bool = False
    ) -> Command:
        self.take += 1
        silence_ms = max(0, self._silent_for_ms(caller, at_ms))
        caller.begin_take(Take(self.take, at_ms, is_pause, silence_ms), TAKES_AT_ONCE)
        return Transcribe(self.take, caller.from_ms, is_ahead, is_pause)

    def _reopen_turn(self, caller: CallerTurn, at_ms: int) -> list[Command]:
        """Nothing has been spoken yet: the pause was only a pause."""
        if self._is_long(caller, at_ms):
            return []  # it would be over at once, and again with every next word
        self.patience.cut_off(self._run.began_at_ms - self._speech_ended_ms(caller))
        self.state = State.LISTENING
        caller.draft = None
        caller.spoke(self._run.speech_ms, at_ms, self._run)
        caller.paused_ms = 0
        silence: list[Command] = [Flush()] if self._speech.is_filled else []
        return [*silence, Cancel()]

    # The caller pauses

    def _paused(self, caller: CallerTurn, at_ms: int) -> list[Command]:
        """Most such pauses are the end of the turn: have recognised what there is."""
        drafted: list[Command] = []
        latest, is_ahead = caller.latest, self.state is State.LISTENING
        if latest and is_ahead and latest.is_complete:
            drafted = self._draft(caller, latest)  # what is still missing may change nothing
        return [*drafted, self._begin_take(caller, at_ms, is_ahead=is_ahead, is_pause=True)]

    def _may_guess(self, caller: CallerTurn) -> bool:
        """Guesses leave the better founded drafts of a turn their share."""
        return self._unlucky < UNLUCKY and caller.drafts < self.tuning.drafts // 2

    def _draft_in_speech(self, caller: CallerTurn, take: Take) -> list[Command]:
        """Words that are complete may be all there is, though the last one still sounds."""
        if caller.keeps_draft(take):
            return []
        return self._draft(caller, take, WORD_MS) if take.is_complete else self._drop_draft(caller)

    def _draft_in_pause(self, caller: CallerTurn, take: Take, at_ms: int) -> list[Command]:
        """At once for words that are complete; else when the pause is long enough for an end."""
        silence_ms = self._silence_after_ms(caller.covering(self.tuning.min_speech_ms))
        if take.is_complete or at_ms >= self._draft_ms(caller, silence_ms):
            return self._draft(caller, take)
        return [] if caller.keeps_draft(take) else self._drop_draft(caller)

    def _draft_ms(self, caller: CallerTurn, silence_ms: int) -> int:
        """When a reply must be begun to be ready once the silence has lasted so long."""
        return self._pause_ends_ms(caller, silence_ms - REPLY_TAKES_MS)

    def _lacks_draft(self, caller: CallerTurn) -> bool:
        take = caller.covering(self.tuning.min_speech_ms)
        if take is None or take.text is None or caller.draft:
            return False
        has_left = caller.drafts < self.tuning.drafts
        return has_left and caller.is_worth_a_draft(take, self.tuning.min_speech_ms)

    def _draft(self, caller: CallerTurn, take: Take, bears_ms: int = 0) -> list[Command]:
        """Begin the reply to this take, unless it is begun already or hardly worth it.

        It is kept while less than `bears_ms` of speech follows; 0: than a click.
        """
        click_ms = self.tuning.min_speech_ms
        if take.text is None or (caller.draft and caller.draft.text == take.text):
            return []
        is_guess = not take.covers(click_ms)
        if is_guess and not self._may_guess(caller):
            return []
        dropped = self._drop_draft(caller)
        if caller.drafts >= self.tuning.drafts or not caller.is_worth_a_draft(take, click_ms):
            return dropped
        caller.drafts += 1
        self.turn += 1
        caller.draft = Drafted(self.turn, take.text, is_guess, bears_ms or click_ms)
        return [*dropped, Draft(self.turn, take.number, caller.continues)]

    def _drop_draft(self, caller: CallerTurn) -> list[Command]:
        if caller.draft is None:
            return []
        self._unlucky += caller.draft.is_guess
        caller.draft = None
        self.turn += 1
        return [Cancel()]

    def _speech_ended_ms(self, caller: CallerTurn) -> int:
        return max(caller.from_ms, caller.speech_end_ms - self._late_ms())

    def _late_ms(self) -> int:
        """How much too late the detector saw the end of the last word."""
        return 0 if self._run.is_sharp else self._hangover_ms

    def _silent_for_ms(self, caller: CallerTurn, at_ms: int) -> int:
        return at_ms - self._speech_ended_ms(caller)

    # What was recognised

    def _transcribed(self, heard: Transcribed, at_ms: int) -> list[Command]:
        caller = self._caller
        take = caller.finish_take(heard.take) if caller else None
        if caller is None or take is None:
            return []
        take.text, take.meaning = heard.text, heard.meaning
        if not caller.keep(take):
            return []
        click_ms = self.tuning.min_speech_ms
        match self.state:
            case State.HELD:
                return self._judge(caller, take, heard.sure or heard.meaning, at_ms)
            case State.SPEAKING if heard.meaning.kind is Kind.STOP:
                return self._interrupt(caller, at_ms)
            case State.SPEAKING:
                self._caller = None
            case State.THINKING if take.covers(click_ms):
                return self._answer(caller, take, at_ms)
            case State.THINKING if not caller.in_flight:
                return [self._begin_take(caller, at_ms)]
            case State.LISTENING if self._is_pausing(caller, at_ms):
                return self._draft_in_pause(caller, take, at_ms)
            case State.LISTENING:
                return self._draft_in_speech(caller, take)
        return []

    def _is_pausing(self, caller: CallerTurn, at_ms: int) -> bool:
        return self._silent_for_ms(caller, at_ms) >= self.tuning.early_ms

    def _take_failed(self, number: int, reason: str, at_ms: int) -> list[Command]:
        caller = self._caller
        if caller is None or caller.finish_take(number) is None:
            return []
        caller.failed = reason
        if self.state is not State.THINKING or caller.in_flight:
            return []  # it was early; at the end of the turn, again
        if take := caller.covering(self.tuning.min_speech_ms):
            return self._answer(caller, take, at_ms)  # it would only have been surer
        if not self._speech.is_retried:
            self._speech.is_retried = True
            return [self._begin_take(caller, at_ms)]
        return self._failed(reason, at_ms)

    def _end_heard(self, number: int, percent: int) -> list[Command]:
        for take in self._caller.takes() if self._caller else []:
            if take.number == number:
                take.end_percent = percent
        return []

    # The caller is done

    def _caller_is_done(self, caller: CallerTurn, at_ms: int) -> list[Command]:
        self._endless = self._endless + 1 if self._is_long(caller, at_ms) else 0
        self._run.forget()
        if self._endless >= ENDLESS_LIMIT:
            stop: list[Command] = [Flush(), Cancel()]
            why = "sound without end"
            return stop + self._close(Line.GOODBYE, Ending.IDLE, at_ms, why)
        caller.is_over = True
        take = caller.newest()
        if self.state is State.LISTENING:
            self._await_speech(State.THINKING, at_ms)
        if take is None or not take.covers(self.tuning.min_speech_ms):
            return [self._begin_take(caller, at_ms)]
        if take is not caller.latest:
            return []  # it is on its way
        if self.state is State.HELD:
            assert take.meaning
            return self._judge(caller, take, take.meaning, at_ms)
        return self._answer(caller, take, at_ms)

    def _answer(self, caller: CallerTurn, take: Take, at_ms: int) -> list[Command]:
        if self._may_lack_an_end(take) and caller.awaits_after(take):
            return []  # a recognition with more of the silence is on its way
        meaning = take.meaning
        assert meaning is not None
        assert take.text is not None
        if meaning.kind is Kind.NOTHING:
            return self._drop_draft(caller) + self._not_understood(caller, at_ms)
        ended_ms = self._speech_ended_ms(caller)
        is_hanging = meaning.finish is Finish.HANGING and not self._is_long(caller, at_ms)
        if is_hanging and at_ms - ended_ms < self._silence_after_ms(take):
            self.state = State.LISTENING  # the words came late, and they go on
            caller.is_over = False
            return []
        self._idle_prompts = self._misheard = 0
        said = Answered(
            take.number,
            caller.from_ms,
            ended_ms,
            self._speech.since_ms,
            continues=caller.continues,
            drafts=caller.drafts,
        )
        self._speech.said = said
        caller.continues = True  # from now on, if the caller goes on
        if caller.draft and caller.draft.text == take.text:
            self._unlucky = 0
            caller.draft = None
            return [Release(self.turn, said)]
        dropped = self._drop_draft(caller)
        self.turn += 1
        return [*dropped, Reply(self.turn, said)]

    def _may_lack_an_end(self, take: Take) -> bool:
        """Whether the end of a faint last word may be missing."""
        return self._sure_ms(take, take) > 0

    def _sure_ms(self, heard: Take, newest: Take) -> int:
        """How much silence is to be in the take after the newest, by the words that were heard;
        0: there need not be another."""
        if heard.meaning and heard.meaning.finish is Finish.DONE:
            return 0
        looks_unfinished = heard.has_words and not heard.is_complete
        steps_ms = (SURE_MS, *UNFINISHED_MS) if looks_unfinished else (SURE_MS,)
        return next((ms for ms in steps_ms if ms > newest.silence_ms), 0)

    def _is_long(self, caller: CallerTurn, at_ms: int) -> bool:
        return at_ms >= caller.from_ms + self.tuning.max_utterance_ms

    def _not_understood(self, caller: CallerTurn, at_ms: int) -> list[Command]:
        self._caller = None
        if caller.speech_ms < COUGH_MS:
            self.state = State.LISTENING  # a cough, a door
            return []
        self._misheard += 1
        misheard = NotUnderstood(caller.from_ms, self._speech_ended_ms(caller))
        if self._misheard >= MISHEARD_LIMIT:
            why = "nothing was recognised"
            return [misheard, *self._close(Line.TROUBLE, Ending.TROUBLE, at_ms, why)]
        return [misheard, *self._say(Line.SAY_AGAIN, at_ms)]

    # The caller talks over the agent

    def _judge(self, caller: CallerTurn, take: Take, sure: Meaning, at_ms: int) -> list[Command]:
        """Whether it was an interruption, by the words: all of them, or those that are sure.

        In the middle of a noise a recogniser invents a word once, seldom the same one twice.
        """
        is_all = take.covers(self.tuning.min_speech_ms) and (
            caller.is_over or self._silent_for_ms(caller, at_ms) >= LEAST_SILENCE_MS
        )
        meaning = take.meaning if is_all and take.meaning else sure
        is_word = meaning.kind is Kind.WORDS and meaning.words >= self.tuning.barge_in_words
        if is_word or meaning.kind is Kind.STOP:
            return self._interrupt(caller, at_ms)
        is_noise = meaning.kind is Kind.NOTHING and caller.speech_ms >= NOISE_MS
        return self._go_on(at_ms) if is_all or is_noise else []

    def _may_be_taken_back(self, at_ms: int) -> bool:
        """Whether a caller who speaks now was not done before. Over the agent it stays so."""
        spoke_at_ms = self._speech.spoke_at_ms
        if self.state is State.HELD or spoke_at_ms is None:
            return True
        return at_ms - spoke_at_ms < TAKE_BACK_MS

    def _undecided(self, caller: CallerTurn, at_ms: int) -> list[Command]:
        """Nobody could tell the words, so the length of it must do."""
        if caller.speech_ms < self.tuning.barge_in_ms:
            return self._go_on(at_ms)
        stop: list[Command] = [Flush(), Cancel()]
        misheard = NotUnderstood(caller.from_ms, self._speech_ended_ms(caller))
        return [*stop, misheard, *self._say(Line.SAY_AGAIN, at_ms)]

    def _go_on(self, at_ms: int) -> list[Command]:
        """It was nothing."""
        self.state = State.SPEAKING
        self._caller = None
        self._run.forget()
        self._speech.false_stops += 1
        self._speech.since_ms = at_ms
        self._speech.plays_until_ms = None  # as the line will tell
        return [Resume(self.turn)]

    def _interrupt(self, caller: CallerTurn, at_ms: int) -> list[Command]:
        """The caller has the floor, and goes on talking or has said it all."""
        stop = self._fall_silent(at_ms)
        answered, self._answered = self._answered, None
        if answered and not self._is_long(answered, at_ms):  # or it would be over at once
            self.patience.cut_off(caller.from_ms + self.tuning.preroll_ms - answered.speech_end_ms)
            caller.from_ms = answered.from_ms  # we had cut the caller off: it is one turn
            caller.continues = True
            caller.in_flight.clear()
            caller.latest = None
        caller.is_over = False
        if caller.latest and self._is_pausing(caller, at_ms):
            return stop + self._draft(caller, caller.latest)
        return stop

    def _fall_silent(self, at_ms: int) -> list[Command]:
        if self._speech.plays_until_ms is not None and self._speech.said:
            self._failures = 0  # what was heard of the reply was one
        self.state = State.LISTENING
        self._quiet_since_ms = at_ms
        return [Flush(), Cancel()]  # every ms before the flush we talk over the caller

    # Keys

    def _take_key(self, is_end: bool, at_ms: int) -> list[Command]:
        stop: list[Command] = []
        asks_secret = self._speech.after is After.SECRET_KEYS
        match self.state:
            case State.SPEAKING | State.HELD if (
                self.state is State.HELD or self._may_be_interrupted(at_ms)
            ) and (self._speech.is_made or not self.tuning.has_secrets):
                stop = self._fall_silent(at_ms)
                if asks_secret:
                    stop += self._expect_secret(at_ms)
            case State.SPEAKING:  # it counts once this has been heard
                self._count_key(is_end, at_ms)
                return self._hide() if self.tuning.has_secrets else []
            case State.THINKING:
                stop = [Flush(), Cancel()] if self._speech.is_filled else [Cancel()]
                self.state = State.LISTENING
            case State.LISTENING:
                stop = self._drop_draft(self._caller) if self._caller else []
            case State.TYPING:
                pass
            case _:
                return []
        self._caller = None
        self._run.forget()  # what was said until now, or the key's own tone
        self._idle_prompts = self._misheard = 0
        self._count_key(is_end, at_ms)
        return stop + (self._keys_done(at_ms) if is_end else [])

    def _count_key(self, is_end: bool, at_ms: int) -> None:
        self._keys.count += 1
        self._keys.at_ms = at_ms
        self._keys.has_end = is_end

    def _expect_secret(self, at_ms: int) -> list[Command]:
        self.state = State.TYPING
        self._caller = None
        self._run.forget()
        self._quiet_since_ms = at_ms
        return self._hide()

    def _hide(self) -> list[Command]:
        if self._is_hidden:
            return []
        self._is_hidden = True
        return [Hide()]

    def _show(self) -> list[Command]:
        if not self._is_hidden:
            return []
        self._is_hidden = False
        return [Show()]

    def _keys_done(self, at_ms: int) -> list[Command]:
        keys, is_secret = self._keys.count, self.state is State.TYPING
        said = Answered(0, self._keys.at_ms, self._keys.at_ms, at_ms, keys, is_secret)
        self._keys.forget()
        self._caller = None
        self._await_speech(State.THINKING, at_ms)
        self._speech.said = said
        self.turn += 1
        return [*self._show(), Reply(self.turn, said)]

    # The agent

    def _await_speech(self, state: State, at_ms: int) -> None:
        self.state = state
        self._speech = Speech(since_ms=at_ms)
        self._answered = None

    def _say(
        self,
        line: Line,
        at_ms: int,
        *,
        number: int = 0,
        interrupt: bool = True,
        after: After = After.LISTEN,
    ) -> list[Command]:
        self.turn += 1
        self._await_speech(State.SPEAKING, at_ms)
        self._speech.may_be_interrupted = interrupt
        self._speech.after = after
        self._caller = None
        self._keys.forget()
        return [*self._show(), Say(self.turn, line, number)]

    def _speaks(self, queued: Queued, at_ms: int) -> list[Command]:
        if self.state is State.HELD:
            return []
        speech = self._speech
        if speech.spoke_at_ms is None:
            speech.spoke_at_ms = at_ms
        speech.plays_until_ms = queued.until_ms
        speech.notice_until_ms = queued.notice_until_ms
        if self.state is State.THINKING:
            self.state = State.SPEAKING
            self._answered, self._caller = self._caller, None
            self._run.forget()
        return []

    def _reply_made(self, after: After, at_ms: int) -> list[Command]:
        speech = self._speech
        if speech.spoke_at_ms is None:
            if after is After.LISTEN:
                return self._failed("nothing was spoken", at_ms)
            self._speaks(Queued(self.turn, at_ms), at_ms)  # a deed without words
        speech.is_made = True
        if speech.said:
            speech.after = after
        return []

    def _all_heard(self, at_ms: int) -> list[Command]:
        heard: list[Command] = [AllHeard(self.turn)]
        if self.state is State.CLOSING:
            assert self._ending
            return heard + self._end(self._ending, self._detail)
        if self._speech.said:
            self._failures = 0
        self._answered = None
        match self._speech.after:
            case After.HANG_UP:
                return heard + self._end(Ending.AGENT_HUNG_UP)
            case After.HAND_OVER:
                return heard + self._end(Ending.HANDED_OVER)
            case After.SECRET_KEYS:
                heard += self._expect_secret(at_ms)
                return heard + (self._keys_done(at_ms) if self._keys.has_end else [])
        self.state = State.LISTENING
        self._quiet_since_ms = at_ms
        self._caller = None
        if self._run.speech_ms >= self.tuning.min_speech_ms and (
            at_ms - self._run.last_at_ms < self.tuning.endpoint_ms
        ):
            self._open_turn(self._run.last_at_ms)  # the caller began over our last words
        return heard + self._show()

    # Trouble

    def _failed(self, reason: str, at_ms: int) -> list[Command]:
        speech = self._speech
        if self.state is State.HELD:
            speech.is_made = True  # what there is of it
            return []
        if self.state is State.CLOSING:
            return self._give_up(reason, at_ms)
        if speech.said and speech.plays_until_ms is None and not speech.is_retried:
            return self._retry(at_ms)
        self._failures += 1
        is_own_line = speech.said is None and self.state is State.SPEAKING
        if is_own_line or self._failures >= self.tuning.failures:
            return self._give_up(reason, at_ms)
        stop: list[Command] = [Flush(), Cancel()]  # the first words may be on their way
        return stop + self._say(Line.SAY_AGAIN, at_ms)

    def _retry(self, at_ms: int) -> list[Command]:
        """Begin again what is stuck; once a turn."""
        speech = self._speech
        speech.is_retried = True
        if speech.said:
            self.turn += 1
            return [Cancel(), Reply(self.turn, replace(speech.said, continues=True))]
        if self._caller:
            return [self._begin_take(self._caller, at_ms)]
        return []

    def _give_up(self, reason: str, at_ms: int) -> list[Command]:
        stop: list[Command] = [Flush(), Cancel()]
        if self.state is State.CLOSING:
            assert self._ending
            return stop + self._end(self._ending, self._detail or reason)
        return stop + self._close(Line.TROUBLE, Ending.TROUBLE, at_ms, reason)

    def _close(self, line: Line, ending: Ending, at_ms: int, detail: str = "") -> list[Command]:
        said = self._say(line, at_ms)
        self.state = State.CLOSING
        self._closing_at_ms = at_ms
        self._ending = ending
        self._detail = detail
        return said

    def _end(self, ending: Ending, detail: str = "") -> list[Command]:
        self.state = State.ENDED
        return [End(ending, detail)]

    # Time

    def _deadlines(self) -> list[tuple[int, Deadline]]:
        tuning, speech = self.tuning, self._speech
        found: list[tuple[int, Deadline]] = []
        match self.state:
            case State.WAITING | State.ENDED:
                return []
            case State.CLOSING:
                found.append((self._closing_at_ms + tuning.closing_ms, Deadline.CLOSING))
                found += self._speaking_deadlines()
                return found
            case State.LISTENING | State.HELD if self._caller:
                found += self._caller_deadlines(self._caller)
            case State.LISTENING if self._keys.count:
                pause_ms = 0 if self._keys.has_end else tuning.digit_pause_ms
                found.append((self._keys.at_ms + pause_ms, Deadline.KEYS))
            case State.TYPING if self._keys.count:
                found.append((self._keys.at_ms + tuning.secret_pause_ms, Deadline.KEYS))
            case State.LISTENING | State.TYPING:
                found.append((self._quiet_since_ms + tuning.idle_ms, Deadline.IDLE))
            case State.THINKING:
                if tuning.filler_ms and not speech.is_filled:
                    found.append((speech.since_ms + tuning.filler_ms, Deadline.FILLER))
                if tuning.retry_ms and not speech.is_retried:
                    found.append((speech.since_ms + tuning.retry_ms, Deadline.RETRY))
                found.append((speech.since_ms + tuning.first_audio_ms, Deadline.NO_AUDIO))
            case State.SPEAKING:
                found += self._speaking_deadlines()
                if self._caller and self._is_early(self._caller):
                    found.append((self._pause_ends_ms(self._caller, JUDGE_MS), Deadline.EARLY))
        found.append((self._started_at_ms + tuning.max_call_ms, Deadline.TIME_UP))
        return found

    def _caller_deadlines(self, caller: CallerTurn) -> list[tuple[int, Deadline]]:
        tuning, is_held = self.tuning, self.state is State.HELD
        if caller.is_over:
            return [(caller.speech_end_ms + tuning.retry_ms, Deadline.UNDECIDED)]
        silence_ms = self._silence_after_ms(caller.covering(tuning.min_speech_ms))
        found = [
            (self._pause_ends_ms(caller, silence_ms), Deadline.ENDPOINT),
            (caller.from_ms + tuning.max_utterance_ms, Deadline.ENDPOINT),
        ]
        early_ms = tuning.early_ms or (JUDGE_MS if is_held else 0)
        if early_ms and self._is_early(caller):
            least_ms = min(early_ms, LEAST_SILENCE_MS)  # begun in vain, it costs no caller a word
            found.append((self._pause_ends_ms(caller, early_ms, least_ms), Deadline.EARLY))
        elif early_ms and (sure_ms := self._to_be_made_sure_ms(caller)):
            found.append((self._pause_ends_ms(caller, sure_ms), Deadline.EARLY))
        if self.state is State.LISTENING and self._lacks_draft(caller):
            found.append((self._draft_ms(caller, silence_ms), Deadline.DRAFT))
        return found

    def _to_be_made_sure_ms(self, caller: CallerTurn) -> int:
        """Of silence, then it is recognised again; 0: not."""
        newest = caller.newest()
        if newest is None or caller.failed or len(caller.in_flight) >= TAKES_AT_ONCE:
            return 0
        return self._sure_ms(caller.covering(self.tuning.min_speech_ms) or newest, newest)

    def _silence_after_ms(self, take: Take | None) -> int:
        """How much silence ends the turn, by all that is known of it."""
        if take is None or take.end_percent is None:
            return self.patience.silence_ms(take.meaning if take else None)
        return self.patience.silence_ms(take.meaning, take.end_percent / 100)

    def _is_early(self, caller: CallerTurn) -> bool:
        """Whether nothing is being recognised of what the caller said last."""
        newest = caller.newest()
        covers = newest is not None and newest.covers(self.tuning.min_speech_ms)
        return not covers and not caller.failed

    def _pause_ends_ms(
        self, caller: CallerTurn, silence_ms: int, least_ms: int = LEAST_SILENCE_MS
    ) -> int:
        """When so much silence is over, after the detector's last speech."""
        return caller.speech_end_ms + max(silence_ms - self._late_ms(), least_ms)

    def _speaking_deadlines(self) -> list[tuple[int, Deadline]]:
        speech = self._speech
        if speech.plays_until_ms is None:
            return [(speech.since_ms + self.tuning.first_audio_ms, Deadline.NO_AUDIO)]
        if speech.is_made:
            return [(speech.plays_until_ms, Deadline.ALL_HEARD)]
        return [(speech.plays_until_ms + self.tuning.stall_ms, Deadline.STALLED)]

    def _overdue(self, at_ms: int) -> list[Command]:
        due = [deadline for deadline in self._deadlines() if deadline[0] <= at_ms]
        return self._passed(min(due, key=itemgetter(0))[1], at_ms) if due else []

    def _passed(self, deadline: Deadline, at_ms: int) -> list[Command]:  # noqa: C901 (one case each)
        caller = self._caller
        match deadline:
            case Deadline.EARLY if caller:
                return self._paused(caller, at_ms)
            case Deadline.DRAFT if caller and caller.latest:
                return self._draft(caller, caller.latest)
            case Deadline.ENDPOINT if caller:
                return self._caller_is_done(caller, at_ms)
            case Deadline.UNDECIDED if caller:
                return self._undecided(caller, at_ms)
            case Deadline.KEYS:
                return self._keys_done(at_ms)
            case Deadline.ALL_HEARD:
                return self._all_heard(at_ms)
            case Deadline.FILLER:
                self._speech.is_filled = True
                self._fills += 1
                return [Fill(self.turn, self._fills - 1)]
            case Deadline.RETRY:
                return self._retry(at_ms)
            case Deadline.IDLE:
                return self._idle(at_ms)
            case Deadline.TIME_UP:
                stop: list[Command] = [Flush(), Cancel()]
                return stop + self._close(Line.TIME_IS_UP, Ending.TIME_UP, at_ms)
            case Deadline.CLOSING:
                assert self._ending
                return [Cancel(), *self._end(self._ending, self._detail)]
            case Deadline.NO_AUDIO:
                return self._give_up(deadline.value, at_ms)
            case Deadline.STALLED:
                return self._failed(deadline.value, at_ms)
        return []

    def _idle(self, at_ms: int) -> list[Command]:
        if self._idle_prompts >= self.tuning.idle_prompts:
            return self._close(Line.GOODBYE, Ending.IDLE, at_ms)
        self._idle_prompts += 1
        number = self._idle_prompts - 1
        after = After.SECRET_KEYS if self.state is State.TYPING else After.LISTEN
        return self._say(Line.STILL_THERE, at_ms, number=number, after=after)
