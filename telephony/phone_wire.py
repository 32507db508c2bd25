"""SIP over one UDP socket: requests repeated until answered, answers repeated when asked again.

What a request means is decided elsewhere; here it is only made sure that it arrives.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from telephony import phone_sip as sip
from telephony.phone_rtp import Address
from telephony.phone_sip import Message

log = logging.getLogger(__name__)

FIRST_REPEAT_S = 0.5  # T1 of RFC 3261
LONGEST_REPEAT_S = 4.0  # T2
REMEMBERED = 1024  # answers and ACKs, for repeated requests; 32 s worth of calls

Key = tuple[str, str]
OnRequest = Callable[[Message, Address], None]
OnProvisional = Callable[[Message], None]


class NoAnswer(Exception):
    """The other side did not answer a request in time."""


@dataclass(slots=True)
class _Exchange:
    """A request without its final answer yet."""

    request: Message
    remote: Address
    final: "asyncio.Future[Message]"
    on_provisional: OnProvisional | None
    timer: asyncio.Handle | None = None


class _Recent(OrderedDict[Key, tuple[bytes, Address]]):
    """The last datagrams that may have to be sent again."""

    def keep(self, key: Key, datagram: bytes, remote: Address) -> None:
        self[key] = (datagram, remote)
        self.move_to_end(key)
        if len(self) > REMEMBERED:
            self.popitem(last=False)


class Wire(asyncio.DatagramProtocol):
    def __init__(self, on_request: OnRequest) -> None:
        self.address: Address = ("", 0)
        self._on_request = on_request
        self._transport: asyncio.DatagramTransport | None = None
        self._exchanges: dict[Key, _Exchange] = {}
        self._answers = _Recent()
        self._acks = _Recent()

    @classmethod
    async def open(cls, host: str, port: int, on_request: OnRequest) -> "Wire":
        loop = asyncio.get_running_loop()
        _, wire = await loop.create_datagram_endpoint(
            lambda: cls(on_request), local_addr=(host, port)
        )
        return wire

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)  # 3.11 does not derive it
        self.address = transport.get_extra_info("sockname")[:2]

    def close(self) -> None:
        """Whoever still waits for an answer gets NoAnswer."""
        for exchange in self._exchanges.values():
            if not exchange.final.done():
                exchange.final.set_exception(NoAnswer("the phone was switched off"))
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def send(self, datagram: bytes, remote: Address) -> None:
        if self._transport is not None:
            self._transport.sendto(datagram, remote)

    def error_received(self, exc: Exception) -> None:
        """Nobody listens there; the deadline of the request says so."""

    async def exchange(
        self,
        request: Message,
        remote: Address,
        *,
        deadline_s: float,
        on_provisional: OnProvisional | None = None,
    ) -> Message:
        """The final answer to a request. Raises NoAnswer."""
        key = (request.branch, request.method)
        final: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        exchange = self._exchanges[key] = _Exchange(request, remote, final, on_provisional)
        try:
            async with asyncio.timeout(deadline_s):
                self._repeat(exchange, FIRST_REPEAT_S)
                return await final
        except TimeoutError:
            raise NoAnswer(f"no answer to {request.method} within {deadline_s:g} s") from None
        finally:
            del self._exchanges[key]
            if exchange.timer is not None:
                exchange.timer.cancel()

    def _repeat(self, exchange: _Exchange, wait_s: float) -> None:
        self.send(exchange.request.encode(), exchange.remote)
        longer_s = min(wait_s * 2, LONGEST_REPEAT_S)
        loop = asyncio.get_running_loop()
        exchange.timer = loop.call_later(wait_s, self._repeat, exchange, longer_s)

    def answer(
        self,
        request: Message,
        remote: Address,
        status: int,
        reason: str,
        *headers: tuple[str, str],
        to_tag: str = "",
        body: str = "",
    ) -> None:
        """Answer a request; a repetition of it will get the same."""
        to = request.get("to")
        if to_tag and not sip.parameter(to, "tag"):
            to = f"{to};tag={to_tag}"
        response = Message(
            status=status,
            reason=reason,
            headers=[
                *(("Via", via) for via in request.all("via")),
                ("From", request.get("from")),
                ("To", to),
                ("Call-ID", request.get("call-id")),
                ("CSeq", request.get("cseq")),
                *headers,
            ],
            body=body,
        ).encode()
        self._answers.keep((request.branch, request.method), response, remote)
        self.send(response, remote)

    def answer_again(self, request: Message) -> None:
        datagram, remote = self._answers[request.branch, request.method]
        self.send(datagram, remote)

    def acknowledge(self, invite: Message, ack: Message, remote: Address) -> None:
        """Send an ACK, again whenever the answer to that INVITE comes again."""
        datagram = ack.encode()
        self._acks.keep((invite.branch, "INVITE"), datagram, remote)
        self.send(datagram, remote)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        try:
            message = sip.parse(data)
        except ValueError:
            return  # keep-alives and strangers
        if message.status:
            self._take_response(message)
        elif (message.branch, message.method) in self._answers:
            self.answer_again(message)
        else:
            self._take_request(message, addr)

    def _take_request(self, request: Message, remote: Address) -> None:
        try:
            self._on_request(request, remote)
        except ValueError as fault:
            log.warning("a %s was not understood: %s", request.method, type(fault).__name__)
            if request.method != "ACK":
                self.answer(request, remote, 400, "Bad Request")

    def _take_response(self, response: Message) -> None:
        key = (response.branch, response.sequence[1])
        exchange = self._exchanges.get(key)
        if exchange is None or exchange.final.done():
            if response.status >= 200 and key in self._acks:
                datagram, remote = self._acks[key]
                self.send(datagram, remote)
        elif response.status < 200:
            if key[1] == "INVITE" and exchange.timer is not None:
                exchange.timer.cancel()
            if exchange.on_provisional is not None:
                exchange.on_provisional(response)
        else:
            if key[1] == "INVITE" and response.status >= 300:
                self._acknowledge_refusal(exchange, response)
            exchange.final.set_result(response)

    def _acknowledge_refusal(self, exchange: _Exchange, response: Message) -> None:
        invite = exchange.request
        ack = Message(
            method="ACK",
            uri=invite.uri,
            headers=[
                ("Via", invite.get("via")),
                ("Max-Forwards", "70"),
                ("From", invite.get("from")),
                ("To", response.get("to")),
                ("Call-ID", invite.get("call-id")),
                ("CSeq", f"{invite.sequence[0]} ACK"),
            ],
        )
        self.acknowledge(invite, ack, exchange.remote)
