"""Calling somebody and putting the agent on the line when they answer."""

import asyncio
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from telephony.ami import Ami, UnsafeValue
from telephony.asterisk_files import AGENT_ANSWERS_WITHIN_S, outbound_channel

NUMBER = re.compile(r"\+?[0-9]{2,20}")
REASON_S = 2.0  # the reason follows the failure at once, but in an event of its own


class Outcome(Enum):
    """What became of a call we made; the values are what is printed."""

    ANSWERED = "answered"
    ANSWERED_WITHOUT_AGENT = "answered, but the agent did not come on the line"
    BUSY = "busy"
    NO_ANSWER = "no answer"
    REJECTED = "rejected"
    NO_SUCH_NUMBER = "there is no such number"
    UNREACHABLE = "could not be reached"


# Q.850, as in a Hangup event's Cause
BY_CAUSE = {
    1: Outcome.NO_SUCH_NUMBER,
    17: Outcome.BUSY,
    18: Outcome.NO_ANSWER,
    19: Outcome.NO_ANSWER,
    21: Outcome.REJECTED,
    28: Outcome.NO_SUCH_NUMBER,
}


@dataclass
class OutboundCall:
    """One call from us. Give `heard` to the Ami that places it: the truth is in the events."""

    number: str
    from_number: str
    channel_id: str = field(default_factory=lambda: f"out-{uuid.uuid4()}")

    def __post_init__(self) -> None:
        for number in (self.number, self.from_number):
            if not NUMBER.fullmatch(number):
                raise UnsafeValue("A number is 2 to 20 digits, with + in front if international")
        self._cause: asyncio.Future[int] = asyncio.Future()
        self._agent_came: asyncio.Future[bool] = asyncio.Future()

    def heard(self, event: Mapping[str, str]) -> None:
        kind = event.get("Event")
        if event.get("Uniqueid") == self.channel_id:
            if kind == "Hangup" and not self._cause.done():
                self._cause.set_result(int(event.get("Cause") or 0))
            if kind == "DialEnd" and event.get("DestChannel", "").startswith("WebSocket/"):
                self._note_agent(event.get("DialStatus") == "ANSWER")

    async def place(self, ami: Ami, ring_s: float = 45) -> Outcome:
        """Ring for `ring_s` seconds at most and bring the agent on. Raises AmiFailed."""
        answered = await ami.originate(
            channel=outbound_channel(self.number),
            context="ai-outbound",
            extension=self.from_number,
            channel_id=self.channel_id,
            caller_id=self.from_number,
            ring_s=ring_s,
            variables={"AI_PARTY": self.number},
        )
        return await (self._with_agent() if answered else self._why_not())

    async def _why_not(self) -> Outcome:
        try:
            async with asyncio.timeout(REASON_S):
                return BY_CAUSE.get(await self._cause, Outcome.UNREACHABLE)
        except TimeoutError:
            return Outcome.UNREACHABLE

    async def _with_agent(self) -> Outcome:
        try:
            async with asyncio.timeout(AGENT_ANSWERS_WITHIN_S + REASON_S):
                came = await self._agent_came
        except TimeoutError:
            came = False
        return Outcome.ANSWERED if came else Outcome.ANSWERED_WITHOUT_AGENT

    def _note_agent(self, came: bool) -> None:
        if not self._agent_came.done():
            self._agent_came.set_result(came)
