import asyncio
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.engines import questions
from inference.engines.base import (
    After,
    EngineChoice,
    EngineFailed,
    EngineUnavailable,
    Entry,
    Knowledge,
    Speaker,
    Utterance,
)

SORRY = "I'm sorry, I can't help with that."
HOURS = Entry(("when are you open", "what are your opening hours"), "Eight to six.", digit="1")
WHERE = Entry(("where are you", "what is your address"), "Main Street 5.", digit="2")
VISIT = Entry(("i would like an appointment", "can i see the doctor"), "When would you like?")
HUMAN = Entry(
    ("can i speak to a person", "i want to talk to someone"),
    "One moment.",
    digit="0",
    after=After.HAND_OVER,
)
BYE = Entry(("goodbye", "that is all thank you"), "Goodbye.", after=After.HANG_UP)
CLINIC = Knowledge("en", entries=(HOURS, WHERE, VISIT, HUMAN, BYE), fallback_sentence=SORRY)
PRAXIS = Knowledge(
    "de",
    entries=(
        Entry(("wann haben sie geöffnet", "öffnungszeiten"), "Von acht bis sechs."),
        Entry(("ich möchte einen termin",), "Wann passt es Ihnen?"),
    ),
)


def find(text, knowledge=CLINIC):
    return questions.Questions().find(text, knowledge)


def reply(*talk, knowledge=CLINIC):
    """The reply to a talk in which the caller speaks first and both take turns."""
    sides = (Speaker.CALLER, Speaker.AGENT)
    history = tuple(Utterance(sides[at % 2], text) for at, text in enumerate(talk))

    async def parts():
        return [part async for part in questions.Questions().reply(history, knowledge)]

    return asyncio.run(parts())


@pytest.mark.parametrize(
    ("said", "entry"),
    [
        ("when are you open", HOURS),
        ("When are you open?", HOURS),
        ("hi could you tell me when you are open please", HOURS),
        ("what are the opening hours", HOURS),
        ("what's your address", WHERE),
        ("i'd like an appointment for next week", VISIT),
        ("can i see a doctor tomorrow", VISIT),
        ("i want to speak with a real person", HUMAN),
        ("thanks goodbye", BYE),
    ],
)
def test_a_question_is_found_in_other_words(said, entry):
    assert find(said) is entry


@pytest.mark.parametrize(
    "said",
    ["", "?!", "uh", "the", "tell me a joke", "what is the weather like", "a a a a a a",
     "who won the game last night", "can you help me with my tax return"],
)  # fmt: skip
def test_what_nobody_wrote_an_answer_for_is_not_answered(said):
    assert find(said) is None


def test_accents_case_and_endings_do_not_matter():
    assert find("WANN HABEN SIE GEOFFNET", PRAXIS) is PRAXIS.entries[0]
    assert find("Öffnungszeit", PRAXIS) is PRAXIS.entries[0]
    assert find("ich möchte einen termin bitte", PRAXIS) is PRAXIS.entries[1]


@given(st.sampled_from([(e, q) for e in CLINIC.entries for q in e.questions]))
def test_a_question_in_its_own_words_is_always_found(pair):
    entry, wording = pair
    assert find(wording.upper() + "!") is entry


@given(st.text(max_size=80))
def test_any_text_is_survived(text):
    entry, likeness = questions.nearest(text, CLINIC)
    assert (entry is None) == (likeness == 0)
    assert 0 <= likeness <= 1


def test_a_key_asks_its_question():
    assert find("[1]") is HOURS
    assert find("[0]") is HUMAN
    assert find("[9]") is None
    assert find("[12]") is None


BALANCE = Entry(("my balance",), "Your PIN, please.", after=After.SECRET_KEYS)
THANKS = Entry(("[secret digits]",), "Thank you. Somebody will call you back.")
BANK = Knowledge("en", entries=(BALANCE, THANKS), fallback_sentence=SORRY)


def test_an_answer_may_ask_for_digits_that_nobody_is_told():
    assert reply("my balance", knowledge=BANK) == [BALANCE.answer, After.SECRET_KEYS]


def test_secret_digits_are_answered_as_the_owner_wrote():
    talk = ("my balance", BALANCE.answer, "[4 secret digits]")
    assert reply(*talk, knowledge=BANK) == [THANKS.answer]
    assert reply(*talk, knowledge=replace(BANK, entries=(BALANCE,))) == [SORRY]


def test_what_was_said_before_the_keys_does_not_hide_them():
    history = (Utterance(Speaker.CALLER, "erm yes"), Utterance(Speaker.CALLER, "[4 secret digits]"))

    async def parts():
        return [part async for part in questions.Questions().reply(history, BANK)]

    assert asyncio.run(parts()) == [THANKS.answer]


def test_nobody_can_say_what_only_keys_ask():
    assert find("secret digits", BANK) is None


def test_the_answer_is_given_and_what_follows_it():
    assert reply("when are you open") == ["Eight to six."]
    assert reply("can i speak to a person") == ["One moment.", After.HAND_OVER]
    assert reply("goodbye") == ["Goodbye.", After.HANG_UP]
    assert reply("[0]") == ["One moment.", After.HAND_OVER]


def test_the_second_miss_in_a_row_hands_the_caller_over():
    assert reply("tell me a joke") == [SORRY]
    assert reply("tell me a joke", SORRY, "a poem then") == [SORRY, After.HAND_OVER]


def test_a_hit_between_two_misses_forgives_the_first():
    talk = ("tell me a joke", SORRY, "when are you open", "Eight to six.", "a poem then")
    assert reply(*talk) == [SORRY]


def test_a_miss_spoken_in_two_pieces_is_one_miss():
    history = (Utterance(Speaker.CALLER, "tell me"), Utterance(Speaker.CALLER, "a joke"))

    async def parts():
        return [part async for part in questions.Questions().reply(history, CLINIC)]

    assert asyncio.run(parts()) == [SORRY]


def test_a_question_spoken_in_two_pieces_is_found():
    history = (Utterance(Speaker.CALLER, "when are"), Utterance(Speaker.CALLER, "you open"))

    async def parts():
        return [part async for part in questions.Questions().reply(history, CLINIC)]

    assert asyncio.run(parts()) == ["Eight to six."]


def test_without_a_fallback_sentence_a_miss_is_a_failure_and_never_silence():
    with pytest.raises(EngineFailed, match="no sentence"):
        reply("tell me a joke", knowledge=Knowledge("en", entries=(HOURS,)))


def test_an_agent_without_questions_has_only_its_fallback():
    assert reply("hello", knowledge=Knowledge("en", fallback_sentence=SORRY)) == [SORRY]
    empty = Knowledge("en", entries=(Entry(("", "?"), "x"),), fallback_sentence=SORRY)
    assert reply("hello", knowledge=empty) == [SORRY]


@pytest.mark.parametrize("threshold", ["0", "1.5", "much"])
def test_a_wrong_threshold_is_refused(threshold):
    with pytest.raises(EngineUnavailable):
        questions.load(EngineChoice.of("questions", threshold=threshold))
