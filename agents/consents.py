"""Who agreed that a voice imitates them, and what goes when they take it back.

A voice that imitates someone speaks only as long as the newest consent to it stands. Voices
from before consents were asked for speak on, and are named until somebody has recorded one.
"""

import hashlib
import logging
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction

from agents.models import Voice, VoiceConsent
from inference import phrases

log = logging.getLogger(__name__)

IMITATING = ("xtts", "service")  # engines that speak with the voice of a recording
FORGET_DEADLINE_S = 3.0


class Standing(Enum):
    IMITATES_NOBODY = "Imitates nobody"
    AGREED = "Speaker has agreed"
    UNRECORDED = "No consent recorded"
    WITHDRAWN = "Consent withdrawn: not used"


@dataclass(frozen=True, slots=True)
class Agreement:
    """What was agreed, by whom, and where that can be seen."""

    speaker: str
    given_on: date
    wording: str
    document: File | None = None
    sample_sha256: str = ""  # of the recording as it was uploaded


def newest(voice: Voice) -> VoiceConsent | None:
    return next(iter(voice.consents.all()), None)


def standing(voice: Voice) -> Standing:
    """No query for a voice that cannot imitate anyone."""
    if not voice.sample and voice.engine not in IMITATING:
        return Standing.IMITATES_NOBODY
    consent = newest(voice) if voice.pk else None
    if consent and consent.withdrawn_at:
        # a voice of the model's own may be chosen instead, and speaks
        return (
            Standing.IMITATES_NOBODY if voice.speaker and not voice.sample else Standing.WITHDRAWN
        )
    if not voice.sample:
        return Standing.IMITATES_NOBODY
    return Standing.AGREED if consent else Standing.UNRECORDED


def may_speak(voice: Voice) -> bool:
    return standing(voice) is not Standing.WITHDRAWN


def record(voice: Voice, agreement: Agreement, by: Any, now: datetime) -> VoiceConsent:
    return VoiceConsent.objects.create(
        voice=voice,
        voice_name=voice.name,
        sample_sha256=agreement.sample_sha256 or _sha256_of_stored(voice),
        speaker=agreement.speaker,
        given_on=agreement.given_on,
        wording=agreement.wording,
        document=agreement.document or "",
        recorded_by=by,
        recorded_at=now,
    )


def _sha256_of_stored(voice: Voice) -> str:
    """Of a recording that was here before anyone recorded a consent to it."""
    try:
        with voice.sample.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    except (OSError, ValueError):
        return ""


def withdraw(voice: Voice, by: Any, now: datetime) -> None:
    """Blocking. The recording and all that came of it go; the consent stays as proof.

    Files first: broken off in the middle, the voice cannot be heard and this can be done again.
    Raises OSError where the recording cannot be deleted.
    """
    recording = voice.sample.name
    if recording:
        voice.sample.storage.delete(recording)
    with transaction.atomic():
        Voice.objects.filter(pk=voice.pk).update(sample="", speaker="")
        consent = newest(voice)
        if consent:
            voice.consents.filter(speaker=consent.speaker, withdrawn_at=None).update(
                withdrawn_at=now, withdrawn_by=by
            )
    if recording:
        delete_recording(recording)


def delete_recording(name: str) -> None:
    """Blocking. The file, if it is there still, and everything that was made from it."""
    default_storage.delete(name)
    kept = [Path(voice.sample.path) for voice in Voice.objects.exclude(sample="")]
    gone = phrases.forget_all_but(settings.VAR_DIR / "phrases", kept)
    log.info("a voice's recording was deleted, and %d sentences made with it", gone)
    _tell_engines(default_storage.path(name))


def _tell_engines(recording: str) -> None:
    """What they computed leaves their memory. Without the file it is of no use to them anyway."""
    socket = settings.VAR_DIR / "inference.sock"
    if not socket.exists():
        return
    transport = httpx.HTTPTransport(uds=str(socket))
    try:
        with httpx.Client(transport=transport, timeout=FORGET_DEADLINE_S) as host:
            answer = host.post("http://inference/voices/forget", json={"path": recording})
            answer.raise_for_status()
    except httpx.HTTPError as error:
        log.warning("the inference service did not forget a voice: %s", type(error).__name__)


def is_needed(consent: VoiceConsent) -> bool:
    """Whether a recording is imitated on the strength of it."""
    voice = consent.voice
    return bool(voice and voice.sample and newest(voice) == consent)


def delete(consent: VoiceConsent) -> None:
    document = consent.document.name
    consent.delete()
    if document:
        transaction.on_commit(partial(default_storage.delete, document))
