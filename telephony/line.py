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
        self._alarm: asyncio.TimerHandle | None = None  # wakes the pump for what waits
        self._marks = 0
        self.on_heard: Callable[[bytes, int], None] | None = None  # each frame, as it was heard

    # For the conversation

    def begin_reply(self) -> None:
        self._keep_heard(self._clock())
        self._playout.begin_reply()

    def play(self, pcm: bytes) -> int:
        self._playout.add(pcm)
        self._wake_idle()
        return self._playout.plays_until_ms(self._clock())

    def end_piece(self) -> None:
        self._marks += 1
        self._playout.mark(f"s{self._marks}")

    def end_reply(self) -> int:
        self._playout.fill_frame()
        self._wake_idle()
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
        self._wake.set()  # what waits may be due sooner
        return self._playout.plays_until_ms(self._clock())

    def _wake_idle(self) -> None:
        """More audio after what waits makes nothing due sooner."""
        if self._alarm is None:
            self._wake.set()

    async def pump(self) -> None:
        """Send until cancelled. Raises TimeoutError when the socket takes nothing."""
        while True:
            self._wake.clear()
            if messages := self._due():
                async with asyncio.timeout(SEND_DEADLINE_S):  # wait_for may swallow a cancellation
                    for message in messages:
                        await self._send(message)
            self._keep_heard(self._clock())
            self._set_alarm()
            await self._wake.wait()
            if self._alarm:
                self._alarm.cancel()

    def _set_alarm(self) -> None:
        due_ms = self._playout.next_due_ms()
        if due_ms is None:
            self._alarm = None
        else:
            delay_s = max(0, due_ms - self._clock()) / 1000
            self._alarm = asyncio.get_running_loop().call_later(delay_s, self._wake.set)

    def _due(self) -> list[str | bytes]:
        messages: list[str | bytes] = [media.encode(it, self._wire) for it in self._commands]
        self._commands.clear()
        frames: list[bytes] = []
        for item in self._playout.due(self._clock()):
            match item:
                case Frame(pcm=pcm):
                    frames.append(pcm)
                case SendMark(correlation_id=correlation_id):
                    if frames:
                        messages.append(b"".join(frames))
                        frames = []
                    messages.append(media.encode(media.Mark(correlation_id), self._wire))
        if frames:
            messages.append(b"".join(frames))
        return messages

    def _keep_heard(self, at_ms: int) -> None:
        for ended_ms, pcm in self._playout.heard(at_ms):
            if self._recorder:
                self._recorder.agent(pcm, ended_ms)
            if self.on_heard:
                self.on_heard(pcm, ended_ms)
