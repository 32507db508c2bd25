import itertools

from hypothesis import given
from hypothesis import strategies as st

from inference.engines.base import After, Knowledge, Speaker, Utterance
from inference.engines.chat import MAX_CHARACTERS, Reply, messages

ALL = frozenset({After.LISTEN, After.HANG_UP, After.HAND_OVER})
ROLES = {Speaker.CALLER: "user", Speaker.AGENT: "assistant"}


def hear(*pieces, allowed=ALL):
    reply = Reply(frozenset(allowed))
    parts = [part for piece in pieces for part in reply.push(piece)] + reply.finish()
    after = [part for part in parts if isinstance(part, After)]
    return "".join(part for part in parts if isinstance(part, str)), after


def test_thoughts_are_not_spoken():
    assert hear("<think>They ask", " for hours.</think>\n\nFrom eight.") == ("From eight.", [])
    assert hear("<thi", "nk>a", "</thi", "nk> b") == ("b", [])
    assert hear("<think>never ending") == ("", [])


def test_angle_brackets_and_brackets_that_mean_nothing_are_kept():
    assert hear("two < three") == ("two < three", [])
    assert hear("see [1] and [this that goes on and on] and [") == (
        "see [1] and [this that goes on and on] and [", [],
    )  # fmt: skip


def test_a_mark_ends_the_reply_and_is_not_spoken():
    assert hear("Bye. [hang up] more") == ("Bye. ", [After.HANG_UP])
    assert hear("Bye. [HANG_UP]") == ("Bye. ", [After.HANG_UP])
    assert hear("Wait. [hand over]", allowed={After.HANG_UP}) == ("Wait. ", [])


spoken = st.text(alphabet="ab <>[]/think hagupover\n", max_size=60)


@given(text=spoken, cuts=st.lists(st.integers(0, 60), max_size=8))
def test_how_a_reply_is_cut_into_pieces_never_changes_it(text, cuts):
    edges = sorted({0, len(text), *(min(cut, len(text)) for cut in cuts)})
    pieces = [text[a:b] for a, b in itertools.pairwise(edges)]
    assert hear(*pieces) == hear(text)


@given(st.lists(st.text(max_size=3000), max_size=6))
def test_no_reply_is_longer_than_its_bound(pieces):
    assert len(hear(*pieces)[0]) <= MAX_CHARACTERS


@given(st.lists(st.tuples(st.sampled_from(Speaker), st.text(min_size=1, max_size=5))))
def test_roles_take_turns_the_user_begins_and_no_word_is_lost(talk):
    history = tuple(Utterance(speaker, text) for speaker, text in talk)
    system, *rest = messages(history, Knowledge("en"))
    assert system["role"] == "system"
    assert [m["role"] for m in rest] == (["user", "assistant"] * len(rest))[: len(rest)]
    for speaker, text in talk:
        assert any(text in m["content"] for m in rest if m["role"] == ROLES[speaker])
