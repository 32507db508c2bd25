"""Both sides of a call on one time line, whatever the network and the disk do."""

import itertools
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telephony.recorder import BEHIND_MS, BYTES_PER_MS, LATE_MS, SECRET_MS, Recorder
from tests.inference.by_hand import HandExecutor

FRAME_MS = 20
FRAME_BYTES = FRAME_MS * BYTES_PER_MS


class Disk:
    """A file in memory. `is_full` is what it says to all further audio."""

    def __init__(self) -> None:
        self.caller = b""
        self.agent = b""
        self.is_full = False
        self.is_closed = False

    def append(self, caller: bytes, agent: bytes) -> None:
        if self.is_full:
            raise OSError("no space left")
        assert len(caller) == len(agent)
        self.caller += caller
        self.agent += agent

    def close(self) -> None:
        self.is_closed = True


class Recording:
    def __init__(self) -> None:
        self.disk, self.thread = Disk(), HandExecutor()
        self.recorder = Recorder(self.disk, self.thread, "7")  # type: ignore[arg-type]

    def write(self, at_ms: int) -> None:
        self.recorder.write(at_ms)
        self.work()

    def work(self) -> None:
        while self.thread.waiting:
            self.thread.work()

    def finish(self, at_ms: int) -> Disk:
        self.recorder.finish(at_ms)
        self.work()
        assert len(self.disk.caller) == len(self.disk.agent)
        assert self.disk.is_closed
        return self.disk


def frame(number: int) -> bytes:
    return (number + 1).to_bytes(2, "little") * (FRAME_BYTES // 2)


def places(pcm: bytes) -> dict[int, int]:
    """At which ms each numbered frame begins."""
    numbers, first = np.unique(np.frombuffer(pcm, "<u2"), return_index=True)
    return {
        int(number) - 1: int(at) * 2 // BYTES_PER_MS
        for number, at in zip(numbers, first, strict=True)
        if number
    }


@pytest.fixture
def recording() -> Recording:
    return Recording()


def test_both_sides_are_where_they_were_heard(recording):
    recording.recorder.caller(frame(0), 1_020)
    recording.recorder.agent(frame(1), 2_520)
    disk = recording.finish(3_000)
    assert places(disk.caller) == {0: 1_000}
    assert places(disk.agent) == {1: 2_500}
    assert len(disk.caller) == 3_000 * BYTES_PER_MS


def test_a_side_that_is_silent_is_recorded_as_silence(recording):
    disk = recording.finish(1_000)
    assert disk.caller == disk.agent == bytes(1_000 * BYTES_PER_MS)


def test_after_a_silence_the_caller_is_in_the_right_place_again(recording):
    for number in range(10):
        recording.recorder.caller(frame(number), (number + 1) * 20)
    for number in range(10, 20):
        recording.recorder.caller(frame(number), 5_000 + number * 20)
    disk = recording.finish(6_000)
    assert places(disk.caller)[9] == 180
    assert places(disk.caller)[10] == 5_180


def test_what_comes_in_a_burst_was_said_before_it(recording):
    """Our loop stood still for 200 ms: ten frames wait, and are taken at once."""
    for number in range(10):
        recording.recorder.caller(frame(number), (number + 1) * 20)
    for number in range(10, 20):
        recording.recorder.caller(frame(number), 400)
    for number in range(20, 30):
        recording.recorder.caller(frame(number), (number + 1) * 20)
    disk = recording.finish(1_000)
    assert places(disk.caller) == {number: number * 20 for number in range(30)}


@given(
    holds=st.lists(
        st.tuples(st.integers(0, 20), st.integers(0, LATE_MS // FRAME_MS - 2)),
        min_size=5,
        max_size=5,
    ),
    write_each=st.integers(1, 50),
)
@settings(max_examples=40, deadline=None)
def test_what_was_said_is_within_a_frame_of_its_place(holds, write_each):
    """The loop stands still once a second; the caller talks all the time."""
    recording = Recording()
    for number in range(250):
        begins, frames = holds[number // 50]
        is_held = begins <= number % 50 <= begins + frames
        arrives = number - number % 50 + begins + frames if is_held else number
        at_ms = (arrives + 1) * FRAME_MS
        recording.recorder.caller(frame(number), at_ms)
        if number % write_each == 0:
            recording.write(at_ms)
    found = places(recording.finish(250 * FRAME_MS).caller)
    wrong = {n: at - n * FRAME_MS for n, at in found.items() if abs(at - n * FRAME_MS) > FRAME_MS}
    assert not wrong
    assert len(found) == 250


def test_writing_as_the_call_goes_changes_nothing():
    whole, portions = Recording(), Recording()
    for number in range(200):
        at_ms = (number + 1) * 20
        for each in (whole, portions):
            each.recorder.caller(frame(number), at_ms)
            if number % 3:
                each.recorder.agent(frame(number), at_ms - 40)
        portions.write(at_ms)
    ours, theirs = whole.finish(4_500), portions.finish(4_500)
    assert (ours.caller, ours.agent) == (theirs.caller, theirs.agent)


def test_the_disk_gets_what_is_old_enough_to_be_settled(recording):
    recording.recorder.caller(frame(0), 20)
    recording.write(1_000)
    assert len(recording.disk.caller) == (1_000 - LATE_MS) * BYTES_PER_MS


def test_a_full_disk_ends_the_recording_and_not_the_call(recording, caplog):
    recording.recorder.caller(frame(0), 20)
    recording.write(1_000)
    recording.disk.is_full = True
    with caplog.at_level(logging.ERROR):
        for at_ms in range(2_000, 60_000, 1_000):
            recording.recorder.caller(frame(1), at_ms)
            recording.write(at_ms)
        disk = recording.finish(60_000)
    assert len(disk.caller) == (1_000 - LATE_MS) * BYTES_PER_MS
    assert caplog.text.count("the recording ends here: OSError") == 1


def test_a_recording_that_ended_takes_no_more_memory(recording):
    recording.disk.is_full = True
    recording.write(1_000)
    for number in range(10_000):
        recording.recorder.caller(frame(0), number * 20)
        recording.recorder.agent(frame(0), number * 20)
    assert not recording.recorder._caller.pieces
    assert not recording.recorder._agent.pieces


def test_a_slow_disk_is_not_waited_for(recording):
    for at_ms in range(1_000, 10_000, 1_000):
        recording.recorder.caller(frame(0), at_ms)
        recording.recorder.write(at_ms)
    assert len(recording.thread.waiting) == 1
    disk = recording.finish(10_000)
    assert len(disk.caller) == 10_000 * BYTES_PER_MS


def test_a_disk_that_stays_stuck_ends_the_recording(recording, caplog):
    for at_ms in range(1_000, BEHIND_MS + 5_000, 1_000):
        recording.recorder.write(at_ms)
    assert "the disk is too slow" in caplog.text
    assert len(recording.thread.waiting) == 1


def numbered(recording: Recording, from_frame: int, until_frame: int) -> None:
    """Both sides talk without a pause."""
    for number in range(from_frame, until_frame):
        at_ms = (number + 1) * FRAME_MS
        recording.recorder.caller(frame(number), at_ms)
        recording.recorder.agent(frame(number), at_ms)


def test_what_is_hidden_is_silence_on_both_sides_and_the_rest_is_there(recording):
    numbered(recording, 0, 50)
    recording.recorder.hide(1_000)
    numbered(recording, 50, 100)
    recording.recorder.show(2_000)
    numbered(recording, 100, 150)
    disk = recording.finish(3_000)
    kept = {number: number * FRAME_MS for number in (*range(50), *range(100, 150))}
    assert places(disk.caller) == places(disk.agent) == kept
    assert disk.caller[1_000 * BYTES_PER_MS : 2_000 * BYTES_PER_MS].count(0) == 1_000 * BYTES_PER_MS


def test_what_was_said_just_before_is_hidden_too(recording):
    numbered(recording, 0, 50)
    recording.write(1_000)
    recording.recorder.hide(1_000 - LATE_MS)
    assert max(places(recording.finish(1_000).caller)) * FRAME_MS == 1_000 - LATE_MS - FRAME_MS


def test_what_nobody_shows_again_stays_hidden_to_the_end(recording):
    numbered(recording, 0, 10)
    recording.recorder.hide(100)
    recording.recorder.hide(180)  # a second time changes nothing
    numbered(recording, 10, 200)
    recording.write(3_000)
    disk = recording.finish(4_000)
    assert set(places(disk.caller)) == set(places(disk.agent)) == set(range(5))
    assert len(disk.caller) == 4_000 * BYTES_PER_MS


def test_to_show_what_is_not_hidden_changes_nothing(recording):
    recording.recorder.show(0)
    numbered(recording, 0, 10)
    recording.recorder.show(100)
    assert len(places(recording.finish(200).caller)) == 10


def test_a_secret_that_comes_too_late_for_its_place_is_not_heard_in_another(recording):
    """The network held it back, and it has to lie behind where it was said."""
    numbered(recording, 0, 50)
    recording.write(1_000)
    recording.recorder.hide(1_000)
    recording.recorder.show(1_600)
    recording.write(5_000)
    for number in range(50, 250):
        recording.recorder.caller(frame(number), 5_000)
    kept = places(recording.finish(9_000).caller)
    assert set(kept) == {*range(50), *range(80, 250)}


def test_no_memory_is_kept_of_what_was_hidden(recording):
    for at_ms in range(0, 100_000, 1_000):
        recording.recorder.hide(at_ms)
        recording.recorder.show(at_ms + 500)
        recording.write(at_ms + 1_000)
    assert len(recording.recorder._hidden.spans) <= SECRET_MS // 1_000 + 1


@given(
    spans=st.lists(st.tuples(st.integers(1, 80), st.integers(1, 80)), max_size=3),
    early_ms=st.integers(0, LATE_MS - FRAME_MS),
    holds=st.lists(st.integers(1, 12), min_size=1, max_size=30),
    write_each=st.integers(1, 30),
)
@settings(max_examples=60, deadline=None)
def test_no_hidden_sample_ever_reaches_the_disk(spans, early_ms, holds, write_each):
    """Frames come in bursts of any length; secrets begin a moment before it is known."""
    recording, last = Recording(), 300
    deeds, at, until_ms = {}, 30, 0
    hidden = []
    for gap, length in spans:
        at += gap
        if at >= last:
            break
        from_ms = max(until_ms, at * FRAME_MS - early_ms)
        until_ms = (at + length) * FRAME_MS
        hidden.append((from_ms, until_ms))
        deeds[at] = partial(recording.recorder.hide, from_ms)
        at += length
        deeds[at] = partial(recording.recorder.show, until_ms)
        at += 1
    waiting, bursts = [], itertools.cycle(holds)
    for number in range(last):
        at_ms = (number + 1) * FRAME_MS
        if number in deeds:
            deeds[number]()
        waiting.append(number)
        recording.recorder.agent(frame(number), at_ms)
        if len(waiting) >= next(bursts):
            for late in waiting:
                recording.recorder.caller(frame(late), at_ms)
            waiting = []
        if number % write_each == 0:
            recording.write(at_ms)
    disk = recording.finish(last * FRAME_MS)
    for from_ms, until_ms in hidden:
        for side in (disk.caller, disk.agent):
            assert not any(side[from_ms * BYTES_PER_MS : until_ms * BYTES_PER_MS])
    said = {number for number in range(last) if number not in waiting}
    secret = {
        number
        for number in said
        if any(a <= number * FRAME_MS and (number + 1) * FRAME_MS <= b for a, b in hidden)
    }
    assert not secret & (set(places(disk.caller)) | set(places(disk.agent)))
    plain = {
        number
        for number in range(last)
        if all((number + 1) * FRAME_MS <= a or b <= number * FRAME_MS for a, b in hidden)
    }
    assert plain <= set(places(disk.agent))


@pytest.fixture
def executor() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as executor:
        yield executor


def test_the_file_is_closed_after_the_last_audio(executor):
    disk = Disk()
    recorder = Recorder(disk, executor, "7")
    recorder.caller(frame(0), 20)
    recorder.finish(1_000)
    executor.shutdown()
    assert disk.is_closed
    assert len(disk.caller) == 1_000 * BYTES_PER_MS
