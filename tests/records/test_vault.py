import hashlib
import os
import signal
import subprocess
import sys
import wave
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.engines.base import Speaker
from inference.journal import TurnRecord
from records import vault
from records.models import Turn
from tests.clinic import ANSWERED, ASKED, GREETED, clinic, ring, tone

WRITE_THEN_HANG = """
import sys, uuid, django
from django.conf import settings
django.setup()
settings.RECORDINGS_DIR = sys.argv[2]
from records import vault
sink = vault.AudioSink(uuid.UUID(sys.argv[1]))
for _ in range(175):
    sink.append(b"\\x01\\x00" * 320, b"\\x02\\x00" * 320)
print("written", flush=True)
sys.stdin.read()
"""


@pytest.mark.django_db
def test_a_turn_written_again_is_the_same_turn():
    clinic()
    call_id = ring()
    half = TurnRecord(2, Speaker.AGENT, "", 5_000, 5_000, unheard_text="We are open.")

    vault.write_turns(call_id, [GREETED, ASKED, half])
    vault.write_turns(call_id, [ANSWERED, ANSWERED])

    turns = list(Turn.objects.filter(call_id=call_id))
    assert [turn.index for turn in turns] == [0, 1, 2]
    assert turns[2].text == ANSWERED.text
    assert turns[2].response_ms == 800
    assert turns[2].was_interrupted


@pytest.mark.django_db
def test_words_of_a_deleted_call_are_refused():
    with pytest.raises(vault.CallIsGone):
        vault.write_turns(uuid4(), [GREETED])
    with pytest.raises(vault.CallIsGone):
        vault.write_transcript(uuid4(), "hello")


@pytest.mark.django_db
def test_how_a_reply_was_prepared_is_kept_with_its_turn():
    clinic()
    call_id = ring()

    vault.write_turns(call_id, [replace(ANSWERED, drafts=3, was_ahead=True)])

    turn = Turn.objects.get()
    assert (turn.drafts, turn.was_ahead) == (3, True)


@pytest.mark.django_db
def test_a_tape_written_again_takes_the_place_of_the_first_and_only_its_owner_reads_it():
    clinic()
    call_id = ring()

    vault.write_tape(call_id, b"a longer tape")
    vault.write_tape(call_id, b"a tape")

    path = vault.tape_path(call_id)
    assert path.read_bytes() == b"a tape"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.django_db
def test_a_tape_that_cannot_be_written_whole_leaves_the_earlier_one(monkeypatch):
    clinic()
    call_id = ring()
    vault.write_tape(call_id, b"a tape")

    def disk_is_full(_descriptor: int) -> None:
        raise OSError

    monkeypatch.setattr(os, "fsync", disk_is_full)
    with pytest.raises(OSError):
        vault.write_tape(call_id, b"a longer tape")

    path = vault.tape_path(call_id)
    assert path.read_bytes() == b"a tape"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.django_db
def test_the_tape_of_a_deleted_call_is_refused_and_leaves_no_file(recordings_dir: Path):
    with pytest.raises(vault.CallIsGone):
        vault.write_tape(uuid4(), b"a tape")

    assert [path for path in recordings_dir.rglob("*") if path.is_file()] == []


def test_the_caller_is_left_and_the_agent_right():
    call_id = uuid4()
    sink = vault.AudioSink(call_id)
    sink.append(b"\x01\x00" * 160, b"\x02\x00" * 160)
    sink.append(b"\x03\x00" * 160, b"\x04\x00" * 160)
    sink.close()

    sealed = vault.seal(call_id)

    with wave.open(str(vault.recording_path(call_id))) as audio:
        assert audio.getparams()[:4] == (2, 2, 16_000, 320)
        sound = np.frombuffer(audio.readframes(320), dtype="<i2").reshape(-1, 2)
    assert sound[0].tolist() == [1, 2]
    assert sound[-1].tolist() == [3, 4]
    assert sealed.duration_ms == 20


def test_sides_of_different_length_are_refused():
    sink = vault.AudioSink(uuid4())
    with pytest.raises(ValueError, match="other"):
        sink.append(b"\x00" * 640, b"\x00" * 320)
    sink.close()


@given(st.lists(st.integers(0, 400), max_size=8), st.integers(0, 7))
def test_whatever_reached_the_disk_becomes_a_valid_wav(recordings, pieces: list[int], torn: int):
    """`torn` bytes of a last, unfinished write follow what was appended."""
    call_id = uuid4()
    sink = vault.AudioSink(call_id)
    for samples in pieces:
        sink.append(b"\x05\x00" * samples, b"\x06\x00" * samples)
    sink.close()
    path = vault.recording_path(call_id)
    with path.open("ab") as file:
        file.write(b"\x07" * torn)

    sealed = vault.seal(call_id)

    heard = (sum(pieces) * 4 + torn) // 4
    if not heard:
        assert sealed is None
        return
    with wave.open(str(path)) as audio:
        assert audio.getnframes() == heard
    assert path.stat().st_size == sealed.size_bytes
    assert sealed.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert vault.seal(call_id) == sealed


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sealed")


def test_audio_is_on_disk_within_a_second_of_being_heard():
    call_id = uuid4()
    sink = vault.AudioSink(call_id)

    for _ in range(60):
        sink.append(tone(0.02, 300), tone(0.02, 300))

    on_disk = vault.recording_path(call_id).stat().st_size
    assert on_disk >= vault.SECOND_BYTES
    sink.close()


def test_a_writer_that_is_killed_loses_less_than_a_second(recordings_dir: Path):
    call_id = uuid4()
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITE_THEN_HANG, str(call_id), str(recordings_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"},
    )
    try:
        assert writer.stdout.readline() == b"written\n"  # 3.5 seconds of audio
    finally:
        writer.send_signal(signal.SIGKILL)
        writer.communicate()

    sealed = vault.seal(call_id)

    assert 2_500 < sealed.duration_ms <= 3_500
    with wave.open(str(vault.recording_path(call_id))) as audio:
        assert audio.getnframes() == sealed.duration_ms * 16


def test_a_recording_is_not_sealed_while_somebody_writes_it(monkeypatch):
    monkeypatch.setattr(vault, "LET_GO_S", 0)
    call_id = uuid4()
    sink = vault.AudioSink(call_id)
    sink.append(tone(0.1, 300), tone(0.1, 300))

    with pytest.raises(vault.StillRecording):
        vault.seal(call_id)

    sink.close()
    assert vault.seal(call_id).duration_ms == 100


def test_one_recording_has_one_writer():
    call_id = uuid4()
    sink = vault.AudioSink(call_id)

    with pytest.raises(BlockingIOError):
        vault.AudioSink(call_id)

    sink.close()


def test_a_second_writer_goes_on_where_the_first_was_cut():
    call_id = uuid4()
    first = vault.AudioSink(call_id)
    first.append(tone(0.1, 300), tone(0.1, 300))
    first.close()
    with vault.recording_path(call_id).open("ab") as file:
        file.write(b"\x01\x02\x03")  # torn in the middle of a sample

    second = vault.AudioSink(call_id)
    second.append(tone(0.1, 300), tone(0.1, 300))
    second.close()

    assert vault.seal(call_id).duration_ms == 200


def test_only_we_may_read_the_files():
    call_id = uuid4()
    vault.AudioSink(call_id).close()

    assert vault.recording_path(call_id).stat().st_mode & 0o077 == 0
    assert vault.recording_path(call_id).parent.stat().st_mode & 0o077 == 0


def test_what_was_never_recorded_cannot_be_sealed():
    assert vault.seal(uuid4()) is None
