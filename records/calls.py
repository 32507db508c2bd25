"""How a call's row begins, stays alive and ends.

Whoever ends a call first decides; everyone after that changes nothing.
"""

import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import Case, CharField, F, Value, When

from agents.spec import AgentSpec
from agents.specs import spec_for
from records import queue
from records.models import Call, Recording
from records.retention import retention

log = logging.getLogger(__name__)

JUST_BEGUN = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class OpenedCall:
    call_id: UUID
    spec: AgentSpec


@transaction.atomic
def open_call(
    *,
    dialled: str,
    caller: str,
    channel: str,
    worker: str,
    direction: str = Call.Direction.INBOUND,
    now: datetime,
) -> OpenedCall:
    """The call's row and all the talk needs; the last ORM until it ends.

    Raises NumberNotInService, and then nothing is kept.
    """
    spec = spec_for(dialled)
    call = Call.objects.create(
        agent_id=spec.agent_id,
        number_id=spec.number_id,
        agent_name=spec.agent_name,
        direction=direction,
        caller=caller[:80],
        channel=channel,
        worker=worker[:80],
        started_at=now,
        seen_at=now,
        record_audio=spec.record_audio,
    )
    if spec.record_audio:
        Recording.objects.create(call=call)
    return OpenedCall(call.pk, spec)


@transaction.atomic
def close_call(call_id: UUID, *, reason: str, detail: str = "", now: datetime) -> bool:
    """Ends the call unless it has ended; whether this did it.

    A reason set while it was live stays: staff who hang up are why the caller's leg went away.
    """
    days = Call.objects.filter(pk=call_id).values_list("agent__retention_days", flat=True).first()
    has_ended = bool(
        Call.objects.live()
        .filter(pk=call_id)
        .update(
            ended_at=now,
            seen_at=now,
            purge_after=now + retention(days),
            reason=_unless_set("reason", Call.Reason(reason).value),
            detail=_unless_set("detail", detail[:200]),
        )
    )
    if has_ended:
        transaction.on_commit(partial(queue.enqueue_finish, call_id))
    return has_ended


def _unless_set(field: str, value: str) -> Case:
    return Case(When(**{field: ""}, then=Value(value)), default=F(field), output_field=CharField())


def sign_of_life(call_ids: Iterable[UUID], now: datetime) -> int:
    """Keeps the reconciler away from calls that are being held; how many still are."""
    return Call.objects.live().filter(pk__in=list(call_ids)).update(seen_at=now)


def staff_hang_up(call_id: UUID) -> bool:
    """Notes that staff end this live call, before they do; whether it was still live."""
    return bool(Call.objects.live().filter(pk=call_id, reason="").update(reason=Call.Reason.STAFF))


def staff_did_not(call_id: UUID) -> None:
    """Takes the note back: the line could not be cut."""
    Call.objects.live().filter(pk=call_id, reason=Call.Reason.STAFF).update(reason="")


def close_absent(channels: Collection[str], held: Collection[UUID], now: datetime) -> int:
    """Closes as lost every live call that is neither in Asterisk nor held here; how many.

    A call younger than JUST_BEGUN may be newer than the list of channels.
    """
    live = Call.objects.live().filter(started_at__lt=now - JUST_BEGUN)
    absent = [
        call_id
        for call_id, channel in live.values_list("pk", "channel")
        if channel not in channels and call_id not in held
    ]
    return sum(close_call(call_id, reason=Call.Reason.LOST, now=now) for call_id in absent)


def close_silent(silent_for: timedelta, now: datetime) -> int:
    """Closes as lost every live call without a sign of life for so long; how many."""
    silent = Call.objects.live().filter(seen_at__lt=now - silent_for)
    closed = 0
    for call_id in silent.values_list("pk", flat=True):
        if close_call(call_id, reason=Call.Reason.LOST, now=now):
            log.warning("call %s: no sign of life, closed as lost", call_id)
            closed += 1
    return closed
