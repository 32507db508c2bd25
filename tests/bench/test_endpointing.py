"""The replay that the endpointing curve is drawn from."""

import random
from functools import cache

import pytest

from bench.clips import Clip, clips
from bench.noise import Noise, on_the_telephone
from bench.replay import (
    LINES,
    ByTurnMachine,
    FixedSilence,
    Overheard,
    on_the_line,
    outcome,
    outcomes,
    overheard,
)
from bench.thinking import Pauses, Turn, calls, paused
from inference.audio import level_db
from inference.engines.base import EngineChoice
from inference.engines.webrtc import load
from inference.turns.tuning import Tuning
from telephony import human_voice

pytestmark = pytest.mark.skipif(
    not human_voice.has(["vm-msgsaved"]), reason="Asterisk's prompts are not on this machine"
)
PAUSE_MS = 700
CAREFUL = Tuning(
    done_ms=200, endpoint_ms=500, hanging_ms=1400, early_ms=60, partial_ms=200, drafts=3
)


def named(name: str) -> Clip:
    return next(clip for clip in clips() if clip.name == name)


@cache
def thoughtful() -> tuple[Turn, ...]:
    """Three sentences, each with a pause before its last words."""
    return (
        paused(named("vm-msgsaved"), 3, PAUSE_MS),  # "your message has | been saved"
        paused(named("confbridge-conf-end"), 2, PAUSE_MS),  # "the conference | has ended"
        paused(named("tt-weasels"), 4, PAUSE_MS),  # "weasels have eaten our | phone system"
    )


@cache
def call() -> tuple[Overheard, ...]:
    turns, detector = thoughtful(), load(EngineChoice("webrtc")).stream()
    return tuple(overheard(turns, on_the_line(turns, LINES[0], 0), detector))


def test_a_rule_that_hardly_waits_cuts_everybody_off():
    found = outcomes(FixedSilence(100), [call()])
    assert [each.is_cut_off for each in found] == [True, True, True]
    assert all(each.pauses_cut == 1 for each in found)


def test_a_rule_that_waits_longer_than_any_pause_cuts_nobody_off_and_is_late():
    found = outcomes(FixedSilence(1_000), [call()])
    assert not any(each.is_cut_off for each in found)
    assert all(900 <= each.wait_ms <= 1_200 for each in found)


def test_our_own_rule_waits_longer_where_no_turn_ends_with_such_words():
    plain = outcomes(FixedSilence(500), [call()])
    found = outcomes(ByTurnMachine(CAREFUL, hangover_ms=100), [call()])
    assert [each.is_cut_off for each in plain] == [True, True, True]
    assert not found[0].is_cut_off  # "your message has"
    assert not found[2].is_cut_off  # "weasels have eaten our"


def test_a_voice_that_sounds_done_ends_the_turn_sooner_whatever_the_words():
    words = ByTurnMachine(CAREFUL, hangover_ms=100)
    voice = ByTurnMachine(CAREFUL, hangover_ms=100, hint=lambda pcm: 0.95)
    alone, hinted = (
        sum(each.wait_ms for each in outcomes(rule, [call()])) for rule in (words, voice)
    )
    assert hinted < alone


def test_a_replay_decides_the_same_again():
    rule = ByTurnMachine(CAREFUL, hangover_ms=100)
    assert rule.decide(call()) == rule.decide(call())


def test_the_recogniser_knows_no_word_that_was_not_said_yet():
    turn = thoughtful()[0]
    from_ms, to_ms = turn.pauses[0]
    assert to_ms - from_ms == PAUSE_MS
    assert turn.text(0, to_ms) == "your message has"
    assert turn.text(0, turn.end_ms) == "your message has been saved"


def test_a_decision_before_the_end_is_a_cut_off_and_the_next_one_ends_the_wait():
    turn = thoughtful()[0]
    found = outcome(turn, [turn.pauses[0][0] + 300, turn.end_ms + 250])
    assert found.is_cut_off
    assert found.pauses_cut == 1
    assert found.wait_ms == 250


def test_half_of_all_pauses_last_from_a_quarter_to_half_a_second():
    drawn = random.Random(7)
    lasts_ms = sorted(
        pauses.next_ms()
        for pauses in (Pauses.of_a_caller(drawn, 1.0) for _ in range(400))
        for _ in range(10)
    )
    assert lasts_ms[len(lasts_ms) // 4] == pytest.approx(250, abs=20)
    assert lasts_ms[len(lasts_ms) * 3 // 4] == pytest.approx(500, abs=40)


def test_the_same_callers_call_again():
    first, again = calls(2), calls.__wrapped__(2)
    assert [turn.pauses for call in first for turn in call] == [
        turn.pauses for call in again for turn in call
    ]


def test_noise_is_as_loud_as_it_was_ordered():
    clip = named("vm-msgsaved")
    silence = bytes(32 * 1_000)
    for noise in Noise:
        heard = on_the_telephone(silence + clip.pcm + silence, snr_db=20, noise=noise, seed=3)
        assert heard == on_the_telephone(
            silence + clip.pcm + silence, snr_db=20, noise=noise, seed=3
        )
        assert level_db(heard[: len(silence)]) == pytest.approx(-40, abs=3)


def test_every_clip_ends_with_its_last_word():
    for clip in clips():
        assert clip.words[-1].end_ms == clip.duration_ms
        assert all(word.known_ms >= word.start_ms for word in clip.words)
        assert 4 <= len(clip.words) <= 12
