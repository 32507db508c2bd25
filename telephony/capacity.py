"""How many calls are held inside a latency budget: what was measured, what broke, what is next.

Arithmetic alone; the calls are held by `telephony.measuring`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

BUDGET_MS = 1_500  # p95; by two seconds people ask whether anyone is there
MOST_CALLS = 64
MISSING_SHARE = 0.02  # of the questions: one in fifty may get no answer
LATE_SHARE = 0.01  # of the agent's speech
LATE_MS = 60  # a hole so long is heard
CALLERS_LATE_MS = 60  # p99; then the callers have no room, and what they say of us is not true


@dataclass(frozen=True, slots=True)
class Level:
    """What so many calls at once were like. Answers: last speech sent to first audio played."""

    calls: int
    answers_ms: tuple[float, ...]
    missing: int  # questions that got no answer
    failed: int  # calls that were not answered, or broke
    late_share: float  # of the agent's speech: holes of LATE_MS and more
    cpu_share: float | None  # of one core, by the process that carries the calls
    machine_share: float | None  # of all cores, by everything
    callers_late_ms: float

    @property
    def p50_ms(self) -> int | None:
        return percentile(self.answers_ms, 0.5)

    @property
    def p95_ms(self) -> int | None:
        return percentile(self.answers_ms, 0.95)

    def broken(self, budget_ms: int) -> str:
        """Which budget broke, in words; "" if none."""
        asked = len(self.answers_ms) + self.missing
        p95_ms = self.p95_ms
        if self.failed:
            return "a call was not answered, or broke"
        if p95_ms is None:
            return "no question was answered"
        if self.missing > asked * MISSING_SHARE:
            return f"{self.missing} of {asked} questions got no answer"
        if self.callers_late_ms > CALLERS_LATE_MS:
            return (
                f"the measuring callers were late themselves ({self.callers_late_ms:.0f} ms): "
                "this machine has no room for more of them"
            )
        if self.late_share > LATE_SHARE:
            return f"{self.late_share:.1%} of the agent's speech came too late"
        if p95_ms > budget_ms:
            return f"one answer in twenty took {p95_ms} ms or longer"
        return ""

    def as_json(self) -> dict[str, float | None]:
        return {
            "calls": self.calls,
            "p50_ms": self.p50_ms,
            "p95_ms": self.p95_ms,
            "asked": len(self.answers_ms) + self.missing,
            "missing": self.missing,
            "failed": self.failed,
            "late_share": round(self.late_share, 4),
            "cpu_share": _rounded(self.cpu_share),
            "machine_share": _rounded(self.machine_share),
            "callers_late_ms": round(self.callers_late_ms, 1),
        }


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 3)


def percentile(values: Sequence[float], share: float) -> int | None:
    """Nearest rank, rounded up, so that few values do not look better than they are."""
    if not values:
        return None
    return round(sorted(values)[min(len(values) - 1, int(share * len(values)))])


@dataclass(slots=True)
class Search:
    """Twice as many calls until a budget breaks, then between what held and what did not."""

    most: int = MOST_CALLS
    held: int = 0
    broke: int | None = None

    def next(self) -> int | None:
        """How many calls to try; None when it is known to about a tenth."""
        if self.broke is None:
            return None if self.held >= self.most else min(max(1, 2 * self.held), self.most)
        is_near = self.broke - self.held <= max(1, self.held // 8)
        return None if is_near else (self.held + self.broke) // 2

    def tell(self, calls: int, *, holds: bool) -> None:
        if holds:
            self.held = calls
        else:
            self.broke = calls


@dataclass(slots=True)
class Findings:
    """Grows while it is measured, so that nothing is lost when it is broken off."""

    budget_ms: int = BUDGET_MS
    levels: list[Level] = field(default_factory=list)
    calls: int = 0  # the most that stayed inside the budget
    broken: str = ""  # what broke first beyond that
    is_complete: bool = False

    def add(self, level: Level) -> bool:
        """Whether it stayed inside the budget."""
        self.levels.append(level)
        why = level.broken(self.budget_ms)
        if not why:
            self.calls = max(self.calls, level.calls)
        else:
            self.broken = f"With {level.calls} call{'' if level.calls == 1 else 's'}, {why}."
        return not why
