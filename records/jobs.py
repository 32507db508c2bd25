"""What is done after calls, outside them. Every job may run twice, and at the same time."""

import logging
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from records import access, calls, queue, recordings, retention, transcripts, vault
from records.models import Call

log = logging.getLogger(__name__)

SILENT_FOR = timedelta(seconds=60)  # a held call gives a sign of life every few seconds
OVERDUE = timedelta(seconds=60)  # the queue has had its chance
BATCH = 500  # calls a run of the reconciler looks at; the next comes in a minute


def finish_call(call_id: UUID) -> None:
    """Makes the transcript and the recording of an ended call."""
    call = Call.objects.unfinished().filter(pk=call_id).first()
    if call is None:
        return
    try:
        recordings.finish(call_id)
    except vault.StillRecording:
        log.warning("call %s: still being recorded, left to the reconciler", call_id)
        return
    turns = access.open_transcript(call, "finish_call").turns
    try:
        vault.write_transcript(call_id, transcripts.plain(turns))
    except vault.CallIsGone:
        return
    Call.objects.unfinished().filter(pk=call_id).update(finished_at=timezone.now())


@dataclass(frozen=True, slots=True)
class Reconciled:
    closed: int  # live calls nobody holds any more
    requeued: int
    finished: int  # done at once, because the queue could not be reached


def reconcile() -> Reconciled:
    """Makes up for what a crash, or a lost queue, left undone."""
    now = timezone.now()
    closed = calls.close_silent(SILENT_FOR, now)
    overdue = list(
        Call.objects.unfinished()
        .filter(ended_at__lte=now - OVERDUE)
        .order_by("ended_at")
        .values_list("pk", flat=True)[:BATCH]
    )
    requeued = 0
    while requeued < len(overdue) and queue.enqueue_finish(overdue[requeued]):
        requeued += 1
    finished = sum(_finish_quietly(call_id) for call_id in overdue[requeued:])
    return Reconciled(closed, requeued, finished)


def _finish_quietly(call_id: UUID) -> bool:
    """One call that cannot be finished does not keep the others waiting."""
    try:
        finish_call(call_id)
    except Exception as error:
        log.error("call %s: could not be finished (%s)", call_id, type(error).__name__)
        return False
    return True


def purge() -> None:
    """The nightly purge."""
    outcome = retention.purge(timezone.now())
    log.info("purged %d calls, %d failed", len(outcome.purged), len(outcome.failed))
