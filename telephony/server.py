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

from daphne.server import Server
from twisted.internet import reactor

from records.models import Call
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
        self._drain_s = drain_s
        self._on_listening = on_listening
        self._ports: list[Any] = []
        self._stopping: asyncio.Task[None] | None = None

    def run(self) -> None:
        loop = reactor._asyncioEventloop  # noqa: SLF001  # type: ignore[attr-defined]  # the one Daphne made
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._begin_stop)
        super().run()

    def listen_success(self, port: Any) -> None:
        super().listen_success(port)
        self._ports.append(port)
        self._on_listening()

    def listen_error(self, failure: Any) -> None:
        self.failure = failure.getErrorMessage()
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
        self.stop()


async def _until_quiet(held: Worker, deadline_s: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(deadline_s):
            await held.quiet.wait()
