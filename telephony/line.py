"""The way from the conversation to the caller's ear.

`MediaLine` takes audio and commands without ever waiting; its `pump`, one task a call, sends
them to Asterisk in order and in time.
"""

import asyncio
from collections.abc import Awaitable, Callable

from inference.journal import Ending
from telephony import media
from telephony.playout import Frame, Playout, SendMark
from telephony.recorder import LATE_MS, Recorder

SEND_DEADLINE_S = 5.0

Send = Callable[[str | bytes], Awaitable[None]]


class MediaLine:
    """One call's line. `ended` is set with how, once the conversation is over."""

    def __init__(
        self,
        send: Send,
        playout: Playout,
        clock: Callable[[], int],
        wire: media.Format,
        recorder: Recorder | None,
    ) -> None:
        self.ended: asyncio.Future[tuple[Ending, str]] = asyncio.get_running_loop().create_future()
        self._send = send
        self._playout = playout
        self._clock = clock
        self._wire = wire
        self._recorder = recorder
        self._commands: list[media.Command] = []
        self._wake = asyncio.Event()
        self._marks = 0
        self.on_heard: Callable[[bytes, int], None] | None = None  # each frame, as it was heard

    # For the conversation

    def begin_reply(self) -> None:
        self._keep_heard(self._clock())
        self._playout.begin_reply()

    def play(self, pcm: bytes) -> int:
        self._playout.add(pcm)
        self._wake.set()
        return self._playout.plays_until_ms(self._clock())

    def end_piece(self) -> None:
        self._marks += 1
        self._playout.mark(f"s{self._marks}")

    def end_reply(self) -> int:
        self._playout.fill_frame()
        self._wake.set()
        return self._playout.plays_until_ms(self._clock())

    def plays_until(self, at_ms: int) -> int:
        return self._playout.ends_ms(at_ms)

    def flush(self) -> int:
        self._keep_heard(self._clock())
        self.command(media.FlushMedia())
        return self._playout.flush(self._clock())

    def catch_up(self, at_ms: int) -> int:
        self._keep_heard(at_ms)
        return self._playout.heard_ms()

    def hide(self) -> None:
        if self._recorder:
            self._recorder.hide(self._clock() - LATE_MS)

    def show(self) -> None:
        if self._recorder:
            self._recorder.show(self._clock())

    def end(self, ending: Ending, detail: str) -> None:
        if not self.ended.done():
            self.ended.set_result((ending, detail))

    # For the call

    def command(self, command: media.Command) -> None:
        """Send a command before any audio still waiting."""
        self._commands.append(command)
        self._wake.set()

    def hold(self) -> None:
        self._playout.hold()

    def resume(self) -> None:
        self._playout.resume()
        self._wake.set()

    def mark_processed(self, correlation_id: str) -> int | None:
        """When the caller will have heard it all, if the mark taught us better."""
        self._keep_heard(self._clock())
        if not self._playout.mark_processed(correlation_id, self._clock()):
            return None
        return self._playout.plays_until_ms(self._clock())

    async def pump(self) -> None:
        """Send until cancelled. Raises TimeoutError when the socket takes nothing."""
        loop = asyncio.get_running_loop()
        while True:
            self._wake.clear()
            async with asyncio.timeout(SEND_DEADLINE_S):  # wait_for may swallow a cancellation
                await self._send_due()
            due_ms = self._playout.next_due_ms()
            if due_ms is None:
                await self._wake.wait()
                continue
            delay_s = max(0, due_ms - self._clock()) / 1000
            alarm = loop.call_later(delay_s, self._wake.set)
            await self._wake.wait()
            alarm.cancel()

    async def _send_due(self) -> None:
        commands, self._commands = self._commands, []
        for command in commands:
            await self._send(media.encode(command, self._wire))
        frames: list[bytes] = []
        for item in self._playout.due(self._clock()):
            match item:
                case Frame(pcm=pcm):
                    frames.append(pcm)
                case SendMark(correlation_id=correlation_id):
                    await self._send_audio(frames)
                    frames = []
                    mark = media.Mark(correlation_id)
                    await self._send(media.encode(mark, self._wire))
        await self._send_audio(frames)
        self._keep_heard(self._clock())

    async def _send_audio(self, frames: list[bytes]) -> None:
        if frames:
            await self._send(b"".join(frames))

    def _keep_heard(self, at_ms: int) -> None:
        for ended_ms, pcm in self._playout.heard(at_ms):
            if self._recorder:
                self._recorder.agent(pcm, ended_ms)
            if self.on_heard:
                self.on_heard(pcm, ended_ms)
