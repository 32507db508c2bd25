"""The laboratory itself: what its stand-ins know, and one short call through all of it."""

import pytest

from bench.clips import Clip, Word
from bench.conversation import FREE, Trial, run
from bench.stand_ins import WordFinder, WordTimes, frames_of
from bench.tones import CODES, LINE, code_heard, code_in, code_of, tone, word_of
from inference.engines.base import FRAME_BYTES
from telephony.human_voice import has

SECOND_BYTES = 50 * FRAME_BYTES


def clip(name: str, *words: Word) -> Clip:
    """A second and a half of sound that no other clip has."""
    frames = [f"{name}{n:03}".encode().ljust(FRAME_BYTES, b"\x01") for n in range(75)]
    return Clip(name, b"".join(frames), words)


HOURS = clip("h", Word("what", 0, 500, 300), Word("hours", 520, 1_480, 1_700))
PRICE = clip("p", Word("which", 0, 700, 700), Word("price", 720, 1_500, 1_500))


def finder(times: WordTimes = WordTimes.END) -> WordFinder:
    return WordFinder((HOURS, PRICE), times)


@pytest.mark.parametrize(
    ("ms", "text"), [(480, ""), (500, "what"), (1_460, "what"), (1_480, "what hours")]
)
def test_a_word_is_recognised_once_all_of_it_was_received(ms, text):
    assert finder().words(HOURS.pcm[: ms * 32]) == text


def test_a_word_may_be_known_before_it_ends_or_only_after():
    known = finder(WordTimes.KNOWN)
    assert known.words(HOURS.pcm[: 300 * 32]) == "what"
    assert known.words(HOURS.pcm) == "what"
    assert known.words(HOURS.pcm + bytes(200 * 32)) == "what hours"


def test_the_audio_may_begin_with_silence_and_have_a_pause_in_it():
    pcm = bytes(10 * FRAME_BYTES) + HOURS.pcm[: 26 * FRAME_BYTES]
    pcm += bytes(20 * FRAME_BYTES) + HOURS.pcm[26 * FRAME_BYTES :]
    assert finder().words(pcm) == "what hours"


def test_a_word_whose_beginning_was_lost_is_not_recognised():
    assert finder().words(HOURS.pcm[20 * FRAME_BYTES :]) == "hours"


def test_two_requests_one_after_the_other_are_both_recognised_in_order():
    assert finder().words(PRICE.pcm + HOURS.pcm) == "which price what hours"


def test_sound_that_is_nobodys_words_is_recognised_as_nothing():
    assert finder().words(b"\x05" * SECOND_BYTES) == ""


def test_every_answer_is_told_by_its_sound():
    for code in (LINE, 0, 1, 35, 36, CODES - 1):
        text = f"We have {word_of(code)} for you." if code != LINE else "One moment."
        assert code_in(text) == code
        for frame in frames_of(tone(code, 100)):
            assert code_heard(frame) == code


def test_half_a_request_has_another_answer():
    assert code_of("what hours") != code_of("what")
    assert code_of("What hours, please?") == code_of("um what hours")


def test_silence_is_no_answer():
    assert code_heard(bytes(FRAME_BYTES)) is None


@pytest.mark.skipif(not has(("hours",)), reason="no prompts of Asterisk here")
@pytest.mark.django_db(transaction=True)
def test_a_call_is_measured():
    """In real time, with the product's own server."""
    (level,) = run((1,), Trial(FREE, seconds=10, warm_s=0.5))
    assert level.asked
    assert level.missing < level.asked
    assert level.cpu_s_per_call_min > 0
