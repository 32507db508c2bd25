"""What the agent says of its own accord, and how it behaves."""

from dataclasses import dataclass, field

from inference.engines.base import Knowledge
from inference.turns.tuning import Tuning


@dataclass(frozen=True, slots=True)
class Script:
    """Everything one conversation needs to know, apart from its engines; in one language."""

    greeting: str
    knowledge: Knowledge
    idle_prompts: tuple[str, ...]
    goodbye: str
    time_is_up: str
    say_again: str  # when a turn failed and the next may succeed
    trouble: str  # when the caller is handed over or let go because of us
    type_it: str = "Please type it with the keys of your telephone."  # when a secret is spoken
    fillers: tuple[str, ...] = ()  # while an answer takes long; none: silence
    notices: tuple[str, ...] = ()  # sentences that nothing interrupts
    stop_words: tuple[str, ...] = ()  # they always stop the agent
    pronunciations: tuple[tuple[str, str], ...] = ()  # (as written, as to be said)
    tuning: Tuning = field(default_factory=Tuning)
    greeting_may_be_interrupted: bool = True
    others: tuple["Script", ...] = ()  # the same agent in other languages

    def speaking(self, language: str) -> "Script":
        """This agent in that language; as it is where it does not speak it."""
        return next((other for other in self.others if other.language == language), self)

    @property
    def language(self) -> str:
        return self.knowledge.language

    def lines(self) -> tuple[str, ...]:
        """Everything said of its own accord, to be synthesised ahead."""
        own = (self.greeting, *self.idle_prompts, self.goodbye, self.time_is_up, self.say_again)
        return (*own, self.trouble, self.type_it, *self.fillers)
