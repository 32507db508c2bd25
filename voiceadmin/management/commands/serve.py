"""manage.py serve: the admin and the media socket in one process."""

import logging
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from telephony.warmup import warm_agents


class Command(BaseCommand):
    help = "Serve the admin and Asterisk's media socket. The port opens once the models are loaded."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--drain",
            type=float,
            default=0,
            metavar="SECONDS",
            help="how long live calls may go on when the server is asked to stop (default 0)",
        )

    def handle(self, *args: Any, drain: float, **options: Any) -> None:
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
        for name, reason in warm_agents():
            self.stderr.write(f"Agent {name} cannot answer calls: {reason}")
        from telephony.server import MediaServer  # installs the event loop: not at import
        from voiceadmin.asgi import application

        server = MediaServer(
            application,
            settings.HTTP_HOST,
            settings.HTTP_PORT,
            drain,
            on_listening=lambda: self.stdout.write(
                f"Listening on {settings.HTTP_HOST}:{settings.HTTP_PORT}"
            ),
        )
        server.run()
        if server.failure:
            raise CommandError(server.failure)
