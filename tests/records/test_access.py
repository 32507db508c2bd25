import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied

from records import access, vault
from records.models import Call
from tests.clinic import clinic, had_call, ines_office_manager, ring, tom_reviewer

pytestmark = pytest.mark.django_db


@pytest.fixture
def call(no_queue: None) -> Call:
    clinic()
    return Call.objects.get(pk=had_call())


def test_the_reviewer_reads_and_hears(call: Call):
    tom = tom_reviewer()

    assert len(access.open_transcript(call, tom).turns) == 3
    audio = access.open_recording(call, tom)
    assert audio.read(0, 4) == b"RIFF"
    assert audio.read(audio.size_bytes - 4, audio.size_bytes + 999) == audio.read(
        audio.size_bytes - 4, audio.size_bytes
    )


def test_the_office_manager_who_may_not_is_refused(call: Call):
    ines = ines_office_manager()

    with pytest.raises(PermissionDenied):
        access.open_transcript(call, ines)
    with pytest.raises(PermissionDenied):
        access.open_recording(call, ines)


@pytest.mark.parametrize("nobody", [AnonymousUser(), ""])
def test_nobody_is_refused(call: Call, nobody: access.Reader):
    with pytest.raises(PermissionDenied):
        access.open_transcript(call, nobody)


def test_a_reviewer_who_left_is_refused(call: Call):
    tom = tom_reviewer()
    User.objects.update(is_active=False)

    with pytest.raises(PermissionDenied):
        access.open_recording(call, User.objects.get(pk=tom.pk))


def test_the_tape_is_read_by_whom_the_transcript_is(call: Call):
    vault.write_tape(call.pk, b"a tape")

    assert access.read_tape(call, tom_reviewer()) == b"a tape"
    with pytest.raises(PermissionDenied):
        access.read_tape(call, ines_office_manager())


def test_a_call_without_a_tape_says_so(call: Call):
    with pytest.raises(access.NothingRecorded, match="no tape"):
        access.read_tape(call, "test")


def test_a_recording_that_grows_cannot_be_heard_yet(no_queue: None):
    clinic()
    live = Call.objects.get(pk=ring())

    with pytest.raises(access.NothingRecorded):
        access.open_recording(live, "test")


def test_a_recording_purged_while_it_is_heard_ends_with_a_word(call: Call):
    audio = access.open_recording(call, "test")
    vault.destroy(call.pk)

    with pytest.raises(access.NothingRecorded):
        audio.read(0, 4)
