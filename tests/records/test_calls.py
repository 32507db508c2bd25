from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from redis import Redis
from rq import Queue, SimpleWorker

from agents import demo
from agents.models import Agent
from agents.specs import NumberNotInService
from records import calls
from records.models import Call, Recording
from tests.clinic import CALLER, NOON, clinic, ring, ring_off

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(seconds=90)


@pytest.fixture(autouse=True)
def _clinic(no_queue: None) -> None:
    clinic()


def test_a_call_opens_with_its_agent_and_is_live():
    call = Call.objects.get(pk=ring())

    assert (call.agent_name, call.number.number, call.caller) == (demo.AGENT, demo.NUMBER, CALLER)
    assert call.ended_at is None
    assert call.purge_after is None
    assert call.recording.state == Recording.State.GROWING


def test_opening_a_call_takes_few_queries(django_assert_max_num_queries):
    with django_assert_max_num_queries(7):  # three for the spec, two rows, a savepoint
        ring()


def test_an_unknown_number_leaves_no_row_and_is_not_named():
    with pytest.raises(NumberNotInService) as refusal:
        calls.open_call(dialled="5550001", caller=CALLER, channel="1", worker="w", now=NOON)

    assert "5550001" not in str(refusal.value)
    assert CALLER not in str(refusal.value)
    assert not Call.objects.exists()


def test_a_number_out_of_service_is_not_answered():
    number = Agent.objects.get().numbers.get()
    number.is_active = False
    number.save()

    with pytest.raises(NumberNotInService):
        ring()


def test_a_call_that_must_not_be_recorded_has_no_recording():
    Agent.objects.update(record_audio=False)

    call = Call.objects.get(pk=ring())

    assert not call.record_audio
    assert not Recording.objects.exists()


def test_a_call_closes_once_and_the_first_reason_stays():
    call_id = ring()

    assert calls.close_call(call_id, reason="agent", detail="", now=LATER)
    assert not calls.close_call(
        call_id, reason="lost", detail="too late", now=LATER + timedelta(seconds=5)
    )

    call = Call.objects.get(pk=call_id)
    assert (call.reason, call.detail, call.ended_at) == ("agent", "", LATER)


def test_a_closed_call_is_kept_as_long_as_its_agent_says():
    Agent.objects.update(retention_days=7)
    call_id = ring()
    ring_off(call_id, LATER)

    assert Call.objects.get(pk=call_id).purge_after == LATER + timedelta(days=7)


def test_when_staff_hang_up_the_caller_leaving_is_not_the_reason():
    call_id = ring()

    assert calls.staff_hang_up(call_id)
    calls.close_call(call_id, reason="caller", now=LATER)

    assert Call.objects.get(pk=call_id).reason == Call.Reason.STAFF


def test_a_hang_up_that_failed_is_no_reason():
    call_id = ring()
    calls.staff_hang_up(call_id)

    calls.staff_did_not(call_id)
    calls.close_call(call_id, reason="caller", now=LATER)

    assert Call.objects.get(pk=call_id).reason == Call.Reason.CALLER_HUNG_UP


def test_staff_cannot_hang_up_what_is_over():
    call_id = ring()
    ring_off(call_id)

    assert not calls.staff_hang_up(call_id)
    assert Call.objects.get(pk=call_id).reason == Call.Reason.CALLER_HUNG_UP


def test_a_reason_nobody_knows_is_refused():
    with pytest.raises(ValueError, match="bored"):
        calls.close_call(ring(), reason="bored", now=LATER)


def test_a_call_whose_agent_was_deleted_still_closes_and_expires():
    call_id = ring()
    Call.objects.update(agent=None)

    ring_off(call_id, LATER)

    assert Call.objects.get(pk=call_id).purge_after > LATER


def test_a_sign_of_life_is_for_live_calls_only():
    live, over = ring(), ring()
    ring_off(over)

    assert calls.sign_of_life([live, over], LATER) == 1
    assert Call.objects.get(pk=live).seen_at == LATER


def test_only_silent_calls_are_closed_as_lost():
    silent, held = ring(), ring()
    calls.sign_of_life([held], LATER)

    assert calls.close_silent(timedelta(seconds=60), LATER) == 1

    assert Call.objects.get(pk=silent).reason == Call.Reason.LOST
    assert Call.objects.get(pk=held).ended_at is None


def test_calls_that_asterisk_no_longer_has_are_closed_as_lost():
    gone, there, held, new = (ring(channel=name) for name in ("1.1", "1.2", "1.3", "1.4"))
    Call.objects.filter(pk=new).update(started_at=LATER)

    assert calls.close_absent({"1.2"}, {held}, LATER) == 1

    assert set(Call.objects.live().values_list("pk", flat=True)) == {there, held, new}
    assert Call.objects.get(pk=gone).reason == Call.Reason.LOST


def test_a_call_closes_though_the_queue_is_down(django_capture_on_commit_callbacks):
    call_id = ring()

    with django_capture_on_commit_callbacks(execute=True) as told:
        ring_off(call_id)

    assert told
    assert Call.objects.get(pk=call_id).ended_at


@pytest.mark.django_db(transaction=True)
def test_of_ten_who_close_a_call_at_once_one_does():
    call_id = ring()

    def close(second: int) -> bool:
        try:
            return calls.close_call(call_id, reason="caller", now=LATER + timedelta(seconds=second))
        finally:
            connection.close()

    with ThreadPoolExecutor(5) as crowd:
        assert sum(crowd.map(close, range(10))) == 1


@pytest.mark.django_db(transaction=True)
def test_the_job_worker_finishes_a_closed_call(valkey: Redis):
    call_id: UUID = ring()

    ring_off(call_id)

    queue = Queue("default", connection=valkey)
    assert [job.args for job in queue.jobs] == [(call_id,)]
    SimpleWorker([queue], connection=valkey).work(burst=True, logging_level="ERROR")
    call = Call.objects.get(pk=call_id)
    assert call.finished_at
    assert call.recording.state == Recording.State.MISSING
