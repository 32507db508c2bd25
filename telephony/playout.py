"""What the caller has heard.

We hand audio to Asterisk a little faster than it plays, so "sent" runs ahead of "heard" by up
to `ahead_ms`. This module does the arithmetic; it never sleeps and never sends. Times are in
ms since media start, and never go back.
"""

from collections import deque
from dataclasses import dataclass

AHEAD_MS = 200
REFILL_MS = 60  # sent at one go: fewer wake-ups, and still 140 ms in hand
TICK_MS = 20  # Asterisk plays on its own 20 ms tick: a frame may wait this long for it


@dataclass(frozen=True, slots=True)
class Frame:
    """One whole frame of audio to send."""

    pcm: bytes


@dataclass(frozen=True, slots=True)
class SendMark:
    """A mark to send after the frames before it."""

    correlation_id: str


class Playout:
    """Paces one call's audio. Asterisk cuts off what is not a whole frame, so only those go."""

    def __init__(self, frame_bytes: int, ptime_ms: int, ahead_ms: int = AHEAD_MS) -> None:
        if frame_bytes <= 0 or ptime_ms <= 0:
            raise ValueError("a frame must have bytes and last some time")
        self._frame_bytes = frame_bytes
        self._ptime_ms = ptime_ms
        self._ahead_ms = max(ahead_ms, REFILL_MS + TICK_MS + 2 * ptime_ms)
        self._waiting: deque[bytes | SendMark] = deque()
        self._waiting_frames = 0
        self._partial = b""
        self._is_held = False  # XOFF
        self._sent: deque[tuple[int, bytes]] = deque()  # (heard at ms, frame), oldest first
        self._marks: dict[str, int] = {}  # sent marks: heard at ms
        self._plays_until_ms = 0  # what was sent
        self._heard_frames = 0  # of this reply

    # The reply

    def begin_reply(self) -> None:
        self._heard_frames = 0

    def add(self, pcm: bytes) -> None:
        self._partial += pcm
        whole = len(self._partial) // self._frame_bytes * self._frame_bytes
        for start in range(0, whole, self._frame_bytes):
            self._waiting.append(self._partial[start : start + self._frame_bytes])
            self._waiting_frames += 1
        self._partial = self._partial[whole:]

    def fill_frame(self) -> None:
        """Complete the last frame with silence; a tail would be thrown away."""
        if self._partial:
            self.add(bytes(self._frame_bytes - len(self._partial)))

    def mark(self, correlation_id: str) -> None:
        self._waiting.append(SendMark(correlation_id))

    def plays_until_ms(self, at_ms: int) -> int:
        """When all that was added will have been heard, if nothing holds it up."""
        begins_ms = max(self._plays_until_ms, at_ms + TICK_MS)
        partial_ms = self._ptime_ms if self._partial else 0
        return begins_ms + self._waiting_frames * self._ptime_ms + partial_ms

    def ends_ms(self, at_ms: int) -> int:
        """When all of it will have been heard, in the past if it was, as things stand now."""
        is_all_sent = not (self._waiting_frames or self._partial)
        return self._plays_until_ms if is_all_sent else self.plays_until_ms(at_ms)

    # The clock

    def due(self, at_ms: int) -> list[Frame | SendMark]:
        """What to send now."""
        out: list[Frame | SendMark] = []
        while self._waiting and not self._is_held:
            item = self._waiting[0]
            if isinstance(item, SendMark):
                self._marks[item.correlation_id] = max(self._plays_until_ms, at_ms)
                out.append(item)
            elif self._ends_ms(at_ms) - at_ms <= self._ahead_ms:
                self._plays_until_ms = self._ends_ms(at_ms)
                self._sent.append((self._plays_until_ms, item))
                self._waiting_frames -= 1
                out.append(Frame(item))
            else:
                break
            self._waiting.popleft()
        return out

    def next_due_ms(self) -> int | None:
        """When `due` has more to give; None when it waits for audio or for XON."""
        if not self._waiting or self._is_held:
            return None
        return self._plays_until_ms + self._ptime_ms - self._ahead_ms + REFILL_MS

    def _ends_ms(self, at_ms: int) -> int:
        """When a frame sent now will have been heard."""
        return max(self._plays_until_ms, at_ms + TICK_MS) + self._ptime_ms

    def heard(self, at_ms: int) -> list[tuple[int, bytes]]:
        """The frames heard since the last call, each with the time it ended."""
        out = []
        while self._sent and self._sent[0][0] <= at_ms:
            out.append(self._sent.popleft())
            self._heard_frames += 1
        return out

    def heard_ms(self) -> int:
        """How much of this reply has been heard, as of the last `heard`."""
        return self._heard_frames * self._ptime_ms

    # What Asterisk says

    def hold(self) -> None:
        self._is_held = True

    def resume(self) -> None:
        self._is_held = False

    def mark_processed(self, correlation_id: str, at_ms: int) -> int:
        """Correct our clock by a mark's true time; the correction in ms, 0 for a strange mark."""
        expected_ms = self._marks.pop(correlation_id, None)
        if expected_ms is None:
            return 0
        late_ms = at_ms - expected_ms
        if abs(late_ms) <= TICK_MS or not self._sent:
            return 0
        self._sent = deque((heard_at + late_ms, pcm) for heard_at, pcm in self._sent)
        self._marks = {name: heard_at + late_ms for name, heard_at in self._marks.items()}
        self._plays_until_ms += late_ms
        return late_ms

    def flush(self, at_ms: int) -> int:
        """Forget all that was not heard; how much of this reply was, in ms."""
        self._waiting.clear()
        self._waiting_frames = 0
        self._partial = b""
        self._sent.clear()
        self._marks.clear()
        self._plays_until_ms = at_ms
        self._is_held = False  # the queue that was full is empty
        return self.heard_ms()
