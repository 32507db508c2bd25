"""How long silence is waited for, told from hand-made pauses."""

from hypothesis import given
from hypothesis import strategies as st

from inference.turns.meaning import Finish, Kind, Meaning
from inference.turns.patience import LONGEST_PERCENT, Patience, Waiting
from inference.turns.tuning import Tuning

TUNING = Tuning(done_ms=200, endpoint_ms=600, hanging_ms=1_400)
DONE, WHOLE, OPEN, HANGING = (Meaning(3, finish, Kind.WORDS) for finish in Finish)


def waits(patience: Patience) -> tuple[int, int, int]:
    return tuple(patience.silence_ms(meaning) for meaning in (DONE, OPEN, HANGING))


def paused(patience: Patience, *pauses_ms: int, after: Meaning = OPEN) -> Patience:
    """The caller paused so long inside turns, each time after such words."""
    for pause_ms in pauses_ms:
        patience.silence_ms(after)
        patience.caller_paused(pause_ms)
    return patience


def cut_off(patience: Patience, pause_ms: int, after: Meaning = OPEN) -> Patience:
    patience.silence_ms(after)
    patience.cut_off(pause_ms)
    return patience


def test_a_new_caller_gets_the_settings():
    assert waits(Patience(TUNING)) == (200, 600, 1_400)


def test_a_whole_sentence_is_waited_for_a_little_longer_than_a_complete_answer():
    assert Patience(TUNING).silence_ms(WHOLE) == 280


def test_a_whole_sentence_that_was_none_is_given_more_time():
    patience = Patience(TUNING)
    cut_off(patience, 300, after=WHOLE)
    assert patience.silence_ms(WHOLE) == 440
    cut_off(patience, 300, after=WHOLE)
    assert patience.silence_ms(WHOLE) == 600


def test_what_is_heard_of_the_end_counts_after_a_whole_sentence_too():
    patience = Patience(TUNING)
    found = [patience.silence_ms(WHOLE, likely) for likely in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert found == [600, 440, 280, 240, 200]


def test_words_that_are_not_known_yet_may_go_on():
    assert Patience(TUNING).silence_ms(None) == 600


def test_a_caller_who_pauses_long_inside_turns_gets_longer():
    patience = paused(Patience(TUNING), 560, 580)
    assert waits(patience) == (218, 654, 1_526)


def test_a_pause_counts_by_what_it_was_given():
    after_hanging = paused(Patience(TUNING), 580, after=HANGING)
    assert waits(after_hanging) == (200, 600, 1_400)  # after "and" that is no long pause
    assert waits(paused(Patience(TUNING), 1_350, after=HANGING)) > (200, 600, 1_400)


def test_gaps_between_words_are_no_pauses():
    slow = paused(Patience(TUNING), 590, 590, 590)
    before = waits(slow)
    assert waits(paused(slow, *[200] * 40)) == before


def test_a_cut_off_counts_at_once_and_more_than_a_pause():
    once_cut = cut_off(Patience(TUNING), 900)
    assert waits(once_cut)[1] == 1_056  # 900 fills 85 percent of it
    assert waits(once_cut)[1] > waits(paused(Patience(TUNING), 900))[1]


def test_nobody_is_waited_for_without_end():
    patience = Patience(TUNING)
    for _ in range(5):
        cut_off(patience, 60_000)
    assert waits(patience) == (500, 1_500, 3_500)
    assert LONGEST_PERCENT == 250


def test_after_a_cut_off_quick_pauses_bring_the_settings_back_slowly():
    patience = cut_off(Patience(TUNING), 900)
    slow = waits(patience)[1]
    paused(patience, *[250] * 5)
    assert 600 < waits(patience)[1] < slow
    assert waits(patience)[1] > (600 + slow) // 2
    paused(patience, *[250] * 60)
    assert waits(patience) == (200, 600, 1_400)


def test_a_cut_off_after_complete_words_makes_us_trust_them_less():
    once = cut_off(Patience(TUNING), 350, after=DONE)
    assert waits(once) == (400, 600, 1_400)  # the words were wrong, the caller is not slow
    assert waits(cut_off(once, 350, after=DONE)) == (600, 600, 1_400)


def test_the_model_shifts_words_that_may_go_on():
    patience = Patience(TUNING)
    by_likelihood = [patience.silence_ms(OPEN, likely) for likely in (0, 0.25, 0.5, 0.75, 1)]
    assert by_likelihood == [1_200, 896, 600, 500, 400]
    assert patience.silence_ms(OPEN, None) == 600


def test_the_model_is_a_hint_and_never_overrules_words():
    patience = Patience(TUNING)
    assert patience.silence_ms(DONE, 1) == 200
    assert patience.silence_ms(DONE, 0) == 400
    assert patience.silence_ms(HANGING, 0) == 1_400
    assert patience.silence_ms(HANGING, 1) == 1_200


def test_a_likelihood_out_of_range_is_brought_into_it():
    patience = Patience(TUNING)
    assert patience.silence_ms(OPEN, 7) == patience.silence_ms(OPEN, 1)
    assert patience.silence_ms(OPEN, -1) == patience.silence_ms(OPEN, 0)


def test_what_was_decided_can_be_written_down():
    patience = cut_off(Patience(TUNING), 900)
    silence_ms = patience.silence_ms(OPEN, 0.75)
    assert patience.last == Waiting(
        silence_ms=silence_ms,
        setting_ms=500,
        stretch_percent=176,
        distrust_percent=0,
        likelihood_percent=75,
    )
    assert silence_ms == 500 * 176 // 100


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["wait", "pause", "cut off"]),
        st.sampled_from([None, DONE, OPEN, HANGING]),
        st.none() | st.floats(0, 1),
        st.integers(0, 20_000),
    ),
    max_size=40,
)


def told(steps) -> list[Waiting]:
    patience, heard = Patience(TUNING), []
    for what, meaning, likelihood, pause_ms in steps:
        match what:
            case "wait":
                patience.silence_ms(meaning, likelihood)
            case "pause":
                patience.caller_paused(pause_ms)
            case "cut off":
                patience.cut_off(pause_ms)
        heard.append(patience.last)
    return heard


@given(STEPS)
def test_whatever_happens_the_waits_keep_their_order_and_bounds(steps):
    assert told(steps) == told(steps)
    patience = Patience(TUNING)
    for what, meaning, likelihood, pause_ms in steps:
        patience.silence_ms(meaning, likelihood)
        patience.caller_paused(pause_ms) if what == "pause" else patience.cut_off(pause_ms)
        done_ms, open_ms, hanging_ms = waits(patience)
        assert 200 <= done_ms <= open_ms <= hanging_ms <= 3_500
        assert 600 <= open_ms <= 1_500


def test_settings_of_nothing_do_no_harm():
    patience = Patience(Tuning(done_ms=0, endpoint_ms=0, hanging_ms=0))
    assert waits(cut_off(patience, 500)) == (0, 0, 0)
