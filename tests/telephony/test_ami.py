"""The manager interface against an Asterisk that misbehaves; a real one is in tests/e2e."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from django.test import override_settings
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from telephony.ami import (
    Ami,
    AmiRefused,
    AmiSilent,
    AmiUnreachable,
    UnsafeValue,
)
from telephony.asterisk_install import AsteriskTooOld
from telephony.outbound import OutboundCall
from telephony.watch import Watch
from tests.e2e.asterisk import free_port

OURS = "+4930555100"


# --- an Asterisk that misbehaves --------------------------------------------------------------

Answer = Callable[[dict[str, str]], str | None]
VERSION = "Response: Success\r\nAsteriskVersion: {}\r\n"


class ScriptedAsterisk:
    """Answers what its script says, and keeps every action exactly as it came."""

    def __init__(self, **answers: str | None) -> None:
        self.answers: dict[str, str | None] = {
            "Login": "Response: Success\r\nMessage: Authentication accepted\r\n",
            "CoreSettings": VERSION.format("22.10.1"),
            "CoreShowChannels": (
                "Response: Success\r\nEventList: start\r\nMessage: Channels will follow\r\n"
                "\r\nEvent: CoreShowChannel\r\nActionID: {id}\r\nUniqueid: 17.1\r\n"
                "\r\nEvent: CoreShowChannelsComplete\r\n"
            ),
            **answers,
        }
        self.actions: list[dict[str, str]] = []
        self.logins = 0
        self._writers: list[asyncio.StreamWriter] = []

    @asynccontextmanager
    async def listening(self, port: int = 0) -> Any:
        server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            self.drop()

    def drop(self) -> None:
        for writer in self._writers:
            writer.close()
        self._writers.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        writer.write(b"Asterisk Call Manager/11.0.0\r\n")
        try:
            while True:
                raw = (await reader.readuntil(b"\r\n\r\n")).decode()
                lines = [line for line in raw.split("\r\n") if line]
                action = dict(line.split(": ", 1) for line in lines if ": " in line)
                self.actions.append(action)
                self._answer(action, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass

    def _answer(self, action: dict[str, str], writer: asyncio.StreamWriter) -> None:
        self.logins += action["Action"] == "Login"
        answer = self.answers.get(action["Action"], "Response: Success\r\n")
        if answer is None:
            return
        identity = action["ActionID"]
        text = answer.replace("{id}", identity) + f"ActionID: {identity}\r\n\r\n"
        writer.write(text.encode())

    def ami(self, **options: Any) -> Ami:
        values = {"user": "voiceadmin", "password": "secret-secret"} | options
        return Ami(host="127.0.0.1", port=self.port, **values)


def against(
    asterisk: ScriptedAsterisk, deed: Callable[[Ami], Awaitable[Any]], **options: Any
) -> Any:
    async def whole() -> Any:
        async with asyncio.timeout(20), asterisk.listening(), asterisk.ami(**options) as ami:
            return await deed(ami)

    return asyncio.run(whole())


def test_a_refused_login_is_an_error_and_not_a_wait():
    refused = "Response: Error\r\nMessage: Authentication failed\r\n"
    with pytest.raises(AmiRefused, match="render_asterisk"):
        against(ScriptedAsterisk(Login=refused), lambda ami: ami.ping())


def test_an_asterisk_that_never_answers_the_login_is_given_up():
    with pytest.raises(AmiSilent, match="not the login"):
        against(ScriptedAsterisk(Login=None), lambda ami: ami.ping(), answer_s=0.2)


def test_an_asterisk_that_never_answers_an_action_is_given_up():
    async def deed(ami: Ami) -> None:
        ami._answer_s = 0.1  # the connecting before it may take its time
        with pytest.raises(AmiSilent, match="Hangup"):
            await ami.hang_up("17.1")
        assert ami.lost.is_set()
        with pytest.raises(AmiUnreachable):
            await ami.ping()

    against(ScriptedAsterisk(Hangup=None), deed)


def test_nobody_listening_is_said_at_once():
    async def whole() -> None:
        await Ami(host="127.0.0.1", port=free_port(), password="secret-secret").connect()

    with pytest.raises(AmiUnreachable, match="is Asterisk running"):
        asyncio.run(whole())


def test_what_was_asked_when_the_connection_broke_fails_and_is_not_asked_again():
    asterisk = ScriptedAsterisk(Hangup=None)

    async def whole() -> None:
        async with asyncio.timeout(10), asterisk.listening():
            ami = asterisk.ami()
            await ami.connect()
            asked = asyncio.ensure_future(ami.hang_up("17.1"))
            while asterisk.actions[-1]["Action"] != "Hangup":
                await asyncio.sleep(0)
            asterisk.drop()
            with pytest.raises(AmiUnreachable):
                await asked
            async with asterisk.ami() as again:
                await again.ping()
        actions = [action["Action"] for action in asterisk.actions]
        assert actions.count("Hangup") == 1
        assert asterisk.logins == 2

    asyncio.run(whole())


@pytest.mark.parametrize("version", ["22.7.0", "20.19.0", "16.28.0~dfsg-0"])
def test_an_asterisk_older_than_22_8_is_refused_with_the_reason(version):
    with pytest.raises(AsteriskTooOld, match=r"22\.8 is the oldest") as refused:
        against(ScriptedAsterisk(CoreSettings=VERSION.format(version)), lambda ami: ami.ping())
    assert version in str(refused.value)


@pytest.mark.parametrize("version", ["22.8.0", "22.10.1+dfsg+~cs6.17.60671434-1", "23.0.0"])
def test_22_8_and_later_will_do(version):
    against(ScriptedAsterisk(CoreSettings=VERSION.format(version)), lambda ami: ami.ping())


def test_a_channel_that_is_gone_is_no_error():
    gone = "Response: Error\r\nMessage: No such channel\r\n"
    asterisk = ScriptedAsterisk(Hangup=gone, Setvar=gone)
    assert against(asterisk, lambda ami: ami.hang_up("17.1")) is False
    assert against(asterisk, lambda ami: ami.hand_over("17.1")) is False


def test_another_refusal_is():
    no = "Response: Error\r\nMessage: Permission denied\r\n"
    with pytest.raises(AmiRefused, match="Permission denied"):
        against(ScriptedAsterisk(Hangup=no), lambda ami: ami.hang_up("17.1"))


# --- injection ------------------------------------------------------------------------------------

DEEDS: dict[str, Callable[[Ami, str], Awaitable[Any]]] = {
    "hang up": lambda ami, text: ami.hang_up(text),
    "hand over": lambda ami, text: ami.hand_over(text),
    "set a variable": lambda ami, text: ami.set_variable("17.1", "AI_NEXT", text),
    "name a variable": lambda ami, text: ami.set_variable("17.1", text, "human"),
    "call a channel": lambda ami, text: _originate(ami, channel=text),
    "call an extension": lambda ami, text: _originate(ami, extension=text),
    "call from a name": lambda ami, text: _originate(ami, caller_id=text),
    "call with a variable": lambda ami, text: _originate(ami, variables={"AI_PARTY": text}),
}


def _originate(ami: Ami, **fields: Any) -> Awaitable[bool]:
    usual = {"channel": "PJSIP/1", "context": "ai-outbound", "extension": "1000"}
    return ami.originate(**(usual | {"channel_id": "out-1", "ring_s": 0.1} | fields))


ATTACKS = st.builds(
    "".join,
    st.lists(
        st.one_of(
            st.sampled_from(
                ["\r\n", "\n", "\r", "\x00", "\x85", "\u2028", "Action: Originate", "Application: "]
            ),
            st.text(max_size=5),
            st.sampled_from(["1000", ",", '"', "${SHELL(id)}", "/^PJSIP.*/", "&", "a=b"]),
        ),
        max_size=8,
    ),
)


@pytest.mark.parametrize("deed", DEEDS)
@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=ATTACKS)
def test_one_deed_is_one_action_or_none(deed, text):
    """What Asterisk receives never holds a line that we did not write."""
    asterisk = ScriptedAsterisk(
        Originate="Response: Success\r\nMessage: Originate successfully queued\r\n"
        "ActionID: {id}\r\n\r\nEvent: OriginateResponse\r\nResponse: Success\r\n"
    )

    async def attempt(ami: Ami) -> None:
        before = len(asterisk.actions)
        try:
            await DEEDS[deed](ami, text)
        except UnsafeValue:
            assert len(asterisk.actions) == before
            return
        await ami.ping()
        one, ping = asterisk.actions[before:]
        assert one["Action"] in ("Hangup", "Setvar", "Originate")
        assert ping["Action"] == "Ping"
        assert "Application" not in one
        assert not one.get("Channel", "").startswith("/")

    against(asterisk, attempt)


@pytest.mark.parametrize("name", ["", "/^PJSIP.*/", "all\r\nAction: Logoff", "a b", "-1"])
def test_a_channel_is_named_and_never_a_pattern(name):
    asterisk = ScriptedAsterisk()
    with pytest.raises(UnsafeValue):
        against(asterisk, lambda ami: ami.hang_up(name))
    assert [action["Action"] for action in asterisk.actions] == ["Login", "CoreSettings"]


def test_a_number_is_not_in_the_text_of_the_error():
    with pytest.raises(UnsafeValue) as refused:
        asyncio.run(_call_number("+49301234\r\nAction: Logoff"))
    assert "4930" not in str(refused.value)


async def _call_number(number: str) -> None:
    OutboundCall(number, OURS)


# --- watching -------------------------------------------------------------------------------------


def watching(asterisk: ScriptedAsterisk, scene: Callable[..., Awaitable[None]], **options: Any):
    async def whole() -> None:
        seen: asyncio.Queue[frozenset[str]] = asyncio.Queue()
        port = free_port()
        with override_settings(AMI_PORT=port, AMI_HOST="127.0.0.1", AMI_PASSWORD="secret-secret"):
            watch = Watch(seen.put, retry_s=(0.05,), **options)
            task = asyncio.create_task(watch.run())
            try:
                async with asyncio.timeout(10):
                    await scene(asterisk, watch, seen, port, task)
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    asyncio.run(whole())


def test_after_every_connect_the_live_channels_are_told():
    async def scene(asterisk, watch, seen, port, task):
        with pytest.raises(AmiUnreachable):
            watch.ami  # noqa: B018
        async with asterisk.listening(port):  # it was not there at first
            assert await seen.get() == {"17.1"}
            await watch.ami.ping()
            asterisk.drop()
            assert await seen.get() == {"17.1"}
            await watch.ami.ping()
        assert asterisk.logins == 2

    watching(ScriptedAsterisk(), scene)


def test_a_frozen_asterisk_is_noticed():
    async def scene(asterisk, watch, seen, port, task):
        async with asterisk.listening(port):
            await seen.get()
            asterisk.answers["Ping"] = None
            assert await seen.get() == {"17.1"}
            assert asterisk.logins == 2

    watching(ScriptedAsterisk(), scene, heartbeat_s=0.05, answer_s=1)


def test_too_old_an_asterisk_ends_the_watch_with_the_reason():
    async def scene(asterisk, watch, seen, port, task):
        async with asterisk.listening(port):
            with pytest.raises(AsteriskTooOld, match=r"22\.8 is the oldest"):
                await task

    watching(ScriptedAsterisk(CoreSettings=VERSION.format("22.6.0")), scene)
