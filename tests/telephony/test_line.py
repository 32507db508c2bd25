"""What goes over the wire to Asterisk, in which order and when. The clock is turned by hand."""

import asyncio
import json
from collections.abc import Iterator

import pytest

from inference.journal import Ending
from telephony import media
from telephony.line import SEND_DEADLINE_S, MediaLine
from telephony.playout import AHEAD_MS, Playout
from tests.inference.by_hand import HandLoop

FRAME = bytes(640)


class Wire:
    """One call's line, with all that was sent and when."""

    def __init__(self) -> None:
        self.loop = HandLoop()
        self.sent: list[tuple[int, str]] = []  # at ms; a command, or "frames*3"
        self.recorded: list[tuple[int, bytes]] = []
        self.is_stuck = False
        self.line: MediaLine = self.loop.run_until_complete(self._made())
        self.pump = self.loop.create_task(self.line.pump())
        self.loop.settle()

    async def _made(self) -> MediaLine:
        playout = Playout(len(FRAME), 20)
        return MediaLine(self._send, playout, lambda: self.loop.now_ms, media.Format.JSON, self)

    async def _send(self, message: str | bytes) -> None:
        if self.is_stuck:
            await asyncio.Event().wait()
        if isinstance(message, bytes):
            assert len(message) % len(FRAME) == 0
            told = f"frames*{len(message) // len(FRAME)}"
        else:
            fields = json.loads(message)
            told = " ".join(fields.values())
        self.sent.append((self.loop.now_ms, told))

    def agent(self, pcm: bytes, ended_ms: int) -> None:
        """As a recorder."""
        self.recorded.append((ended_ms, pcm))

    def wait(self, ms: int) -> None:
        for _ in range(ms // 10):
            self.loop.now_ms += 10
            self.loop.settle(4)

    @property
    def told(self) -> list[str]:
        return [told for _, told in self.sent]


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Wire()
    yield wire
    wire.pump.cancel()
    wire.loop.settle()
    wire.loop.close()


def test_the_call_is_answered_before_anything_is_said(wire):
    wire.line.begin_reply()
    wire.line.play(FRAME * 3)
    wire.line.command(media.Answer())
    wire.loop.settle()
    assert wire.told == ["ANSWER", "frames*3"]


def test_a_long_reply_goes_out_as_it_is_played(wire):
    wire.line.play(FRAME * 100)
    wire.wait(3_000)
    frames = [(at_ms, int(told.split("*")[1])) for at_ms, told in wire.sent]
    assert sum(count for _, count in frames) == 100
    assert frames[0][1] * 20 <= AHEAD_MS
    assert 1_700 < frames[-1][0] < 2_000


def test_each_sentence_is_followed_by_its_mark(wire):
    wire.line.play(FRAME * 2)
    wire.line.end_piece()
    wire.line.play(FRAME * 2)
    wire.line.end_piece()
    wire.line.end_reply()
    wire.loop.settle()
    assert wire.told == ["frames*2", "MARK_MEDIA s1", "frames*2", "MARK_MEDIA s2"]


def test_a_flush_overtakes_all_that_waits(wire):
    wire.line.play(FRAME * 100)
    wire.wait(500)
    heard_ms = wire.line.flush()
    wire.line.play(FRAME)
    before = len(wire.sent)
    wire.wait(1_000)
    assert wire.told[before:] == ["FLUSH_MEDIA", "frames*1"]
    assert 440 <= heard_ms <= 500


def test_only_what_was_heard_is_recorded(wire):
    wire.line.play(FRAME * 100)
    wire.wait(500)
    heard_ms = wire.line.flush()
    wire.wait(1_000)
    assert len(wire.recorded) * 20 == heard_ms
    ended = [at_ms for at_ms, _ in wire.recorded]
    assert ended == list(range(ended[0], ended[0] + heard_ms, 20))


def test_asterisk_can_hold_us_back(wire):
    wire.line.hold()
    wire.line.play(FRAME * 3)
    wire.wait(1_000)
    assert wire.sent == []
    wire.line.resume()
    wire.loop.settle()
    assert wire.told == ["frames*3"]


def test_a_mark_out_of_time_tells_when_the_reply_is_heard(wire):
    wire.line.play(FRAME * 5)
    wire.line.end_piece()
    until_ms = wire.line.play(FRAME * 50)
    wire.wait(320)
    told_ms = wire.line.mark_processed("s1")
    assert (
        told_ms == wire.line.plays_until(wire.loop.now_ms) == until_ms + 200
    )  # due at 120, came at 320


def test_a_mark_in_time_tells_nothing(wire):
    wire.line.play(FRAME * 5)
    wire.line.end_piece()
    wire.line.play(FRAME * 50)
    wire.wait(120)
    assert wire.line.mark_processed("s1") is None


def test_a_socket_that_takes_nothing_breaks_the_call(wire):
    wire.is_stuck = True
    wire.line.play(FRAME)
    wire.wait(int(SEND_DEADLINE_S * 1000) + 50)
    assert wire.pump.done()
    with pytest.raises(TimeoutError):
        wire.pump.result()


def test_a_call_ends_once(wire):
    wire.line.end(Ending.IDLE, "")
    wire.line.end(Ending.TROUBLE, "late")
    assert wire.line.ended.result() == (Ending.IDLE, "")


def test_an_idle_line_wakes_nobody(wire):
    wire.line.play(FRAME)
    wire.wait(1_000)
    assert wire.loop._scheduled == []


def test_more_audio_behind_what_waits_wakes_nobody(wire):
    wire.line.play(FRAME * 20)
    wire.loop.settle()
    wire.line.play(FRAME * 20)
    assert not wire.line._wake.is_set()
    wire.wait(2_000)
    assert sum(int(told.split("*")[1]) for told in wire.told) == 40


def test_what_asterisk_played_too_soon_is_made_up_for_at_once(wire):
    wire.line.play(FRAME * 5)
    wire.line.end_piece()
    wire.line.play(FRAME * 50)
    wire.wait(10)
    before = len(wire.sent)
    wire.line.mark_processed("s1")  # due at 120
    wire.loop.settle()
    assert wire.told[before:] == ["frames*6"]
