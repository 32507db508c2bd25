"""The audio of one call at the phone: packets paced out by the clock, packets placed by theirs.

Times are milliseconds of the monotonic clock (`now_ms`), so that what was sent and what came
back can be subtracted. Asterisk sends nothing while its queue is empty; the timestamps say how
long the gap was, and the gap is silence.
"""

import asyncio
import secrets
import struct
import time
from collections import deque
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from inference.audio import level_db, resample
from inference.engines.base import SAMPLE_HZ
from telephony.phone_codecs import CLOCK_HZ, CLOCK_PER_PACKET, PTIME_MS, Codec, Samples

LOUD_DB = -45.0  # above what both codecs make of silence, below any speech
DIGITS = "0123456789*#ABCD"
DIGIT_PACKETS = 5  # 100 ms pressed,
DIGIT_ENDS = 3  # the end is said three times (RFC 4733, 2.5.1.4)
DIGIT_REST_PACKETS = 4  # and 80 ms released, so that two keys are two
LATE_PACKETS = 50  # further behind than this the sender gives up catching up
JUMP_MS = 2000  # a timestamp further than this from the clock begins a new stream

Address = tuple[str, int]


class NothingHeard(Exception):
    """The other side did not speak, or did not stop, in the time given."""


class CallEnded(Exception):
    """The call was over before this was done."""


def now_ms() -> float:
    return time.monotonic() * 1000


def loudness(pcm: bytes, every_ms: int = PTIME_MS) -> list[float]:
    """The level in dB of each piece of 16 kHz audio; the last, incomplete one is left out."""
    step = SAMPLE_HZ * every_ms // 1000 * 2
    return [level_db(pcm[at : at + step]) for at in range(0, len(pcm) - step + 1, step)]


@dataclass(frozen=True, slots=True)
class Packet:
    """One received packet: where it belongs in the call, when it came, how loud it is."""

    start_ms: float  # since the line was opened
    arrived_ms: float
    db: float
    samples: Samples

    @property
    def is_loud(self) -> bool:
        return self.db > LOUD_DB


@dataclass(slots=True)
class Spoken:
    """What became of one utterance."""

    started_ms: float = 0.0  # its first packet was sent
    speech_ended_ms: float = 0.0  # the packet with its last loud sample was sent
    ended_ms: float = 0.0  # its last packet was sent


class Receiver:
    """Places packets by their timestamps into the time of the call."""

    def __init__(self, codec: Codec, telephone_event: int | None) -> None:
        self.codec = codec
        self.telephone_event = telephone_event
        self.opened_ms = now_ms()
        self.packets: list[Packet] = []
        self.last_loud_ms: float | None = None  # when it arrived
        self.digits = ""
        self._source: int | None = None
        self._origin_ms = 0.0  # of timestamp _first, since the line was opened
        self._first = 0
        self._last_event: int | None = None

    def push(self, datagram: bytes) -> bool:
        """Whether it held something loud. What is no audio of ours is ignored."""
        if len(datagram) < 12 or datagram[0] >> 6 != 2:
            return False
        kind = datagram[1] & 127
        timestamp, source = struct.unpack_from("!II", datagram, 4)
        payload = _payload(datagram)
        if kind == self.telephone_event and len(payload) >= 4:
            self._hear_digit(timestamp, payload[0])
            return False
        if kind != self.codec.payload_type or not payload:
            return False
        arrived_ms = now_ms()
        start_ms = self._place(timestamp, source, arrived_ms - self.opened_ms)
        samples = self.codec.decode(payload)
        packet = Packet(start_ms, arrived_ms, level_db(samples.tobytes()), samples)
        self.packets.append(packet)
        if packet.is_loud:
            self.last_loud_ms = arrived_ms
        return packet.is_loud

    def _hear_digit(self, timestamp: int, event: int) -> None:
        if timestamp != self._last_event and event < len(DIGITS):
            self.digits += DIGITS[event]
        self._last_event = timestamp

    def _place(self, timestamp: int, source: int, at_ms: float) -> float:
        """The ms of the call this timestamp stands for."""
        since = (timestamp - self._first + 2**31) % 2**32 - 2**31  # it wraps
        start_ms = self._origin_ms + since * 1000 / CLOCK_HZ
        if source != self._source or abs(start_ms - at_ms) > JUMP_MS:
            self._source, self._first, self._origin_ms = source, timestamp, at_ms
            start_ms = at_ms
        return start_ms

    def heard(self) -> bytes:
        """Everything heard, from the opening of the line, as 16 kHz mono."""
        hz = self.codec.hz
        starts = [max(0, round(packet.start_ms * hz / 1000)) for packet in self.packets]
        ends = [start + len(p.samples) for start, p in zip(starts, self.packets, strict=True)]
        audio = np.zeros(max(ends, default=0), np.int16)
        for start, end, packet in zip(starts, ends, self.packets, strict=True):
            audio[start:end] = packet.samples
        return resample(audio.astype("<i2").tobytes(), hz, SAMPLE_HZ)

    def first_loud_ms(self, after_ms: float) -> float | None:
        """When the first loud packet after that moment arrived."""
        loud = (p.arrived_ms for p in self.packets if p.is_loud and p.arrived_ms > after_ms)
        return next(loud, None)


def _payload(datagram: bytes) -> bytes:
    start = 12 + 4 * (datagram[0] & 15)
    if datagram[0] & 16 and len(datagram) >= start + 4:
        start += 4 + 4 * int(struct.unpack_from("!H", datagram, start + 2)[0])
    end = len(datagram) - (datagram[-1] if datagram[0] & 32 else 0)
    return datagram[start:end]


@dataclass(slots=True)
class _Frame:
    samples: Samples
    is_loud: bool
    spoken: Spoken
    said: "asyncio.Future[Spoken] | None"  # with the last frame


@dataclass(frozen=True, slots=True)
class _Key:
    """One packet of a pressed key."""

    event: int
    number: int
    pressed: "asyncio.Future[None] | None"  # with the last packet of the last key

    @property
    def is_end(self) -> bool:
        return self.number >= DIGIT_PACKETS


class Sender:
    """Makes a packet every 20 ms of the clock. Late ticks are caught up, so nothing drifts."""

    def __init__(self, codec: Codec, telephone_event: int | None, *, silence: bool) -> None:
        self.codec = codec
        self.telephone_event = telephone_event
        self._sends_silence = silence
        self._queue: deque[_Frame | _Key | None] = deque()  # None: nothing, for one tick
        self._source = secrets.randbits(32)
        self._sequence = secrets.randbits(15)
        self._timestamp = secrets.randbits(31)
        self._key_timestamp = 0
        self._was_silent = True
        self._is_stopped = False

    @property
    def _frame_samples(self) -> int:
        return self.codec.hz * PTIME_MS // 1000

    def say(self, pcm: bytes) -> "asyncio.Future[Spoken]":
        """Queue 16 kHz audio; the future is done when its last packet was sent.

        Raises CallEnded, as does the future.
        """
        self._refuse_when_stopped()
        samples = np.frombuffer(resample(pcm, SAMPLE_HZ, self.codec.hz), "<i2")
        size = self._frame_samples
        samples = np.pad(samples, (0, -len(samples) % size))
        frames = np.split(samples, len(samples) // size) if len(samples) else []
        said: asyncio.Future[Spoken] = asyncio.get_running_loop().create_future()
        spoken = Spoken()
        if not frames:
            said.set_result(spoken)
        for number, frame in enumerate(frames, start=1):
            is_loud = level_db(frame.tobytes()) > LOUD_DB
            done = said if number == len(frames) else None
            self._queue.append(_Frame(frame, is_loud, spoken, done))
        return said

    def press(self, digits: str) -> "asyncio.Future[None]":
        """Queue keys. Raises CallEnded; ValueError where there is no such key, or none is taken."""
        self._refuse_when_stopped()
        if self.telephone_event is None:
            raise ValueError("the other side takes no keys (no telephone-event in its answer)")
        pressed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        events = [DIGITS.index(digit) for digit in digits.upper()]
        if not events:
            pressed.set_result(None)
        last = DIGIT_PACKETS + DIGIT_ENDS - 1
        for index, event in enumerate(events, start=1):
            for number in range(last + 1):
                is_done = index == len(events) and number == last
                self._queue.append(_Key(event, number, pressed if is_done else None))
            self._queue.extend([None] * DIGIT_REST_PACKETS)
        return pressed

    def stop(self) -> None:
        """Forget what is queued; whoever waits for it gets CallEnded."""
        for item in self._queue:
            waiting: asyncio.Future[Any] | None = None
            match item:
                case _Frame(said=waiting) | _Key(pressed=waiting):
                    pass
            if waiting is not None and not waiting.done():
                waiting.set_exception(CallEnded("the call ended before all was sent"))
                waiting.exception()  # nobody has to be waiting
        self._queue.clear()
        self._is_stopped = True

    def _refuse_when_stopped(self) -> None:
        if self._is_stopped:
            raise CallEnded("the call is over")

    def next_packet(self, at_ms: float) -> bytes | None:
        """The packet of this tick, or None where there is nothing to send."""
        timestamp = self._timestamp
        self._timestamp = (timestamp + CLOCK_PER_PACKET) % 2**32
        item = self._queue.popleft() if self._queue else None
        if isinstance(item, _Key):
            return self._key_packet(item, timestamp)
        if isinstance(item, _Frame):
            self._mark(item, at_ms)
            samples = item.samples
        elif self._sends_silence:
            samples = np.zeros(self._frame_samples, np.int16)
        else:
            self._was_silent = True
            return None
        return self._packet(self.codec.payload_type, timestamp, self.codec.encode(samples))

    @staticmethod
    def _mark(frame: _Frame, at_ms: float) -> None:
        spoken = frame.spoken
        spoken.started_ms = spoken.started_ms or at_ms
        spoken.ended_ms = at_ms
        if frame.is_loud:
            spoken.speech_ended_ms = at_ms
        if frame.said is not None and not frame.said.done():
            frame.said.set_result(spoken)

    def _key_packet(self, key: _Key, timestamp: int) -> bytes:
        assert self.telephone_event is not None
        if key.number == 0:
            self._key_timestamp = timestamp
            self._was_silent = True  # its first packet carries the marker
        duration = min(key.number + 1, DIGIT_PACKETS) * CLOCK_PER_PACKET
        end = 128 if key.is_end else 0
        payload = struct.pack("!BBH", key.event, end | 10, duration)
        packet = self._packet(self.telephone_event, self._key_timestamp, payload)
        if key.pressed is not None and not key.pressed.done():
            key.pressed.set_result(None)
        return packet

    def _packet(self, kind: int, timestamp: int, payload: bytes) -> bytes:
        marker = 128 if self._was_silent else 0
        self._was_silent = False
        self._sequence = (self._sequence + 1) % 2**16
        head = struct.pack("!BBHII", 128, marker | kind, self._sequence, timestamp, self._source)
        return head + payload


class Line(asyncio.DatagramProtocol):
    """The RTP socket of one call with its sender and receiver."""

    def __init__(self, codec: Codec, telephone_event: int | None, *, silence: bool = True) -> None:
        self.receiver = Receiver(codec, telephone_event)
        self.sender = Sender(codec, telephone_event, silence=silence)
        self.port = 0
        self._remote: Address | None = None
        self._transport: asyncio.DatagramTransport | None = None
        self._timer: asyncio.Handle | None = None
        self._next_at = 0.0
        self._loud = asyncio.Event()
        self._is_closed = False

    @classmethod
    async def open(
        cls, host: str, codec: Codec, telephone_event: int | None, *, silence: bool = True
    ) -> "Line":
        loop = asyncio.get_running_loop()
        _, line = await loop.create_datagram_endpoint(
            lambda: cls(codec, telephone_event, silence=silence), local_addr=(host, 0)
        )
        return line

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)  # 3.11 does not derive it
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: Address) -> None:
        # until the answer names the other side anyone may be it; after, nobody else: ports are
        # used again, and the sender's RTCP comes from a neighbouring port to ours
        if self._remote in (None, addr) and self.receiver.push(data):
            self._loud.set()

    def error_received(self, exc: Exception) -> None:
        """The other side's port is closed: it hung up, and SIP will say so."""

    def use(self, codec: Codec, telephone_event: int | None) -> None:
        """The codec the other side chose."""
        if codec.payload_type != self.receiver.codec.payload_type:
            self.receiver.codec = self.sender.codec = codec
        self.receiver.telephone_event = self.sender.telephone_event = telephone_event

    def start(self, remote: Address) -> None:
        """Send to that address from now on; again with another one to move."""
        self._remote = remote
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._next_at = loop.time()
            self._timer = loop.call_soon(self._tick)

    def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        if loop.time() - self._next_at > LATE_PACKETS * PTIME_MS / 1000:
            self._next_at = loop.time()
        while self._next_at <= loop.time():
            packet = self.sender.next_packet(now_ms())
            if packet is not None and self._transport is not None:
                self._transport.sendto(packet, self._remote)
            self._next_at += PTIME_MS / 1000
        self._timer = loop.call_at(self._next_at, self._tick)

    async def wait_loud(self, after_ms: float, deadline_s: float) -> float:
        """When the first loud packet after that moment arrived.

        Raises NothingHeard, and CallEnded.
        """
        try:
            async with asyncio.timeout(deadline_s):
                while (found := self.receiver.first_loud_ms(after_ms)) is None:
                    self._refuse_when_closed()
                    self._loud.clear()
                    await self._loud.wait()
        except TimeoutError:
            raise NothingHeard(f"nothing was heard for {deadline_s:g} s") from None
        return found

    async def wait_quiet(self, quiet_ms: int, deadline_s: float, *, after_ms: float = 0) -> float:
        """Wait until something was heard and then nothing for `quiet_ms`; when the last of it came.

        Raises NothingHeard, and CallEnded.
        """
        until_ms = now_ms() + deadline_s * 1000
        await self.wait_loud(after_ms, deadline_s)
        while True:
            last_ms = self.receiver.last_loud_ms or 0.0
            left_ms = last_ms + quiet_ms - now_ms()
            if left_ms <= 0:
                return last_ms
            if now_ms() + left_ms > until_ms:
                raise NothingHeard(f"the other side spoke on for {deadline_s:g} s")
            self._refuse_when_closed()
            await asyncio.sleep(left_ms / 1000)

    def _refuse_when_closed(self) -> None:
        if self._is_closed:
            raise CallEnded("the call ended")

    def close(self) -> None:
        """Stops sending; what was heard stays."""
        self._is_closed = True
        self._loud.set()
        if self._timer is not None:
            self._timer.cancel()
        self.sender.stop()
        if self._transport is not None:
            self._transport.close()
            self._transport = None
