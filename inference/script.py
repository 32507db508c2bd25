"""What the agent says of its own accord, in its own language."""

from dataclasses import dataclass, field

from inference.engines.base import Knowledge
from inference.turns.tuning import Tuning


@dataclass(frozen=True, slots=True)
class Script:
    """Everything one conversation needs to know, apart from its engines."""

    greeting: str
    knowledge: Knowledge
    idle_prompts: tuple[str, ...]
    goodbye: str
    time_is_up: str
    say_again: str  # when a turn failed and the next may succeed
    trouble: str  # when the caller is handed over or let go because of us
    tuning: Tuning = field(default_factory=Tuning)
    greeting_may_be_interrupted: bool = True
