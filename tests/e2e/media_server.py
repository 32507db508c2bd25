"""A scripted stand-in for the agents' end of Asterisk's media socket.

It is outside of nothing of ours that is tested with it: the dialplan, the manager interface.
The script decides what happens on each leg; legs are kept for the test to look at.
"""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Self

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

FRAME = b"\x00\x10" * 320  # 20 ms at 16 kHz, loud enough to be told from silence


class Leg:
    """One call's websocket, from MEDIA_START to its close."""

    def __init__(self, wire: ServerConnection) -> None:
        self._wire = wire
        self.sending: list[asyncio.Task[None]] = []  # each writes before the next begins
        self.start: dict[str, Any] = {}
        self.target = wire.request.path if wire.request else ""
        self.events: list[dict[str, Any]] = []
        self.heard_bytes = 0
        self.closed = asyncio.Event()

    @property
    def variables(self) -> dict[str, str]:
        return dict(self.start["channel_variables"])

    def command(self, name: str, **fields: str) -> None:
        self._send(json.dumps({"command": name, **fields}))

    def say(self, seconds: float) -> None:
        for _ in range(int(seconds * 50)):
            self._send(FRAME)

    def _send(self, message: str | bytes) -> None:
        self.sending.append(asyncio.ensure_future(self._wire.send(message)))

    def close(self) -> None:
        self.sending.append(asyncio.ensure_future(self._wire.close(4013)))

    def crash(self) -> None:
        """As when the process dies: no close frame, the connection is reset."""
        self._wire.transport.abort()

    async def wait_closed(self, deadline_s: float = 5) -> None:
        async with asyncio.timeout(deadline_s):
            await self.closed.wait()


Script = Callable[[Leg], Awaitable[None]]


class MediaServer:
    """`async with MediaServer(port, script) as server`; a leg's script runs as a task."""

    def __init__(self, port: int, script: Script, password: str = "media-secret") -> None:
        self.port = port
        self.script = script
        self.password = password
        self.handshakes = 0
        self.legs: list[Leg] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._came: asyncio.Queue[Leg] = asyncio.Queue()

    def begin(self, leg: Leg) -> None:
        self.legs.append(leg)
        self._came.put_nowait(leg)
        self._tasks.append(asyncio.ensure_future(self.script(leg)))

    async def next_leg(self, deadline_s: float = 5) -> Leg:
        async with asyncio.timeout(deadline_s):
            return await self._came.get()

    async def __aenter__(self) -> Self:
        self._server: Server = await serve(
            self._serve,
            "127.0.0.1",
            self.port,
            process_request=self._admit,
            subprotocols=[Subprotocol("media")],
            compression=None,
            ping_interval=None,
        )
        return self

    def _admit(self, wire: ServerConnection, request: Request) -> Response | None:
        self.handshakes += 1
        given = request.headers.get("Authorization", "").removeprefix("Basic ")
        if base64.b64decode(given).decode() != f"asterisk:{self.password}":
            return Response(401, "Unauthorized", Headers({"Content-Length": "0"}))
        return None

    async def _serve(self, wire: ServerConnection) -> None:
        leg = Leg(wire)
        try:
            async for message in wire:
                self._take(leg, message)
        except ConnectionClosed:
            pass
        finally:
            leg.closed.set()

    def _take(self, leg: Leg, message: str | bytes) -> None:
        if isinstance(message, bytes):
            leg.heard_bytes += len(message)
            return
        event = json.loads(message)
        leg.events.append(event)
        if event["event"] == "MEDIA_START":
            leg.start = event
            self.begin(leg)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.close(close_connections=False)
        for leg in self.legs:
            if not leg.closed.is_set():
                leg.crash()
            await asyncio.gather(*leg.sending, return_exceptions=True)
        for task in self._tasks:
            task.cancel()
        faults = await asyncio.gather(*self._tasks, return_exceptions=True)
        for fault in faults:
            if isinstance(fault, Exception):
                raise fault
