from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from agents.models import Agent
from records import retention, vault
from records.models import Call, Recording, Transcript, Turn
from tests.clinic import CALLER, NOON, clinic, had_call, ring

pytestmark = pytest.mark.django_db
A_MONTH_LATER = NOON + timedelta(days=31)


@pytest.fixture(autouse=True)
def _clinic(no_queue: None) -> None:
    clinic()


def test_an_expired_call_leaves_nothing_behind(recordings_dir: Path):
    call_id = had_call()
    vault.write_tape(call_id, b"a tape")
    vault.tape_path(call_id).with_name(f"{call_id}.1.half").touch()  # its writer was killed

    outcome = retention.purge(A_MONTH_LATER)

    assert [call.call_id for call in outcome.purged] == [call_id]
    for model in (Call, Turn, Recording, Transcript):
        assert not model.objects.exists()
    assert [path for path in recordings_dir.rglob("*") if path.is_file()] == []


def test_a_call_whose_time_is_not_up_is_kept():
    call_id = had_call()

    assert retention.purge(NOON + timedelta(days=29)).purged == ()
    assert vault.recording_path(call_id).exists()


def test_a_call_in_progress_is_never_purged():
    call_id = ring(NOON - timedelta(days=400))
    vault.AudioSink(call_id).close()

    assert retention.purge(A_MONTH_LATER).purged == ()
    with pytest.raises(retention.CallInProgress):
        retention.delete_call(call_id)
    assert vault.recording_path(call_id).exists()
    assert Call.objects.filter(pk=call_id).exists()


def test_shorter_retention_reaches_earlier_calls():
    had_call()
    Agent.objects.update(retention_days=1)

    assert len(retention.purge(NOON + timedelta(days=2)).purged) == 1


def test_longer_retention_saves_earlier_calls():
    had_call()
    Agent.objects.update(retention_days=90)

    assert retention.purge(A_MONTH_LATER).purged == ()
    assert Call.objects.get().purge_after == Call.objects.get().ended_at + timedelta(days=90)


def test_calls_outlive_their_agent_only_as_long_as_promised():
    had_call()
    Call.objects.update(agent=None)

    assert retention.purge(NOON + timedelta(days=29)).purged == ()
    assert len(retention.purge(A_MONTH_LATER).purged) == 1


def test_a_dry_run_names_what_the_real_run_deletes_and_changes_nothing():
    had_call()
    had_call(NOON + timedelta(days=20))
    Agent.objects.update(retention_days=5)
    before = list(Call.objects.values())

    planned = retention.purge(NOON + timedelta(days=6), dry_run=True)

    assert list(Call.objects.values()) == before
    assert retention.purge(NOON + timedelta(days=6)) == planned
    assert len(planned.purged) == 1


def test_a_purge_that_was_killed_half_way_is_completed_by_the_next():
    call_id = had_call()
    vault.destroy(call_id)  # the file went, then the power

    assert len(retention.purge(A_MONTH_LATER).purged) == 1
    assert not Call.objects.exists()
    assert retention.purge(A_MONTH_LATER).purged == ()


def test_a_file_that_cannot_be_deleted_keeps_its_row_and_stops_nobody():
    stuck, fine = had_call(), had_call()
    path = vault.recording_path(stuck)
    path.unlink()
    path.mkdir()  # even root cannot unlink a folder

    outcome = retention.purge(A_MONTH_LATER)

    assert outcome.failed == (stuck,)
    assert [call.call_id for call in outcome.purged] == [fine]
    assert list(Call.objects.values_list("pk", flat=True)) == [stuck]


def test_the_command_says_how_many_it_purged(capsys):
    had_call()

    call_command("purge_expired")  # today is more than a month after, or the call is young
    expected = 1 if timezone.now() > A_MONTH_LATER else 0

    assert capsys.readouterr().out == f"Purged {expected} calls\n"


def test_the_dry_run_lists_calls_without_a_word_or_number(capsys):
    Agent.objects.update(retention_days=0)
    call_id = had_call(timezone.now() - timedelta(days=1))

    call_command("purge_expired", "--dry-run")

    listed = capsys.readouterr().out
    assert str(call_id) in listed
    assert f"{vault.audio_bytes(call_id)} bytes of audio" in listed
    assert "keeps calls for 0 days" in listed
    assert listed.endswith("Would purge 1 calls\n")
    assert CALLER not in listed
    assert "open" not in listed
    assert Call.objects.exists()


def test_the_command_fails_loudly_when_a_call_could_not_be_purged():
    Agent.objects.update(retention_days=0)
    path = vault.recording_path(had_call(timezone.now() - timedelta(days=1)))
    path.unlink()
    path.mkdir()

    with pytest.raises(CommandError, match="1 calls could not be purged"):
        call_command("purge_expired")
