"""Having a call's audio recognised, several takes at a time, each reporting back as an event."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import nullcontext
from functools import partial

from inference.ahead import Ahead, Job
from inference.choices import Choices
from inference.engines.base import RemoteTranscriber, Transcriber, Transcript, TurnEnd
from inference.takes import Takes
from inference.turns.events import EndHeard, Event, TakeFailed, Transcribe

log = logging.getLogger(__name__)

DEADLINE_S = 8.0
FIRST_DEADLINE_S = 1.5  # for a recogniser with a next one, which then has time before 3 s are over
NOT_NOW = "not now"  # the machine has more urgent work than what may be for nothing


class Recognition:
    """One call's. `report` takes the events."""

    def __init__(
        self,
        transcribers: Choices[Transcriber],
        turn_end: TurnEnd | None,
        takes: Takes,
        ahead: Ahead,
        executor: Executor,
        clock: Callable[[], int],
        report: Callable[[Event], None],
    ) -> None:
        self._transcribers = transcribers
        self._turn_end = turn_end
        self._takes = takes
        self._ahead = ahead
        self._executor = executor
        self._clock = clock
        self._report = report
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._from_ms = -1  # of the caller's turn

    def begin(self, order: Transcribe, pcm: bytes) -> None:
        if order.from_ms != self._from_ms:
            self._from_ms = order.from_ms
            self._transcribers.next_turn()
        job, transcriber = None, self._transcribers.in_order()[0]
        if order.is_ahead:
            job = self._ahead.begin(transcriber, is_likely=order.is_pause)
            if job is None:  # reported soon, not now: the commands in hand come first
                failed = TakeFailed(order.take, NOT_NOW)
                asyncio.get_running_loop().call_soon(self._report, failed)
                return
        self._takes.begin(order, job)
        for number in list(self._tasks)[:-1]:
            self._tasks[number].cancel()  # the machine waits for the newest two
        task = asyncio.ensure_future(self._guarded(order, pcm, transcriber, job))
        self._tasks[order.take] = task
        task.add_done_callback(lambda _: self._tasks.pop(order.take, None))

    def stop(self) -> list[asyncio.Task[None]]:
        """The call is over; the tasks that come to their end now."""
        for task in self._tasks.values():
            task.cancel()
        return list(self._tasks.values())

    async def _guarded(
        self, order: Transcribe, pcm: bytes, transcriber: Transcriber, job: Job | None
    ) -> None:
        """Only the kind of error is told on: its text may hold what was said."""
        try:
            await asyncio.gather(
                self._transcribe(order, pcm, transcriber, job), self._hear_end(order, pcm)
            )
        except Exception as error:
            log.warning("take %d failed: %s", order.take, type(error).__name__)
            self._report(TakeFailed(order.take, type(error).__name__))

    async def _transcribe(
        self, order: Transcribe, pcm: bytes, transcriber: Transcriber, job: Job | None
    ) -> None:
        async with asyncio.timeout(DEADLINE_S):
            transcript = await self._heard_first(order, pcm, transcriber, job)
            if transcript is None:
                transcriber = self._transcribers.in_order()[0]
                with self._ahead.busy(transcriber):
                    transcript = await self._transcribed(transcriber, pcm)
        stood_in = self._transcribers.stands_in(transcriber)
        heard = self._takes.heard(order.take, transcript, self._clock(), stood_in=stood_in)
        self._report(heard)

    async def _heard_first(
        self, order: Transcribe, pcm: bytes, transcriber: Transcriber, job: Job | None
    ) -> Transcript | None:
        """None: it failed, and another shall hear the same. Never for what is likely in vain."""
        is_in_vain = order.is_ahead and not order.is_pause
        has_next = not is_in_vain and transcriber is not self._transcribers.last
        try:
            with nullcontext() if job else self._ahead.busy(transcriber):
                async with asyncio.timeout(FIRST_DEADLINE_S if has_next else None):
                    transcript = await self._transcribed(transcriber, pcm)
        except Exception as error:
            if not has_next:
                raise
            log.warning("take %d failed (%s), the next one hears", order.take, type(error).__name__)
            self._transcribers.failed(transcriber)
            return None
        finally:
            if job:
                job.done()
        self._transcribers.worked(transcriber)
        return transcript

    async def _transcribed(self, transcriber: Transcriber, pcm: bytes) -> Transcript:
        knowledge = self._takes.knowledge
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
