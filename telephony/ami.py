"""Asterisk's manager interface, behind one safe door.

panoramisk speaks the protocol. What it leaves open is closed here: nothing with a control
character is sent (a phone number could carry a second action), nothing is waited for without
end, a refused login is an error, no connection is retried behind our back, and nothing that
was asked before a connection broke is asked again after it.
"""

import asyncio
import logging
import re
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar

from django.conf import settings
from panoramisk import Manager
from panoramisk.message import Message

from telephony.asterisk_install import refuse_old

T = TypeVar("T")
OnEvent = Callable[[Mapping[str, str]], None]

# it would log whole actions, and with them numbers and the password
logging.getLogger("panoramisk").setLevel(logging.CRITICAL)

ANSWER_S = 5.0  # for what Asterisk does at once; on this machine it takes milliseconds
CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
# a channel's name or unique id; a leading slash would make it a pattern for many
CHANNEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@/;:+-]{0,119}")
NAME = re.compile(r"_{0,2}[A-Za-z][A-Za-z0-9_]{0,63}")
GONE = "no such channel"


class AmiFailed(Exception):
    """Asterisk did not do it; the text says why and the way out."""


class AmiUnreachable(AmiFailed):
    """No connection, or it broke."""


class AmiSilent(AmiUnreachable):
    """Connected, but no answer in time; the connection has been given up."""


class AmiRefused(AmiFailed):
    """Asterisk said no."""


class UnsafeValue(AmiFailed, ValueError):
    """A value that Asterisk could read as something else than it is."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One leg, live in Asterisk."""

    name: str
    unique_id: str
    linked_id: str  # the caller's unique id, the same on all legs of a call
    state: str
    context: str


class Ami:
    """One connection; when it is lost it stays lost. All but `lost` belongs to one event loop."""

    def __init__(
        self,
        *,
        host: str | None = None,
        port: int | None = None,
        user: str | None = None,
        password: str | None = None,
        on_event: OnEvent | None = None,
        answer_s: float = ANSWER_S,
    ) -> None:
        self.host = host or settings.AMI_HOST
        self.port = port or settings.AMI_PORT
        self._user = user or settings.AMI_USER
        self._password = password or settings.AMI_PASSWORD
        self._on_event = on_event
        self._answer_s = answer_s
        self._line: _Line | None = None
        self.lost = asyncio.Event()

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    async def connect(self) -> None:
        """Connect, log in and check the version. Raises AmiFailed, AsteriskTooOld."""
        _refuse_control({"user": self._user, "password": self._password})
        line = _Line(self.lost, self._on_event)
        line.config |= {
            "host": self.host,
            "port": self.port,
            "username": self._user,
            "secret": self._password,
            "events": "on" if self._on_event else "off",
        }
        self._line = line
        try:
            async with asyncio.timeout(self._answer_s):
                await line.connect()
                login = line.authenticated_future
                answer = await login if login else None
        except TimeoutError as error:
            self.close()
            raise AmiSilent(
                f"Asterisk at {self.host}:{self.port} took the connection but not the login"
                f" within {self._answer_s:g} s; is another program on that port?"
            ) from error
        except OSError as error:
            self.close()
            raise AmiUnreachable(
                f"Asterisk's manager interface at {self.host}:{self.port} cannot be reached;"
                " is Asterisk running?"
            ) from error
        if answer is None or not answer.success:
            self.close()
            raise AmiRefused(
                "Asterisk refused the login of its manager interface; run `manage.py"
                " render_asterisk` and restart Asterisk so that both use the same password"
            )
        try:
            await self._check_version()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None
        self.lost.set()

    # --- what can be asked ----------------------------------------------------------------

    async def version(self) -> str:
        (answer,) = await self._ask({"Action": "CoreSettings"})
        return str(answer.asteriskversion)

    async def ping(self) -> None:
        await self._ask({"Action": "Ping"})

    async def channels(self) -> tuple[Channel, ...]:
        """Every leg that is live now."""
        answers = await self._ask({"Action": "CoreShowChannels"})
        return tuple(
            Channel(
                name=str(event.channel),
                unique_id=str(event.uniqueid),
                linked_id=str(event.linkedid),
                state=str(event.channelstatedesc),
                context=str(event.context),
            )
            for event in answers
            if event.event == "CoreShowChannel"
        )

    async def hang_up(self, channel: str) -> bool:
        """End a leg, by its name or unique id; whether it was there."""
        return await self._unless_gone({"Action": "Hangup", "Channel": _channel(channel)})

    async def hand_over(self, channel: str) -> bool:
        """Let the caller's leg go on to a person when the agent's leg ends; whether it was there.

        The agent's side then says HANGUP on its own leg.
        """
        return await self.set_variable(channel, "AI_NEXT", "human")

    async def set_variable(self, channel: str, name: str, value: str) -> bool:
        if not NAME.fullmatch(name):
            raise UnsafeValue(f"{name!r} is not the name of a channel variable")
        return await self._unless_gone(
            {
                "Action": "Setvar",
                "Channel": _channel(channel),  # without one it would be set for all calls
                "Variable": name,
                "Value": value,
            }
        )

    async def variable(self, channel: str, name: str) -> str:
        """A channel's variable, "" where it has none. Raises AmiRefused where it has gone."""
        if not NAME.fullmatch(name):
            raise UnsafeValue(f"{name!r} is not the name of a channel variable")
        ask = {"Action": "Getvar", "Channel": _channel(channel), "Variable": name}
        (answer,) = await self._ask(ask)
        return str(answer.value)

    async def originate(
        self,
        *,
        channel: str,
        context: str,
        extension: str,
        channel_id: str,
        caller_id: str = "",
        ring_s: float = 30,
        variables: Mapping[str, str] | None = None,
    ) -> bool:
        """Call `channel`, and when it answers run `extension` in `context`; whether it answered.

        Why it did not answer is in the Hangup event of `channel_id`, not here.
        """
        answers = await self._ask(
            {
                "Action": "Originate",
                "Channel": _channel(channel),
                "Context": context,
                "Exten": extension,
                "Priority": "1",
                "Timeout": str(int(ring_s * 1000)),
                "CallerID": caller_id,
                "ChannelId": _channel(channel_id),
                "Variable": [_assignment(*item) for item in (variables or {}).items()],
                "Async": "true",
            },
            answer_s=ring_s + self._answer_s,
        )
        return bool(answers[-1].response == "Success")

    # --- the choke point ------------------------------------------------------------------

    async def _ask(
        self, fields: Mapping[str, str | list[str]], answer_s: float | None = None
    ) -> list[Message]:
        """Everything that goes to Asterisk goes through here. Raises AmiFailed."""
        _refuse_control(fields)
        if self._line is None or self.lost.is_set():
            raise AmiUnreachable(f"The connection to Asterisk at {self.host}:{self.port} is lost")
        asked = {"Async": "false", **fields}  # without it panoramisk drops some answers
        future = self._line.send_action(asked)
        gone = asyncio.ensure_future(self.lost.wait())
        try:
            async with asyncio.timeout(answer_s or self._answer_s):
                await asyncio.wait({future, gone}, return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError:
            self.close()
            raise AmiSilent(
                f"Asterisk did not answer {fields['Action']} within"
                f" {answer_s or self._answer_s:g} s; the connection was given up"
            ) from None
        finally:
            gone.cancel()
            if not future.done():
                future.cancel()
        if future.cancelled():
            raise AmiUnreachable(
                f"The connection broke while Asterisk was asked {fields['Action']}"
            )
        answer = future.result()
        answers: list[Message] = answer if isinstance(answer, list) else [answer]
        first = answers[0]
        if first.response == "Error":
            raise AmiRefused(f"Asterisk refused {fields['Action']}: {first.message}")
        return answers

    async def _unless_gone(self, fields: Mapping[str, str | list[str]]) -> bool:
        try:
            await self._ask(fields)
        except AmiRefused as refused:
            if GONE in str(refused).lower():
                return False
            raise
        return True

    async def _check_version(self) -> None:
        refuse_old(
            await self.version(),
            f"The Asterisk at {self.host}:{self.port}",
            "install a newer one, or start ours with `./run`.",
        )


class _Line(Manager):  # type: ignore[misc]
    """panoramisk's connection without its own reconnecting and its memory of old questions."""

    def __init__(self, lost: asyncio.Event, on_event: OnEvent | None) -> None:
        super().__init__(loop=asyncio.get_running_loop(), ping_delay=3600, ping_interval=3600)
        self.awaiting_actions: deque[object] = deque(maxlen=0)
        self._lost = lost
        if on_event is not None:
            self.register_event("*", lambda _manager, event: on_event(event))

    def connection_made(self, attempt: "asyncio.Task[Any]") -> None:
        if not attempt.cancelled() and attempt.exception() is None:
            super().connection_made(attempt)

    def login(self, future: "asyncio.Future[Message]") -> bool:
        return False if future.cancelled() else bool(super().login(future))

    def connection_lost(self, _reason: object) -> None:
        self.close()
        self._lost.set()


def run_once(deed: Callable[[Ami], Awaitable[T]], on_event: OnEvent | None = None) -> T:
    """Connect, do `deed`, close; for commands and the admin, where no event loop runs."""

    async def connected() -> T:
        async with Ami(on_event=on_event) as ami:
            return await deed(ami)

    return asyncio.run(connected())


def _channel(name: str) -> str:
    if not CHANNEL.fullmatch(name):
        raise UnsafeValue("That is not the name or the id of a channel")
    return name


def _assignment(name: str, value: str) -> str:
    """One variable of an Originate, where commas and quotes would begin another."""
    if not NAME.fullmatch(name) or re.search(r"[,\"\\$]", value):
        raise UnsafeValue(f"The channel variable {name!r} holds what Asterisk would take apart")
    return f"{name}={value}"


def _refuse_control(fields: Mapping[str, str | list[str]]) -> None:
    for name, value in fields.items():
        for text in (name, *([value] if isinstance(value, str) else value)):
            if CONTROL.search(text):
                raise UnsafeValue(f"The value for {name!r} holds a control character")
