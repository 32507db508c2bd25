from typing import Any

from django.core.management.base import BaseCommand

from records import jobs


class Command(BaseCommand):
    help = "Closes calls that nobody holds any more and finishes what a crash left undone."

    def handle(self, *args: Any, **options: Any) -> None:
        done = jobs.reconcile()
        self.stdout.write(
            f"Closed {done.closed} lost calls, queued {done.requeued} and finished {done.finished}"
        )
