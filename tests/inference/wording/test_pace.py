"""How fast the agent speaks, and what callers do about it."""

import pytest

from inference.wording.pace import FASTEST, REPEATED, SLOWEST, SPELT, Pace


def test_the_agent_begins_at_the_voices_own_speed():
    assert Pace().factor == 1.0


def test_it_slows_down_when_asked_and_stays_so():
    pace = Pace()
    pace.asked_slower()
    pace.replied()
    assert pace.factor < 1.0


def test_who_asks_for_slower_and_then_faster_hears_the_voices_own_speed():
    pace = Pace()
    pace.asked_slower()
    pace.asked_faster()
    assert pace.factor == 1.0


def test_it_never_crawls_and_never_races():
    slow, fast = Pace(), Pace()
    for _ in range(10):
        slow.asked_slower()
        slow.repeated()
        fast.asked_faster()
    assert slow.factor == slow.factor_for("A12B") == SLOWEST
    assert fast.factor == FASTEST
    slow.replied()
    slow.asked_faster()
    assert slow.factor > SLOWEST  # one wish back is heard at once


def test_only_the_repeated_reply_is_slower():
    pace = Pace()
    pace.repeated()
    assert pace.factor == REPEATED
    pace.replied()
    assert pace.factor == 1.0


def test_who_asks_twice_is_spoken_to_a_bit_slower_from_then_on():
    pace = Pace()
    pace.repeated()
    pace.replied()
    pace.repeated()
    pace.replied()
    assert REPEATED < pace.factor < 1.0


@pytest.mark.parametrize(
    "text",
    ["The number is 0171 2345678.", "Write to info@example.com.", "See www.example.com.",
     "It is DE89 3704 0044 0532 0130 00.", "That is M-E-Y-E-R.", "Your code is A12B.",
     "Order 12345678.", "Call (555) 010-9999."],
)  # fmt: skip
def test_what_is_written_down_is_said_slower(text):
    pace = Pace()
    assert pace.is_spelling(text)
    assert pace.factor_for(text) == SPELT
    assert pace.factor == 1.0


@pytest.mark.parametrize(
    "text",
    ["We are open from 9:00 until 17:30.", "On 03/04/2026 at 9.", "It costs €1,250.50.",
     "In 2026, on 2026-04-03.", "20 km and 50%.", "Yes. I am here.", "1,234,567 people", ""],
)  # fmt: skip
def test_what_nobody_writes_down_is_said_at_the_usual_speed(text):
    assert not Pace.is_spelling(text)
    assert Pace().factor_for(text) == 1.0
