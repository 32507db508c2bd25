"""What was said is told from what was not, whatever the line did to it."""

import pytest

from inference.audio import resample
from inference.engines import espeak
from inference.engines.base import SAMPLE_HZ, EngineChoice, VoiceChoice
from telephony.likeness import likeness
from telephony.phone_codecs import G722, Pcmu
from tests.telephony.phone_line import through

CHOICE = EngineChoice("espeak")
ANSWERS = (
    "We are open from Monday to Friday, eight in the morning until six in the evening.",
    "The clinic is at twelve River Street, next to the library.",
    "There is free parking behind the building. The entrance is on Mill Lane.",
    "I will put you through to my colleague at the front desk.",
)


def voice(text: str) -> bytes:
    """Said once more each time: the voice never repeats its samples."""
    synthesizer = espeak.load(CHOICE)
    pieces = b"".join(synthesizer.synthesize(text, VoiceChoice(CHOICE)))
    return resample(pieces, synthesizer.hz, SAMPLE_HZ)


@pytest.mark.parametrize("codec", [G722, Pcmu])
def test_only_the_same_words_are_alike(codec):
    for said in ANSWERS:
        heard = bytes(SAMPLE_HZ) + through(codec(), voice(said)) + bytes(SAMPLE_HZ)
        for expected in ANSWERS:
            share = likeness(heard, voice(expected)).share
            assert share >= 0.9 if said == expected else share <= 0.25, (said, expected, share)


def test_the_words_are_found_where_they_are():
    heard = bytes(SAMPLE_HZ * 2 * 3) + voice(ANSWERS[0])  # after three seconds
    assert likeness(heard, voice(ANSWERS[0])).start_ms == pytest.approx(3000, abs=60)


def test_a_breath_between_sentences_is_forgiven():
    first, second = ANSWERS[2].split(". ")
    heard = voice(first + ".") + bytes(SAMPLE_HZ * 80 // 1000 * 2) + voice(second)
    assert likeness(heard, voice(first + ".") + voice(second)).share >= 0.9


def test_half_of_the_words_are_half():
    whole = voice(ANSWERS[0])
    half = whole[: len(whole) // 4 * 2]
    assert likeness(half + bytes(SAMPLE_HZ), voice(ANSWERS[0])).share == pytest.approx(0.5, abs=0.2)


def test_a_quiet_line_is_still_understood():
    quiet = (
        int.from_bytes(pair, "little", signed=True) // 10 for pair in _pairs(voice(ANSWERS[1]))
    )
    heard = b"".join(value.to_bytes(2, "little", signed=True) for value in quiet)
    assert likeness(heard, voice(ANSWERS[1])).share >= 0.9


def _pairs(pcm: bytes) -> list[bytes]:
    return [pcm[at : at + 2] for at in range(0, len(pcm), 2)]


@pytest.mark.parametrize("heard", [b"", bytes(100), bytes(SAMPLE_HZ * 4)])
def test_silence_is_like_nothing(heard):
    assert likeness(heard, voice(ANSWERS[0])).share == 0
    assert likeness(voice(ANSWERS[0]), heard).share == 0
