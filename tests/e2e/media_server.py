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

from autobahn.asyncio.websocket import WebSocketServerFactory, WebSocketServerProtocol
from autobahn.websocket.types import ConnectionDeny

FRAME = b"\x00\x10" * 320  # 20 ms at 16 kHz, loud enough to be told from silence


class Leg:
    """One call's websocket, from MEDIA_START to its close."""

    def __init__(self, wire: "_Wire") -> None:
        self._wire = wire
        self.start: dict[str, Any] = {}
        self.target = wire.http_request_uri
        self.events: list[dict[str, Any]] = []
        self.heard_bytes = 0
        self.closed = asyncio.Event()

    @property
    def variables(self) -> dict[str, str]:
        return dict(self.start["channel_variables"])

    def command(self, name: str, **fields: str) -> None:
        self._wire.sendMessage(json.dumps({"command": name, **fields}).encode())

    def say(self, seconds: float) -> None:
        for _ in range(int(seconds * 50)):
            self._wire.sendMessage(FRAME, isBinary=True)

    def close(self) -> None:
        self._wire.sendClose(4013)

    def crash(self) -> None:
        """As when the process dies: no close frame, the connection is reset."""
        self._wire.transport.abort()

    async def wait_closed(self, deadline_s: float = 5) -> None:
        async with asyncio.timeout(deadline_s):
            await self.closed.wait()


Script = Callable[[Leg], Awaitable[None]]


class _Wire(WebSocketServerProtocol):  # type: ignore[misc]
    def onConnect(self, request: Any) -> str:  # noqa: N802
        server: MediaServer = self.factory.server
        given = request.headers.get("authorization", "").removeprefix("Basic ")
        server.handshakes += 1
        if base64.b64decode(given).decode() != f"asterisk:{server.password}":
            raise ConnectionDeny(401)
        return "media"

    def onOpen(self) -> None:  # noqa: N802
        self.leg = Leg(self)

    def onMessage(self, payload: bytes, isBinary: bool) -> None:  # noqa: N802, N803
        if isBinary:
            self.leg.heard_bytes += len(payload)
            return
        event = json.loads(payload)
        self.leg.events.append(event)
        if event["event"] == "MEDIA_START":
            self.leg.start = event
            self.factory.server.begin(self.leg)

    def onClose(self, *_: object) -> None:  # noqa: N802
        if hasattr(self, "leg"):
            self.leg.closed.set()


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
        factory = WebSocketServerFactory(protocols=["media"])
        factory.protocol = _Wire
        factory.server = self
        factory.setProtocolOptions(openHandshakeTimeout=0, closeHandshakeTimeout=0)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(factory, "127.0.0.1", self.port)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.close()
        for leg in self.legs:
            if not leg.closed.is_set():
                leg.crash()
        for task in self._tasks:
            task.cancel()
        faults = await asyncio.gather(*self._tasks, return_exceptions=True)
        for fault in faults:
            if isinstance(fault, Exception):
                raise fault
