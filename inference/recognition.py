"""Having a call's audio recognised, several takes at a time, each reporting back as an event."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import nullcontext
from functools import partial

from inference.ahead import Ahead, Job
from inference.engines.base import RemoteTranscriber, Transcriber, Transcript, TurnEnd
from inference.takes import Takes
from inference.turns.events import EndHeard, Event, TakeFailed, Transcribe

log = logging.getLogger(__name__)

DEADLINE_S = 8.0
NOT_NOW = "not now"  # the machine has more urgent work than what may be for nothing


class Recognition:
    """One call's. `report` takes the events."""

    def __init__(
        self,
        transcriber: Transcriber,
        turn_end: TurnEnd | None,
        takes: Takes,
        ahead: Ahead,
        executor: Executor,
        clock: Callable[[], int],
        report: Callable[[Event], None],
    ) -> None:
        self._transcriber = transcriber
        self._turn_end = turn_end
        self._takes = takes
        self._ahead = ahead
        self._executor = executor
        self._clock = clock
        self._report = report
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def begin(self, order: Transcribe, pcm: bytes) -> None:
        job = None
        if order.is_ahead:
            job = self._ahead.begin(self._transcriber, is_likely=order.is_pause)
            if job is None:  # reported soon, not now: the commands in hand come first
                failed = TakeFailed(order.take, NOT_NOW)
                asyncio.get_running_loop().call_soon(self._report, failed)
                return
        self._takes.begin(order, job)
        for number in list(self._tasks)[:-1]:
            self._tasks[number].cancel()  # the machine waits for the newest two
        task = asyncio.ensure_future(self._guarded(order, pcm, job))
        self._tasks[order.take] = task
        task.add_done_callback(lambda _: self._tasks.pop(order.take, None))

    def stop(self) -> list[asyncio.Task[None]]:
        """The call is over; the tasks that come to their end now."""
        for task in self._tasks.values():
            task.cancel()
        return list(self._tasks.values())

    async def _guarded(self, order: Transcribe, pcm: bytes, job: Job | None) -> None:
        """Only the kind of error is told on: its text may hold what was said."""
        try:
            await asyncio.gather(self._transcribe(order.take, pcm, job), self._hear_end(order, pcm))
        except Exception as error:
            log.warning("take %d failed: %s", order.take, type(error).__name__)
            self._report(TakeFailed(order.take, type(error).__name__))

    async def _transcribe(self, take: int, pcm: bytes, job: Job | None) -> None:
        with nullcontext() if job else self._ahead.busy(self._transcriber):
            try:
                async with asyncio.timeout(DEADLINE_S):
                    transcript = await self._transcribed(pcm)
            finally:
                if job:
                    job.done()
        self._report(self._takes.heard(take, transcript, self._clock()))

    async def _transcribed(self, pcm: bytes) -> Transcript:
        transcriber, knowledge = self._transcriber, self._takes.knowledge
        if isinstance(transcriber, RemoteTranscriber):
            return await transcriber.recognise(pcm, knowledge)
        transcribe = partial(transcriber.transcribe, pcm, knowledge)
        return await asyncio.get_running_loop().run_in_executor(self._executor, transcribe)

    async def _hear_end(self, order: Transcribe, pcm: bytes) -> None:
        """What the sound says of the end; without it, words and silence decide."""
        if self._turn_end is None or not order.is_pause:
            return
        try:
            async with asyncio.timeout(DEADLINE_S):
                loop = asyncio.get_running_loop()
                likelihood = self._turn_end.likelihood
                likely = await loop.run_in_executor(self._executor, likelihood, pcm)
        except Exception as error:
            log.warning("the end of a turn was not judged: %s", type(error).__name__)
            return
        self._report(EndHeard(order.take, round(100 * likely)))
