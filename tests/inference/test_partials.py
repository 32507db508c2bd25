"""Which words of an unfinished utterance will stay."""

from hypothesis import given
from hypothesis import strategies as st

from inference.partials import StablePrefix


def pushed(*decodes: str) -> list[str]:
    """What was stable after each decode."""
    prefix = StablePrefix()
    return [" ".join(prefix.push(decode.split())) for decode in decodes]


def test_what_one_decode_says_is_not_certain_yet():
    assert pushed("when are you") == [""]


def test_what_two_in_a_row_begin_with_stays():
    assert pushed("when are", "when are you", "when are you open") == [
        "", "when are", "when are you",
    ]  # fmt: skip


def test_a_last_word_that_grows_is_not_stable_until_it_stops_growing():
    assert pushed("my app", "my appoint", "my appointment", "my appointment is")[1:] == [
        "my", "my", "my appointment",
    ]  # fmt: skip


def test_a_stable_word_is_never_taken_back():
    assert pushed("stop it", "stop it now", "top it", "top it") == ["", "stop it"] + ["stop it"] * 2


def test_a_change_of_mind_does_not_stop_the_words_after_it():
    assert pushed("wren are", "wren are", "when are you", "when are you")[-1] == "wren are you"


def test_a_comma_or_a_capital_is_no_other_word():
    assert pushed("well", "Well, yes", "well yes.")[1:] == ["Well,", "Well, yes."]


def test_punctuation_alone_is_no_word():
    assert pushed("... yes", "yes …", "- yes")[-1] == "yes"


def test_two_decodes_that_agree_only_further_on_agree_on_nothing():
    assert pushed("a b c", "x b c") == ["", ""]


@given(st.lists(st.lists(st.sampled_from(["no", "No,", "yes", "well", "…", ""]), max_size=6)))
def test_what_is_stable_only_grows_and_no_decode_is_shorter(decodes):
    prefix = StablePrefix()
    before: tuple[str, ...] = ()
    for decode in decodes:
        now = prefix.push(decode)
        assert now[: len(before)] == before
        assert len(now) <= max(len(before), len(decode))
        before = now
    assert prefix.words == before
