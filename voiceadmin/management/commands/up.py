import asyncio
import sys
from argparse import ArgumentParser

from django.core.management.base import BaseCommand

from voiceadmin import startup
from voiceadmin.supervisor import ChildFailed


class Command(BaseCommand):
    help = "Starts everything under one supervisor and places one call to itself."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--once", action="store_true", help="stop after the call; exit 0 only if it went well"
        )

    def handle(self, *, once: bool, **options: object) -> None:
        teller = startup.Teller(self.stdout.write)
        try:
            with startup.the_only_one():
                login = startup.prepare(teller)
                went_well = asyncio.run(startup.run(login, teller, once=once))
        except (startup.CannotStart, ChildFailed) as failure:
            sys.exit(str(failure))
        except KeyboardInterrupt:
            sys.exit("Interrupted before anything was started.")
        if not went_well:
            sys.exit(1)
