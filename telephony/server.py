"""The process that carries calls: Daphne with the media socket and the admin.

Its port opens once the models are loaded, so an open port means a caller can be answered.
SIGTERM and Ctrl-C refuse new calls, give the live ones time to end, put the rest through to
their numbers' humans, and only then stop.
"""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Callable
from typing import Any

from channels.db import database_sync_to_async
from daphne.server import Server
from django.db import DatabaseError
from django.utils import timezone
from twisted.internet import reactor

from records import calls
from records.models import Call
from telephony.asterisk import AsteriskTooOld
from telephony.consumers import SOCKET
from telephony.media_socket import MediaSocket
from telephony.watch import Watch
from telephony.worker import Worker, worker

log = logging.getLogger(__name__)

MESSAGE_BYTES = 65_536  # Asterisk sends 640; its own limit is just below this
STOP_DEADLINE_S = 6.0  # for calls put through to a human to let go of us


class MediaServer(Server):
    def __init__(
        self,
        application: Any,
        host: str,
        port: int,
        drain_s: float,
        on_listening: Callable[[], None],
    ) -> None:
        interface = host.replace(":", r"\:")
        super().__init__(
            application,
            endpoints=[f"tcp:port={port}:interface={interface}"],
            signal_handlers=False,
            websocket_max_message_size=MESSAGE_BYTES,
            websocket_max_frame_size=MESSAGE_BYTES,
            websocket_timeout=-1,  # a call has its own longest time
            verbosity=0,
        )
        self.failure = ""
        self._port = port
        self._drain_s = drain_s
        self._on_listening = on_listening
        self._ports: list[Any] = []
        self._loop = reactor._asyncioEventloop  # type: ignore[attr-defined]  # noqa: SLF001
        self._watching: asyncio.Task[None] | None = None
        self._stopping: asyncio.Task[None] | None = None

    def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self._begin_stop)
        super().run()

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        if isinstance(protocol, MediaSocket):
            scope[SOCKET] = protocol
        return super().create_application(protocol, scope)

    def listen_success(self, port: Any) -> None:
        super().listen_success(port)
        self.ws_factory.protocol = MediaSocket
        self._ports.append(port)
        self._watching = self._loop.create_task(self._watch_asterisk())
        self._on_listening()

    def listen_error(self, failure: Any) -> None:
        self.failure = (
            f"port {self._port} cannot be opened ({failure.getErrorMessage()}); "
            "stop what uses it or set VOICEADMIN_HTTP_PORT"
        )
        self.stop()

    async def _watch_asterisk(self) -> None:
        """Until the process ends: know that Asterisk is there, and which calls it lost."""
        try:
            await Watch(_close_absent).run()
        except AsteriskTooOld as error:
            self.failure = str(error)
            self.stop()

    def _begin_stop(self) -> None:
        if self._stopping is None:
            self._stopping = asyncio.ensure_future(self._stop_gently())
        else:
            log.warning("asked twice to stop: live calls are dropped")
            self.stop()

    async def _stop_gently(self) -> None:
        for port in self._ports:
            port.stopListening()
        held = worker()
        held.is_draining = True
        if held.live:
            log.info("stopping: %d calls are live, %d s to end", len(held.live), self._drain_s)
        await _until_quiet(held, self._drain_s)
        await asyncio.gather(*(call.let_go(Call.Reason.LOST) for call in held.live.values()))
        await _until_quiet(held, STOP_DEADLINE_S)
        if self._watching:
            self._watching.cancel()
        self.stop()


async def _close_absent(channels: frozenset[str]) -> None:
    """Close the rows of calls that ended while nobody of ours was connected."""
    close = database_sync_to_async(calls.close_absent)
    try:
        closed = await close(channels, frozenset(worker().live), timezone.now())
    except DatabaseError as error:  # the reconciler will see to them
        log.error("lost calls were not closed: %s", type(error).__name__)
        return
    if closed:
        log.warning("closed %d calls that Asterisk no longer has", closed)


async def _until_quiet(held: Worker, deadline_s: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(deadline_s):
            await held.quiet.wait()
