"""One call more than there is room for: a real Asterisk, `manage.py serve`, three callers."""

import asyncio
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from agents.models import Agent, PhoneNumber, Question, Voice
from inference.engines.base import EngineChoice, VoiceChoice
from inference.sentences import pieces_of
from records.models import Call
from telephony import human_voice, measuring, selfcall, spoken_questions
from telephony.likeness import likeness
from telephony.models import CapacityRun
from telephony.numbers import write_fallbacks
from telephony.phone import Phone, PhoneCall, now_ms
from tests.e2e.asterisk import RunningAsterisk
from tests.e2e.prompts import words
from tests.e2e.serving import Serving, serving

pytestmark = [pytest.mark.asterisk, pytest.mark.django_db(transaction=True)]

NUMBER, HUMAN, ELSEWHERE = "+4930555601", "+4930555602", "+4930555603"
ASKS, ANSWER = "privacy-prompt", "Our number begins with four one five, and then the year."
LOUD = b"\x00\x10\x00\xf0" * 4000
QUIET_MS = 700
SOON_S = 3  # a dozen milliseconds on a machine that has time


@pytest.fixture(scope="module")
def serve(
    asterisk_of_module: RunningAsterisk, django_db_setup: None, valkey_server: object
) -> Iterator[Serving]:
    """A machine that holds one call."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VOICEADMIN_MAX_CALLS", "1")
        with serving(asterisk_of_module) as running:
            yield running


@pytest.fixture
def practice(serve: Serving, transactional_db: None) -> None:
    voice = Voice.objects.create(name="Machine", engine="espeak")
    agent = Agent.objects.create(name="river", voice=voice, greeting="Hello.")
    Question.objects.create(agent=agent, wordings=words(ASKS), answer=ANSWER)
    PhoneNumber.objects.create(number=NUMBER, agent=agent, human=HUMAN, overflow=ELSEWHERE)
    write_fallbacks()


async def with_the_agent(phone: Phone, uri: str) -> PhoneCall:
    """A server that began without agents loads their engines for the first call, which on a busy
    machine takes longer than a caller is kept waiting: that one hears an apology."""
    while True:
        call = await phone.dial(uri, deadline_s=15)
        if await Call.objects.live().aexists():
            return call
        await call.wait_ended(15)


async def ask(call: PhoneCall) -> None:
    await call.wait_quiet(QUIET_MS, 20)
    spoken = await call.say(human_voice.speak(ASKS))
    await call.wait_loud(spoken.speech_ended_ms, 10)
    await call.wait_quiet(QUIET_MS, 20, after_ms=spoken.speech_ended_ms)


def test_one_call_too_many_rings_the_overflow_and_the_first_one_talks_on(asterisk, serve, practice):
    async def calls() -> None:
        async with (
            asyncio.timeout(90),
            Phone(user="+4917011111") as first,
            Phone(user="+4917022222") as second,
            Phone("127.0.0.1", asterisk.trunk_port, user="human") as others,
        ):
            others.is_busy = True
            talking = await with_the_agent(first, asterisk.sip(NUMBER))
            others.is_busy = False
            asking = asyncio.create_task(ask(talking))

            turned_away = await second.start_call(asterisk.sip(NUMBER))
            theirs = await others.next_call(SOON_S)
            assert theirs.dialled_number == ELSEWHERE
            await theirs.answer()
            await turned_away.wait_answered(5)
            from_ms = now_ms()
            await theirs.say(LOUD)
            await turned_away.wait_loud(from_ms, 3)

            await asking
            said = selfcall._voiced(pieces_of(ANSWER, "en"), VoiceChoice(EngineChoice("espeak")))
            assert likeness(talking.heard(), said).share > 0.8
            await talking.hang_up()

            await until_ended()
            third = await second.dial(asterisk.sip(NUMBER), deadline_s=15)  # there is room again
            await third.wait_loud(0, 10)
            await third.hang_up()
            await turned_away.hang_up()

    asyncio.run(calls())
    answered = Call.objects.exclude(reason=Call.Reason.TROUBLE)
    assert answered.count() == 2  # the one that was turned away left none


def test_what_this_machine_holds_is_measured_and_leaves_no_calls(
    asterisk, serve, practice, settings, monkeypatch
):
    monkeypatch.setattr(spoken_questions, "PROMPTS", ((ASKS,),))
    monkeypatch.setattr(measuring, "FEWEST", 1)  # with one answer a level is over
    monkeypatch.setattr(measuring, "LONGEST", 4)
    told, before = StringIO(), files_in(settings.RECORDINGS_DIR)

    call_command(
        "measure_capacity", number=NUMBER, most=2, seconds=4, budget_ms=20_000, stdout=told
    )

    run = CapacityRun.objects.in_force()
    assert run is not None, told.getvalue()
    assert run.calls == 2  # twice as many as are let in: they are not counted
    for level in run.levels:
        assert level["asked"]
        assert 0 < level["p50_ms"] <= level["p95_ms"]
        assert level["cpu_share"] > 0
    assert not Call.objects.exists()
    assert files_in(settings.RECORDINGS_DIR) == before


def files_in(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


async def until_ended() -> None:
    while await Call.objects.live().aexists():
        await asyncio.sleep(0.05)
