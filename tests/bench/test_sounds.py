"""The two hundred sounds, and a few of them over a sentence of the agent's."""

import pytest

from bench.interruptions import tuning
from bench.rehearsal import Outcome, Rehearsal
from bench.sounds import (
    Echo,
    Kind,
    OverEcho,
    Sound,
    interjections,
    interruptions,
    interruptions_over_echo,
)
from inference.engines import registry
from inference.engines.base import EngineChoice
from telephony import human_voice

MUTED_WITHIN_MS = 180
needs_prompts = pytest.mark.skipif(
    not human_voice.has(("hello-world",)), reason="Asterisk's prompts are not here"
)


def rehearsed(sound: Sound | Echo | OverEcho) -> Outcome:
    vad = registry.load("vad", EngineChoice.of("webrtc")).stream()
    return Rehearsal(sound, vad, tuning()).run()


def first(kind: Kind) -> Sound | Echo:
    return next(sound for sound in interjections() if sound.kind is kind)


@needs_prompts
def test_there_are_a_hundred_of_each_and_no_two_alike() -> None:
    assert len({sound.name for sound in interjections()}) == 100
    assert len({sound.name for sound in interruptions()}) == 100


def test_a_noise_has_no_words() -> None:
    kinds_with_words = {sound.kind for sound in interjections() if sound.words}
    assert kinds_with_words == {Kind.HUM, Kind.SMALL_WORD}


@needs_prompts
def test_a_recogniser_has_only_what_was_said() -> None:
    sound = max(interruptions(), key=lambda sound: len(sound.words))
    assert sound.words_at(0) == ""
    assert sound.words_at(sound.spoken_ms // 2) in sound.words
    assert sound.words_at(sound.spoken_ms) == sound.words


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.INTERRUPTION])
def test_the_sentence_is_heard_to_its_end(kind: Kind) -> None:
    outcome = rehearsed(first(kind))
    assert not outcome.is_stopped
    assert outcome.words == ()


def test_our_own_voice_does_not_even_pause_it() -> None:
    assert rehearsed(first(Kind.ECHO)).mutes == []


@needs_prompts
def test_who_means_it_gets_the_floor() -> None:
    sound = interruptions()[0]
    outcome = rehearsed(sound)
    assert outcome.has_floor
    assert outcome.words == (sound.words,)
    assert 0 < outcome.mutes[0][0] <= MUTED_WITHIN_MS


@needs_prompts
def test_so_does_who_means_it_on_a_speakerphone() -> None:
    outcome = rehearsed(interruptions_over_echo()[0])
    assert outcome.has_floor
    assert outcome.mutes[0][0] > 0
