"""The page about how many calls are taken: what is in force, why, and what was measured."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils.safestring import SafeString

from telephony import capacity_picture, capacity_runs
from telephony.admission import limit_in_force, room
from telephony.models import CapacityRun

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Row:
    """One measured number of calls, as the table has it."""

    calls: int
    p50_ms: int | None
    p95_ms: int | None
    late: str
    media: str
    machine: str
    is_held: bool


@dataclass(frozen=True, slots=True)
class Page:
    limit: int | None
    is_own: bool  # the operator's setting, not a measurement
    taken: int
    turned_away: int
    since: datetime
    run: CapacityRun | None  # the one that is shown
    picture: SafeString
    rows: tuple[Row, ...]
    engines: tuple[tuple[str, str], ...]
    remarks: tuple[str, ...]
    runs: tuple[CapacityRun, ...]


def page(run: CapacityRun | None = None) -> Page:
    """About this run, else the one in force, else the newest."""
    runs = tuple(CapacityRun.objects.all()[:SHOWN])
    run = run or CapacityRun.objects.in_force() or next(iter(runs), None)
    hall = room()
    return Page(
        limit=limit_in_force(),
        is_own=settings.MAX_CALLS is not None,
        taken=hall.taken,
        turned_away=hall.turned_away,
        since=hall.since,
        run=run,
        picture=capacity_picture.svg(run) if run and run.levels else SafeString(""),
        rows=_rows(run) if run else (),
        engines=tuple(capacity_runs.engines_in_words(run)) if run else (),
        remarks=_remarks(run) if run else (),
        runs=runs,
    )


def _remarks(run: CapacityRun) -> tuple[str, ...]:
    disturbed = capacity_runs.was_disturbed(run)
    return (*([disturbed] if disturbed else []), *capacity_runs.changes_since(run))


def _rows(run: CapacityRun) -> tuple[Row, ...]:
    return tuple(
        Row(
            calls=level["calls"],
            p50_ms=level["p50_ms"],
            p95_ms=level["p95_ms"],
            late=f"{level['late_share']:.1%}",
            media=_share(level["cpu_share"]),
            machine=_share(level.get("machine_share")),
            is_held=level["calls"] <= run.calls,
        )
        for level in sorted(run.levels, key=lambda level: level["calls"])
    )


def _share(share: float | None) -> str:
    return "unknown" if share is None else f"{share:.0%}"
