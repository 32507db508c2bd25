"""What may be begun ahead, and what it cost when it was for nothing."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.ahead import CALM_MS, FORGOTTEN_MS, JUDGED_MS, LATE_MS, Ahead, Counts


class Clock:
    def __init__(self):
        self.ms = 0

    def __call__(self):
        return self.ms


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def ahead(clock):
    return Ahead(clock, most=4)


def engine(slots):
    return SimpleNamespace(slots=slots)


def test_only_so_many_are_in_flight(ahead):
    jobs = [ahead.begin() for _ in range(5)]
    assert [job is None for job in jobs] == [False] * 3 + [True, True]  # the last place is kept
    jobs[0].done()
    assert ahead.begin()
    assert ahead.counts() == Counts(begun=4, refused=2)


def test_work_of_turns_that_are_over_comes_first(ahead):
    with ahead.busy(), ahead.busy(), ahead.busy():
        assert ahead.begin()
        assert ahead.begin() is None
    assert ahead.begin()


def test_work_that_fails_is_over_as_well(ahead):
    for _ in range(10):
        with pytest.raises(ValueError, match="failed"), ahead.busy():
            raise ValueError("failed")
    assert ahead.begin()


def test_the_last_place_of_an_engine_is_for_a_turn_that_is_over(ahead):
    two = engine(slots=2)
    assert ahead.begin(two)
    assert ahead.begin(two) is None


def test_an_engine_that_does_one_thing_at_a_time_may_do_it_ahead_while_it_is_free(ahead):
    one = engine(slots=1)
    with ahead.busy(one):
        assert ahead.begin(one) is None
    assert ahead.begin(one)
    assert ahead.begin(one) is None


def test_one_full_engine_does_not_stop_work_for_another(ahead):
    full, free = engine(slots=1), engine(slots=2)
    with ahead.busy(full):
        assert ahead.begin(full) is None
        assert ahead.begin(free)


def second(ahead, clock, lates_ms):
    """A second of a busy event loop."""
    for late_ms in lates_ms:
        clock.ms += JUDGED_MS // len(lates_ms)
        ahead.late(late_ms)


def test_an_event_loop_that_cannot_keep_up_ends_it_for_a_while(ahead, clock):
    second(ahead, clock, [LATE_MS] * 10)
    assert ahead.begin() is None
    clock.ms += CALM_MS - 1
    assert ahead.begin() is None
    clock.ms += 1
    assert ahead.begin()


@pytest.mark.parametrize("lates_ms", [[LATE_MS - 1] * 10, [200] * 2 + [1] * 8, [500]])
def test_a_stall_or_two_end_nothing(ahead, clock, lates_ms):
    second(ahead, clock, lates_ms)
    assert ahead.begin()


def test_a_loop_that_is_late_for_good_begins_nothing_for_good(ahead, clock):
    for _ in range(5):
        second(ahead, clock, [300] * 4)
        assert ahead.begin() is None


def test_waste_is_counted_in_milliseconds_of_work(ahead, clock):
    job = ahead.begin()
    clock.ms = 170
    job.done()
    clock.ms = 900  # the caller talks on
    job.wasted()
    assert ahead.counts() == Counts(begun=1, wasted=1, wasted_ms=170)


def test_only_the_first_verdict_counts(ahead, clock):
    job = ahead.begin()
    clock.ms = 100
    job.used()
    job.wasted()
    job.used()
    assert ahead.counts() == Counts(begun=1, used=1)


def test_a_job_that_nobody_settles_does_not_hold_its_place_for_ever(ahead, clock):
    for _ in range(3):
        ahead.begin()
    assert ahead.begin() is None
    clock.ms = FORGOTTEN_MS + 1
    assert ahead.begin()
    assert ahead.counts().wasted == 3


@given(st.lists(st.sampled_from(["begin", "done", "used", "wasted", "late", "second"])))
def test_whatever_happens_the_counts_add_up(deeds):
    clock = Clock()
    ahead, jobs, asked = Ahead(clock, most=3), [], 0
    for deed in deeds:
        match deed:
            case "begin":
                asked += 1
                jobs += filter(None, [ahead.begin()])
            case "late":
                ahead.late(LATE_MS)
            case "second":
                clock.ms += 1_000
            case verdict if jobs:
                getattr(jobs[len(jobs) // 2], verdict)()
    counts = ahead.counts()
    assert counts.begun == len(jobs)
    assert counts.begun + counts.refused == asked
    assert counts.used + counts.wasted <= counts.begun
    assert sum(job.done_ms is None for job in jobs) <= 2
