"""One call of a `Phone`, from either side: dialling, answering, speaking, hearing, hanging up."""

import asyncio
import contextlib
import secrets
from enum import Enum
from typing import TYPE_CHECKING

from telephony import phone_sip as sip
from telephony.phone_codecs import NAMES, codec_for
from telephony.phone_rtp import Address, CallEnded, Line, Packet, Spoken, now_ms
from telephony.phone_sip import Message, Session, Uri
from telephony.phone_wire import FIRST_REPEAT_S, NoAnswer

if TYPE_CHECKING:
    from telephony.phone import Phone

REQUEST_S = 5.0  # for a request that needs nobody to lift a receiver
GOODBYE_S = 3.0
ALLOW = ("Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, NOTIFY")


class CallRefused(Exception):
    """The call was not taken: busy, unknown, forbidden, cancelled."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"the call was refused: {status} {reason}")
        self.status = status


class CallState(Enum):
    CALLING = "calling"  # we dialled
    RINGING = "ringing"  # they dialled
    TALKING = "talking"
    ENDED = "ended"


class PhoneCall:
    """One call: dialled by us (`begin`) or by them (`ring`, then `answer` or `reject`)."""

    def __init__(
        self, phone: "Phone", remote: Address, *, state: CallState, line: Line | None = None
    ) -> None:
        self.phone = phone
        self.state = state
        self.call_id = ""
        self.dialled_ms = now_ms()
        self.ringing_ms: float | None = None
        self.answered_ms: float | None = None
        self.ended_ms: float | None = None
        self.ended_by = ""  # "us" or "them"
        self.refused: CallRefused | NoAnswer | None = None
        self.end_reason = ""  # their BYE's Reason header, such as Q.850;cause=16
        self._remote = remote
        self._line = line
        self._tag = secrets.token_hex(6)
        self._sequence = secrets.randbelow(1000) + 1
        self._ours = self._theirs = self._target = ""
        self._invite = Message()
        self._placing: asyncio.Task[None] | None = None
        self._got_word = asyncio.Event()  # a provisional answer, or the end of waiting for one
        self._decided = asyncio.Event()
        self._ended = asyncio.Event()
        self._is_cancelled = False
        self._giving_up: asyncio.Task[None] | None = None
        self._timer: asyncio.Handle | None = None  # to give up; to repeat our 200 until the ACK

    # --- what people do with a telephone ----------------------------------------------

    async def wait_answered(self, deadline_s: float) -> None:
        """Raises CallRefused, NoAnswer."""
        try:
            await asyncio.wait_for(self._decided.wait(), deadline_s)
        except TimeoutError:
            raise NoAnswer(f"the call was not answered within {deadline_s:g} s") from None
        if self.refused is not None:
            raise self.refused

    async def answer(self, *, silence: bool = True, deadline_s: float = REQUEST_S) -> None:
        """Lift the receiver.

        Raises CallEnded if they gave up, ValueError without a common codec, NoAnswer.
        """
        self._refuse_unless(CallState.RINGING)
        try:
            offer = Session.parse(self._invite.body)
            codec = codec_for(offer.payload_types)
        except ValueError:
            await self.reject(488, "Not Acceptable Here")
            raise
        line = await Line.open(self.phone.host, codec, offer.telephone_event, silence=silence)
        if self.state is not CallState.RINGING:
            line.close()
            raise CallEnded("the caller gave up")
        self._line = line
        self.phone.wire.answer(
            self._invite, self._remote, 200, "OK", self._contact(), ALLOW,
            to_tag=self._tag, body=self._session().encode(NAMES),
        )  # fmt: skip
        self._repeat_answer(FIRST_REPEAT_S)
        self._talk((offer.host, offer.port))
        try:
            await asyncio.wait_for(self._got_word.wait(), deadline_s)
        except TimeoutError:
            await self.hang_up()
            raise NoAnswer("the caller did not confirm our answer (no ACK)") from None

    async def reject(self, status: int = 486, reason: str = "Busy Here") -> None:
        self._refuse_unless(CallState.RINGING)
        self.phone.wire.answer(self._invite, self._remote, status, reason, to_tag=self._tag)
        self._end("us")

    async def say(self, pcm: bytes) -> Spoken:
        """Speak 16 kHz mono audio in real time, until its last packet was sent.

        Raises CallEnded.
        """
        return await self.line.sender.say(pcm)

    async def press(self, digits: str) -> None:
        """Press keys, 100 ms each. Raises CallEnded, ValueError."""
        await self.line.sender.press(digits)

    def heard(self) -> bytes:
        """What was heard since `opened_ms`, in its time, as 16 kHz mono; gaps are silence."""
        return self.line.receiver.heard()

    @property
    def opened_ms(self) -> float:
        return self.line.receiver.opened_ms

    @property
    def packets(self) -> list[Packet]:
        return self.line.receiver.packets

    @property
    def digits(self) -> str:
        """The keys the other side pressed."""
        return self.line.receiver.digits

    def first_loud_ms(self, after_ms: float) -> float | None:
        return self.line.receiver.first_loud_ms(after_ms)

    async def wait_loud(self, after_ms: float, deadline_s: float) -> float:
        """When the first loud packet after that moment came. Raises NothingHeard, CallEnded."""
        return await self.line.wait_loud(after_ms, deadline_s)

    async def wait_quiet(self, quiet_ms: int, deadline_s: float, *, after_ms: float = 0) -> float:
        """Wait until they spoke (after that moment) and stopped; when the last of it came.

        Raises NothingHeard, CallEnded.
        """
        return await self.line.wait_quiet(quiet_ms, deadline_s, after_ms=after_ms)

    async def hang_up(self) -> None:
        """Cancel, refuse or end the call, whatever it is in. Never raises for the other side."""
        match self.state:
            case CallState.CALLING:
                await self._cancel()
            case CallState.RINGING:
                await self.reject()
            case CallState.TALKING:
                await self._say_goodbye()

    async def wait_ended(self, deadline_s: float) -> None:
        """Raises NoAnswer when the call goes on."""
        try:
            await asyncio.wait_for(self._ended.wait(), deadline_s)
        except TimeoutError:
            raise NoAnswer(f"the call had not ended after {deadline_s:g} s") from None

    @property
    def line(self) -> Line:
        if self._line is None:
            raise CallEnded("the call was never answered")
        return self._line

    # --- dialling ---------------------------------------------------------------------

    def begin(self, target: Uri, deadline_s: float) -> None:
        self.call_id = secrets.token_hex(12)
        self.phone.calls[self.call_id] = self
        self._target = str(target)
        self._ours = f"<{self.phone.uri}>;tag={self._tag}"
        self._theirs = f"<{target}>"
        self._invite = self._request("INVITE")
        self._invite.body = self._session().encode(NAMES)
        self._placing = asyncio.create_task(self._place(deadline_s + 2 * GOODBYE_S))
        self._timer = asyncio.get_running_loop().call_later(deadline_s, self._give_up)

    def _give_up(self) -> None:
        if self.state is CallState.CALLING:
            self._giving_up = asyncio.create_task(self._cancel())

    async def _place(self, deadline_s: float) -> None:
        """The deadline is for a line that is dead; giving up on a ringing one comes earlier."""
        try:
            response = await self._send_invite(deadline_s)
            again = self.phone.authorised(self._invite, response)
            if again is not None:
                self._invite, self._sequence = again, again.sequence[0]
                response = await self._send_invite(deadline_s)
            if response.status >= 300:
                self._fail(CallRefused(response.status, response.reason))
            else:
                await self._take_answer(response)
        except NoAnswer as fault:
            self._fail(fault)
        except ValueError as fault:
            self.refused = CallRefused(488, str(fault))
            await self._say_goodbye()

    async def _send_invite(self, deadline_s: float) -> Message:
        return await self.phone.wire.exchange(
            self._invite, self._remote, deadline_s=deadline_s, on_provisional=self._hear_word
        )

    def _hear_word(self, response: Message) -> None:
        if response.status in (180, 183) and self.ringing_ms is None:
            self.ringing_ms = now_ms()
        self._got_word.set()

    async def _take_answer(self, response: Message) -> None:
        """ACK a 200 and talk, or end the call that was answered while we cancelled it."""
        self._theirs = response.get("to")
        self._target = sip.address_of(response.get("contact")) or self._target
        number = self._invite.sequence[0]
        ack = self._request("ACK").with_headers(("CSeq", f"{number} ACK"))
        self._sequence = number
        self.phone.wire.acknowledge(self._invite, ack, self._remote)
        session = Session.parse(response.body)
        self.line.use(codec_for(session.payload_types), session.telephone_event)
        self._talk((session.host, session.port))
        if self._is_cancelled:
            await self._say_goodbye()

    async def _cancel(self) -> None:
        """A CANCEL may not go before the first word of the other side (RFC 3261, 9.1)."""
        assert self._placing is not None
        if self._is_cancelled:
            await asyncio.wait([self._placing], timeout=GOODBYE_S)
            return
        self._is_cancelled = True
        try:
            async with asyncio.timeout(GOODBYE_S):
                await self._got_word.wait()
                if self.state is CallState.CALLING:
                    await self._send_cancel()
                await asyncio.shield(self._placing)
        except (NoAnswer, TimeoutError):
            self._placing.cancel()
            self._fail(NoAnswer("the call was cancelled"))

    async def _send_cancel(self) -> None:
        number = self._invite.sequence[0]
        cancel = Message(
            method="CANCEL",
            uri=self._invite.uri,
            headers=[
                ("Via", self._invite.get("via")),
                ("Max-Forwards", "70"),
                ("From", self._invite.get("from")),
                ("To", self._invite.get("to")),
                ("Call-ID", self.call_id),
                ("CSeq", f"{number} CANCEL"),
            ],
        )
        await self.phone.wire.exchange(cancel, self._remote, deadline_s=GOODBYE_S)

    # --- being called -----------------------------------------------------------------

    def ring(self, invite: Message) -> None:
        self.call_id = invite.get("call-id")
        self.phone.calls[self.call_id] = self
        self._invite = invite
        self._ours = f"{invite.get('to')};tag={self._tag}"
        self._theirs = invite.get("from")
        self._target = sip.address_of(invite.get("contact"))
        self.ringing_ms = now_ms()
        self.phone.wire.answer(
            invite, self._remote, 180, "Ringing", self._contact(), to_tag=self._tag
        )

    @property
    def called_by(self) -> str:
        """The user part of the caller's address."""
        return Uri.parse(sip.address_of(self._theirs)).user

    @property
    def dialled_number(self) -> str:
        """The user part of the address that was called."""
        return Uri.parse(self._invite.uri).user

    def take_request(self, request: Message, remote: Address) -> None:
        """A request within this call."""
        wire = self.phone.wire
        match request.method:
            case "ACK":
                self._stop_timer()
                self._got_word.set()
            case "BYE":
                self.end_reason = request.get("reason")
                wire.answer(request, remote, 200, "OK")
                self._end("them")
            case "CANCEL" if self.state is CallState.RINGING:
                wire.answer(request, remote, 200, "OK", to_tag=self._tag)
                wire.answer(self._invite, self._remote, 487, "Request Terminated", to_tag=self._tag)
                self._end("them")
            case "INVITE" | "UPDATE" if self.state is CallState.TALKING:
                self._move(request, remote)
            case "INVITE" | "UPDATE":
                wire.answer(request, remote, 491, "Request Pending", to_tag=self._tag)
            case _:
                wire.answer(request, remote, 200, "OK", ALLOW, to_tag=self._tag)

    def _move(self, request: Message, remote: Address) -> None:
        """A re-INVITE: another address, or another codec."""
        if request.body:
            session = Session.parse(request.body)
            self.line.use(codec_for(session.payload_types), session.telephone_event)
            self.line.start((session.host, session.port))
        body = self._session().encode(NAMES) if request.body or request.method == "INVITE" else ""
        self.phone.wire.answer(request, remote, 200, "OK", self._contact(), ALLOW, body=body)

    def _repeat_answer(self, wait_s: float) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(wait_s, self._answer_again, wait_s * 2)

    def _answer_again(self, wait_s: float) -> None:
        if wait_s < REQUEST_S and self.state is CallState.TALKING:
            self.phone.wire.answer_again(self._invite)
            self._repeat_answer(wait_s)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # --- both ways --------------------------------------------------------------------

    def _request(self, method: str) -> Message:
        self._sequence += 1
        return Message(
            method=method,
            uri=self._target,
            headers=[
                ("Via", self.phone.via()),
                ("Max-Forwards", "70"),
                ("From", self._ours),
                ("To", self._theirs),
                ("Call-ID", self.call_id),
                ("CSeq", f"{self._sequence} {method}"),
                self._contact(),
                ALLOW,
            ],
        )

    def _contact(self) -> tuple[str, str]:
        return ("Contact", f"<{self.phone.uri}>")

    def _session(self) -> Session:
        receiver = self.line.receiver
        kinds = (receiver.codec.payload_type,)
        return Session(self.phone.host, self.line.port, kinds, receiver.telephone_event)

    def _talk(self, audio: Address) -> None:
        self.line.start(audio)
        self.state = CallState.TALKING
        self.answered_ms = now_ms()
        self._decided.set()

    async def _say_goodbye(self) -> None:
        self.line.close()
        bye = self._request("BYE")
        self._end("us")
        with contextlib.suppress(NoAnswer):  # they are gone already
            await self.phone.ask(bye, self._remote, deadline_s=GOODBYE_S)

    def _fail(self, why: CallRefused | NoAnswer) -> None:
        self.refused = self.refused or why
        self._end("us" if self._is_cancelled else "them")

    def _end(self, by: str) -> None:
        if self.state is CallState.ENDED:
            return
        self.state = CallState.ENDED
        self.ended_by, self.ended_ms = by, now_ms()
        self._stop_timer()
        if self._line is not None:
            self._line.close()
        self.phone.calls.pop(self.call_id, None)
        self._got_word.set()
        self._decided.set()
        self._ended.set()

    def _refuse_unless(self, state: CallState) -> None:
        if self.state is not state:
            raise CallEnded(f"the call is {self.state.value}, not {state.value}")
