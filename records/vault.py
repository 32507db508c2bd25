"""The only writer of what was said: turns, transcripts, audio, and the tape of events.

Audio goes to disk as the call goes, as one WAV a call under RECORDINGS_DIR: 16 kHz, 16 bit,
caller left, agent right. Until it is sealed its header claims no audio at all; the length of
the file is the truth, so a killed process costs at most the second it had not flushed. Whoever
writes holds the file's lock; the system lets go of it for a process that dies. Beside it lies the
call's tape, from which its turns can be decided again: events and numbers, no words.
Nothing but `records.access` reads what is written here.
"""

import fcntl
import hashlib
import os
import struct
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

import numpy as np
from django.conf import settings
from django.db import transaction

from inference.engines.base import SAMPLE_HZ
from inference.journal import TurnRecord
from records.models import Call, Transcript, Turn

CHANNELS = 2
SAMPLE_BYTES = 2
BLOCK_BYTES = CHANNELS * SAMPLE_BYTES  # one sample of both sides
SECOND_BYTES = SAMPLE_HZ * BLOCK_BYTES
HEADER_BYTES = 44

TURN_COLUMNS = (
    "speaker",
    "text",
    "unheard_text",
    "was_interrupted",
    "started_ms",
    "ended_ms",
    "endpointing_ms",
    "stt_ms",
    "llm_ms",
    "tts_ms",
    "response_ms",
    "drafts",
    "was_ahead",
    "stood_in",
)


LET_GO_S = 5.0  # the writer closes the file moments after the call's row
LOOK_AGAIN_S = 0.05


class CallIsGone(Exception):
    """The call was deleted while its words were on their way."""


class StillRecording(Exception):
    """A process is writing this call's audio. Come back later."""


def write_turns(call_id: UUID, records: Sequence[TurnRecord]) -> None:
    """Keeps turns; one that is there already is overwritten. Raises CallIsGone."""
    latest = {record.index: record for record in records}
    with transaction.atomic():
        _hold(call_id)
        Turn.objects.bulk_create(
            [_row(call_id, record) for record in latest.values()],
            update_conflicts=True,
            unique_fields=["call", "index"],
            update_fields=TURN_COLUMNS,
        )


def write_transcript(call_id: UUID, text: str) -> None:
    """Keeps the plain transcript, in place of an earlier one. Raises CallIsGone."""
    with transaction.atomic():
        _hold(call_id)
        Transcript.objects.update_or_create(call_id=call_id, defaults={"text": text})


def _hold(call_id: UUID) -> None:
    """Keeps the call from being purged until the transaction ends."""
    if not Call.objects.select_for_update().filter(pk=call_id).exists():
        raise CallIsGone(f"call {call_id} is gone")


def _row(call_id: UUID, record: TurnRecord) -> Turn:
    fields = asdict(record)
    fields["speaker"] = record.speaker.value
    fields["stood_in"] = ",".join(record.stood_in)
    for name in ("text", "unheard_text"):
        fields[name] = fields[name].replace("\x00", "")  # PostgreSQL refuses it
    return Turn(call_id=call_id, **fields)


def recording_path(call_id: UUID) -> Path:
    return Path(settings.RECORDINGS_DIR) / call_id.hex[:2] / f"{call_id}.wav"


class AudioSink:
    """One call's audio on its way to disk. Blocking; not for several threads at once."""

    def __init__(self, call_id: UUID) -> None:
        self._file = _open_growing(recording_path(call_id))
        self._unflushed_bytes = 0

    def append(self, caller: bytes, agent: bytes) -> None:
        """Adds the same stretch of both sides, 16 kHz mono each.

        Raises ValueError when one is longer than the other, OSError when the disk is full.
        """
        block = interleave(caller, agent)
        self._file.write(block)
        self._unflushed_bytes += len(block)
        if self._unflushed_bytes >= SECOND_BYTES:
            self._file.flush()
            self._unflushed_bytes = 0

    def close(self) -> None:
        """Lets go of the file. The second time does nothing."""
        self._file.close()


def _open_growing(path: Path) -> BinaryIO:
    """The file to append to, locked; what an earlier process left there is kept.

    Raises BlockingIOError when somebody else writes it.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    file = os.fdopen(descriptor, "r+b", buffering=2 * SECOND_BYTES)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise
    written_bytes = os.fstat(descriptor).st_size
    if written_bytes < HEADER_BYTES:
        file.write(header(0))
        file.flush()
    else:
        file.seek(written_bytes - (written_bytes - HEADER_BYTES) % BLOCK_BYTES)
    return file


def interleave(left: bytes, right: bytes) -> bytes:
    """Stereo of two mono stretches. Raises ValueError when they are not equally long."""
    if len(left) != len(right):
        raise ValueError(f"{len(left)} bytes of one side and {len(right)} of the other")
    stereo = np.empty((len(left) // SAMPLE_BYTES, CHANNELS), dtype="<i2")
    stereo[:, 0] = np.frombuffer(left, dtype="<i2")
    stereo[:, 1] = np.frombuffer(right, dtype="<i2")
    return stereo.tobytes()


def header(audio_bytes: int) -> bytes:
    """A canonical RIFF/WAVE header for that much audio."""
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        audio_bytes + HEADER_BYTES - 8,
        b"WAVE",
        b"fmt ",
        16,
        1,  # PCM
        CHANNELS,
        SAMPLE_HZ,
        SAMPLE_HZ * BLOCK_BYTES,
        BLOCK_BYTES,
        SAMPLE_BYTES * 8,
        b"data",
        audio_bytes,
    )


@dataclass(frozen=True, slots=True)
class Sealed:
    """What is true of a finished recording's file."""

    duration_ms: int
    size_bytes: int
    sha256: str


def seal(call_id: UUID) -> Sealed | None:
    """Makes the file a proper WAV of all that reached the disk; None when nothing did.

    Any number of times, with the same result. Blocking, up to LET_GO_S; raises StillRecording.
    """
    try:
        file = recording_path(call_id).open("r+b")
    except FileNotFoundError:
        return None
    with file:
        _wait_for_writer(file, call_id)
        file_bytes = file.seek(0, os.SEEK_END)
        audio_bytes = max(0, file_bytes - HEADER_BYTES) // BLOCK_BYTES * BLOCK_BYTES
        if not audio_bytes:
            return None
        file.truncate(HEADER_BYTES + audio_bytes)
        file.seek(0)
        file.write(header(audio_bytes))
        file.flush()
        os.fsync(file.fileno())
        file.seek(0)
        return Sealed(
            duration_ms=audio_bytes // BLOCK_BYTES * 1000 // SAMPLE_HZ,
            size_bytes=HEADER_BYTES + audio_bytes,
            sha256=hashlib.file_digest(file, "sha256").hexdigest(),
        )


def _wait_for_writer(file: BinaryIO, call_id: UUID) -> None:
    give_up_at = time.monotonic() + LET_GO_S
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= give_up_at:
                raise StillRecording(f"call {call_id} is still being recorded") from None
            time.sleep(LOOK_AGAIN_S)


def audio_bytes(call_id: UUID) -> int:
    """What the call's file takes on disk; 0 when there is none."""
    try:
        return recording_path(call_id).stat().st_size
    except FileNotFoundError:
        return 0


def tape_path(call_id: UUID) -> Path:
    return recording_path(call_id).with_suffix(".tape")


def write_tape(call_id: UUID, data: bytes) -> None:
    """Keeps the call's tape, in place of an earlier one: all of it, or nothing. Blocking.

    Raises CallIsGone, and OSError when the disk is full.
    """
    path = tape_path(call_id)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with transaction.atomic():
        _hold(call_id)
        descriptor, half = tempfile.mkstemp(".half", f"{call_id}.", path.parent)  # 0600
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(descriptor)
            Path(half).replace(path)
        finally:
            Path(half).unlink(missing_ok=True)


def destroy(call_id: UUID) -> None:
    """Removes the call's files, as far as there are any. Raises OSError."""
    path = recording_path(call_id)
    for left in (*path.parent.glob(f"{call_id}.*.half"), tape_path(call_id), path):
        left.unlink(missing_ok=True)
