"""Asterisk's media socket.

Its own read loop, because the stock dispatch hops to the shared database thread for every
message, and so for every 20 ms of every call. The loop never awaits anything slow: the socket
is always read, and what takes time runs in tasks beside it.
"""

import asyncio
import base64
import hmac
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from autobahn.exception import Disconnected
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings

from records.models import Call
from telephony import media
from telephony.admission import room
from telephony.live import CallRefused, LiveCall
from telephony.measured_call import MeasuredCall, is_measured
from telephony.worker import worker

log = logging.getLogger(__name__)

SUBPROTOCOL = "media"
START_DEADLINE_S = 5.0  # from accept to MEDIA_START
MALFORMED_LIMIT = 20
SOCKET = "voiceadmin.socket"  # in the scope: an AudioSource, where the server has one
CLOSE_TRY_AGAIN = 4013  # as 1013, which Daphne cannot send: it knows 1000 and 3000-4999

Message = dict[str, Any]


class AudioSource(Protocol):
    """A socket that hands audio to a listener without waiting for `receive`.

    What the listener raises is the end of its listening, and comes through `receive` as
    "media.broken" with the "error".
    """

    def listen(self, listener: Callable[[bytes], None]) -> None: ...

    def stop_listening(self) -> None:
        """Any number of times."""


class MediaConsumer(AsyncWebsocketConsumer):
    async def __call__(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        if not is_authorised(scope) or worker().is_draining:
            await receive()  # the handshake; an answer before it would be a protocol error
            await send({"type": "websocket.close"})
            return
        await MediaSession(receive, send, scope.get(SOCKET)).run()


class MediaSession:
    """One accepted socket, from handshake to close."""

    def __init__(
        self,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
        source: AudioSource | None = None,
    ) -> None:
        self._receive = receive
        self._send = send
        self._source = source
        self._call: LiveCall | None = None
        self._life: asyncio.Task[None] | None = None
        self._has_place = False  # of those that are numbered
        self._malformed = 0
        self._ended_by: str = Call.Reason.CALLER_HUNG_UP
        self._detail = ""

    async def run(self) -> None:
        start_by = asyncio.get_running_loop().call_later(START_DEADLINE_S, self._check_started)
        try:
            await self._read()
        except asyncio.CancelledError:
            self._ended_by = Call.Reason.LOST  # the server stops under a live call
            raise
        except Exception as error:
            self._in_trouble(type(error).__name__)
            log.error("media socket: %s", type(error).__name__, exc_info=_where(error))
            if self._call:
                await self._call.hand_over()
        finally:
            start_by.cancel()
            await asyncio.shield(asyncio.ensure_future(self._finish()))

    async def _read(self) -> None:
        while True:
            message = await self._receive()
            match message["type"]:
                case "websocket.connect":
                    await self._send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL})
                case "websocket.receive":
                    self._take(message)
                case "websocket.disconnect":
                    return
                case "media.broken":
                    raise message["error"]

    def _take(self, message: Message) -> None:
        if (pcm := message.get("bytes")) is not None:
            if self._call:
                self._call.hear(pcm)
            return
        text = message.get("text") or ""
        try:
            event = media.decode(text)
        except media.MalformedMessage as error:
            self._malformed += 1
            log.warning("media socket: malformed message: %s", error)
            if self._malformed >= MALFORMED_LIMIT:
                raise
            return
        if isinstance(event, media.MediaStart):
            if self._life is None:
                wire = media.Format.JSON if text.startswith("{") else media.Format.PLAIN
                self._begin(event, wire)
        elif self._call:
            self._call.happened(event)

    def _begin(self, start: media.MediaStart, wire: media.Format) -> None:
        """Takes the call, or turns it away: without a word, which the dialplan understands."""
        if is_measured(start):
            self._call = MeasuredCall(worker(), self._send_out, start)
        elif room().take():
            self._has_place = True
            self._call = LiveCall(worker(), self._send_out, start)
        else:
            log.info("a call was turned away: all %d places are taken", room().taken)
            self._life = asyncio.create_task(self._close())
            return
        if self._source:
            self._source.listen(self._call.hear)
        self._life = asyncio.create_task(self._live(self._call, wire))

    async def _live(self, call: LiveCall, wire: media.Format) -> None:
        """The call, beside the read loop; when it is over, so is the socket."""
        try:
            await call.answer(wire)
            await call.over()
        except CallRefused as refusal:
            self._in_trouble(str(refusal))
            log.error("call refused, the number's human takes it: %s", refusal)
            await call.hand_over()  # or the dialplan would take it for a full house
        except Disconnected:
            pass  # the caller hung up between two frames of ours; the read loop learns it next
        except Exception as error:
            self._in_trouble(type(error).__name__)
            log.error("call broke: %s", type(error).__name__, exc_info=_where(error))
            await call.hand_over()
        await self._close()

    def _in_trouble(self, detail: str) -> None:
        self._ended_by = Call.Reason.TROUBLE
        self._detail = detail

    def _check_started(self) -> None:
        if self._life is None:
            log.error("media socket: no MEDIA_START in %d s", START_DEADLINE_S)
            self._life = asyncio.ensure_future(self._close())

    async def _send_out(self, message: str | bytes) -> None:
        part = {"text": message} if isinstance(message, str) else {"bytes": message}
        await self._send({"type": "websocket.send", **part})

    async def _close(self) -> None:
        try:
            await self._send({"type": "websocket.close", "code": CLOSE_TRY_AGAIN})
        except Exception as error:  # closed from the other side in the meantime
            log.debug("media socket was closed already: %s", type(error).__name__)

    async def _finish(self) -> None:
        if self._source:
            self._source.stop_listening()
        if self._life:
            self._life.cancel()
            await asyncio.gather(self._life, return_exceptions=True)
        try:
            if self._call:
                await self._call.finish(self._ended_by, self._detail)
        finally:
            if self._has_place:
                room().give_back()
        await self._close()


def is_authorised(scope: dict[str, Any]) -> bool:
    """Whether Asterisk's HTTP Basic name and password are right, in constant time."""
    expected = f"{settings.MEDIA_USER}:{settings.MEDIA_PASSWORD}".encode()
    given = dict(scope["headers"]).get(b"authorization", b"")
    wanted = b"Basic " + base64.b64encode(expected)
    return hmac.compare_digest(given, wanted)


def _where(error: BaseException) -> Any:
    """The traceback without the message, which may hold what was said."""
    return (type(error), type(error)(), error.__traceback__) if _is_plain(error) else None


def _is_plain(error: BaseException) -> bool:
    try:
        type(error)()
    except TypeError:
        return False
    return True
