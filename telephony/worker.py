"""What one media process holds for all its calls: threads, the writer, who is live."""

import asyncio
import logging
import os
import socket
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TYPE_CHECKING
from uuid import UUID

from channels.db import database_sync_to_async
from django.utils import timezone

from records.calls import sign_of_life
from telephony import admission
from telephony.writer import TurnWriter

if TYPE_CHECKING:
    from telephony.live import LiveCall

log = logging.getLogger(__name__)

ENGINE_THREADS = 96  # each may block in one engine for one call, nearly all without Python
SIGN_OF_LIFE_S = 15.0  # a quarter of what the reconciler waits


class Worker:
    """Made on the event loop that serves the calls."""

    def __init__(self) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self.engines = ThreadPoolExecutor(ENGINE_THREADS, thread_name_prefix="engine")
        self.disk = ThreadPoolExecutor(1, thread_name_prefix="disk")
        self.writer = TurnWriter()
        self.live: dict[UUID, LiveCall] = {}
        self.quiet = asyncio.Event()  # nobody is live
        self.quiet.set()
        self.is_draining = False
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self.writer.run()), loop.create_task(self._stay_alive())]

    def takes(self, call_id: UUID, call: "LiveCall") -> None:
        self.live[call_id] = call
        self.quiet.clear()

    def lets_go(self, call_id: UUID) -> None:
        self.live.pop(call_id, None)
        if not self.live:
            self.quiet.set()

    async def _stay_alive(self) -> None:
        while True:
            await self._look_for_room()
            await asyncio.sleep(SIGN_OF_LIFE_S)
            for call in self.live.values():
                call.keep_audio()
            try:
                await database_sync_to_async(sign_of_life)(list(self.live), timezone.now())
            except Exception as error:  # the database is away; the calls go on
                log.error("no sign of life written: %s", type(error).__name__)

    async def _look_for_room(self) -> None:
        try:
            await database_sync_to_async(admission.refresh)()
        except Exception as error:  # the database is away; what was in force stays
            log.error("the calls' limit was not read: %s", type(error).__name__)


@lru_cache(maxsize=1)
def worker() -> Worker:
    """This process's worker, made by the first call."""
    return Worker()
