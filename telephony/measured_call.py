"""A call that is made to measure: it costs what a caller's costs, and leaves nothing behind.

No row, no turns, no recording: what its callers say nobody wants to read, and retention need
not forget it.
"""

import tempfile
from dataclasses import replace
from uuid import UUID, uuid4

from django.conf import settings

from agents.specs import spec_for
from inference.journal import Journal, TurnRecord
from records import vault
from records.calls import OpenedCall
from telephony import media
from telephony.live import LiveCall
from telephony.recorder import Sink

DIRECTION = "measure"  # where others' CALL_DIRECTION is "in" or "out"; the dialplan sets it


def is_measured(start: media.MediaStart) -> bool:
    return start.variables.get("CALL_DIRECTION") == DIRECTION


class MeasuredCall(LiveCall):
    def _open_row(self) -> OpenedCall:
        """None is made. Nothing fills the wait for an answer: that wait is measured."""
        spec = spec_for(self._start.variables.get("CALL_TO", ""))
        tuning = replace(spec.script.tuning, filler_ms=0)
        return OpenedCall(uuid4(), replace(spec, script=replace(spec.script, tuning=tuning)))

    def _journal(self, _call_id: UUID) -> Journal:
        return Forgetful()

    def _open_sink(self, _call_id: UUID) -> Sink:
        return PassingSink()

    async def hand_over(self) -> bool:
        return False  # there is nobody to hand over

    async def _keep_tape(self, call_id: UUID) -> None:
        pass

    async def _close_row(self, call_id: UUID, reason: str, detail: str) -> None:
        pass


class Forgetful:
    """A journal of nothing."""

    def turn(self, record: TurnRecord) -> None:
        pass


class PassingSink:
    """Costs the disk what a recording costs; the file has no name and goes with its process."""

    def __init__(self) -> None:
        settings.RECORDINGS_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = tempfile.TemporaryFile(dir=settings.RECORDINGS_DIR)  # noqa: SIM115

    def append(self, caller: bytes, agent: bytes) -> None:
        self._file.write(vault.interleave(caller, agent))

    def close(self) -> None:
        self._file.close()
