"""Asterisk's side of the media socket, for a hundred calls in one cheap process.

For callers that are not at a telephone: those who measure how many calls are held, and the
benches. What Asterisk does is in docs/media-protocol.md. It sends the caller's frame each 20 ms,
in silence too, and plays one of ours on a tick of its own, which need not fall together with it.
"""

import asyncio
import base64
import json
import os
import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from django.conf import settings

from inference.engines.base import FRAME_BYTES, FRAME_MS

TICK_S = FRAME_MS / 1000
XOFF_FRAMES, XON_FRAMES, MOST_FRAMES = 900, 800, 1_000
EMPTY_S = 2.0  # so long a tick without audio may still prove to be in the middle of a reply
MASK = b"\x37\xfa\x21\x3d"  # the same each time, so that a frame is masked once and sent often
CLOSE_S = 5.0

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def wire(payload: bytes, kind: int = BINARY) -> bytes:
    """A client's WebSocket frame."""
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", 0x80 | kind, 0x80 | size)
    else:
        head = struct.pack("!BBH", 0x80 | kind, 0x80 | 126, size)
    mask = np.frombuffer(MASK * (size // 4 + 1), dtype=np.uint8)[:size]
    return head + MASK + (np.frombuffer(payload, dtype=np.uint8) ^ mask).tobytes()


SILENCE = wire(bytes(FRAME_BYTES))


class Ear(Protocol):
    """The caller on the leg. Times are the loop's, in seconds."""

    def next_frame(self, at_s: float) -> bytes:
        """What the caller sends now, as `wire` made it."""

    def played(self, pcm: bytes, at_s: float, came_s: float, /) -> None:
        """A frame began to be played; it had come at `came_s`."""

    def starved(self) -> None:
        """A tick found nothing to play."""

    def flushed(self, at_s: float, /) -> None: ...

    def closed(self) -> None: ...


@dataclass(slots=True)
class Lateness:
    """How late this client's own ticks were: what it says of the server is no better."""

    ticks_s: list[float] = field(default_factory=list)


class Leg(asyncio.Protocol):
    """One call's socket and the channel behind it."""

    def __init__(
        self, ear: Ear, password: str, variables: dict[str, str], phase_s: float, late: Lateness
    ) -> None:
        """`phase_s`: how long after a frame is sent one is played."""
        self._ear = ear
        self._password = password
        self._variables = variables
        self._phase_s = phase_s
        self._late = late
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._is_open = False
        self._queue: deque[tuple[bytes, float] | str] = deque()  # audio, or a mark's name
        self._frames = 0
        self._is_stopped = False  # XOFF
        self._reports_drained = False
        self._empty_since_s: float | None = None
        self._sends_at_s = 0.0
        self._plays: asyncio.TimerHandle | None = None
        self._sends: asyncio.TimerHandle | None = None
        self.answered_s: float | None = None
        self.over_s: float | None = None
        self.was_hung_up = False  # by the agent, who said so
        self.over = asyncio.Event()

    # The socket

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        token = base64.b64encode(f"{settings.MEDIA_USER}:{self._password}".encode()).decode()
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            (
                f"GET /{settings.MEDIA_PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
                f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
                f"Sec-WebSocket-Protocol: media\r\nAuthorization: Basic {token}\r\n\r\n"
            ).encode()
        )

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._is_open:
            head, end, rest = self._received.partition(b"\r\n\r\n")
            if not end:
                return
            if b" 101 " not in head.partition(b"\r\n")[0]:
                self._hang_up()
                return
            self._is_open = True
            self._received = rest
            self._start()
        for kind, payload in self._messages():
            self._take(kind, payload)

    def connection_lost(self, _error: Exception | None) -> None:
        for timer in (self._plays, self._sends):
            if timer:
                timer.cancel()
        self._plays = self._sends = None
        self.over_s = self._loop.time()
        self.over.set()
        self._ear.closed()

    def _messages(self) -> list[tuple[int, bytes]]:
        found = []
        while len(self._received) >= 2:
            size, at = self._received[1] & 0x7F, 2
            if size >= 126:
                at = 4 if size == 126 else 10
                size = int.from_bytes(self._received[2:at], "big")
            if len(self._received) < at + size:
                break
            found.append((self._received[0] & 0x0F, self._received[at : at + size]))
            self._received = self._received[at + size :]
        return found

    def _take(self, kind: int, payload: bytes) -> None:
        if kind == BINARY:
            self._take_audio(payload)
        elif kind == TEXT:
            self._take_command(json.loads(payload))
        elif kind == PING:
            self._write(wire(payload, PONG))
        elif kind == CLOSE:
            self._hang_up()

    def _write(self, data: bytes) -> None:
        if self._transport and not self._transport.is_closing():
            self._transport.write(data)

    def _tell(self, event: str, **fields: Any) -> None:
        self._write(wire(json.dumps({"event": event, **fields}).encode(), TEXT))

    def hang_up(self) -> None:
        """As when the caller puts the receiver down."""
        self._write(wire(struct.pack("!H", 1000), CLOSE))
        self._loop.call_later(CLOSE_S, self._hang_up)  # unless the server closes before

    def _hang_up(self) -> None:
        if self._transport:
            self._transport.close()

    # The channel

    def _start(self) -> None:
        self._tell(
            "MEDIA_START",
            connection_id="ai",
            channel="WebSocket/ai/0x7f0000000000",
            channel_id=f"{self._variables['CALL_ID']}-leg",
            format="slin16",
            optimal_frame_size=FRAME_BYTES,
            ptime=FRAME_MS,
            channel_variables=self._variables,
        )

    def _take_command(self, fields: dict[str, Any]) -> None:
        match fields["command"]:
            case "ANSWER" if self.answered_s is None:
                self.answered_s = self._sends_at_s = self._loop.time()
                self._send()
            case "MARK_MEDIA":
                self._queue.append(fields.get("correlation_id", ""))
                self._play_on()
            case "FLUSH_MEDIA":
                self._queue.clear()
                self._frames = 0
                self._go_on()
                self._empty_since_s = None
                self._ear.flushed(self._loop.time())
            case "REPORT_QUEUE_DRAINED":
                self._reports_drained = True
            case "HANGUP":
                self.was_hung_up = True
                self.hang_up()
            case _:
                self._tell("ERROR", error_text="not known here")

    def _take_audio(self, payload: bytes) -> None:
        now_s = self._loop.time()
        for at in range(0, len(payload) - FRAME_BYTES + 1, FRAME_BYTES):
            if self._frames < MOST_FRAMES:
                self._queue.append((payload[at : at + FRAME_BYTES], now_s))
                self._frames += 1
        if self._frames >= XOFF_FRAMES and not self._is_stopped:
            self._is_stopped = True
            self._tell("MEDIA_XOFF")
        self._play_on()

    def _go_on(self) -> None:
        if self._is_stopped and self._frames < XON_FRAMES:
            self._is_stopped = False
            self._tell("MEDIA_XON")

    def _send(self) -> None:
        now_s = self._loop.time()
        self._late.ticks_s.append(now_s - self._sends_at_s)
        self._write(self._ear.next_frame(now_s))
        self._sends_at_s += TICK_S
        self._sends = self._loop.call_at(self._sends_at_s, self._send)

    def _play_on(self) -> None:
        """The playout tick costs nothing while there is nothing to play."""
        if self._plays is None and self.answered_s is not None:
            since_s = self._loop.time() - self.answered_s - self._phase_s
            next_s = (since_s // TICK_S + 1) * TICK_S + self.answered_s + self._phase_s
            self._plays = self._loop.call_at(next_s, self._play, next_s)

    def _play(self, due_s: float) -> None:
        now_s = self._loop.time()
        if audio := self._next_audio():
            self._frames -= 1
            self._go_on()
            self._empty_since_s = None
            self._ear.played(audio[0], now_s, audio[1])
        else:
            if self._empty_since_s is None:
                self._empty_since_s = now_s
                if self._reports_drained:
                    self._reports_drained = False
                    self._tell("QUEUE_DRAINED")
            self._ear.starved()
            if now_s - self._empty_since_s > EMPTY_S:
                self._plays = None
                return
        self._plays = self._loop.call_at(due_s + TICK_S, self._play, due_s + TICK_S)

    def _next_audio(self) -> tuple[bytes, float] | None:
        """A frame and when it came, past the marks before it."""
        while self._queue:
            item = self._queue.popleft()
            if not isinstance(item, str):
                return item
            self._tell("MEDIA_MARK_PROCESSED", correlation_id=item)
        return None


async def dial(
    port: int,
    password: str,
    ear: Ear,
    variables: dict[str, str],
    phase_s: float,
    late: Lateness,
    host: str = "127.0.0.1",
) -> Leg:
    """Raises OSError."""
    make: Callable[[], Leg] = lambda: Leg(ear, password, variables, phase_s, late)  # noqa: E731
    _, leg = await asyncio.get_running_loop().create_connection(make, host, port)
    return leg
