"""What the caller is saying, and what was made of it before the turn was over."""

from dataclasses import dataclass, field

from inference.turns.endpointing import SpeechRun
from inference.turns.meaning import Finish, Kind, Meaning

WORD_MS = 350  # of speech after a take's audio: hardly more than its last word is missing


@dataclass(slots=True)
class Take:
    """One recognition of the turn so far."""

    number: int
    until_ms: int  # of the caller's audio
    is_pause: bool  # begun in a pause: what follows at once is an echo, not a word
    silence_ms: int = 0  # at the end of its audio
    speech_after_ms: int = 0
    text: int | None = None
    meaning: Meaning | None = None
    end_percent: int | None = None  # how likely the turn was over, by its sound

    @property
    def has_words(self) -> bool:
        return self.meaning is not None and self.meaning.kind is not Kind.NOTHING

    @property
    def is_complete(self) -> bool:
        return self.meaning is not None and self.meaning.is_complete

    def covers(self, click_ms: int) -> bool:
        """Whether all the caller has said is in it; a click of less than that may follow."""
        return self.speech_after_ms < (click_ms if self.is_pause else 1)


@dataclass(slots=True)
class Drafted:
    """A reply in the making that nobody has heard."""

    turn: int
    text: int
    is_guess: bool  # begun before all that was said had been recognised
    bears_ms: int  # of speech after its words; with more, more was said
    speech_after_ms: int = 0


@dataclass(slots=True)
class CallerTurn:
    """What the caller is saying, or has said and not yet been answered."""

    from_ms: int
    speech_end_ms: int  # as the detector has it
    speech_ms: int
    take_at_ms: int = 0  # when the newest take was begun
    continues: bool = False  # what was taken for the last turn
    is_over: bool = False  # only its words are still waited for
    paused_ms: int = 0  # the pause before the present run of speech
    in_flight: list[Take] = field(default_factory=list)  # oldest first
    latest: Take | None = None  # of those that gave something
    draft: Drafted | None = None
    drafts: int = 0
    failed: str = ""  # why the last take gave nothing

    def spoke(self, frame_ms: int, at_ms: int, run: SpeechRun) -> None:
        """So much speech has ended now, in this run."""
        if run.speech_ms == frame_ms:
            self.paused_ms = run.began_at_ms - self.speech_end_ms
        self.speech_end_ms = at_ms
        self.speech_ms = max(self.speech_ms, run.speech_ms)
        self.failed = ""
        self.is_over = False
        if self.draft:
            self.draft.speech_after_ms += frame_ms
        for take in self.takes():
            take.speech_after_ms += frame_ms

    def takes(self) -> list[Take]:
        return [*self.in_flight, self.latest] if self.latest else self.in_flight

    def newest(self) -> Take | None:
        if self.in_flight and (not self.latest or self.latest.number < self.in_flight[-1].number):
            return self.in_flight[-1]
        return self.latest

    def begin_take(self, take: Take, at_once: int) -> None:
        """No more than so many at once: the oldest is left to itself."""
        self.in_flight.append(take)
        self.take_at_ms = take.until_ms
        del self.in_flight[:-at_once]

    def awaits_after(self, take: Take) -> bool:
        """Whether a later one is still being recognised."""
        return any(other.number > take.number for other in self.in_flight)

    def finish_take(self, number: int) -> Take | None:
        """The take that reported, unless nobody waits for it any more."""
        for take in self.in_flight:
            if take.number == number:
                self.in_flight.remove(take)
                return take
        return None

    def keep(self, take: Take) -> bool:
        """Remember what it gave, if no later one has given something already."""
        if self.latest and self.latest.until_ms > take.until_ms:
            return False
        if take.end_percent is None and self.latest and not self.latest.speech_after_ms:
            take.end_percent = self.latest.end_percent  # of the same pause, until it has its own
        self.latest = take
        return True

    def covering(self, click_ms: int) -> Take | None:
        """The take that holds all the caller has said, if it has come."""
        return self.latest if self.latest and self.latest.covers(click_ms) else None

    def keeps_draft(self, take: Take) -> bool:
        """Whether the draft is of this later take's words, too; then it bears more speech."""
        if self.draft is None or self.draft.text != take.text:
            return False
        self.draft.speech_after_ms = take.speech_after_ms
        return True

    def is_worth_a_draft(self, take: Take, click_ms: int) -> bool:
        """Whether a reply to this take has a fair chance to be heard."""
        if not take.has_words or take.meaning is None or take.meaning.finish is Finish.HANGING:
            return False
        return take.covers(click_ms) or take.speech_after_ms <= WORD_MS
