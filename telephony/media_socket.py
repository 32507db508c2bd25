"""Audio between the network and the call, by the shortest way in both directions.

Daphne's own way is general: a frame passes Twisted's reactor, a parser in two dozen steps, a
queue, and a task that wakes for it, fifty times a second for each call. Here the socket is
read by the event loop itself, and whole binary frames, which is what Asterisk sends, are taken
out and handed to the call at once. The agent's audio is written to the socket where it is
made, while Twisted would wait for a round of the event loop to say that the socket can be
written to. Everything else (texts, pings, closing, fragments, what breaks the protocol, the
end, a socket that is full) goes Daphne's way.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from daphne.ws_protocol import WebSocketProtocol

from telephony.frames import audio_frame, take_audio

READ_BYTES = 65_536


class MediaSocket(WebSocketProtocol):  # type: ignore[misc]
    """An AudioSource: once it is told to whom, audio no longer comes through `receive`."""

    _listener: Callable[[bytes], None] | None = None

    def listen(self, listener: Callable[[bytes], None]) -> None:
        self._listener = listener
        # In the place of Twisted's reader, which keeps thinking that it reads: what it does
        # when it stops reading or loses the connection takes ours away, too.
        asyncio.get_running_loop().add_reader(self.transport.fileno(), self._read)

    def stop_listening(self) -> None:
        if self._listener:
            self._listener = None
            self._let_twisted_read()

    def _let_twisted_read(self) -> None:
        if self.transport.connected and not self.transport.disconnecting:
            self.transport.stopReading()
            self.transport.startReading()

    def _read(self) -> None:
        try:
            data = self.transport.socket.recv(READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if data:
            self.dataReceived(data)
        else:
            self._let_twisted_read()  # it finds the end as we did

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        if self._listener and self._is_between_messages():
            payloads, data = take_audio(data)
            if payloads:
                self.last_ping = time.time()
                self._hand_over(self._listener, payloads)
        if data:
            super().dataReceived(data)

    def handle_reply(self, message: dict[str, Any]) -> None:
        is_open = self._listener is not None and self.state == self.STATE_OPEN
        frame = audio_frame(message.get("bytes") or b"") if is_open else None
        if frame is None:
            super().handle_reply(message)
        elif rest := self._unsent(frame):
            self.transport.write(rest)

    def _unsent(self, data: bytes) -> bytes:
        """What is left of it after the socket took what it takes at once."""
        waiting = self.transport.dataBuffer or self.transport._tempDataBuffer  # noqa: SLF001
        if waiting or not self.transport.connected:
            return data
        try:
            return data[self.transport.socket.send(data) :]
        except OSError:  # full, or broken: Twisted meets the same, and knows what to do
            return data

    def _is_between_messages(self) -> bool:
        return (
            self.state == self.STATE_OPEN
            and not self.data
            and self.current_frame is None
            and not self.inside_message
        )

    def _hand_over(self, listener: Callable[[bytes], None], payloads: list[bytes]) -> None:
        try:
            for payload in payloads:
                listener(payload)
        except Exception as error:
            self.stop_listening()
            self.application_queue.put_nowait({"type": "media.broken", "error": error})
