"""Who holds the floor: every decision of a call, in one synchronous place.

`handle` takes what happened and when, and returns what to do. Nothing here waits, sleeps,
reads a clock or knows a network. A call replays from its events millisecond for millisecond.
"""

from dataclasses import dataclass
from enum import Enum
from operator import itemgetter

from inference.engines.base import After
from inference.journal import Ending
from inference.turns.endpointing import SpeechRun
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
    Transcribe,
    Transcribed,
)
from inference.turns.tuning import Tuning

MISHEARD_LIMIT = 3  # utterances in a row without a word, then someone else should listen

LEAST_SILENCE_MS = 60  # seen by the detector: single frames inside a word are missed


class Deadline(Enum):
    EARLY = "the caller may be done"
    ENDPOINT = "the caller has been silent long enough, or has talked long enough"
    DIGITS = "no further key was pressed"
    IDLE = "nobody says anything"
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
    CLOSING = "closing"  # the last sentence; nothing interrupts it
    ENDED = "ended"


@dataclass(slots=True)
class CallerTurn:
    """What the caller is saying, or has said and not yet been answered."""

    from_ms: int
    speech_end_ms: int  # as the detector has it
    speech_ms: int
    is_guessed: bool = False  # recognition was begun before the turn was over
    guess: str | None = None  # what it gave, if it gave anything
    guess_failed: str = ""


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
        self._hangover_ms = hangover_ms
        self.state = State.WAITING
        self.turn = 0  # of the work in hand; older results are for nobody
        self._greeting_may_be_interrupted = greeting_may_be_interrupted
        self._run = SpeechRun()
        self._caller: CallerTurn | None = None
        self._digits = ""
        self._digit_at_ms = 0
        self._started_at_ms = 0
        self._quiet_since_ms = 0
        self._waiting_since_ms = 0  # for the first audio of this turn
        self._plays_until_ms: int | None = None
        self._is_made = False
        self._is_line = False  # what is being said is one of our own lines
        self._may_be_interrupted = True
        self._after = After.LISTEN
        self._ending: Ending | None = None
        self._detail = ""
        self._closing_at_ms = 0
        self._idle_prompts = 0
        self._failures = 0
        self._misheard = 0

    def handle(self, event: Event, at_ms: int) -> list[Command]:
        if self.state is State.ENDED:
            return []
        # who has gone is not spoken to, and what plays on has not been heard yet
        is_first = isinstance(event, CallerGone | Queued)
        late = [] if is_first else self._overdue(at_ms)
        return late + self._decide(event, at_ms)

    def next_deadline_ms(self) -> int | None:
        """When `Tick` is due if nothing else happens; None once the call is over."""
        deadlines = [at for at, _ in self._deadlines()]
        return min(deadlines, default=None)

    def caller_audio_from_ms(self) -> int | None:
        """From when the caller's audio is still needed; None while nobody's turn is open."""
        return self._caller.from_ms if self._caller else None

    # What happened

    def _decide(self, event: Event, at_ms: int) -> list[Command]:
        if self.state is State.ENDED:
            return []
        match event:
            case Started() if self.state is State.WAITING:
                self._started_at_ms = self._quiet_since_ms = at_ms
                return self._say(Line.GREETING, at_ms, interrupt=self._greeting_may_be_interrupted)
            case Heard(speech=speech, frame_ms=frame_ms):
                self._run.heard(speech, frame_ms, at_ms)
                return self._listen(at_ms) if speech else []
            case DigitPressed(digit=digit):
                return self._take_digit(digit, at_ms)
            case Transcribed(turn=turn, text=text) if self._is_current(turn):
                return self._understood(text, at_ms)
            case Queued(turn=turn, until_ms=until_ms) if self._is_current(turn):
                return self._speaks(until_ms)
            case ReplyMade(turn=turn, after=after) if self._is_current(turn):
                return self._reply_made(after, at_ms)
            case Failed(turn=turn, reason=reason) if self._is_current(turn):
                return self._failed(reason, at_ms)
            case CallerGone():
                return self._end(Ending.CALLER_HUNG_UP)
            case _:
                return []

    def _is_current(self, turn: int) -> bool:
        if self.state is State.LISTENING:
            return turn == self.turn and self._caller is not None and self._caller.is_guessed
        return turn == self.turn and self.state in (
            State.THINKING,
            State.SPEAKING,
            State.CLOSING,
        )

    # The caller

    def _listen(self, at_ms: int) -> list[Command]:
        run = self._run
        match self.state:
            case State.LISTENING if self._caller:
                self._caller.speech_end_ms = at_ms
                self._caller.speech_ms = max(self._caller.speech_ms, run.speech_ms)
                if self._caller.is_guessed and run.speech_ms >= self.tuning.min_speech_ms:
                    return self._drop_guess(self._caller)
            case State.LISTENING if self._digits:
                if run.speech_ms >= self.tuning.barge_in_ms:  # a noise does not undo a key
                    self._open_turn(at_ms)
            case State.LISTENING if run.speech_ms >= self.tuning.min_speech_ms:
                self._open_turn(at_ms)
            case State.THINKING if self._caller and run.speech_ms >= self.tuning.min_speech_ms:
                return self._reopen_turn(self._caller, at_ms)
            case State.SPEAKING if (
                self._may_be_interrupted and run.speech_ms >= self.tuning.barge_in_ms
            ):
                stop = self._take_floor(at_ms)
                self._open_turn(at_ms)
                return stop
        return []

    def _reopen_turn(self, caller: CallerTurn, at_ms: int) -> list[Command]:
        """Nothing has been spoken yet: the pause was only a pause."""
        if at_ms >= caller.from_ms + self.tuning.max_utterance_ms:
            return []  # it would be over at once, and again with every next word
        self.state = State.LISTENING
        caller.speech_end_ms = at_ms
        return self._drop_guess(caller)

    def _guess(self, caller: CallerTurn) -> list[Command]:
        """Have recognised what there is: most such pauses are the end of the turn."""
        self.turn += 1
        caller.is_guessed = True
        caller.guess = None
        caller.guess_failed = ""
        return [self._transcribe(caller)]

    def _drop_guess(self, caller: CallerTurn) -> list[Command]:
        self.turn += 1
        caller.is_guessed = False
        caller.guess = None
        return [Cancel()]

    def _transcribe(self, caller: CallerTurn) -> Transcribe:
        return Transcribe(self.turn, caller.from_ms, self._speech_ended_ms(caller))

    def _speech_ended_ms(self, caller: CallerTurn) -> int:
        return max(caller.from_ms, caller.speech_end_ms - self._hangover_ms)

    def _take_floor(self, at_ms: int) -> list[Command]:
        """The caller has heard enough."""
        if self._plays_until_ms is not None and not self._is_line:
            self._failures = 0  # what was heard of the reply was one
        self.state = State.LISTENING
        self._quiet_since_ms = at_ms
        return [Flush(), Cancel()]  # every ms before the flush we talk over the caller

    def _open_turn(self, at_ms: int) -> None:
        self._digits = ""
        self._caller = CallerTurn(
            from_ms=max(0, self._run.began_at_ms - self.tuning.preroll_ms),
            speech_end_ms=at_ms,
            speech_ms=self._run.speech_ms,
        )

    def _caller_is_done(self, at_ms: int) -> list[Command]:
        caller = self._caller
        assert caller
        self._run.forget()
        if not caller.is_guessed or caller.guess_failed:
            self._begin_turn(State.THINKING, at_ms)
            return [self._transcribe(caller)]
        self._await_reply(State.THINKING, at_ms)
        return [] if caller.guess is None else self._understood(caller.guess, at_ms)

    def _understood(self, text: str, at_ms: int) -> list[Command]:
        if self._caller and self.state is State.LISTENING:
            self._caller.guess = text
            return []
        if not self._caller or self.state is not State.THINKING:
            return []
        caller, self._caller = self._caller, self._caller if text else None
        if text:
            self._idle_prompts = self._misheard = 0
            return [Reply(self.turn, text, self._speech_ended_ms(caller), self._waiting_since_ms)]
        if caller.speech_ms < 2 * self.tuning.barge_in_ms:
            self.state = State.LISTENING  # a cough, a door
            return []
        self._misheard += 1
        misheard = NotUnderstood(caller.from_ms, self._speech_ended_ms(caller))
        if self._misheard >= MISHEARD_LIMIT:
            why = "nothing was recognised"
            return [misheard, *self._close(Line.TROUBLE, Ending.TROUBLE, at_ms, why)]
        return [misheard, *self._say(Line.SAY_AGAIN, at_ms)]

    def _take_digit(self, digit: str, at_ms: int) -> list[Command]:
        stop: list[Command] = []
        match self.state:
            case State.SPEAKING if self._may_be_interrupted:
                stop = self._take_floor(at_ms)
            case State.SPEAKING:  # it counts once this has been heard
                self._digits += digit
                self._digit_at_ms = at_ms
                return []
            case State.THINKING:
                stop = [Cancel()]
            case State.LISTENING:
                pass
            case _:
                return []
        self.state = State.LISTENING
        self._caller = None
        self._digits += digit
        self._digit_at_ms = at_ms
        self._run.forget()  # what was said until now, or the key's own tone
        self._idle_prompts = self._misheard = 0
        return stop + (self._digits_done(at_ms) if digit == "#" else [])

    def _digits_done(self, at_ms: int) -> list[Command]:
        digits, self._digits = self._digits.rstrip("#") or "#", ""
        self._begin_turn(State.THINKING, at_ms)
        return [Reply(self.turn, f"[{digits}]", self._digit_at_ms, at_ms)]

    # The agent

    def _begin_turn(self, state: State, at_ms: int) -> None:
        self.turn += 1
        self._await_reply(state, at_ms)

    def _await_reply(self, state: State, at_ms: int) -> None:
        self.state = state
        self._waiting_since_ms = at_ms
        self._plays_until_ms = None
        self._is_made = self._is_line = False
        self._may_be_interrupted = True
        self._after = After.LISTEN

    def _say(
        self, line: Line, at_ms: int, *, number: int = 0, interrupt: bool = True
    ) -> list[Command]:
        self._begin_turn(State.SPEAKING, at_ms)
        self._is_line = True
        self._may_be_interrupted = interrupt
        self._caller = None
        self._digits = ""
        return [Say(self.turn, line, number)]

    def _speaks(self, until_ms: int) -> list[Command]:
        self._plays_until_ms = until_ms
        if self.state is State.THINKING:
            self.state = State.SPEAKING
            self._caller = None
            self._run.forget()
        return []

    def _reply_made(self, after: After, at_ms: int) -> list[Command]:
        if self._plays_until_ms is None:
            if after is After.LISTEN:
                return self._failed("nothing was spoken", at_ms)
            self._speaks(at_ms)  # a deed without words
        self._is_made = True
        self._after = after
        return []

    def _all_heard(self, at_ms: int) -> list[Command]:
        heard: list[Command] = [AllHeard(self.turn)]
        if self.state is State.CLOSING:
            assert self._ending
            return heard + self._end(self._ending, self._detail)
        if not self._is_line:
            self._failures = 0
        match self._after:
            case After.HANG_UP:
                return heard + self._end(Ending.AGENT_HUNG_UP)
            case After.HAND_OVER:
                return heard + self._end(Ending.HANDED_OVER)
        self.state = State.LISTENING
        self._quiet_since_ms = at_ms
        if self._run.speech_ms >= self.tuning.min_speech_ms and (
            at_ms - self._run.last_at_ms < self.tuning.endpoint_ms
        ):
            self._open_turn(self._run.last_at_ms)  # the caller began over our last words
        return heard

    def _failed(self, reason: str, at_ms: int) -> list[Command]:
        if self._caller and self.state is State.LISTENING:
            self._caller.guess_failed = reason  # it was early; at the end of the turn, again
            return []
        self._failures += 1
        stop: list[Command] = [Flush(), Cancel()]  # the first words may be on their way
        if self.state is State.CLOSING:
            assert self._ending
            return stop + self._end(self._ending, self._detail or reason)
        if self._is_line:  # not even our own words can be spoken
            return stop + self._end(Ending.TROUBLE, reason)
        if self._failures >= self.tuning.failures:
            return stop + self._close(Line.TROUBLE, Ending.TROUBLE, at_ms, reason)
        return stop + self._say(Line.SAY_AGAIN, at_ms)

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
        tuning = self.tuning
        found: list[tuple[int, Deadline]] = []
        match self.state:
            case State.WAITING | State.ENDED:
                return []
            case State.CLOSING:
                found.append((self._closing_at_ms + tuning.closing_ms, Deadline.CLOSING))
                found += self._speaking_deadlines()
                return found
            case State.LISTENING if self._caller:
                found += self._caller_deadlines(self._caller)
            case State.LISTENING if self._digits:
                found.append((self._digit_at_ms + tuning.digit_pause_ms, Deadline.DIGITS))
            case State.LISTENING:
                found.append((self._quiet_since_ms + tuning.idle_ms, Deadline.IDLE))
            case State.THINKING:
                found.append((self._waiting_since_ms + tuning.first_audio_ms, Deadline.NO_AUDIO))
            case State.SPEAKING:
                found += self._speaking_deadlines()
        found.append((self._started_at_ms + tuning.max_call_ms, Deadline.TIME_UP))
        return found

    def _caller_deadlines(self, caller: CallerTurn) -> list[tuple[int, Deadline]]:
        tuning = self.tuning
        found = [
            (caller.speech_end_ms + self._silence_ms(tuning.endpoint_ms), Deadline.ENDPOINT),
            (caller.from_ms + tuning.max_utterance_ms, Deadline.ENDPOINT),
        ]
        if tuning.early_ms and not caller.is_guessed:
            silence_ms = self._silence_ms(tuning.early_ms)
            found.append((caller.speech_end_ms + silence_ms, Deadline.EARLY))
        return found

    def _silence_ms(self, silence_ms: int) -> int:
        """How long after the detector's last speech so much silence is over."""
        return max(silence_ms - self._hangover_ms, LEAST_SILENCE_MS)

    def _speaking_deadlines(self) -> list[tuple[int, Deadline]]:
        if self._plays_until_ms is None:
            return [(self._waiting_since_ms + self.tuning.first_audio_ms, Deadline.NO_AUDIO)]
        if self._is_made:
            return [(self._plays_until_ms, Deadline.ALL_HEARD)]
        return [(self._plays_until_ms + self.tuning.stall_ms, Deadline.STALLED)]

    def _overdue(self, at_ms: int) -> list[Command]:
        due = [deadline for deadline in self._deadlines() if deadline[0] <= at_ms]
        return self._passed(min(due, key=itemgetter(0))[1], at_ms) if due else []

    def _passed(self, deadline: Deadline, at_ms: int) -> list[Command]:
        match deadline:
            case Deadline.EARLY:
                return self._guess(self._caller) if self._caller else []
            case Deadline.ENDPOINT:
                return self._caller_is_done(at_ms)
            case Deadline.DIGITS:
                return self._digits_done(at_ms)
            case Deadline.ALL_HEARD:
                return self._all_heard(at_ms)
            case Deadline.IDLE if self._idle_prompts < self.tuning.idle_prompts:
                self._idle_prompts += 1
                return self._say(Line.STILL_THERE, at_ms, number=self._idle_prompts - 1)
            case Deadline.IDLE:
                return self._close(Line.GOODBYE, Ending.IDLE, at_ms)
            case Deadline.TIME_UP:
                stop: list[Command] = [Flush(), Cancel()]
                return stop + self._close(Line.TIME_IS_UP, Ending.TIME_UP, at_ms)
            case Deadline.CLOSING:
                assert self._ending
                return [Cancel(), *self._end(self._ending, self._detail)]
            case Deadline.NO_AUDIO | Deadline.STALLED:
                return self._failed(deadline.value, at_ms)
