from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from records import access
from records.models import Call


class Command(BaseCommand):
    help = (
        "Takes the turns of an ended call again, from its tape, and tells whether this version "
        "decides as the one that held the call. A tape holds no words."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("call_id", type=UUID, help="as in the address of the call's page")

    def handle(self, *args: Any, call_id: UUID, **options: Any) -> None:
        call = Call.objects.filter(pk=call_id).first()
        if call is None:
            raise CommandError(f"there is no call {call_id}; it may have been purged")
        try:
            data = access.read_tape(call, "replay_call")
        except access.NothingRecorded as error:
            raise CommandError(f"{error}; it is written when a call ends") from error
        from inference.turns import tape

        try:
            replayed = tape.replay(data)
        except tape.BadTape as error:
            raise CommandError(f"{error}; only the version that wrote it can replay it") from error
        if replayed.first_difference is not None:
            raise CommandError(
                f"{replayed.events} events, other decisions from here on: "
                f"{replayed.first_difference}"
            )
        self.stdout.write(f"{replayed.events} events, the same decisions")
