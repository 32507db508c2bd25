"""A telephone: a small SIP user agent that dials, answers, speaks, presses keys and listens.

It is the caller of `manage.py call` and of the end-to-end tests, and the human that calls are
put through to there. It knows to the millisecond what it sent and what it received. UDP and
IPv4 only, no proxies in between: everything of a call goes to the address the call began with.

    async with Phone() as phone:
        call = await phone.dial("sip:1000@127.0.0.1:5060", codec="g722")
        await call.wait_quiet(quiet_ms=700, deadline_s=20)
        await call.say(question)
        await call.hang_up()
"""

import asyncio
import secrets
import socket
from types import TracebackType
from typing import Self

from telephony import phone_sip as sip
from telephony.phone_call import ALLOW, REQUEST_S, CallRefused, CallState, PhoneCall
from telephony.phone_codecs import CODECS
from telephony.phone_rtp import (
    Address,
    CallEnded,
    Line,
    NothingHeard,
    Packet,
    Spoken,
    loudness,
    now_ms,
)
from telephony.phone_sip import Message, Uri
from telephony.phone_wire import NoAnswer, Wire

__all__ = [
    "CallEnded",
    "CallRefused",
    "CallState",
    "NoAnswer",
    "NothingHeard",
    "Packet",
    "Phone",
    "PhoneCall",
    "Spoken",
    "loudness",
    "now_ms",
]

WAITING_CALLS = 100


class Phone:
    """One SIP address with any number of calls. `is_busy` refuses further incoming ones."""

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        user: str = "phone",
        password: str = "",
    ) -> None:
        self.host, self.port = host, port
        self.user, self.password = user, password
        self.is_busy = False
        self.calls: dict[str, PhoneCall] = {}  # by Call-ID; those that are not over
        self._incoming: asyncio.Queue[PhoneCall] = asyncio.Queue(WAITING_CALLS)
        self._wire: Wire | None = None

    async def open(self) -> None:
        """Raises OSError where the port is taken."""
        self._wire = await Wire.open(self.host, self.port, self._take_request)
        self.host, self.port = self._wire.address

    async def close(self) -> None:
        """Hangs up everywhere first."""
        await asyncio.gather(*(call.hang_up() for call in list(self.calls.values())))
        if self._wire is not None:
            self._wire.close()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    @property
    def uri(self) -> str:
        return str(Uri(self.user, self.host, self.port))

    @property
    def wire(self) -> Wire:
        if self._wire is None:
            raise RuntimeError("the phone is off; open it, or use `async with`")
        return self._wire

    async def dial(
        self, uri: str, *, codec: str = "g722", deadline_s: float = 20.0, silence: bool = True
    ) -> "PhoneCall":
        """Call and wait for the answer. Cancelled or too late, it hangs up.

        Without `silence` nothing is sent while nothing is said. Raises CallRefused, NoAnswer.
        """
        call = await self.start_call(uri, codec=codec, deadline_s=deadline_s, silence=silence)
        try:
            await call.wait_answered(deadline_s)
        except BaseException:
            await call.hang_up()
            raise
        return call

    async def start_call(
        self, uri: str, *, codec: str = "g722", deadline_s: float = 60.0, silence: bool = True
    ) -> "PhoneCall":
        """Begin to call; the call gives up by itself after the deadline."""
        target = Uri.parse(uri)
        remote = await _resolve(target)
        line = await Line.open(self.host, CODECS[codec](), sip.TELEPHONE_EVENT, silence=silence)
        call = PhoneCall(self, remote, line=line, state=CallState.CALLING)
        call.begin(target, deadline_s)
        return call

    async def next_call(self, deadline_s: float) -> "PhoneCall":
        """The next incoming call, ringing. Raises NoAnswer when none came."""
        try:
            return await asyncio.wait_for(self._incoming.get(), deadline_s)
        except TimeoutError:
            raise NoAnswer(f"nobody called within {deadline_s:g} s") from None

    async def register(
        self, registrar: str, *, expires_s: int = 300, deadline_s: float = REQUEST_S
    ) -> None:
        """Tell the registrar where we are; 0 seconds signs off. Raises CallRefused, NoAnswer."""
        server = Uri.parse(registrar)
        me = str(Uri(self.user, server.host, server.port))
        request = Message(
            method="REGISTER",
            uri=str(Uri("", server.host, server.port)),
            headers=[
                ("Via", self.via()),
                ("Max-Forwards", "70"),
                ("From", f"<{me}>;tag={secrets.token_hex(6)}"),
                ("To", f"<{me}>"),
                ("Call-ID", secrets.token_hex(12)),
                ("CSeq", "1 REGISTER"),
                ("Contact", f"<{self.uri}>;expires={expires_s}"),
                ("Expires", str(expires_s)),
            ],
        )
        response = await self.ask(request, await _resolve(server), deadline_s=deadline_s)
        if response.status >= 300:
            raise CallRefused(response.status, response.reason)

    def via(self) -> str:
        return f"SIP/2.0/UDP {self.host}:{self.port};rport;branch=z9hG4bK{secrets.token_hex(10)}"

    async def ask(self, request: Message, remote: Address, *, deadline_s: float) -> Message:
        """Send a request, with our password where it is asked for. Raises NoAnswer."""
        response = await self.wire.exchange(request, remote, deadline_s=deadline_s)
        again = self.authorised(request, response)
        if again is None:
            return response
        return await self.wire.exchange(again, remote, deadline_s=deadline_s)

    def authorised(self, request: Message, response: Message) -> Message | None:
        """The same request with our password, where the response asks for one and we have it."""
        kinds = {401: ("www-authenticate", "Authorization"),
                 407: ("proxy-authenticate", "Proxy-Authorization")}  # fmt: skip
        if response.status not in kinds or not self.password:
            return None
        asked, answered = kinds[response.status]
        if request.get(answered):
            return None  # it was refused once already
        answer = sip.digest_answer(
            response.all(asked),
            user=self.user,
            password=self.password,
            method=request.method,
            uri=request.uri,
        )
        if answer is None:
            return None
        number, method = request.sequence
        return request.with_headers(
            ("Via", self.via()), ("CSeq", f"{number + 1} {method}"), (answered, answer)
        )

    def _take_request(self, request: Message, remote: Address) -> None:
        call = self.calls.get(request.get("call-id"))
        if call is not None:
            call.take_request(request, remote)
        elif request.method == "ACK":
            pass  # of a call that is over
        elif request.method == "INVITE":
            self._ring(request, remote)
        elif request.method in ("OPTIONS", "NOTIFY"):
            self.wire.answer(request, remote, 200, "OK", ALLOW, to_tag=secrets.token_hex(6))
        else:
            self.wire.answer(request, remote, 481, "Call/Transaction Does Not Exist")

    def _ring(self, invite: Message, remote: Address) -> None:
        if sip.parameter(invite.get("to"), "tag"):
            self.wire.answer(invite, remote, 481, "Call/Transaction Does Not Exist")
        elif self.is_busy or self._incoming.full():
            self.wire.answer(invite, remote, 486, "Busy Here", to_tag=secrets.token_hex(6))
        else:
            call = PhoneCall(self, remote, state=CallState.RINGING)
            call.ring(invite)
            self._incoming.put_nowait(call)


async def _resolve(uri: Uri) -> Address:
    """Raises OSError where the name is unknown, NoAnswer where nobody knows in time."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(REQUEST_S):
            found = await loop.getaddrinfo(
                uri.host, uri.port, family=socket.AF_INET, type=socket.SOCK_DGRAM
            )
    except TimeoutError:
        raise NoAnswer("the name of the other side could not be looked up") from None
    return str(found[0][4][0]), uri.port
