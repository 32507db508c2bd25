"""Carry calls and show the admin, in one process: see telephony.server."""

from argparse import ArgumentParser

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from telephony import admission
from telephony.warmup import warm_agents


class Command(BaseCommand):
    help = "Serve the admin and Asterisk's media socket, once the models are loaded."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--drain",
            type=float,
            default=0,
            metavar="SECONDS",
            help="when told to stop, what live calls get to end by themselves (0)",
        )

    def handle(self, *, drain: float, **_: object) -> None:
        for agent, reason in warm_agents():
            self.stderr.write(f"{agent} cannot answer: {reason}")
        admission.refresh()
        # the reactor is chosen when these are imported
        from channels.routing import get_default_application

        from telephony.server import MediaServer

        server = MediaServer(
            get_default_application(),
            settings.HTTP_HOST,
            settings.HTTP_PORT,
            drain,
            self._tell_listening,
        )
        server.run()
        if server.failure:
            raise CommandError(server.failure)

    def _tell_listening(self) -> None:
        self.stdout.write(f"Serving at {settings.HTTP_HOST}:{settings.HTTP_PORT}")
