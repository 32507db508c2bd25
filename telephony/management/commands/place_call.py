"""Call somebody and put the agent of one of our numbers on the line."""

import asyncio

from django.core.management.base import BaseCommand, CommandError, CommandParser

from agents.models import PhoneNumber
from telephony.ami import Ami, AmiFailed
from telephony.asterisk_install import AsteriskUnusable
from telephony.outbound import OutboundCall, Outcome


class Command(BaseCommand):
    help = "Call a number and put the agent of one of our numbers on the line."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("number", help="whom to call; digits, with + for international")
        parser.add_argument(
            "--from", dest="from_number", required=True, help="our number, whose agent speaks"
        )
        parser.add_argument("--ring", type=int, default=45, help="seconds to let it ring (45)")

    def handle(self, *, number: str, from_number: str, ring: int, **options: object) -> None:
        if not PhoneNumber.objects.filter(number=from_number, is_active=True).exists():
            raise CommandError("--from is not one of our numbers in service; see the admin")
        try:
            outcome = asyncio.run(_place(number, from_number, ring))
        except (AmiFailed, AsteriskUnusable) as error:
            raise CommandError(str(error)) from error
        if outcome is not Outcome.ANSWERED:
            raise CommandError(f"The call was not held: {outcome.value}")
        self.stdout.write("The call was answered and the agent is on the line.")


async def _place(number: str, from_number: str, ring_s: int) -> Outcome:
    call = OutboundCall(number, from_number)
    async with Ami(on_event=call.heard) as ami:
        return await call.place(ami, ring_s)
