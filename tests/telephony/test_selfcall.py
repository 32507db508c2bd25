"""The self-call's verdict: the right answer passes, another one does not."""

import dataclasses

import pytest

from agents import demo
from agents.specs import spec_for
from inference.engines.base import SAMPLE_HZ
from telephony import selfcall
from telephony.phone_codecs import G722, Pcmu
from telephony.selfcall import Expected, Question, SelfCallResult
from tests.telephony.phone_line import through

pytestmark = pytest.mark.django_db

HOURS = Question("hours today", b"")


@pytest.fixture
def expected() -> Expected:
    demo.load()
    return selfcall._expected(spec_for(demo.NUMBER), HOURS)


def judged(expected: Expected, greeting: bytes, answer: bytes, codec=G722) -> SelfCallResult:
    """What the self-call makes of a call that sounded like this."""
    result = SelfCallResult()
    before = through(codec(), greeting)
    heard = before + bytes(SAMPLE_HZ) + through(codec(), answer)
    asked_ms = len(before) // 2 * 1000 // SAMPLE_HZ
    selfcall._judge_heard(result, expected, heard, asked_ms)
    return result


def test_the_demo_expects_its_own_opening_hours(expected):
    assert expected.greeting == demo.GREETING
    assert "eight in the morning" in expected.answer


@pytest.mark.parametrize("codec", [G722, Pcmu])
def test_the_right_answer_passes(expected, codec):
    result = judged(expected, expected.greeting_audio, expected.answer_audio, codec)
    assert result.passed
    assert result.answer_heard == 1


@pytest.mark.parametrize("asked", [a for a in demo.QUESTIONS if "hours today" not in a.wordings])
def test_no_other_answer_of_the_clinic_passes(expected, asked):
    other = selfcall._expected(spec_for(demo.NUMBER), Question(asked.wordings[0], b""))
    assert other.answer == asked.answer
    result = judged(expected, expected.greeting_audio, other.answer_audio)
    assert not result.passed
    assert result.answer_heard < 0.2


def test_the_greeting_said_twice_is_no_answer(expected):
    assert not judged(expected, expected.greeting_audio, expected.greeting_audio).passed


def test_half_an_answer_does_not_pass(expected):
    half = expected.answer_audio[: len(expected.answer_audio) // 4 * 2]
    assert not judged(expected, expected.greeting_audio, half).passed


def test_an_answer_without_a_greeting_does_not_pass(expected):
    assert not judged(expected, bytes(SAMPLE_HZ * 4), expected.answer_audio).passed


def test_a_model_that_thinks_for_itself_is_not_held_to_a_text(expected):
    spec = spec_for(demo.NUMBER)
    model = dataclasses.replace(spec.language_model, key="ollama")
    free = selfcall._expected(dataclasses.replace(spec, language_model=model), HOURS)
    assert free.answer == ""
    assert free.answer_audio is None


def test_the_verdict_is_one_line_with_the_figures():
    result = SelfCallResult(
        answered_ms=120, greeting_heard=1.0, answer_heard=0.97, response_gap_ms=700, turns=3
    )
    assert result.verdict() == (
        "PASSED: answered after 120 ms, greeting heard (100%), right answer heard (97%), "
        "response gap 700 ms, 3 turns kept"
    )
    result.problems.append("the call was refused: 486 Busy Here")
    assert result.verdict() == "FAILED: the call was refused: 486 Busy Here"
