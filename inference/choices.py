"""Which engine of a stage a call asks, and who takes over where it fails.

The next choice takes over in the same turn. Who failed is not asked again in that turn; who
failed in FAILED_TURNS turns in a row is not asked again in this call, so that nobody waits for
it a third time. The last choice is always asked. Nothing here waits.
"""

from dataclasses import dataclass
from typing import Generic, TypeVar

FAILED_TURNS = 2

E = TypeVar("E")


@dataclass(slots=True)
class _Choice(Generic[E]):
    engine: E
    failed_turns: int = 0  # in a row
    has_failed: bool = False  # in this turn
    has_worked: bool = False
    is_skipped: bool = False


class Choices(Generic[E]):
    """One stage's in one call, the best first; None is left out."""

    def __init__(self, first: E, *others: E | None, is_first_gone: bool = False) -> None:
        """`is_first_gone`: it could not be loaded, and `first` has taken its place."""
        self.first = first
        self._all = [_Choice(first), *(_Choice(other) for other in others if other is not None)]
        self._is_first_gone = is_first_gone

    def in_order(self) -> tuple[E, ...]:
        """Whom to ask now, one after the other."""
        able = [
            choice.engine
            for choice in self._all
            if not choice.is_skipped and choice.failed_turns < FAILED_TURNS
        ]
        return tuple(able) or (self.last,)

    @property
    def last(self) -> E:
        return self._all[-1].engine

    def stands_in(self, engine: E) -> bool:
        """Whether this is not the first choice."""
        return self._is_first_gone or engine is not self.first

    def worked(self, engine: E) -> None:
        self._of(engine).has_worked = True

    def failed(self, engine: E) -> None:
        choice = self._of(engine)
        choice.failed_turns += not choice.has_failed
        choice.has_failed = choice.is_skipped = True

    def skip(self) -> None:
        """Whoever is asked now is stuck: the next one, for the rest of this turn."""
        self._of(self.in_order()[0]).is_skipped = True

    def next_turn(self) -> None:
        for choice in self._all:
            if choice.has_worked and not choice.has_failed:
                choice.failed_turns = 0
            choice.has_failed = choice.has_worked = choice.is_skipped = False

    def _of(self, engine: E) -> _Choice[E]:
        return next(choice for choice in self._all if choice.engine is engine)
