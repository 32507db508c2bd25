"""The only reader of what was said: whoever asks is checked here, once.

A reader is a user, or the name of a part of the product that works on its own (a job, the
self-call). Permission and, later, the row that says who read what belong in `_admit`.
"""

import os
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.core.exceptions import PermissionDenied

from records import vault
from records.models import Call, Recording, Transcript, Turn

Reader = AbstractUser | AnonymousUser | str

READ_TRANSCRIPT = "records.view_transcript"
HEAR_RECORDING = "records.view_recording"


class NothingRecorded(Exception):
    """What was asked for was not kept of this call, or is not finished yet."""


@dataclass(frozen=True, slots=True)
class OpenTranscript:
    turns: tuple[Turn, ...]
    text: str  # "" until the call is finished


class OpenRecording:
    """A finished recording's WAV, read piece by piece. Blocking."""

    def __init__(self, call_id: UUID, size_bytes: int) -> None:
        self._path = vault.recording_path(call_id)
        self.size_bytes = size_bytes

    def read(self, start: int, stop: int) -> bytes:
        """The bytes from `start` up to, not including, `stop`. Raises NothingRecorded."""
        try:
            with self._path.open("rb") as file:
                file.seek(start, os.SEEK_SET)
                return file.read(max(0, min(stop, self.size_bytes) - start))
        except FileNotFoundError as error:
            raise NothingRecorded("the recording was purged") from error


def open_transcript(call: Call, reader: Reader) -> OpenTranscript:
    """What was said in `call`. Raises PermissionDenied."""
    _admit(reader, READ_TRANSCRIPT)
    text = Transcript.objects.filter(call=call).values_list("text", flat=True).first()
    return OpenTranscript(turns=tuple(Turn.objects.filter(call=call)), text=text or "")


def open_recording(call: Call, reader: Reader) -> OpenRecording:
    """The audio of `call`. Raises PermissionDenied, NothingRecorded."""
    _admit(reader, HEAR_RECORDING)
    size_bytes = (
        Recording.objects.filter(call=call, state=Recording.State.READY)
        .values_list("size_bytes", flat=True)
        .first()
    )
    if size_bytes is None:
        raise NothingRecorded("this call has no finished recording")
    return OpenRecording(call.pk, size_bytes)


def read_tape(call: Call, reader: Reader) -> bytes:
    """The events of `call`, as the machine was told them. Raises PermissionDenied, NothingRecorded.

    It holds no words, but who spoke when: as much a caller's affair as the transcript.
    """
    _admit(reader, READ_TRANSCRIPT)
    try:
        return vault.tape_path(call.pk).read_bytes()
    except FileNotFoundError as error:
        raise NothingRecorded("no tape of this call was kept") from error


def may_read_transcripts(reader: Reader) -> bool:
    return _may(reader, READ_TRANSCRIPT)


def may_hear_recordings(reader: Reader) -> bool:
    return _may(reader, HEAR_RECORDING)


def _admit(reader: Reader, permission: str) -> None:
    if not _may(reader, permission):
        raise PermissionDenied(f"this needs the permission {permission}")


def _may(reader: Reader, permission: str) -> bool:
    if isinstance(reader, str):
        return bool(reader)
    return reader.has_perm(permission)  # never of someone who has left
