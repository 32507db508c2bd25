"""What keeps this installation from answering calls, in its operator's words.

Run by `manage.py check` and before most commands, so each check takes milliseconds. Warnings
name what a call would miss; errors are what nothing can work without.
"""

import os
import tempfile
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.checks import Warning as Caution
from django.db import DatabaseError
from django.db.models import Q

from agents import consents
from agents.consents import Standing
from agents.models import Agent, Voice
from inference.engines import registry
from inference.engines.base import EngineUnavailable
from telephony import asterisk
from voiceadmin import store

SLOTS = (  # kind of engine, how the admin calls it, where an agent's choice is, if it has one
    ("vad", "voice activity detector", "vad_engine"),
    ("stt", "speech recogniser", "stt_engine"),
    ("stt", "second speech recogniser", "second_stt_engine"),
    ("llm", "language model", "llm_engine"),
    ("llm", "second language model", "second_llm_engine"),
    ("tts", "voice", "voice__engine"),
    ("tts", "voice that stands in", "voice__stand_in__engine"),
    ("turn", "model for the end of a turn", "turn_end_engine"),
)


@register
def folder_is_writable(**_: Any) -> Iterable[CheckMessage]:
    try:
        with tempfile.TemporaryFile(dir=settings.VAR_DIR):
            pass
    except OSError as error:
        yield Error(
            f"Nothing can be kept in {settings.VAR_DIR}: {error.strerror}.",
            hint=f"Let the user with id {os.geteuid()} write there, or set VOICEADMIN_VAR.",
            id="voiceadmin.E001",
        )


@register
def asterisk_is_usable(**_: Any) -> Iterable[CheckMessage]:
    try:
        asterisk.find()
    except asterisk.AsteriskUnusable as unusable:
        yield Caution(
            "No Asterisk on this machine can carry calls.",
            hint=f"{unusable} If Asterisk runs on another machine, nothing is wrong here.",
            id="voiceadmin.W001",
        )


@register
def engines_can_load(**_: Any) -> Iterable[CheckMessage]:
    agents = Agent.objects.filter(numbers__is_active=True).distinct().order_by("pk")
    fields = [field for _, _, field in SLOTS]
    try:
        chosen = list(agents.values("pk", "name", *fields))
    except DatabaseError:
        return  # not migrated yet: there are no agents to check
    for agent in chosen:
        for kind, title, field in SLOTS:
            if agent[field] and (why := missing_here(kind, field, agent[field])):
                yield Caution(
                    f"{agent['name']} cannot use its {title}, {agent[field]}.",
                    hint=f"{why.rstrip('.')}. Or choose another in the admin.",
                    id="voiceadmin.W002",
                )


def missing_here(kind: str, field: str, key: str) -> str:
    """Nothing, where one setting has another machine do what this engine would."""
    is_elsewhere = {"stt_engine": settings.STT_URL, "voice__engine": settings.TTS_URL}
    return "" if is_elsewhere.get(field) else missing(kind, key)


def missing(kind: str, key: str) -> str:
    try:
        return registry.missing(kind, key)
    except EngineUnavailable as unavailable:  # no engine has that name
        return str(unavailable)


@register
def imitated_speakers_agree(**_: Any) -> Iterable[CheckMessage]:
    used = Voice.objects.filter(Q(agents__isnull=False) | Q(other_languages__isnull=False))
    try:
        voices = list(used.distinct().order_by("pk").prefetch_related("consents"))
    except DatabaseError:
        return
    for voice in voices:
        match consents.standing(voice):
            case Standing.UNRECORDED:
                yield Caution(
                    f"The voice {voice.name} imitates somebody, and no consent is recorded.",
                    hint="Record it on the voice's page in the admin, or remove the recording.",
                    id="voiceadmin.W005",
                )
            case Standing.WITHDRAWN:
                yield Caution(
                    f"The voice {voice.name} is not used any more: its speaker has withdrawn"
                    " consent. Its agents speak with another one.",
                    hint="Give those agents another voice, or this one another recording.",
                    id="voiceadmin.W006",
                )


@register
def strangers_cannot_listen_in(**_: Any) -> Iterable[CheckMessage]:
    if not is_loopback(settings.HTTP_HOST) and not settings.IS_HTTPS:
        yield Caution(
            f"The admin is served to other machines ({settings.HTTP_HOST}) without encryption:"
            " who shares the network can read passwords and what callers said.",
            hint="Put a proxy with a certificate in front and name its address in"
            " VOICEADMIN_PUBLIC_URL, as in https://calls.example.org: docs/operations.md.",
            id="voiceadmin.W003",
        )


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


@register
def job_queue_answers(**_: Any) -> Iterable[CheckMessage]:
    """The embedded one runs only while ./run does, so only a named one is asked."""
    if not store.is_embedded() and (why := store.why_silent()):
        yield Caution(
            f"The job queue that REDIS_URL names does not answer ({why}): calls work, their"
            " transcripts and recordings are finished later.",
            hint="Start it, or unset REDIS_URL to use the one that ./run starts.",
            id="voiceadmin.W004",
        )
