from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from records import retention


class Command(BaseCommand):
    help = (
        "Deletes ended calls, with transcript and recording, that are older than their agent "
        "keeps them. Calls in progress are never touched."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="list what would be deleted, delete nothing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        outcome = retention.purge(timezone.now(), dry_run=options["dry_run"])
        if options["dry_run"]:
            for call in outcome.purged:
                self.stdout.write(
                    f"{call.call_id}  ended {call.ended_at:%Y-%m-%d %H:%M}  "
                    f"{call.audio_bytes} bytes of audio  {call.why}"
                )
            self.stdout.write(f"Would purge {len(outcome.purged)} calls")
            return
        self.stdout.write(f"Purged {len(outcome.purged)} calls")
        if outcome.failed:
            raise CommandError(
                f"{len(outcome.failed)} calls could not be purged; the log names them. "
                "Look at the permissions of the recordings folder and run this again."
            )
