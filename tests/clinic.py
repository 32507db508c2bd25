"""The demo clinic, the people who work there, and calls it has had."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
from django.contrib.auth.models import Permission, User

from agents import demo
from agents.models import Agent
from inference.engines.base import SAMPLE_HZ, Speaker
from inference.journal import TurnRecord
from records import calls, jobs, vault

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
CALLER = "+4930901820"

GREETED = TurnRecord(0, Speaker.AGENT, "Hello, how can I help you?", 200, 2_400)
ASKED = TurnRecord(1, Speaker.CALLER, "when are you open", 3_000, 4_200)
ANSWERED = TurnRecord(
    2,
    Speaker.AGENT,
    "We are open from Monday to Friday.",
    5_000,
    7_000,
    unheard_text="On Saturday and Sunday we are closed.",
    was_interrupted=True,
    endpointing_ms=600,
    stt_ms=120,
    llm_ms=10,
    tts_ms=30,
    response_ms=800,
)
CONVERSATION = (GREETED, ASKED, ANSWERED)


def clinic() -> Agent:
    demo.load()
    return Agent.objects.get(name=demo.AGENT)


def ring(now: datetime = NOON, channel: str = "1700000000.1") -> UUID:
    """A call to the clinic, answered and on the line."""
    opened = calls.open_call(
        dialled=demo.NUMBER, caller=CALLER, channel=channel, worker="test", now=now
    )
    return opened.call_id


def ring_off(call_id: UUID, now: datetime = NOON + timedelta(seconds=30)) -> None:
    assert calls.close_call(call_id, reason="caller", now=now)


def had_call(
    now: datetime = NOON, turns: Sequence[TurnRecord] = CONVERSATION, seconds: float = 2.0
) -> UUID:
    """A call that is over and finished, with turns and audio."""
    call_id = ring(now)
    vault.write_turns(call_id, turns)
    sink = vault.AudioSink(call_id)
    sink.append(tone(seconds, 300), tone(seconds, 500))
    sink.close()
    ring_off(call_id, now + timedelta(seconds=30))
    jobs.finish_call(call_id)
    return call_id


def tone(seconds: float, hz: int) -> bytes:
    at = np.arange(round(seconds * SAMPLE_HZ)) / SAMPLE_HZ
    return (9000 * np.sin(2 * np.pi * hz * at)).astype("<i2").tobytes()


def _person(name: str, *permissions: str) -> User:
    person = User.objects.create_user(name, password="a password for tests", is_staff=True)
    wanted = [permission.split(".") for permission in permissions]
    for app, codename in wanted:
        person.user_permissions.add(
            Permission.objects.get(content_type__app_label=app, codename=codename)
        )
    return User.objects.get(pk=person.pk)


def ines_office_manager() -> User:
    """Sets up agents and numbers, sees calls, ends and deletes them; does not read them."""
    setup = [
        f"agents.{deed}_{model}"
        for deed in ("view", "add", "change", "delete")
        for model in ("agent", "voice", "phonenumber", "question", "agentlanguage")
    ]
    return _person(
        "ines", *setup, "records.view_call", "records.change_call", "records.delete_call"
    )


def tom_reviewer() -> User:
    """Reads and hears calls, changes nothing."""
    return _person("tom", "records.view_call", "records.view_transcript", "records.view_recording")
