"""The service on its sockets: a private one in the file system, public ones as configured."""

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from inference.host.app import create_app
from inference.host.metrics import Measures
from inference.host.offer import Offer
from inference.host.stages import Stages

BACKLOG = 256
IDLE_S = 75  # an idle connection is kept; proxies and clients close theirs sooner
MESSAGE_BYTES = 1_000_000  # of one message on the websocket


class Door(uvicorn.Server):
    """One application on its sockets. Signals are its owner's."""

    def __init__(self, app: FastAPI, sockets: Sequence[socket.socket], drain_s: float) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http="h11",
                ws="websockets-sansio",
                ws_max_size=MESSAGE_BYTES,
                loop="none",
                lifespan="on",
                log_config=None,
                access_log=False,  # who asked what and when is nobody's business
                server_header=False,
                timeout_keep_alive=IDLE_S,
                timeout_graceful_shutdown=max(1, round(drain_s)),
            )
        )
        self._readiness = app.state.readiness
        self._own = list(sockets)

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        return nullcontext()

    async def run_until(self, stop: asyncio.Event) -> None:
        """Serve; once `stop` is set, finish what was begun and return."""
        serving = asyncio.create_task(self.serve(self._own))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
        self._readiness.is_stopping = True
        self.should_exit = True
        stopping.cancel()
        await serving


@contextmanager
def private_socket(path: Path) -> Iterator[socket.socket]:
    """Only this user may connect. What an earlier process left is replaced."""
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listening.bind(str(path))
    finally:
        os.umask(before)
    try:
        listening.listen(BACKLOG)
        mine = path.stat().st_ino
        yield listening
        if path.exists() and path.stat().st_ino == mine:
            path.unlink(missing_ok=True)
    finally:
        listening.close()


@contextmanager
def public_socket(host: str, port: int) -> Iterator[socket.socket]:
    """Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host.strip("[]"), port))
        listening.listen(BACKLOG)
        yield listening


@dataclass(frozen=True, slots=True)
class Places:
    """Where one service listens."""

    private: Path | None = None
    host: str = "127.0.0.1"
    ports: tuple[int, ...] = ()  # of its public side

    def __str__(self) -> str:
        public = [f"http://{self.host}:{port}" for port in self.ports]
        return ", ".join([*public, *([str(self.private)] if self.private else [])])


async def serve(
    stages: Stages, offer: Offer, places: Places, drain_s: float, tell: Callable[[str], object]
) -> None:
    """Until SIGTERM or Ctrl-C; then what was begun is finished. Raises OSError."""
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    stop = _stop_event()
    measures = Measures(stages)
    doors = []
    with ExitStack() as sockets:
        if places.ports:
            public = [sockets.enter_context(public_socket(places.host, p)) for p in places.ports]
            doors.append(Door(create_app(stages, offer, measures=measures), public, drain_s))
        if places.private:
            private = sockets.enter_context(private_socket(places.private))
            app = create_app(stages, Offer(is_private=True), measures=measures)
            doors.append(Door(app, [private], drain_s))
        tell(f"Inference at {places}")
        try:
            await _all_until(doors, stop)
        finally:
            await stages.close()
    tell("Stopped")


async def _all_until(doors: Sequence[Door], stop: asyncio.Event) -> None:
    """One that fails closes the others. Raises what it raised."""
    try:
        async with asyncio.TaskGroup() as group:
            for door in doors:
                group.create_task(door.run_until(stop))
    except* OSError as errors:
        raise errors.exceptions[0] from None


def _stop_event() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop
