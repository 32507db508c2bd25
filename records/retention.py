"""When calls are forgotten, and forgetting them.

Dangerous: what is deleted here is gone. The files go first and the rows after it, so a purge
that is killed half-way leaves a row that the next one finds, never a file that nobody owns.
A call in progress has no purge_after and is never touched.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F

from agents.models import Agent
from records import vault
from records.models import Call

log = logging.getLogger(__name__)

WITHOUT_AGENT_DAYS = 30  # the agent was deleted during its call


class CallInProgress(Exception):
    """A call that has not ended cannot be deleted."""


@dataclass(frozen=True, slots=True)
class Expired:
    call_id: UUID
    ended_at: datetime
    purge_after: datetime
    agent_name: str
    retention_days: int | None  # None: its agent is gone
    audio_bytes: int

    @property
    def why(self) -> str:
        if self.retention_days is None:
            return f"{self.agent_name} is gone; due {self.purge_after:%Y-%m-%d}"
        return f"{self.agent_name} keeps calls for {self.retention_days} days"


@dataclass(frozen=True, slots=True)
class Outcome:
    purged: tuple[Expired, ...]
    failed: tuple[UUID, ...] = ()


def retention(days: int | None) -> timedelta:
    return timedelta(days=WITHOUT_AGENT_DAYS if days is None else days)


def reschedule() -> None:
    """Applies every agent's present retention to the calls it has already had."""
    for agent_id, days in Agent.objects.values_list("pk", "retention_days"):
        due = F("ended_at") + retention(days)
        Call.objects.filter(agent=agent_id, ended_at__isnull=False).exclude(purge_after=due).update(
            purge_after=due
        )


def expired(now: datetime) -> tuple[Expired, ...]:
    """What a purge would delete, by the dates as they are stored."""
    return tuple(
        Expired(
            call_id=call.pk,
            ended_at=call.ended_at,
            purge_after=call.purge_after,
            agent_name=call.agent_name,
            retention_days=call.agent.retention_days if call.agent else None,
            audio_bytes=vault.audio_bytes(call.pk),
        )
        for call in Call.objects.expired(now).select_related("agent").order_by("ended_at")
        if call.ended_at and call.purge_after
    )


def purge(now: datetime, *, dry_run: bool = False) -> Outcome:
    """Deletes every call whose time is up. A dry run finds the same ones and changes nothing."""
    with transaction.atomic():
        reschedule()
        due = expired(now)
        transaction.set_rollback(dry_run)
    if dry_run:
        return Outcome(due)
    failed = tuple(call.call_id for call in due if not delete_quietly(call.call_id))
    return Outcome(tuple(call for call in due if call.call_id not in failed), failed)


def delete_quietly(call_id: UUID) -> bool:
    """One file that cannot be deleted does not save the other calls."""
    try:
        delete_call(call_id)
    except (OSError, CallInProgress) as error:
        log.error("call %s: could not be purged (%s)", call_id, type(error).__name__)
        return False
    return True


def delete_call(call_id: UUID) -> None:
    """Forgets one ended call: its audio and tape, then its rows. The second time does nothing.

    Holds the row meanwhile, so that what comes late finds it there with its files, or gone.
    Raises CallInProgress, and OSError when a file cannot be removed.
    """
    with transaction.atomic():
        call = Call.objects.select_for_update().filter(pk=call_id).first()
        if call and call.ended_at is None:
            raise CallInProgress(f"call {call_id} is in progress; hang up first")
        vault.destroy(call_id)
        if call:
            call.delete()
