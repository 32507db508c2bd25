"""The inference service: speech to text and text to speech, by engines in their own processes."""

import asyncio
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from inference.host import serving
from inference.host.offer import Offer
from inference.host.serving import Places
from voiceadmin import offering, startup
from voiceadmin.checks import is_loopback

TRANSCRIBE_PORT, TTS_PORT = 6000, 5002


class Command(BaseCommand):
    help = (
        "Serve speech to text (POST /transcribe) and text to speech (POST /tts) by the engines of"
        " the agents in service, or by those that --stt and --tts name; docs/inference.md"
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--private",
            action="store_true",
            help="listen on this installation's own socket, and on ports only where a setting"
            " names them; ./run does this",
        )
        parser.add_argument("--stt", default="", metavar="KEY:OPTION=VALUE,…", help="recogniser")
        parser.add_argument(
            "--tts",
            action="append",
            default=[],
            metavar="KEY:OPTION=VALUE,…",
            help="voice; may be given several times",
        )
        parser.add_argument("--languages", default="en", help="with commas, the usual one first")
        parser.add_argument("--samples", default="", help="folder of recordings to clone, *.wav")
        parser.add_argument("--host", default=settings.INFERENCE_HOST, help="address to listen at")
        parser.add_argument("--transcribe-port", type=int, help=f"{TRANSCRIBE_PORT}")
        parser.add_argument("--tts-port", type=int, help=f"{TTS_PORT}")
        parser.add_argument(
            "--drain",
            type=float,
            default=10.0,
            metavar="SECONDS",
            help="what requests get to end by themselves when told to stop (10)",
        )

    def handle(self, *, private: bool, host: str, drain: float, **options: Any) -> None:
        ports = _ports(options, is_private=private)
        if ports and not is_loopback(host) and not settings.INFERENCE_TOKEN:
            raise CommandError(
                f"At {host} other machines can reach the service: set VOICEADMIN_INFERENCE_TOKEN,"
                " which clients then send; docs/inference.md"
            )
        offer = self._offer(options, is_private=private) if ports else None
        socket = startup.inference_socket() if private else None
        places = Places(socket, host, ports if offer else ())
        try:
            asyncio.run(self.serve(offer or Offer(is_private=True), places, drain))
        except OSError as error:
            raise CommandError(
                f"cannot listen at {places} ({error.strerror}); stop what does,"
                " or name other ports with --transcribe-port and --tts-port"
            ) from None

    async def serve(self, offer: Offer, places: Places, drain: float) -> None:
        from inference.host.host_stages import HostStages

        await serving.serve(HostStages(), offer, places, drain, self._tell)

    def _tell(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def _offer(self, options: dict[str, Any], *, is_private: bool) -> Offer | None:
        """None where nothing can be offered, and the private side goes on without."""
        try:
            offer = _named_or_agents(options)
        except DatabaseError:
            raise CommandError(
                "There is no database of agents here; name engines with --stt and --tts, or set"
                " this installation up with ./run"
            ) from None
        except offering.NotOffered as error:
            raise CommandError(str(error)) from None
        if offer.engines():
            return offer
        why = "no agent is in service; give one a number in the admin"
        if not is_private:
            raise CommandError(f"Nothing to offer: {why}, or name engines with --stt and --tts")
        self.stderr.write(f"The ports stay closed: {why} and start again")
        return None


def _ports(options: dict[str, Any], *, is_private: bool) -> tuple[int, ...]:
    """Each once, the one for transcripts first."""
    named = (
        options["transcribe_port"] or settings.TRANSCRIBE_PORT,
        options["tts_port"] or settings.TTS_PORT,
    )
    if not is_private and not any(named):
        named = (TRANSCRIBE_PORT, TTS_PORT)
    return tuple(dict.fromkeys(port for port in named if port))


def _named_or_agents(options: dict[str, Any]) -> Offer:
    """Raises NotOffered, DatabaseError."""
    named = offering.Named(options["stt"], options["tts"], options["languages"], options["samples"])
    return offering.of_options(named) if named else offering.of_agents()
