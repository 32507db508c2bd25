"""A lasting connection to Asterisk, for a process that must know which calls are live.

Events that pass while nothing is connected are lost, so after every connect, the first
included, it is told what is live now. A frozen Asterisk keeps its socket open: it is asked
something now and then, and no answer is a lost connection.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from telephony.ami import Ami, AmiFailed, AmiUnreachable, OnEvent

log = logging.getLogger(__name__)

OnLive = Callable[[frozenset[str]], Awaitable[None]]

RETRY_S = (0.5, 1.0, 2.0, 5.0)  # after the last, always the last
HEARTBEAT_S = 10.0


class Watch:
    """`run` it as a task; `ami` is the connection of the moment."""

    def __init__(
        self,
        on_live: OnLive,
        on_event: OnEvent | None = None,
        *,
        retry_s: tuple[float, ...] = RETRY_S,
        heartbeat_s: float = HEARTBEAT_S,
        answer_s: float = 5.0,
    ) -> None:
        """`on_live` gets the unique ids of all live legs after every connect."""
        self._on_live = on_live
        self._on_event = on_event
        self._retry_s = retry_s
        self._heartbeat_s = heartbeat_s
        self._answer_s = answer_s
        self._ami: Ami | None = None
        self.connected = asyncio.Event()

    @property
    def ami(self) -> Ami:
        """Raises AmiUnreachable between connections."""
        if self._ami is None or not self.connected.is_set():
            raise AmiUnreachable("Asterisk is not connected at the moment; it is being retried")
        return self._ami

    async def run(self) -> None:
        """Stay connected until cancelled. Raises AsteriskTooOld: that does not pass by itself."""
        tries = 0
        while True:
            self._ami = Ami(on_event=self._on_event, answer_s=self._answer_s)
            try:
                await self._ami.connect()
                tries = 0
                await self._stay(self._ami)
            except AmiFailed as failed:
                log.warning("asterisk: %s", failed)
            finally:
                self.connected.clear()
                self._ami.close()
            await asyncio.sleep(self._retry_s[min(tries, len(self._retry_s) - 1)])
            tries += 1

    async def _stay(self, ami: Ami) -> None:
        live = frozenset(channel.unique_id for channel in await ami.channels())
        self.connected.set()
        log.info("asterisk: connected, %d legs live", len(live))
        await self._on_live(live)
        while not ami.lost.is_set():
            try:
                async with asyncio.timeout(self._heartbeat_s):
                    await ami.lost.wait()
            except TimeoutError:
                await ami.ping()
        log.warning("asterisk: the connection was lost")
