"""Find how many calls this machine holds before answers become slow, and keep to it."""

import asyncio
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from agents.models import PhoneNumber
from agents.spec import AgentSpec
from agents.specs import NumberNotInService, spec_for
from records.models import Call
from telephony import capacity_picture, capacity_runs, measuring
from telephony.capacity import BUDGET_MS, MOST_CALLS, Findings, Level
from telephony.models import CapacityRun
from telephony.worker import SIGN_OF_LIFE_S


class Command(BaseCommand):
    help = (
        "Find how many calls this machine holds before answers become slow, and take no more "
        "than that from then on. Run it beside ./run, when nobody calls; a few minutes."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--number", default="", help="whose agent to measure (the first number in service)"
        )
        parser.add_argument(
            "--budget-ms",
            type=int,
            default=BUDGET_MS,
            metavar="MS",
            help=f"what 19 of 20 answers may take, after the caller's last word ({BUDGET_MS})",
        )
        parser.add_argument(
            "--most", type=int, default=MOST_CALLS, help=f"try no more calls than ({MOST_CALLS})"
        )
        parser.add_argument(
            "--seconds",
            type=float,
            default=measuring.SECONDS,
            help=f"how long so many calls are held, at least ({measuring.SECONDS:g})",
        )
        parser.add_argument(
            "--dry-run", "--no-store", action="store_true", help="keep nothing, change nothing"
        )
        parser.add_argument(
            "--anyway", action="store_true", help="measure although callers are on the line"
        )
        parser.add_argument("--picture", type=Path, help="write the picture as SVG, too")

    def handle(
        self,
        *,
        number: str,
        budget_ms: int,
        most: int,
        seconds: float,
        dry_run: bool,
        anyway: bool,
        picture: Path | None,
        **_: Any,
    ) -> None:
        if budget_ms < 1 or most < 1 or seconds <= 0:
            raise CommandError("--budget-ms, --most and --seconds must be more than 0")
        if not anyway and Call.objects.live().exists():
            raise CommandError(
                "Callers are on the line, and measuring would slow their calls. Try again when "
                "nobody calls, or add --anyway"
            )
        plan = measuring.Plan(*_agent(number), most, seconds, goes_on_beside_callers=anyway)
        findings = Findings(budget_ms)
        self.stdout.write(
            f"Measuring {plan.spec.agent_name}: 19 of 20 answers within {budget_ms} ms.\n"
            "A few calls first, to learn what the agent answers ..."
        )
        self._measure(plan, findings)
        if not findings.levels:
            raise CommandError("Nothing was measured.")
        run = capacity_runs.run_of(findings, plan.spec, timezone.now())
        if picture:
            picture.write_text(capacity_picture.file(run))
        self._tell_findings(run)
        if dry_run:
            self.stdout.write("Nothing was stored.")
        else:
            self._tell_kept(run, capacity_runs.keep(run, is_complete=findings.is_complete))

    def _measure(self, plan: measuring.Plan, findings: Findings) -> None:
        self._head(findings.budget_ms)
        try:
            asyncio.run(measuring.measure(plan, findings, self._tell_level))
        except measuring.MeasuringImpossible as error:
            raise CommandError(str(error)) from error
        except measuring.CallersCame:
            findings.broken = "Broken off: a caller came."
        except KeyboardInterrupt:
            findings.broken = "Broken off by hand."

    def _head(self, budget_ms: int) -> None:
        self._budget_ms = budget_ms
        self.stdout.write("calls   half  19/20   late  media  machine")

    def _tell_level(self, level: Level) -> None:
        media = "    -" if level.cpu_share is None else f"{level.cpu_share:5.0%}"
        self.stdout.write(
            f"{level.calls:5} {_ms(level.p50_ms)} {_ms(level.p95_ms)} {level.late_share:6.1%} "
            f"{media}  {level.machine_share or 0:6.0%}  "
            + capacity_picture.bar(level.p95_ms, self._budget_ms)
        )
        self.stdout.flush()

    def _tell_findings(self, run: CapacityRun) -> None:
        for remark in (run.broken, capacity_runs.was_disturbed(run)):
            if remark:
                self.stdout.write(remark)
        if run.calls:
            self.stdout.write(self.style.SUCCESS(f"Calls held inside the budget: {run.calls}"))
        else:
            self.stdout.write(self.style.WARNING("Not even one call stayed inside the budget."))

    def _tell_kept(self, run: CapacityRun, is_in_force: bool) -> None:
        if not is_in_force:
            self.stdout.write("Stored to be looked at under Capacity; nothing else was changed.")
        elif settings.MAX_CALLS is None:
            self.stdout.write(
                f"In force within {SIGN_OF_LIFE_S:.0f} seconds: call {run.calls + 1} goes to its "
                "number's overflow."
            )
        else:
            self.stdout.write(
                f"Stored. VOICEADMIN_MAX_CALLS is {settings.MAX_CALLS} and wins over it."
            )


def _ms(value: int | None) -> str:
    return "     -" if value is None else f"{value:6}"


def _agent(dialled: str) -> tuple[str, AgentSpec]:
    number = dialled or PhoneNumber.objects.answered().values_list("number", flat=True).first()
    if number is None:
        raise CommandError("No number is in service; give an agent one under Numbers")
    try:
        return number, spec_for(number)
    except NumberNotInService as error:
        raise CommandError(str(error)) from error
