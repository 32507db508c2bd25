"""A phone call with the turn machine alone: the clock is turned by hand, nothing waits."""

from dataclasses import dataclass, field

from inference.engines.base import FRAME_MS, After
from inference.turns.events import (
    Command,
    Draft,
    End,
    Event,
    Failed,
    Heard,
    KeyPressed,
    Line,
    Queued,
    Release,
    Reply,
    ReplyMade,
    Say,
    Started,
    TakeFailed,
    Tick,
    Transcribe,
    Transcribed,
)
from inference.turns.machine import SURE_MS, State, TurnMachine
from inference.turns.meaning import understand
from inference.turns.tuning import Tuning


@dataclass
class Call:
    """One call; `did` is all that was decided so far, `heard` what happened and when."""

    tuning: Tuning = field(default_factory=Tuning)
    greeting_may_be_interrupted: bool = True
    hangover_ms: int = 0
    now_ms: int = 0
    did: list[Command] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    taken: dict[int, str] = field(default_factory=dict)
    again: str | None = None  # what the recogniser says when asked to make sure
    spoke_until_ms: int = 0

    def __post_init__(self) -> None:
        self.machine = TurnMachine(
            self.tuning,
            greeting_may_be_interrupted=self.greeting_may_be_interrupted,
            hangover_ms=self.hangover_ms,
        )

    # The caller

    def speak(self, ms: int, level_db: int = -20) -> list[Command]:
        return self._frames(ms, speech=True, level_db=level_db)

    def pause(self, ms: int) -> list[Command]:
        """Silence that Asterisk sends as audio."""
        return self._frames(ms, speech=False, level_db=-70)

    def press(self, digits: str, each_ms: int = 200) -> list[Command]:
        before = len(self.did)
        for digit in digits:
            self.wait(each_ms)
            self.happens(KeyPressed(is_end=digit == "#"))
        return self.did[before:]

    def _frames(self, ms: int, *, speech: bool, level_db: int) -> list[Command]:
        before = len(self.did)
        for _ in range(0, ms, FRAME_MS):
            self.wait(FRAME_MS)
            if speech:
                self.spoke_until_ms = self.now_ms
                self.again = None
            self.happens(Heard(speech, FRAME_MS, level_db))
        return self.did[before:]

    # The engines

    def understood(self, text: str, take: int | None = None) -> list[Command]:
        """The newest take gave this, or the one that is named."""
        if text not in self.texts:
            self.texts.append(text)
        meaning = understand(text, "en", stop_words=("stop",))
        number = self.machine.take if take is None else take
        self.again = text
        self.taken[number] = text
        return self.happens(Transcribed(number, self.texts.index(text), meaning))

    def not_recognised(self, reason: str = "EngineFailed") -> list[Command]:
        return self.happens(TakeFailed(self.machine.take, reason))

    def speaks(self, ms: int) -> list[Command]:
        """The synthesizer made so much audio; it begins to play."""
        return self.happens(Queued(self.machine.turn, self.now_ms + ms))

    def reply_made(self, after: After = After.LISTEN) -> list[Command]:
        return self.happens(ReplyMade(self.machine.turn, after))

    def says(self, ms: int, after: After = After.LISTEN) -> list[Command]:
        """The whole of a reply, or of a line, is made."""
        return self.speaks(ms) + self.reply_made(after)

    def fails(self, reason: str = "EngineFailed") -> list[Command]:
        return self.happens(Failed(self.machine.turn, reason))

    def fails_twice(self) -> list[Command]:
        """The reply, and the second try."""
        return self.fails() + self.fails()

    # The clock

    def happens(self, event: Event) -> list[Command]:
        commands = self.machine.handle(event, self.now_ms)
        self.did += commands
        return commands

    def wait(self, ms: int) -> list[Command]:
        """Nothing comes from outside; only deadlines pass."""
        before = len(self.did)
        until_ms = self.now_ms + ms
        while (due_ms := self.machine.next_deadline_ms()) is not None and due_ms <= until_ms:
            self.now_ms = max(self.now_ms, due_ms)
            self._make_sure(self.happens(Tick()))
        self.now_ms = until_ms
        return self.did[before:]

    def _make_sure(self, commands: list[Command]) -> None:
        """With more of the silence, the recogniser gives what it gave before."""
        is_long = self.now_ms - self.spoke_until_ms >= SURE_MS
        for command in commands:
            if isinstance(command, Transcribe) and command.is_pause and is_long and self.again:
                self.understood(self.again, command.take)

    # What is to be seen

    @property
    def state(self) -> State:
        return self.machine.state

    def all(self, kind: type[Command]) -> list[Command]:
        return [command for command in self.did if isinstance(command, kind)]

    @property
    def lines(self) -> list[Line]:
        return [command.line for command in self.did if isinstance(command, Say)]

    @property
    def replies(self) -> list[str]:
        """What was answered, in the caller's words or "[2 keys]"."""
        said = [command.said for command in self.did if isinstance(command, Reply | Release)]
        return [self.taken[one.take] if one.take else f"[{one.keys} keys]" for one in said]

    @property
    def drafts(self) -> list[str]:
        return [self.taken[command.take] for command in self.did if isinstance(command, Draft)]

    @property
    def end(self) -> End | None:
        return next((command for command in self.did if isinstance(command, End)), None)


def answered(**call: object) -> Call:
    """The line is open, the greeting is being made."""
    started = Call(**call)  # type: ignore[arg-type]
    started.happens(Started())
    return started


def listening(**call: object) -> Call:
    """The greeting has been heard to its end."""
    greeted = answered(**call)
    greeted.says(2_000)
    greeted.wait(2_000)
    assert greeted.state is State.LISTENING
    greeted.did.clear()
    return greeted


def thinking(text: str = "when are you open", **call: object) -> Call:
    """The caller has asked something, and is waiting for the answer."""
    asked = listening(**call)
    asked.speak(1_000)
    asked.wait(asked.tuning.endpoint_ms)
    asked.understood(text)
    assert asked.state is State.THINKING
    asked.did.clear()
    return asked


def agent_speaking(ms: int = 5_000, **call: object) -> Call:
    """The answer is being heard, and will be for so long."""
    speaking = thinking(**call)
    speaking.says(ms)
    assert speaking.state is State.SPEAKING
    speaking.did.clear()
    return speaking


def transcribe_of(commands: list[Command]) -> Transcribe:
    """The one order to transcribe among these."""
    [found] = [command for command in commands if isinstance(command, Transcribe)]
    return found
