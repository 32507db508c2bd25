"""What the language model is told: what was said, and what was heard."""

from hypothesis import given, settings
from hypothesis import strategies as st

from inference.engines.base import SAMPLE_HZ, Speaker, Utterance
from inference.history import DROPPED_AT_ONCE, TURNS_KEPT, History
from inference.reply import SpokenReply


def spoken(*pieces: tuple[str, int]) -> SpokenReply:
    """A reply of pieces of text, each so many ms long."""
    reply = SpokenReply()
    for text, ms in pieces:
        reply.begin_piece(text)
        reply.add_audio(bytes(ms * SAMPLE_HZ // 1000 * 2))
    return reply


HOURS = ("We are open on Monday.", 2_200), ("On Sunday we are closed.", 2_400)


def test_a_reply_heard_to_its_end_is_heard_whole():
    assert spoken(*HOURS).split(4_600) == ("We are open on Monday. On Sunday we are closed.", "")


def test_a_reply_nobody_heard_is_unheard():
    assert spoken(*HOURS).split(0) == ("", "We are open on Monday. On Sunday we are closed.")


def test_a_reply_is_cut_where_the_caller_stopped_hearing_it():
    assert spoken(*HOURS).split(3_300) == ("We are open on Monday. On Sunday", "we are closed.")


def test_a_word_that_was_cut_is_not_heard():
    heard, unheard = spoken(("appointment", 1_000)).split(990)
    assert (heard, unheard) == ("", "appointment")


def test_a_piece_still_being_made_is_unheard():
    reply = spoken(("We are open.", 1_000))
    reply.begin_piece("On Sunday too.")
    assert reply.split(1_000) == ("We are open.", "On Sunday too.")


def test_audio_in_small_portions_adds_up():
    reply = SpokenReply()
    reply.begin_piece("We are open.")
    for _ in range(100):
        reply.add_audio(bytes(177 * 2))  # 11.0625 ms
    assert reply.pieces[0].until_ms == 1_106


@given(
    pieces=st.lists(
        st.tuples(st.text(st.sampled_from("abc  .,"), max_size=30), st.integers(0, 3_000)),
        max_size=5,
    ),
    times=st.lists(st.integers(0, 16_000), min_size=2, max_size=2),
)
@settings(max_examples=100, deadline=None)
def test_every_word_is_either_heard_or_not_and_what_was_heard_stays_heard(pieces, times):
    reply = spoken(*pieces)
    words = " ".join(text for text, _ in pieces).split()
    early, late = (reply.split(ms) for ms in sorted(times))
    for heard, unheard in (early, late):
        assert heard.split() + unheard.split() == words
    assert len(early[0].split()) <= len(late[0].split())


def test_what_nobody_heard_is_not_in_the_history():
    history = History()
    history.caller_said("when are you open")
    history.agent_was_heard("")
    assert history.for_model() == (Utterance(Speaker.CALLER, "when are you open"),)


def test_a_turn_that_goes_on_replaces_its_beginning():
    history = History()
    history.agent_was_heard("Hello.")
    history.caller_said("I'd like")
    history.caller_said("I'd like an appointment", continues=True)
    assert [said.text for said in history.for_model()] == ["Hello.", "I'd like an appointment"]


def test_an_answer_to_half_a_turn_is_forgotten_with_it():
    history = History()
    history.agent_was_heard("Hello.")
    history.caller_said("I'd like an appointment")
    history.agent_was_heard("When")
    history.caller_said("I'd like an appointment for my daughter", continues=True)
    assert [said.text for said in history.for_model()] == [
        "Hello.",
        "I'd like an appointment for my daughter",
    ]


def test_a_reply_begun_ahead_is_told_what_is_not_kept_yet():
    history = History()
    history.agent_was_heard("Hello.")
    assert [said.text for said in history.for_model("when are you open")] == [
        "Hello.",
        "when are you open",
    ]
    assert [said.text for said in history.for_model()] == ["Hello."]


def test_a_long_call_does_not_flood_the_model():
    history = History()
    beginnings = set()
    for number in range(100):
        history.caller_said(str(number))
        told = history.for_model()
        assert min(number + 1, TURNS_KEPT - DROPPED_AT_ONCE) <= len(told) <= TURNS_KEPT
        assert told[-1].text == str(number)
        beginnings.add(told[0].text)
    assert beginnings == {"0", "20", "40", "60"}  # it seldom begins otherwise
