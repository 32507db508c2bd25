import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.engines.base import After, Entry, Knowledge, Speaker, Utterance
from inference.engines.chat import MAX_CHARACTERS, MAX_UNSPOKEN, Reply, messages

ALL = frozenset(After)
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


def test_a_mark_asks_for_keys_that_nobody_is_told():
    assert hear("Your PIN, please. [secret keys]") == ("Your PIN, please. ", [After.SECRET_KEYS])


@pytest.mark.parametrize(
    "data",
    [
        '{"name": "book", "arguments": {"day": "monday"}}',
        ' \n{"answer": "From eight."}',
        '[{"name": "book"}]',
        '["From eight."]',
        '```json\n{"name": "book"}\n```',
        '```\n[\n{"name": "book"}',
        '<tool_call>\n{"name": "book"}\n</tool_call>',
        "<function=book>{}</function>",
        "<|python_tag|>book.call()",
        '[TOOL_CALLS] [{"name": "book"}]',
        '<think>They ask.</think>\n{"name": "book"}',
    ],
)
def test_what_is_written_for_a_machine_is_not_spoken_and_ends_the_reply(data):
    for pieces in ([data], list(data)):
        reply = Reply(ALL)
        said = [part for piece in pieces for part in reply.push(piece)]
        assert reply.is_over
        assert said + reply.finish() == []
        assert not reply.has_words


def test_what_was_said_before_a_call_of_a_tool_is_said():
    assert hear("I'll look. <tool_call>{}</tool_call>") == ("I'll look. ", [])
    assert hear("I'll look. [TOOL_CALLS] [{}]") == ("I'll look. ", [])


@pytest.mark.parametrize("text", ["[1] is it", "`yes`", "``` yes", "[", "```", "<b>yes</b>"])
def test_brackets_and_ticks_that_are_no_data_are_kept(text):
    assert hear(text) == (text, [])
    assert hear(*text) == (text, [])


@pytest.mark.parametrize(
    "text", ["", " \n", "***", "**_**", "...", "<br><br/>", "- \n- ", "🙂", "#", "<think>a</think>"]
)
def test_a_reply_of_only_markup_has_no_words(text):
    reply = Reply(ALL)
    reply.push(text)
    reply.finish()
    assert not reply.has_words


@pytest.mark.parametrize("text", ["Ja.", "*5*", "<b>yes</b>", "四", "da"])
def test_a_word_is_a_word_in_any_script(text):
    reply = Reply(ALL)
    reply.push(text)
    reply.finish()
    assert reply.has_words


@pytest.mark.parametrize("piece", ["<think>on and on", " ", "\n"])
def test_a_reply_that_says_nothing_for_ever_is_over(piece):
    reply, pieces = Reply(ALL), 0
    while not reply.is_over:
        reply.push(piece)
        pieces += 1
    assert pieces * len(piece) < MAX_UNSPOKEN + 20
    assert not reply.has_words


def test_a_thought_whose_beginning_the_template_left_out_leaves_no_mark():
    assert hear("They ask.</think> From eight.") == ("They ask. From eight.", [])


spoken = st.text(alphabet='ab <>[]/think hagupover\n{"`', max_size=60)


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


PIN = Entry(("my balance",), "Your PIN, please.", after=After.SECRET_KEYS)
HOURS = Entry(("when are you open",), "From eight.", digit="1")
CLINIC = Knowledge("en", languages=("de",), instructions="You work here.", entries=(PIN, HOURS))
TALK = (
    Utterance(Speaker.AGENT, "Hello."),
    Utterance(Speaker.CALLER, "my balance please"),
    Utterance(Speaker.AGENT, "Your PIN, please."),
    Utterance(Speaker.CALLER, "[4 secret digits]"),
    Utterance(Speaker.AGENT, "Thank you."),
    Utterance(Speaker.CALLER, "[1]"),
)


def test_every_request_begins_as_the_one_before_it_did():
    """Then the server has read all of it already but the last message."""
    for knowledge in (CLINIC, replace(CLINIC, languages=())):
        before = messages((), knowledge)
        for count in range(2, len(TALK) + 1, 2):
            now = messages(TALK[:count], knowledge)
            assert now[: len(before) - 1] == before[:-1]
            before = now


def test_another_language_changes_the_last_message_only():
    german = replace(CLINIC, language="de", languages=("en",))
    ours, theirs = messages(TALK, CLINIC), messages(TALK, german)
    assert ours[:-1] == theirs[:-1]
    assert "code en" in ours[-1]["content"]
    assert "code de" in theirs[-1]["content"]
    assert "the code" not in ours[0]["content"]


def test_an_agent_of_one_language_is_told_it_once():
    system, *talk = messages(TALK, replace(CLINIC, languages=()))
    assert "code en" in system["content"]
    assert [each["content"] for each in talk[1:]] == [each.text for each in TALK]


def test_keys_are_explained_and_secret_ones_where_they_are_asked_for():
    system = messages(TALK, CLINIC)[0]["content"]
    assert "[1] when are you open" in system
    assert "[4 secret digits]" in system
    assert "Your PIN, please. Then write [secret keys]." in system
    system = messages(TALK, replace(CLINIC, entries=()))[0]["content"]
    assert "[1234]" in system
    assert "secret" not in system
