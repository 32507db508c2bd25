"""The manager interface of a real Asterisk: calls seen, ended, handed over and made."""

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from agents.models import Agent, PhoneNumber, Voice
from telephony.ami import Ami, AmiFailed, AmiRefused, run_once
from telephony.outbound import OutboundCall, Outcome
from telephony.phone import Phone
from telephony.watch import Watch
from tests.e2e.asterisk import free_port
from tests.e2e.media_server import Leg, MediaServer

pytestmark = pytest.mark.asterisk

OURS, THEIRS = "+4930555100", "+4917012345"


async def answer(leg: Leg) -> None:
    leg.command("ANSWER")


def with_a_call(asterisk, deed: Callable[[Ami, Leg, Any], Awaitable[None]]) -> None:
    """A caller talking to an agent, and a connection to Asterisk's manager."""

    async def whole() -> None:
        async with (
            asyncio.timeout(30),
            MediaServer(asterisk.http_port, answer) as server,
            Phone(user="caller") as caller,
            Ami() as ami,
        ):
            call = await caller.dial(asterisk.sip(OURS))
            await deed(ami, await server.next_leg(), call)

    asyncio.run(whole())


def test_a_live_call_is_seen_and_hung_up(asterisk):
    async def deed(ami: Ami, leg: Leg, call: Any) -> None:
        caller_id = leg.variables["CALL_ID"]
        legs = await ami.channels()
        assert {channel.unique_id for channel in legs} == {caller_id, leg.start["channel_id"]}
        assert {channel.linked_id for channel in legs} == {caller_id}
        assert await ami.hang_up(caller_id)
        await call.wait_ended(3)
        await leg.wait_closed()
        assert await ami.hang_up(caller_id) is False
        assert await ami.channels() == ()

    with_a_call(asterisk, deed)


def test_a_hand_over_marks_the_callers_leg_alone(asterisk):
    async def deed(ami: Ami, leg: Leg, call: Any) -> None:
        assert await ami.hand_over(leg.variables["CALL_ID"])
        assert await ami.variable(leg.variables["CALL_ID"], "AI_NEXT") == "human"
        assert await ami.variable(leg.start["channel_id"], "AI_NEXT") == ""

    with_a_call(asterisk, deed)


def test_the_manager_may_run_no_command_and_reach_no_file(asterisk):
    async def deed(ami: Ami, leg: Leg, call: Any) -> None:
        for action in (
            {"Action": "Command", "Command": "core show version"},
            {"Action": "GetConfig", "Filename": "manager.conf"},
            {"Action": "UpdateConfig", "SrcFilename": "a", "DstFilename": "b"},
            {"Action": "ModuleLoad", "LoadType": "reload"},
            {
                "Action": "Originate",
                "Channel": "Local/s@apology",
                "Application": "System",
                "Data": "id",
            },
        ):
            with pytest.raises(AmiFailed):
                await ami._ask(action)
            if ami.lost.is_set():
                ami = Ami()
                await ami.connect()
        for function in ("SHELL(id)", "FILE(/etc/passwd)"):
            with contextlib.suppress(AmiRefused):
                (told,) = await ami._ask({"Action": "Getvar", "Variable": function})
                assert told.value == ""
        ami.close()

    with_a_call(asterisk, deed)


def test_the_wrong_password_is_refused(asterisk):
    async def whole() -> None:
        await Ami(password="not the password").connect()

    with pytest.raises(AmiRefused):
        asyncio.run(whole())


def test_run_once_connects_does_and_closes(asterisk):
    assert run_once(lambda ami: ami.version()).startswith("22.")


def test_the_watch_finds_asterisk_again_after_a_restart_of_its_manager(asterisk):
    async def whole() -> None:
        seen: asyncio.Queue[frozenset[str]] = asyncio.Queue()
        watch = Watch(seen.put, retry_s=(0.05,))
        task = asyncio.create_task(watch.run())
        async with asyncio.timeout(10):
            assert await seen.get() == frozenset()
            watch.ami.lost.set()
            assert await seen.get() == frozenset()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(whole())


# --- calling out --------------------------------------------------------------------------


def calling_out(
    asterisk, callee: Callable[[Phone], Awaitable[None]], *, agent: bool = True
) -> tuple[Outcome, list[Leg]]:
    async def whole() -> tuple[Outcome, list[Leg]]:
        call = OutboundCall(THEIRS, OURS)
        async with (
            asyncio.timeout(30),
            MediaServer(asterisk.http_port if agent else free_port(), answer) as server,
            Phone("127.0.0.1", asterisk.trunk_port, user="callee") as phone,
            Ami(on_event=call.heard) as ami,
        ):
            theirs = asyncio.create_task(callee(phone))
            outcome = await call.place(ami, ring_s=2)
            await theirs
            return outcome, server.legs

    return asyncio.run(whole())


async def lift(phone: Phone) -> None:
    call = await phone.next_call(5)
    assert call.called_by == OURS
    await call.answer()


async def let_ring(phone: Phone) -> None:
    await phone.next_call(5)


async def be_busy(phone: Phone) -> None:
    phone.is_busy = True


async def decline(phone: Phone) -> None:
    await (await phone.next_call(5)).reject(603, "Decline")


def test_somebody_we_call_answers_and_gets_the_agent(asterisk):
    outcome, legs = calling_out(asterisk, lift)
    assert outcome is Outcome.ANSWERED
    (leg,) = legs
    assert leg.variables["CALL_DIRECTION"] == "out"
    assert leg.variables["CALL_TO"] == OURS
    assert leg.variables["CALL_FROM"] == THEIRS
    assert leg.variables["CALL_ID"].startswith("out-")


@pytest.mark.parametrize(
    ("callee", "outcome"),
    [
        (let_ring, Outcome.NO_ANSWER),
        (be_busy, Outcome.BUSY),
        (decline, Outcome.REJECTED),
    ],
)
def test_when_they_do_not_answer_we_know_why(asterisk, callee, outcome):
    assert calling_out(asterisk, callee)[0] is outcome


def test_when_no_agent_is_up_an_answered_call_is_not_called_held(asterisk):
    assert calling_out(asterisk, lift, agent=False)[0] is Outcome.ANSWERED_WITHOUT_AGENT


@pytest.fixture
def our_number(db: None) -> None:
    voice = Voice.objects.create(name="Ada")
    agent = Agent.objects.create(name="Reception", voice=voice, greeting="Hello.")
    PhoneNumber.objects.create(number=OURS, agent=agent)


def test_place_call_says_that_the_agent_is_on_the_line(asterisk, our_number, capsys):
    ready = threading.Event()

    async def be_called() -> None:
        async with (
            asyncio.timeout(20),
            MediaServer(asterisk.http_port, answer) as server,
            Phone("127.0.0.1", asterisk.trunk_port, user="callee") as phone,
        ):
            ready.set()
            await lift(phone)
            leg = await server.next_leg()
            await leg.wait_closed(10)

    def hang_up_for_them() -> None:
        (caller,) = (leg for leg in run_once(lambda ami: ami.channels()) if "trunk" in leg.name)
        run_once(lambda ami: ami.hang_up(caller.unique_id))

    world = threading.Thread(target=asyncio.run, args=(be_called(),))
    world.start()
    try:
        assert ready.wait(10)
        call_command("place_call", THEIRS, "--from", OURS)
        hang_up_for_them()
    finally:
        world.join(20)
    assert "the agent is on the line" in capsys.readouterr().out


def test_place_call_refuses_and_reports_in_plain_words(asterisk, our_number):
    with pytest.raises(CommandError, match="not one of our numbers"):
        call_command("place_call", THEIRS, "--from", THEIRS)
    with pytest.raises(CommandError, match="2 to 20 digits"):
        call_command("place_call", "1\r\nAction: Logoff", "--from", OURS)
    with pytest.raises(CommandError, match="no answer"):
        call_command("place_call", THEIRS, "--from", OURS, "--ring", "1")
