"""The dialplan owns the caller: whatever becomes of the agent's leg, somebody answers."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from django.test import override_settings

from agents.models import Agent, PhoneNumber, Voice
from telephony import human_voice
from telephony.ami import Ami
from telephony.asterisk import AsteriskSilent, rx
from telephony.asterisk_files import AGENT_ANSWERS_WITHIN_S
from telephony.likeness import likeness
from telephony.numbers import write_fallbacks
from telephony.phone import CallRefused, NoAnswer, Phone, PhoneCall, now_ms
from tests.e2e.asterisk import RunningAsterisk
from tests.e2e.media_server import Leg, MediaServer, Script

pytestmark = [pytest.mark.asterisk, pytest.mark.django_db]

OURS, HUMAN, LONELY = "+4930555100", "+4930555200", "+4930555300"
POPULAR, ELSEWHERE = "+4930555400", "+4930555500"  # a number with an overflow, and that


@pytest.fixture(autouse=True)
def numbers(db: None, asterisk: RunningAsterisk) -> None:
    """One number with a human behind it, one without, one with an overflow as well."""
    voice = Voice.objects.create(name="Ada")
    agent = Agent.objects.create(name="Reception", voice=voice, greeting="Hello.")
    PhoneNumber.objects.create(number=OURS, agent=agent, human=HUMAN)
    PhoneNumber.objects.create(number=LONELY, agent=agent)
    PhoneNumber.objects.create(number=POPULAR, agent=agent, human=HUMAN, overflow=ELSEWHERE)
    write_fallbacks()


class Scene:
    """A caller, the human behind the trunk, and the agents' end, on one Asterisk."""

    def __init__(self, asterisk: RunningAsterisk, caller: Phone, human: Phone) -> None:
        self.asterisk, self.caller, self.human = asterisk, caller, human

    def agents(self, script: Script, password: str = "media-secret") -> MediaServer:
        return MediaServer(self.asterisk.http_port, script, password)

    async def dial(self, number: str = OURS, deadline_s: float = 15) -> PhoneCall:
        return await self.caller.dial(self.asterisk.sip(number), deadline_s=deadline_s)

    async def ring(self, number: str = OURS) -> PhoneCall:
        return await self.caller.start_call(self.asterisk.sip(number))

    async def human_takes_it(
        self, call: PhoneCall, deadline_s: float = 5, number: str = HUMAN
    ) -> None:
        """The human's phone rings, is lifted, and the two hear each other."""
        theirs = await self.human.next_call(deadline_s)
        assert theirs.dialled_number == number
        await theirs.answer()
        await call.wait_answered(5)
        from_ms = now_ms()
        await theirs.say(LOUD)
        await call.wait_loud(from_ms, 3)
        await theirs.hang_up()
        await call.wait_ended(5)


LOUD = b"\x00\x10\x00\xf0" * 4000  # half a second that no silence detector misses


def play(asterisk: RunningAsterisk, scene: Callable[[Scene], Awaitable[None]]) -> None:
    async def whole() -> None:
        async with (
            asyncio.timeout(60),
            Phone(user="caller") as caller,
            Phone("127.0.0.1", asterisk.trunk_port, user="human") as human,
        ):
            await scene(Scene(asterisk, caller, human))

    asyncio.run(whole())


async def talk(leg: Leg) -> None:
    leg.command("ANSWER")
    leg.say(0.5)


async def talk_and_hang_up(leg: Leg) -> None:
    await talk(leg)
    await asyncio.sleep(0.3)
    leg.command("HANGUP")


async def refuse(leg: Leg) -> None:
    leg.command("HANGUP")


async def close(leg: Leg) -> None:
    leg.close()


async def say_nothing(leg: Leg) -> None:
    return None


async def crash_at_once(leg: Leg) -> None:
    leg.crash()


# --- the five cases --------------------------------------------------------------------------


def test_when_the_agent_hangs_up_the_call_is_over(asterisk):
    async def scene(at: Scene) -> None:
        async with at.agents(talk_and_hang_up):
            call = await at.dial()
            await call.wait_ended(5)
            with pytest.raises(NoAnswer):
                await at.human.next_call(0.7)

    play(asterisk, scene)


def test_when_the_agent_hands_over_the_human_rings_and_the_caller_stays(asterisk):
    async def hand_over(leg: Leg) -> None:
        await talk(leg)
        async with Ami() as ami:
            assert await ami.hand_over(leg.variables["CALL_ID"])
        leg.command("HANGUP")

    async def scene(at: Scene) -> None:
        async with at.agents(hand_over):
            call = await at.dial()
            await at.human_takes_it(call)

    play(asterisk, scene)


def test_when_the_agent_crashes_the_human_rings_within_a_second(asterisk):
    async def scene(at: Scene) -> None:
        async with at.agents(talk) as server:
            call = await at.dial()
            leg = await server.next_leg()
            leg.crash()
            await at.human_takes_it(call, deadline_s=1)

    play(asterisk, scene)


def test_when_the_agent_never_answers_the_caller_pays_nothing_until_the_human_does(asterisk):
    async def scene(at: Scene) -> None:
        async with at.agents(say_nothing) as server:
            call = await at.ring()
            leg = await server.next_leg()
            with pytest.raises(NoAnswer):
                await call.wait_answered(AGENT_ANSWERS_WITHIN_S - 1)
            assert leg.heard_bytes == 0
            await at.human_takes_it(call)
            assert leg.closed.is_set()

    play(asterisk, scene)


def test_when_no_agent_is_up_the_human_rings_within_a_second(asterisk):
    async def scene(at: Scene) -> None:
        call = await at.ring()
        await at.human_takes_it(call, deadline_s=1)

    play(asterisk, scene)


# --- and around them ---------------------------------------------------------------------------


def test_with_the_wrong_media_password_the_human_rings(asterisk):
    async def scene(at: Scene) -> None:
        async with at.agents(talk, password="another-secret") as server:
            call = await at.ring()
            await at.human_takes_it(call, deadline_s=1)
            assert server.handshakes
            assert not server.legs

    play(asterisk, scene)


# --- too many calls: the agent lets go of its leg before it answered, and says nothing -----------


@pytest.mark.parametrize("turn_away", [refuse, close], ids=["HANGUP", "close"])
def test_when_there_is_no_room_the_overflow_rings_within_a_second(asterisk, turn_away):
    async def scene(at: Scene) -> None:
        async with at.agents(turn_away):
            call = await at.ring(POPULAR)
            await at.human_takes_it(call, deadline_s=1, number=ELSEWHERE)

    play(asterisk, scene)


def test_a_number_without_an_overflow_sends_them_to_its_human(asterisk):
    async def scene(at: Scene) -> None:
        async with at.agents(refuse):
            call = await at.ring(OURS)
            await at.human_takes_it(call, deadline_s=1)

    play(asterisk, scene)


def test_when_the_overflow_is_busy_the_human_rings(asterisk):
    async def scene(at: Scene) -> None:
        async with at.agents(refuse):
            call = await at.ring(POPULAR)
            overflow = await at.human.next_call(1)
            assert overflow.dialled_number == ELSEWHERE
            await overflow.reject()
            await at.human_takes_it(call, deadline_s=1)

    play(asterisk, scene)


def test_when_nobody_else_is_there_the_caller_hears_that_all_lines_are_busy(asterisk):
    async def scene(at: Scene) -> None:
        async with at.agents(refuse):
            call = await at.dial(LONELY)
            await call.wait_loud(0, 3)
            await call.wait_ended(10)
        said = human_voice.speak("all-circuits-busy-now")
        assert likeness(call.heard(), said).share > 0.8

    play(asterisk, scene)


@pytest.mark.parametrize("fault", ["crash", "trouble", "silence", "nobody"])
def test_what_is_broken_rings_the_human_and_not_the_overflow(asterisk, fault):
    async def in_trouble(leg: Leg) -> None:
        async with Ami() as ami:
            assert await ami.hand_over(leg.variables["CALL_ID"])
        await close(leg)

    scripts = {"crash": crash_at_once, "trouble": in_trouble, "silence": say_nothing}

    async def scene(at: Scene) -> None:
        if fault == "nobody":
            call = await at.ring(POPULAR)
            await at.human_takes_it(call, deadline_s=1)
            return
        async with at.agents(scripts[fault]):
            call = await at.ring(POPULAR)
            await at.human_takes_it(call, deadline_s=AGENT_ANSWERS_WITHIN_S + 1)

    play(asterisk, scene)


def test_without_a_human_the_caller_hears_an_apology(asterisk):
    async def scene(at: Scene) -> None:
        call = await at.dial(LONELY)
        await call.wait_loud(0, 3)
        await call.wait_ended(10)
        with pytest.raises(NoAnswer):
            await at.human.next_call(0.1)

    play(asterisk, scene)


def test_when_the_human_is_busy_the_caller_hears_an_apology(asterisk):
    async def scene(at: Scene) -> None:
        at.human.is_busy = True
        call = await at.dial()
        await call.wait_loud(0, 3)
        await call.wait_ended(10)

    play(asterisk, scene)


def test_a_number_that_is_not_ours_is_not_in_service(asterisk):
    async def scene(at: Scene) -> None:
        async with at.agents(refuse):
            with pytest.raises(CallRefused) as refused:
                await at.dial("+4930999999", deadline_s=20)
            assert refused.value.status == 404

    play(asterisk, scene)


def test_a_new_number_works_without_a_reload(asterisk):
    new = "+4930555777"

    async def scene(at: Scene) -> None:
        call = await at.ring(new)
        await at.human_takes_it(call, deadline_s=1)

    play_unknown_first(asterisk, new)
    PhoneNumber.objects.create(number=new, agent=Agent.objects.get(), human=HUMAN)
    write_fallbacks()
    play(asterisk, scene)


def play_unknown_first(asterisk: RunningAsterisk, number: str) -> None:
    async def scene(at: Scene) -> None:
        with pytest.raises(CallRefused):
            await at.dial(number, deadline_s=20)

    play(asterisk, scene)


def test_a_changed_human_is_rung_at_the_next_call(asterisk):
    """Changed at once and in one length: the file differs by nothing but its content."""
    dialled = []

    async def scene(at: Scene) -> None:
        call = await at.ring()
        theirs = await at.human.next_call(2)
        dialled.append(theirs.dialled_number)
        await call.hang_up()

    play(asterisk, scene)
    for human in ("+4930555201", "+4930555202"):
        PhoneNumber.objects.filter(number=OURS).update(human=human)
        write_fallbacks()
        play(asterisk, scene)
    assert dialled == [HUMAN, "+4930555201", "+4930555202"]


def test_the_agents_end_learns_who_called_whom_and_not_from_the_address(asterisk):
    async def scene(at: Scene) -> None:
        at.caller.user = "+4917012345"
        async with at.agents(talk_and_hang_up) as server:
            call = await at.dial()
            leg = await server.next_leg()
            await call.wait_ended(5)
        assert leg.variables["CALL_TO"] == OURS
        assert leg.variables["CALL_FROM"] == "+4917012345"
        assert leg.variables["CALL_DIRECTION"] == "in"
        assert leg.variables["CALL_ID"] != leg.start["channel_id"]
        assert leg.target == "/media"
        assert leg.start["format"] == "slin16"

    play(asterisk, scene)


CRAFTED = ["10%24%7BSHELL(id)%7D", "10%2CHUMAN=1", "10%22=%22%22", "10)%5D", "10&PJSIP%2F9%40trunk"]


def test_what_was_dialled_is_never_run(asterisk):
    async def scene(at: Scene) -> None:
        async with at.agents(talk) as server:
            outcomes = await asyncio.gather(
                *(at.dial(dialled, deadline_s=20) for dialled in CRAFTED), return_exceptions=True
            )
            statuses = [getattr(outcome, "status", outcome) for outcome in outcomes]
            assert statuses == [404] * len(CRAFTED)
            assert not server.legs
            with pytest.raises(NoAnswer):
                await at.human.next_call(0.1)

    play(asterisk, scene)


def test_keys_reach_the_agents_end(asterisk):
    async def scene(at: Scene) -> None:
        async with at.agents(talk) as server:
            call = await at.dial()
            leg = await server.next_leg()
            await call.press("1#")
            await asyncio.sleep(0.3)
            await call.hang_up()
            await leg.wait_closed()
        digits = [event["digit"] for event in leg.events if event["event"] == "DTMF_END"]
        assert digits == ["1", "#"]

    play(asterisk, scene)


# --- who may call --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["loopback", "trunk", "stranger", "softphone"])
def test_from_elsewhere_nobody_gets_in_by_name_alone(asterisk, name):
    """127.0.0.2 stands for elsewhere: Asterisk takes 127.0.0.1 alone for this machine."""

    async def scene(at: Scene) -> None:
        async with at.agents(talk) as server, Phone("127.0.0.2", user=name) as stranger:
            with pytest.raises(CallRefused) as refused:
                await stranger.dial(at.asterisk.sip(OURS), deadline_s=5)
            assert refused.value.status == 401
            assert not server.legs

    play(asterisk, scene)


def test_a_softphone_registers_with_its_password_and_calls(asterisk):
    async def scene(at: Scene) -> None:
        password = at.asterisk.sip_password
        async with (
            at.agents(talk_and_hang_up),
            Phone("127.0.0.2", user="softphone", password=password) as softphone,
            Phone("127.0.0.2", user="softphone", password="wrong") as burglar,
        ):
            registrar = at.asterisk.sip("softphone")
            await softphone.register(registrar)
            with pytest.raises(CallRefused):
                await burglar.register(registrar)
            call = await softphone.dial(at.asterisk.sip(OURS))
            await call.wait_ended(5)
            await softphone.register(registrar, expires_s=0)

    play(asterisk, scene)


def test_without_a_trunk_the_softphone_is_the_human(asterisk):
    async def scene(at: Scene) -> None:
        async with Phone(user="softphone", password=at.asterisk.sip_password) as softphone:
            await softphone.register(at.asterisk.sip("softphone"))
            call = await at.ring()
            theirs = await softphone.next_call(2)
            await theirs.answer()
            await call.wait_answered(2)
            await call.hang_up()
            await softphone.register(at.asterisk.sip("softphone"), expires_s=0)

    with override_settings(SIP_TRUNK_HOST=""):
        asterisk.reload("pbx_config")
        play(asterisk, scene)
    asterisk.reload("pbx_config")


def test_the_console_of_an_asterisk_that_does_not_run_says_so(tmp_path, asterisk):
    with override_settings(ASTERISK_DIR=tmp_path), pytest.raises(AsteriskSilent):
        rx("core show version")


def test_asterisks_log_names_nobody(asterisk):
    """Last of the module: what all its calls left behind."""
    said = asterisk.last_words()
    assert "Asterisk 2" in said
    for number in (OURS, HUMAN, LONELY, POPULAR, ELSEWHERE, "17012345"):
        assert number.lstrip("+") not in said
