from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from redis import Redis
from rq import Queue, SimpleWorker
from rq.cron import CronScheduler

from records import access, jobs, vault
from records.models import Call, Recording, Transcript
from tests.clinic import CONVERSATION, clinic, had_call, ring, ring_off, tone

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clinic(no_queue: None) -> None:
    clinic()


def test_a_finished_call_has_its_transcript_and_recording():
    call = Call.objects.get(pk=had_call(seconds=1.5))

    assert call.finished_at
    assert call.recording.state == Recording.State.READY
    assert call.recording.duration_ms == 1500
    assert call.recording.size_bytes == vault.recording_path(call.pk).stat().st_size
    text = access.open_transcript(call, "test").text
    assert text.splitlines() == [
        "0:00 Agent: Hello, how can I help you?",
        "0:03 Caller: when are you open",
        (
            "0:05 Agent: We are open from Monday to Friday. "
            "[cut off: On Saturday and Sunday we are closed.]"
        ),
    ]


def test_finishing_twice_changes_nothing():
    call_id = had_call()
    before = Recording.objects.values().get(), Call.objects.values().get()
    Call.objects.update(finished_at=None)

    jobs.finish_call(call_id)
    finished_at = Call.objects.get().finished_at
    jobs.finish_call(call_id)

    assert Recording.objects.values().get() == before[0]
    assert Call.objects.get().finished_at == finished_at
    assert Transcript.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_finishing_at_the_same_time_does_no_harm():
    call_id = had_call()
    Call.objects.update(finished_at=None)

    def finish(_: int) -> None:
        try:
            jobs.finish_call(call_id)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as workers:
        list(workers.map(finish, range(8)))

    assert Call.objects.get().finished_at
    assert Transcript.objects.count() == 1
    assert Recording.objects.get().state == Recording.State.READY


def test_a_call_that_is_on_or_gone_is_not_finished():
    live = ring()

    jobs.finish_call(live)
    jobs.finish_call(uuid4())

    assert Call.objects.get(pk=live).finished_at is None
    assert not Transcript.objects.exists()


def test_a_call_without_audio_is_finished_and_says_so():
    call_id = ring()
    ring_off(call_id)

    jobs.finish_call(call_id)

    assert Recording.objects.get().state == Recording.State.MISSING
    assert Call.objects.get().finished_at


def test_a_call_that_was_not_to_be_recorded_leaves_no_audio():
    agent = clinic()
    agent.record_audio = False
    agent.save()
    call_id = ring()
    vault.write_turns(call_id, CONVERSATION)
    ring_off(call_id)

    jobs.finish_call(call_id)

    assert Call.objects.get().finished_at
    assert not Recording.objects.exists()
    assert not vault.recording_path(call_id).exists()


def test_a_recording_that_still_grows_is_left_for_later(monkeypatch):
    monkeypatch.setattr(vault, "LET_GO_S", 0)
    call_id = ring()
    sink = vault.AudioSink(call_id)
    sink.append(tone(1, 300), tone(1, 300))
    ring_off(call_id)

    jobs.finish_call(call_id)
    assert Call.objects.get().finished_at is None

    sink.close()
    jobs.finish_call(call_id)
    assert Recording.objects.get().duration_ms == 1000


def test_the_reconciler_closes_and_finishes_what_a_crash_left():
    long_ago = timezone.now() - timedelta(minutes=10)
    call_id = ring(long_ago)
    vault.write_turns(call_id, CONVERSATION)
    vault.AudioSink(call_id).append(tone(1, 300), tone(1, 300))  # nobody closes it

    assert jobs.reconcile() == jobs.Reconciled(closed=1, requeued=0, finished=0)
    Call.objects.update(ended_at=long_ago)  # a minute and more passes
    assert jobs.reconcile() == jobs.Reconciled(closed=0, requeued=0, finished=1)

    call = Call.objects.get()
    assert call.reason == Call.Reason.LOST
    assert call.recording.state == Recording.State.READY
    assert call.recording.duration_ms == 1000


def test_the_reconciler_leaves_held_and_fresh_calls_alone():
    now = timezone.now()
    held, fresh = ring(now - timedelta(hours=1)), ring(now)
    Call.objects.filter(pk=held).update(seen_at=now)
    ring_off(fresh, now)

    assert jobs.reconcile() == jobs.Reconciled(closed=0, requeued=0, finished=0)
    assert Call.objects.get(pk=held).ended_at is None


def test_the_reconciler_hands_overdue_calls_to_the_queue_again(valkey: Redis):
    call_id = ring()
    ring_off(call_id)

    assert jobs.reconcile().requeued == 1

    assert [job.args for job in Queue("default", connection=valkey).jobs] == [(call_id,)]


def test_one_call_that_cannot_be_finished_does_not_hold_up_the_rest(recordings_dir):
    stuck, fine = ring(), ring()
    for call_id in (stuck, fine):
        ring_off(call_id)
    vault.recording_path(stuck).mkdir(parents=True)  # not a file: opening it fails

    assert jobs.reconcile().finished == 1

    assert Call.objects.get(pk=fine).finished_at
    assert Call.objects.get(pk=stuck).finished_at is None


def test_reconcile_says_what_it_did(capsys):
    ring(timezone.now() - timedelta(minutes=10))

    call_command("reconcile")

    assert capsys.readouterr().out == "Closed 1 lost calls, queued 0 and finished 0\n"


def test_the_clock_reconciles_every_minute_and_purges_every_night(valkey: Redis):
    clock = CronScheduler(valkey, logging_level="ERROR")
    clock.load_config_from_file("records.cron")

    assert {(job.func_name, job.interval, job.cron) for job in clock.get_jobs()} == {
        ("records.jobs.reconcile", 60, None),
        ("records.jobs.purge", None, "30 3 * * *"),
    }


@pytest.mark.django_db(transaction=True)
def test_what_the_clock_starts_runs_in_a_job_worker(valkey: Redis):
    clinic()
    call_id = ring(timezone.now() - timedelta(minutes=10))
    clock = CronScheduler(valkey, logging_level="ERROR")
    clock.load_config_from_file("records.cron")

    clock.enqueue_jobs()
    queue = Queue("default", connection=valkey)
    SimpleWorker([queue], connection=valkey).work(burst=True, logging_level="ERROR")

    call = Call.objects.get(pk=call_id)
    assert call.reason == Call.Reason.LOST
    assert call.finished_at  # closing it put its own job into the queue
