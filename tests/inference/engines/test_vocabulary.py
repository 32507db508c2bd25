import pytest

from inference.engines import vocabulary
from inference.engines.base import Entry, Knowledge

CLINIC = Knowledge(
    "en",
    instructions="You are Anna, who works for Dr Meyer. Be kind. I mean it: never rude.",
    entries=(Entry(("is Doctor Keller in", "When do you open?"), "He is in Basel on Monday."),),
)


def test_the_names_in_what_the_agent_was_told_are_listened_for():
    told = vocabulary.hints(CLINIC).split(", ")
    assert set(told) == {"Anna", "Dr Meyer", "Doctor Keller", "Basel", "Monday"}


def test_the_owners_own_words_come_before_them():
    knowledge = Knowledge("en", instructions="Call Anna.", vocabulary=("physio", " ", "Anna"))
    assert vocabulary.hints(knowledge) == "Anna, physio"  # the likeliest last


def test_there_are_never_too_many():
    many = Knowledge("en", vocabulary=tuple(f"word{n}" for n in range(500)))
    told = vocabulary.hints(many).split(", ")
    assert len(told) == vocabulary.MOST_WORDS
    assert told[-1] == "word0"


def test_german_nouns_are_no_names():
    knowledge = Knowledge("de-CH", instructions="Sag dem Anrufer die Adresse von Frau Meyer.")
    assert vocabulary.hints(knowledge) == ""


def test_an_agent_that_was_told_nothing_listens_for_nothing():
    assert vocabulary.hints(Knowledge("en")) == ""
    assert not vocabulary.is_echo("when are you open", Knowledge("en"))


@pytest.mark.parametrize(
    ("text", "is_echo"),
    [
        ("Basel, Keller, Meyer.", True),
        ("keller meyer anna", True),
        ("Meyer Keller Basel", False),  # not in the list's order: somebody said it
        ("Basel Keller", False),
        ("Basel, Keller, Meyer please", False),
    ],
)
def test_the_list_read_back_is_an_echo(text, is_echo):
    knowledge = Knowledge("en", vocabulary=("Anna", "Meyer", "Keller", "Basel"))
    assert vocabulary.is_echo(text, knowledge) is is_echo
