"""What was sent and what was heard, against a model of Asterisk's own queue."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telephony.playout import AHEAD_MS, TICK_MS, Frame, Playout, SendMark

FRAME_BYTES = 640
PTIME_MS = 20


@dataclass
class Asterisk:
    """Takes one frame from its queue every 20 ms, on a beat of its own."""

    phase_ms: int = 7
    queue: list[Frame | SendMark] = field(default_factory=list)
    played: list[tuple[int, bytes]] = field(default_factory=list)  # ended at ms, frame
    marks: list[tuple[int, str]] = field(default_factory=list)
    deepest: int = 0
    stands_still_until_ms: int = 0
    _at_ms: int = 0

    def take(self, items: list[Frame | SendMark]) -> None:
        self.queue += items
        self.deepest = max(self.deepest, self.depth)

    @property
    def depth(self) -> int:
        return sum(isinstance(item, Frame) for item in self.queue)

    def run(self, until_ms: int) -> None:
        while self._at_ms < until_ms:
            self._at_ms += 1
            is_beat = self._at_ms % TICK_MS == self.phase_ms % TICK_MS
            if is_beat and self._at_ms >= self.stands_still_until_ms:
                self._beat()

    def _beat(self) -> None:
        while self.queue and isinstance(self.queue[0], SendMark):
            self.marks.append((self._at_ms, self.queue.pop(0).correlation_id))
        if self.queue:
            self.played.append((self._at_ms + PTIME_MS, self.queue.pop(0).pcm))


@dataclass
class Call:
    """A playout and its Asterisk. `late_ms` is how late our process wakes, each time."""

    late_ms: list[int] = field(default_factory=lambda: [0])
    phase_ms: int = 7
    now_ms: int = 0
    sent: list[bytes] = field(default_factory=list)
    heard: list[tuple[int, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.playout = Playout(FRAME_BYTES, PTIME_MS)
        self.asterisk = Asterisk(self.phase_ms)
        self._wakes = 0
        self._wake_ms: int | None = 0

    def send_due(self) -> list[Frame | SendMark]:
        items = self.playout.due(self.now_ms)
        self.sent += [item.pcm for item in items if isinstance(item, Frame)]
        self.asterisk.take(items)
        self.heard += self.playout.heard(self.now_ms)
        due_ms = self.playout.next_due_ms()
        self._wakes += 1
        late_ms = self.late_ms[self._wakes % len(self.late_ms)]
        self._wake_ms = None if due_ms is None else max(due_ms, self.now_ms) + late_ms
        return items

    def add(self, pcm: bytes) -> int:
        """Audio from the voice; when it will have been heard."""
        self.playout.add(pcm)
        until_ms = self.playout.plays_until_ms(self.now_ms)
        self.send_due()
        return until_ms

    def turn_to(self, ms: int) -> None:
        while self._wake_ms is not None and self._wake_ms <= ms:
            self.now_ms = max(self.now_ms, self._wake_ms)
            self.asterisk.run(self.now_ms)
            self.send_due()
        self.now_ms = ms
        self.asterisk.run(ms)
        self.heard += self.playout.heard(ms)

    def wait(self, ms: int) -> None:
        self.turn_to(self.now_ms + ms)

    def flush(self) -> int:
        self.heard += self.playout.heard(self.now_ms)
        self.asterisk.queue.clear()
        return self.playout.flush(self.now_ms)


def audio(ms: int, first: int = 0) -> bytes:
    """Audio of which no two frames are alike."""
    frames = range(first, first + ms // PTIME_MS)
    return b"".join(number.to_bytes(4, "big") * (FRAME_BYTES // 4) for number in frames)


lateness = st.lists(st.integers(0, 100), min_size=1, max_size=5)
phases = st.integers(0, TICK_MS - 1)


@given(
    pieces=st.lists(st.tuples(st.integers(1, 20_000), st.integers(0, 400)), max_size=8),
    late_ms=lateness,
    phase_ms=phases,
)
@settings(max_examples=60, deadline=None)
def test_all_that_was_said_is_heard_in_order_and_once(pieces, late_ms, phase_ms):
    call = Call(late_ms, phase_ms)
    for size, wait_ms in pieces:
        call.add((audio(20_000) * 2)[:size])
        call.wait(wait_ms)
    call.playout.fill_frame()
    call.send_due()
    call.wait(10_000)
    said = b"".join((audio(20_000) * 2)[:size] for size, _ in pieces)
    heard = b"".join(pcm for _, pcm in call.asterisk.played)
    assert heard[: len(said)] == said
    assert not any(heard[len(said) :])  # the last frame was filled with silence
    assert len(heard) - len(said) < FRAME_BYTES
    assert [pcm for _, pcm in call.heard] == [pcm for _, pcm in call.asterisk.played]


@given(late_ms=lateness, phase_ms=phases, ms=st.integers(1, 150))
@settings(max_examples=40, deadline=None)
def test_asterisk_never_holds_more_than_we_can_take_back(late_ms, phase_ms, ms):
    call = Call(late_ms, phase_ms)
    call.add(audio(ms * PTIME_MS))
    call.wait(4_000)
    assert call.asterisk.deepest * PTIME_MS <= AHEAD_MS


@given(late_ms=lateness, phase_ms=phases)
@settings(max_examples=40, deadline=None)
def test_the_caller_hears_no_gap_when_we_wake_a_little_late(late_ms, phase_ms):
    call = Call(late_ms, phase_ms)
    call.add(audio(2_000))
    call.wait(3_000)
    ended = [at_ms for at_ms, _ in call.asterisk.played]
    assert ended == list(range(ended[0], ended[0] + 2_000, PTIME_MS))


@given(
    late_ms=st.lists(st.integers(0, 600), min_size=1, max_size=5),
    phase_ms=phases,
    moments=st.lists(st.integers(1, 500), min_size=1, max_size=10),
)
@settings(max_examples=60, deadline=None)
def test_never_more_counts_as_heard_than_was_played(late_ms, phase_ms, moments):
    call = Call(late_ms, phase_ms)
    call.add(audio(1_500))
    for wait_ms in moments:
        call.wait(wait_ms)
        played_ms = sum(at_ms <= call.now_ms for at_ms, _ in call.asterisk.played) * PTIME_MS
        assert played_ms - 2 * TICK_MS <= call.playout.heard_ms() <= played_ms


@given(phase_ms=phases, ms=st.integers(1, 100))
@settings(max_examples=40, deadline=None)
def test_we_know_within_a_frame_when_the_last_word_is_heard(phase_ms, ms):
    call = Call(phase_ms=phase_ms)
    until_ms = call.add(audio(ms * PTIME_MS))
    call.wait(3_000)
    assert until_ms - TICK_MS <= call.asterisk.played[-1][0] <= until_ms
    assert call.playout.ends_ms(call.now_ms) == until_ms


def test_a_wake_up_that_came_too_late_is_told():
    call = Call(late_ms=[500])
    until_ms = call.add(audio(1_000))
    call.wait(5_000)
    ended_ms = call.asterisk.played[-1][0]
    assert ended_ms > until_ms + 200
    assert ended_ms <= call.playout.ends_ms(call.now_ms) <= ended_ms + TICK_MS


def test_only_whole_frames_are_sent():
    call = Call()
    call.add(bytes(FRAME_BYTES + 1))
    assert call.sent == [bytes(FRAME_BYTES)]
    call.add(bytes(FRAME_BYTES - 2))
    assert len(call.sent) == 1
    call.playout.fill_frame()
    call.send_due()
    assert len(call.sent) == 2


def test_filling_a_whole_frame_adds_nothing():
    call = Call()
    call.add(bytes(FRAME_BYTES))
    call.playout.fill_frame()
    call.send_due()
    assert len(call.sent) == 1


def test_audio_waiting_for_the_rest_of_its_frame_is_counted():
    playout = Playout(FRAME_BYTES, PTIME_MS)
    playout.add(bytes(10))
    assert playout.plays_until_ms(0) == TICK_MS + PTIME_MS
    assert playout.ends_ms(0) == TICK_MS + PTIME_MS


@pytest.mark.parametrize(("frame_bytes", "ptime_ms"), [(0, 20), (640, 0), (-1, 20)])
def test_a_frame_must_be_something(frame_bytes, ptime_ms):
    with pytest.raises(ValueError, match="a frame must"):
        Playout(frame_bytes, ptime_ms)


# The reply


def test_each_reply_is_counted_from_its_own_beginning():
    call = Call()
    call.add(audio(1_000))
    call.wait(2_000)
    assert call.playout.heard_ms() == 1_000
    call.playout.begin_reply()
    call.add(audio(400))
    call.wait(200)
    assert 140 <= call.playout.heard_ms() <= 200


# Flush


@given(late_ms=lateness, phase_ms=phases, wait_ms=st.integers(0, 1_200))
@settings(max_examples=60, deadline=None)
def test_what_was_flushed_is_never_heard(late_ms, phase_ms, wait_ms):
    call = Call(late_ms, phase_ms)
    call.add(audio(1_000))
    call.wait(wait_ms)
    heard_ms = call.flush()
    played = len(call.asterisk.played)
    assert heard_ms <= played * PTIME_MS
    call.wait(2_000)
    assert len(call.asterisk.played) == played
    assert call.playout.heard_ms() == heard_ms
    assert call.playout.next_due_ms() is None


def test_after_a_flush_the_next_reply_is_heard_from_its_beginning():
    call = Call()
    call.add(audio(1_000) + b"half a frame")
    call.wait(300)
    call.flush()
    call.playout.begin_reply()
    played = len(call.asterisk.played)
    until_ms = call.add(audio(200, first=500))
    assert until_ms == call.now_ms + TICK_MS + 200
    call.wait(1_000)
    assert b"".join(pcm for _, pcm in call.asterisk.played[played:]) == audio(200, first=500)


# Holding back


def test_nothing_is_sent_between_xoff_and_xon():
    call = Call()
    call.add(audio(1_000))
    sent = len(call.sent)
    call.playout.hold()
    assert call.playout.next_due_ms() is None
    call.wait(3_000)
    assert call.send_due() == []
    assert call.playout.ends_ms(call.now_ms) >= call.now_ms + 800
    call.playout.resume()
    call.send_due()
    call.wait(3_000)
    assert len(call.sent) == 50
    assert len(call.asterisk.played) == 50
    assert sent == AHEAD_MS // PTIME_MS - 1


def test_a_flush_empties_the_queue_that_was_full():
    call = Call()
    call.playout.hold()
    call.flush()
    call.add(audio(100))
    assert len(call.sent) == 5


# Marks


def test_a_mark_goes_after_the_audio_before_it():
    call = Call()
    call.playout.add(audio(40))
    call.playout.mark("a")
    call.playout.add(audio(40))
    call.playout.mark("b")
    assert [type(item).__name__ for item in call.send_due()] == [
        "Frame",
        "Frame",
        "SendMark",
        "Frame",
        "Frame",
        "SendMark",
    ]


def test_a_mark_in_time_corrects_nothing():
    call = Call()
    call.playout.add(audio(400))
    call.playout.mark("a")
    call.add(audio(400))
    call.wait(420)
    [(at_ms, name)] = call.asterisk.marks
    assert call.playout.mark_processed(name, at_ms) == 0


@pytest.mark.parametrize("still_ms", [100, 250])
def test_a_mark_that_comes_late_corrects_our_clock(still_ms):
    call = Call()
    call.playout.add(audio(100))
    call.playout.mark("a")
    call.add(audio(1_900))
    call.wait(50)
    call.asterisk.stands_still_until_ms = 50 + still_ms
    for _ in range(40):
        call.wait(20)
        if call.asterisk.marks:
            break
    late_ms = call.playout.mark_processed("a", call.asterisk.marks[0][0])
    assert still_ms - 2 * TICK_MS <= late_ms <= still_ms + 2 * TICK_MS
    call.wait(3_000)
    ended_ms = call.asterisk.played[-1][0]
    assert ended_ms - TICK_MS <= call.playout.ends_ms(call.now_ms) <= ended_ms + 2 * TICK_MS


def test_a_strange_mark_changes_nothing():
    call = Call()
    until_ms = call.add(audio(1_000))
    assert call.playout.mark_processed("who?", 500) == 0
    assert call.playout.plays_until_ms(call.now_ms) == until_ms


def test_a_flushed_mark_changes_nothing():
    call = Call()
    call.playout.add(audio(100))
    call.playout.mark("a")
    call.send_due()
    call.flush()
    call.add(audio(1_000))
    assert call.playout.mark_processed("a", call.now_ms + 900) == 0


@given(
    marks=st.lists(
        st.tuples(st.integers(1, 30), st.integers(0, 300), st.booleans()), min_size=1, max_size=8
    )
)
@settings(max_examples=60, deadline=None)
def test_whenever_marks_come_what_is_queued_never_ends_before_now(marks):
    call = Call()
    sent: list[str] = []
    for number, (frames, wait_ms, comes) in enumerate(marks):
        call.playout.add(audio(frames * PTIME_MS))
        call.playout.mark(str(number))
        call.send_due()
        sent.append(str(number))
        call.wait(wait_ms)
        if comes:
            is_playing = bool(call.playout._sent)
            call.playout.mark_processed(sent.pop(0), call.now_ms)
            assert not is_playing or call.playout.ends_ms(call.now_ms) >= call.now_ms
    assert [at_ms for at_ms, _ in call.playout._sent] == sorted(
        at_ms for at_ms, _ in call.playout._sent
    )
