"""Whole calls: a caller who speaks, Asterisk, `manage.py serve`, and the rows afterwards.

The callers are human: Asterisk's own prompts, whose published words are the agents' questions.
"""

import asyncio
import base64
import io
import random
import time
import wave
from collections.abc import Awaitable, Callable, Iterator

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.db.models import QuerySet
from django.test import override_settings
from django.urls import reverse

from agents import demo
from agents.models import Agent, PhoneNumber, Question, Voice
from inference.engines.base import SAMPLE_HZ, EngineChoice, VoiceChoice
from inference.sentences import pieces_of
from records import access, jobs
from records.models import Call, Recording, Turn
from telephony import human_voice, selfcall
from telephony.asterisk import rx
from telephony.likeness import likeness
from telephony.numbers import write_fallbacks
from telephony.phone import NoAnswer, Phone, PhoneCall
from tests.e2e.asterisk import RunningAsterisk
from tests.e2e.prompts import words
from tests.e2e.serving import Serving, process, serving

pytestmark = [pytest.mark.asterisk, pytest.mark.django_db(transaction=True)]

RIVER, HILL, TALKER, HUMAN = "+4930555401", "+4930555402", "+4930555403", "+4930555409"
ASKS_NUMBER, ASKS_FOLDER = "privacy-prompt", "vm-changeto"  # said by both agents' callers
GREETING = "Hello, this is the {} practice."
ANSWERS = {
    (RIVER, ASKS_NUMBER): "Our number begins with four one five, and then the year.",
    (RIVER, ASKS_FOLDER): "Please take the blue one that lies beside the window.",
    (HILL, ASKS_NUMBER): "Nobody needs a number here, just walk up the hill to us.",
    (HILL, ASKS_FOLDER): "All papers are kept in the cellar until the end of the month.",
}
LONG_SPEECH = "This agent talks for a long time, and nobody has ever heard the end of it. " * 2
QUIET_MS = 700

HANGUPS, AT_ONCE = 200, 20
RSS_GROWTH_MB = 25


@pytest.fixture(scope="module")
def serve(
    asterisk_of_module: RunningAsterisk, django_db_setup: None, valkey_server: object
) -> Iterator[Serving]:
    with serving(asterisk_of_module) as running:
        yield running


@pytest.fixture
def agents(serve: Serving, transactional_db: None) -> None:
    """Two practices that answer the same questions differently, and one that talks and talks."""
    voice = Voice.objects.create(name="Machine", engine="espeak")
    for number, name in ((RIVER, "river"), (HILL, "hill")):
        agent = Agent.objects.create(name=name, voice=voice, greeting=GREETING.format(name))
        PhoneNumber.objects.create(number=number, agent=agent, human=HUMAN)
        for digit, prompt in enumerate((ASKS_NUMBER, ASKS_FOLDER), start=1):
            Question.objects.create(
                agent=agent,
                wordings=words(prompt),
                answer=ANSWERS[number, prompt],
                digit=str(digit),
            )
    talker = Agent.objects.create(name="talker", voice=voice, greeting=LONG_SPEECH)
    PhoneNumber.objects.create(number=TALKER, agent=talker)
    write_fallbacks()


def play(scene: Callable[[Phone], Awaitable[None]], seconds: float = 60) -> None:
    async def whole() -> None:
        async with asyncio.timeout(seconds), Phone(user="+4917012345") as phone:
            await scene(phone)

    asyncio.run(whole())


def said(text: str) -> bytes:
    """What the agents' voice makes of it."""
    return selfcall._voiced(pieces_of(text, "en"), VoiceChoice(EngineChoice("espeak")))


async def ask(call: PhoneCall, prompt: str) -> float:
    """Wait for the agent to finish, ask, hear the answer; the response gap in ms."""
    await call.wait_quiet(QUIET_MS, 20)
    spoken = await call.say(human_voice.speak(prompt))
    first_ms = await call.wait_loud(spoken.speech_ended_ms, 10)
    await call.wait_quiet(QUIET_MS, 20, after_ms=spoken.speech_ended_ms)
    return first_ms - spoken.speech_ended_ms


def ended(count: int, deadline_s: float = 15) -> QuerySet[Call]:
    """The calls, once they are closed."""
    give_up = time.monotonic() + deadline_s
    while Call.objects.filter(ended_at__isnull=False).count() < count:
        assert time.monotonic() < give_up, f"{Call.objects.count()} calls, not {count} ended"
        time.sleep(0.05)
    return Call.objects.all()


def finish_when_ended() -> None:
    """As the worker does, when there is none."""
    jobs.finish_call(ended(1, deadline_s=40).get().pk)


def plain(text: str) -> str:
    return selfcall._words(text)


def assert_heard(call: PhoneCall, number: str, prompt: str) -> None:
    """The right answer, and none of the others, of either agent."""
    heard = call.heard()
    for (other_number, other_prompt), answer in ANSWERS.items():
        share = likeness(heard, said(answer)).share
        is_right = (other_number, other_prompt) == (number, prompt)
        assert share >= 0.8 if is_right else share < 0.3, (other_number, other_prompt, share)


def sides(call: Call) -> tuple[bytes, bytes]:
    """Caller and agent of the finished recording, through the door everybody uses."""
    recording = access.open_recording(call, "test")
    with wave.open(io.BytesIO(recording.read(0, recording.size_bytes))) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (2, SAMPLE_HZ, 2)
        stereo = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    return stereo[:, 0].tobytes(), stereo[:, 1].tobytes()


# --- one call --------------------------------------------------------------------------------


def test_a_caller_is_understood_answered_and_kept(asterisk, agents):
    gaps, channels = [], []

    async def scene(phone: Phone) -> None:
        call = await phone.dial(asterisk.sip(RIVER))
        channels.append(await asyncio.to_thread(rx, "core show channels"))
        gaps.append(await ask(call, ASKS_NUMBER))
        await call.hang_up()
        assert_heard(call, RIVER, ASKS_NUMBER)
        assert likeness(call.heard(), said(GREETING.format("river"))).share >= 0.8

    play(scene)
    assert "WebSocket/ai" in channels[0]
    assert gaps[0] < 2000
    call = ended(1).get()
    assert (call.reason, call.caller, call.agent_name) == ("caller", "+4917012345", "river")
    greeting, question, answer = access.open_transcript(call, "test").turns
    assert plain(greeting.text) == plain(GREETING.format("river"))
    assert question.speaker == Turn.Speaker.CALLER
    assert plain(question.text) == words(ASKS_NUMBER)
    assert plain(answer.text) == plain(ANSWERS[RIVER, ASKS_NUMBER])
    assert (answer.unheard_text, answer.was_interrupted) == ("", False)
    assert answer.response_ms == pytest.approx(gaps[0], abs=250)
    jobs.finish_call(call.pk)
    call.refresh_from_db()
    assert call.finished_at
    caller_side, agent_side = sides(call)
    assert likeness(caller_side, human_voice.speak(ASKS_NUMBER)).share >= 0.8
    assert likeness(agent_side, said(ANSWERS[RIVER, ASKS_NUMBER])).share >= 0.8
    assert likeness(caller_side, said(ANSWERS[RIVER, ASKS_NUMBER])).share == 0


def test_over_a_narrow_line_keys_ask_the_question_of_the_digit(asterisk, agents):
    async def scene(phone: Phone) -> None:
        call = await phone.dial(asterisk.sip(HILL), codec="pcmu")
        await call.wait_quiet(QUIET_MS, 20)
        await call.press("2")
        pressed_ms = call.packets[-1].arrived_ms
        await call.wait_quiet(QUIET_MS, 20, after_ms=pressed_ms)
        await call.hang_up()
        assert_heard(call, HILL, ASKS_FOLDER)

    play(scene)
    turns = access.open_transcript(ended(1).get(), "test").turns
    assert [turn.speaker for turn in turns] == ["agent", "caller", "agent"]
    assert plain(turns[2].text) == plain(ANSWERS[HILL, ASKS_FOLDER])


def test_two_calls_at_once_hear_each_its_own_agent(asterisk, agents):
    async def scene(phone: Phone) -> None:
        calls = [await phone.dial(asterisk.sip(number)) for number in (RIVER, HILL)]
        await asyncio.gather(*(ask(call, ASKS_NUMBER) for call in calls))
        await asyncio.gather(*(call.hang_up() for call in calls))
        for call, number in zip(calls, (RIVER, HILL), strict=True):
            assert_heard(call, number, ASKS_NUMBER)

    play(scene)
    for call in ended(2):
        number = RIVER if call.agent_name == "river" else HILL
        answer = access.open_transcript(call, "test").turns[-1]
        assert plain(answer.text) == plain(ANSWERS[number, ASKS_NUMBER])


# --- ends ------------------------------------------------------------------------------------


def test_two_hundred_callers_who_hang_up_leave_nothing_but_their_records(asterisk, agents, serve):
    """While the agent talks, at random moments, so many that a leak would show."""
    moments = random.Random(7)
    rss_mb, lengths_ms = [], {}

    async def one(phone: Phone, number: int) -> None:
        await asyncio.sleep(moments.uniform(0, 0.3))
        call = await phone.dial(asterisk.sip(TALKER))
        await asyncio.sleep(moments.uniform(0, 1.5))
        await call.hang_up()
        lengths_ms[number] = (call.ended_ms or 0) - (call.answered_ms or 0)

    async def scene(phone: Phone) -> None:
        for batch in range(0, HANGUPS, AT_ONCE):
            await asyncio.gather(*(one(phone, batch + number) for number in range(AT_ONCE)))
            rss_mb.append(serve.rss_mb())

    began = time.monotonic()
    play(scene, seconds=150)
    took_s = time.monotonic() - began
    calls = list(ended(HANGUPS))
    assert len(calls) == HANGUPS
    assert {call.reason for call in calls} == {"caller"}
    asterisk.wait_no_channels()
    for call in calls:
        jobs.finish_call(call.pk)
    recordings = Recording.objects.filter(call__in=calls)
    states = [recording.state for recording in recordings]
    assert states.count(Recording.State.READY) == HANGUPS
    for call in calls:
        left, _ = sides(call)
        assert len(left) // 2 * 1000 // SAMPLE_HZ == call.recording.duration_ms
    heard_ms, kept_ms = sum(lengths_ms.values()), sum(row.duration_ms for row in recordings)
    print(
        f"\n{HANGUPS} calls hung up in {took_s:.0f} s; recorded {kept_ms / 1000:.0f} of "
        f"{heard_ms / 1000:.0f} s; RSS after each {AT_ONCE}: "
        + ", ".join(f"{mb:.0f}" for mb in rss_mb)
        + " MB"
    )
    assert 0.98 * heard_ms <= kept_ms <= heard_ms + 500 * HANGUPS  # a busy machine hears of it late
    settled_mb = rss_mb[len(rss_mb) // 2]  # threads and caches have grown by then
    assert rss_mb[-1] - settled_mb < RSS_GROWTH_MB


def assert_human_takes(asterisk: RunningAsterisk, number: str) -> None:
    """The number's human, behind the trunk, is rung and talks with the caller."""

    async def scene(phone: Phone) -> None:
        async with Phone("127.0.0.1", asterisk.trunk_port, user="human") as human:
            await asyncio.to_thread(wait_trunk)
            call = await phone.start_call(asterisk.sip(number))
            theirs = await human.next_call(3)
            await theirs.answer()
            await call.wait_answered(3)
            await theirs.say(human_voice.speak(ASKS_FOLDER))
            assert call.first_loud_ms(0)
            await call.hang_up()

    play(scene)


def wait_trunk(deadline_s: float = 10) -> None:
    """Until Asterisk found the trunk: one that answers no OPTIONS is not rung."""
    give_up = time.monotonic() + deadline_s
    while "Avail" not in rx("pjsip show contacts").replace("Unavail", ""):
        assert time.monotonic() < give_up, "the trunk is not reachable"
        rx("pjsip qualify trunk")
        time.sleep(0.1)


def test_a_number_dialled_while_its_agent_is_off_rings_the_human(asterisk, agents):
    PhoneNumber.objects.filter(number=RIVER).update(is_active=False)
    assert_human_takes(asterisk, RIVER)
    assert not Call.objects.exists()


def test_the_admin_hangs_up_a_live_call(asterisk, agents, admin_client):
    reasons = []

    async def scene(phone: Phone) -> None:
        call = await phone.dial(asterisk.sip(TALKER))
        await call.wait_loud(0, 5)
        await asyncio.to_thread(hang_up_in_admin)
        await call.wait_ended(5)
        reasons.append(call.ended_by)

    def hang_up_in_admin() -> None:
        live = Call.objects.get(ended_at=None)
        page = reverse("admin:records_call_hang_up", args=[live.pk])
        assert admin_client.get(page).status_code == 405
        assert admin_client.post(page).status_code == 302

    play(scene)
    assert reasons == ["them"]
    assert ended(1).get().reason == Call.Reason.STAFF


# --- who may come to the media socket ----------------------------------------------------------


async def handshake(port: int, authorization: str) -> str:
    """The status line the media socket answers an upgrade with."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    key = base64.b64encode(random.randbytes(16)).decode()
    lines = [
        "GET /media HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Protocol: media",
    ]
    if authorization:
        lines.append(f"Authorization: Basic {base64.b64encode(authorization.encode()).decode()}")
    writer.write("\r\n".join([*lines, "", ""]).encode())
    status = await asyncio.wait_for(reader.readline(), 5)
    writer.close()
    return status.decode().split(" ")[1]


@pytest.mark.parametrize(
    "authorization", ["", "asterisk:wrong", "root:media-secret", "asterisk:", ":"]
)
def test_the_media_socket_refuses_who_does_not_know_the_password(
    asterisk, agents, serve, authorization
):
    assert asyncio.run(handshake(serve.port, authorization)) == "403"
    assert asyncio.run(handshake(serve.port, f"asterisk:{asterisk.media_password}")) == "101"
    assert not Call.objects.exists()


def test_with_a_wrong_media_password_the_caller_is_put_through_to_the_human(asterisk, agents):
    try:
        with override_settings(MEDIA_PASSWORD="not-the-one"):
            asterisk.reload("res_websocket_client")
            assert_human_takes(asterisk, RIVER)
    finally:
        asterisk.reload("res_websocket_client")
    assert not Call.objects.exists()


# --- the self-call -----------------------------------------------------------------------------


@pytest.fixture
def clinic(serve: Serving, transactional_db: None) -> None:
    demo.load()
    write_fallbacks()


def test_the_self_call_passes_and_prints_the_conversation(asterisk, clinic, capsys):
    with process("rqworker", "default", asterisk=asterisk):
        call_command("call")
    out = capsys.readouterr().out
    assert "hours today" in out
    assert demo.GREETING[:30] in out
    assert "PASSED: answered after" in out
    assert "right answer heard (100%)" in out


def test_the_self_call_fails_on_the_answer_to_another_question(asterisk, clinic):
    """It asks for the hours and expects the address."""
    asked = selfcall.Question("what is your address", human_voice.speak(*selfcall.PROMPTS))

    async def place() -> selfcall.SelfCallResult:
        async with asyncio.timeout(60):
            placing = asyncio.ensure_future(selfcall.place(question=asked))
            await asyncio.to_thread(finish_when_ended)
            return await placing

    result = asyncio.run(place())
    assert result.greeting_heard == 1
    assert result.answer_heard < 0.2
    assert not result.passed
    assert any("the right answer was not heard" in problem for problem in result.problems)


def test_the_self_call_says_what_is_wrong_when_nobody_answers(asterisk, clinic):
    PhoneNumber.objects.update(is_active=False)
    with pytest.raises(CommandError, match="no agent answers this number"):
        call_command("call")
    with pytest.raises(NoAnswer):
        asyncio.run(_dial_dead_line())


async def _dial_dead_line() -> None:
    async with Phone() as phone:
        await phone.dial("sip:1000@127.0.0.1:9", deadline_s=0.5)
