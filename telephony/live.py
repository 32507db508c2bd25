"""One live call: from Asterisk's MEDIA_START to the closed row.

Everything before ANSWER may fail safely: the caller still hears ringing, and the dialplan goes
on to the number's human. After it, whatever happens ends in `finish`.
"""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async
from django.utils import timezone

from agents.spec import AgentSpec
from inference.conversation import Conversation, Engines
from inference.engines.base import FRAME_BYTES, FRAME_MS
from inference.journal import Ending, Journal, TurnRecord
from records import calls, vault
from telephony import media, phrasebook
from telephony.ami import Ami
from telephony.line import MediaLine, Send
from telephony.loading import load_engines
from telephony.playout import Playout
from telephony.recorder import Recorder, Sink
from telephony.worker import Worker

log = logging.getLogger(__name__)

OPEN_DEADLINE_S = 3.0  # the dialplan waits 4 s for our ANSWER
HAND_OVER_DEADLINE_S = 3.0
CLOSE_DEADLINE_S = 10.0
HANG_UP_GRACE_S = 3.0  # for Asterisk to close the socket after HANGUP
TOO_FAST_MS = 5_000  # more audio than time passed by so much is an attack
WRITE_AUDIO_MS = 1_000


class CallRefused(Exception):
    """The call cannot be taken. The text is the reason, without what was said or dialled."""


class CallJournal:
    """The conversation's turns, sent to the writer."""

    def __init__(self, put: Callable[[UUID, TurnRecord], None], call_id: UUID) -> None:
        self._put = put
        self._call_id = call_id

    def turn(self, record: TurnRecord) -> None:
        self._put(self._call_id, record)


class LiveCall:
    def __init__(self, worker: Worker, send: Send, start: media.MediaStart) -> None:
        self._worker = worker
        self._send = send
        self._start = start
        self._channel = start.variables.get("CALL_ID", start.channel_id)
        self._loop = asyncio.get_running_loop()
        self._started_at_s = 0.0
        self._heard_bytes = 0
        self._kept_at_ms = 0
        self._opening: asyncio.Task[calls.OpenedCall] | None = None
        self._call_id: UUID | None = None
        self._recorder: Recorder | None = None
        self._line: MediaLine | None = None
        self._conversation: Conversation | None = None
        self._pump: asyncio.Task[None] | None = None
        self._reason = ""  # why we let go, if we did
        self._is_finished = False

    # Beginning

    async def answer(self, wire: media.Format) -> None:
        """Open the row, load the engines, take the line. Raises CallRefused."""
        if self._start.format != "slin16" or self._start.optimal_frame_size != FRAME_BYTES:
            raise CallRefused("the media channel must be slin16; check the Dial() in extensions")
        self._opening = asyncio.create_task(self._open())
        opened = await asyncio.shield(self._opening)  # a row half made is made, and closed
        self._call_id = opened.call_id
        self._worker.takes(opened.call_id, self)
        engines = await self._load_engines(opened.spec)
        self._started_at_s = asyncio.get_running_loop().time()
        if opened.spec.record_audio:
            self._recorder = await self._open_recorder(opened.call_id)
        playout = Playout(self._start.optimal_frame_size, self._start.ptime)
        self._line = MediaLine(self._send, playout, self._clock, wire, self._recorder)
        self._conversation = Conversation(
            opened.spec.script,
            engines,
            self._line,
            self._journal(opened.call_id),
            self._clock,
            self._worker.engines,
            phrasebook.phrases(),
        )
        self._line.on_heard = self._conversation.played
        self._line.command(media.Answer())
        self._pump = asyncio.create_task(self._line.pump())
        self._conversation.start()
        log.info("call %s: answered", opened.call_id)

    async def _open(self) -> calls.OpenedCall:
        try:
            async with asyncio.timeout(OPEN_DEADLINE_S):
                return await database_sync_to_async(self._open_row)()
        except Exception as error:
            raise CallRefused(type(error).__name__) from None

    def _open_row(self) -> calls.OpenedCall:
        """Blocking."""
        variables = self._start.variables
        return calls.open_call(
            dialled=variables.get("CALL_TO", ""),
            caller=variables.get("CALL_FROM", ""),
            channel=self._channel,
            worker=self._worker.name,
            direction=variables.get("CALL_DIRECTION", "in"),
            now=timezone.now(),
        )

    def _journal(self, call_id: UUID) -> Journal:
        return CallJournal(self._worker.writer.put, call_id)

    async def _load_engines(self, spec: AgentSpec) -> Engines:
        try:
            async with asyncio.timeout(OPEN_DEADLINE_S):
                return await asyncio.to_thread(load_engines, spec)
        except Exception as error:  # its text names files and models, nothing of the call
            raise CallRefused(f"engines: {str(error) or type(error).__name__}") from None

    async def _open_recorder(self, call_id: UUID) -> Recorder | None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(OPEN_DEADLINE_S):
                sink = await loop.run_in_executor(self._worker.disk, self._open_sink, call_id)
        except (OSError, TimeoutError) as error:
            log.error("call %s: not recorded: %s", call_id, type(error).__name__)
            return None
        return Recorder(sink, self._worker.disk, str(call_id))

    def _open_sink(self, call_id: UUID) -> Sink:
        """Blocking. Raises OSError."""
        return vault.AudioSink(call_id)

    def _clock(self) -> int:
        return int((self._loop.time() - self._started_at_s) * 1000)

    # While it lasts

    def hear(self, pcm: bytes) -> None:
        if self._conversation is None:
            return  # not answered: nobody is listening yet
        now_ms = self._clock()
        if (self._heard_bytes + len(pcm)) // (FRAME_BYTES // FRAME_MS) > now_ms + TOO_FAST_MS:
            return
        self._heard_bytes += len(pcm)
        if self._recorder:
            self._recorder.caller(pcm, now_ms)
        self._conversation.hear(pcm)
        if now_ms - self._kept_at_ms >= WRITE_AUDIO_MS:
            self.keep_audio()

    def keep_audio(self) -> None:
        if self._recorder and self._line:
            self._kept_at_ms = self._clock()
            self._line.catch_up(self._kept_at_ms)
            self._recorder.write(self._kept_at_ms)

    def happened(self, event: media.Event) -> None:
        line, conversation = self._line, self._conversation
        if line is None or conversation is None:
            return
        match event:
            case media.DigitEnd(digit=digit):
                conversation.press(digit)
            case media.Xoff():
                line.hold()
            case media.Xon():
                line.resume()
            case media.MarkProcessed(correlation_id=name):
                until_ms = line.mark_processed(name)
                if until_ms is not None:
                    conversation.plays_until(until_ms)
            case media.MediaError():
                log.warning("call %s: Asterisk refused a command", self._call_id)
            case _:
                pass

    async def over(self) -> None:
        """Wait until the conversation ends of itself, then let go of the caller as it says.

        Raises what broke the way to the caller, TimeoutError among it.
        """
        line, pump = self._line, self._pump
        if line is None or pump is None:
            return
        waited: list[asyncio.Future[Any]] = [line.ended, pump]
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        if pump.done():
            pump.result()
        ending, _ = line.ended.result()
        if ending in (Ending.HANDED_OVER, Ending.TROUBLE):
            await self.hand_over()
        line.command(media.Hangup())
        await asyncio.sleep(HANG_UP_GRACE_S)

    async def hand_over(self) -> bool:
        """Tell the dialplan that the caller goes on to the number's human."""
        try:
            async with asyncio.timeout(HAND_OVER_DEADLINE_S), Ami() as ami:
                await ami.hand_over(self._channel)
        except Exception as error:
            log.error("call %s: not handed over: %s", self._call_id, type(error).__name__)
            return False
        return True

    async def let_go(self, reason: str) -> None:
        """End the call from our side, the caller going on to the number's human."""
        self._reason = reason
        await self.hand_over()
        if self._line:
            self._line.command(media.Hangup())

    # The end

    async def finish(self, default: str = Ending.CALLER_HUNG_UP.value, detail: str = "") -> None:
        """Close everything, once; `default` is the reason unless there is a better one."""
        if self._is_finished:
            return
        self._is_finished = True
        if self._call_id is None:
            self._call_id = await self._opened_late()
        if self._call_id is None:
            return
        reason = self._reason or default
        if self._line and self._conversation:
            if self._line.ended.done():
                ending, detail = self._line.ended.result()
                reason = ending.value
            self._conversation.caller_gone(self._line.catch_up(self._clock()))
            await self._conversation.close()
        if self._pump:
            self._pump.cancel()
            await asyncio.gather(self._pump, return_exceptions=True)
        if self._recorder:
            self._recorder.finish(self._clock())
        await self._worker.writer.settled(self._call_id, CLOSE_DEADLINE_S)
        await self._keep_tape(self._call_id)
        await self._close_row(self._call_id, reason, detail)
        self._worker.lets_go(self._call_id)

    async def _opened_late(self) -> UUID | None:
        """The row that was being made when the caller hung up."""
        if self._opening is None:
            return None
        await asyncio.wait([self._opening])  # has a deadline of its own
        if self._opening.cancelled() or self._opening.exception():
            return None
        return self._opening.result().call_id

    async def _keep_tape(self, call_id: UUID) -> None:
        """What was decided and why; costs the call nothing if it cannot be kept."""
        if self._conversation is None:
            return
        tape = self._conversation.tape.packed()
        try:
            async with asyncio.timeout(CLOSE_DEADLINE_S):
                loop = asyncio.get_running_loop()
                await loop.run_in_executor(self._worker.disk, vault.write_tape, call_id, tape)
        except Exception as error:
            log.error("call %s: its tape was not kept: %s", call_id, type(error).__name__)

    async def _close_row(self, call_id: UUID, reason: str, detail: str) -> None:
        close = database_sync_to_async(
            partial(calls.close_call, call_id, reason=reason, detail=detail, now=timezone.now())
        )
        try:
            async with asyncio.timeout(CLOSE_DEADLINE_S):
                await close()
            log.info("call %s: ended: %s", call_id, reason)
        except Exception as error:  # the reconciler closes it
            log.error("call %s: row not closed: %s", call_id, type(error).__name__)
