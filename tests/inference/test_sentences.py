"""Pieces of a reply, cut while the rest is still being written."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.sentences import FIRST_CLAUSE_CHARS, LONGEST_CHARS, SentenceCutter


def cut(*pushes: str) -> list[str]:
    """All pieces of a reply that came like this."""
    cutter = SentenceCutter()
    return [piece for text in pushes for piece in cutter.push(text)] + cutter.rest()


def letter_by_letter(text: str) -> list[str]:
    return cut(*text)


def test_a_reply_is_cut_at_its_sentences():
    assert cut("We are open. Come in! Really? Yes.") == [
        "We are open.",
        "Come in!",
        "Really?",
        "Yes.",
    ]


def test_a_sentence_is_given_as_soon_as_the_next_begins():
    cutter = SentenceCutter()
    assert cutter.push("We are open.") == []
    assert cutter.push(" ") == ["We are open."]
    assert cutter.rest() == []


def test_the_first_piece_ends_at_a_clause_because_the_caller_waits():
    text = "From Monday until Friday, we are open from eight, until six. On Sunday, closed."
    assert letter_by_letter(text) == [
        "From Monday until Friday,",
        "we are open from eight, until six.",
        "On Sunday, closed.",
    ]


def test_a_short_clause_is_not_clipped_off():
    assert letter_by_letter("Yes, of course we are.") == ["Yes, of course we are."]
    assert len("Yes,") < FIRST_CLAUSE_CHARS


@pytest.mark.parametrize(
    "text",
    [
        "Dr. Meyer is in.",
        "It costs 3.50 a piece.",
        "Ask e.g. Mrs. Miller about it.",
        "We close at 6 p.m. on Friday.",
        "This is J. Smith speaking.",
    ],
)
def test_a_full_stop_inside_a_sentence_does_not_end_it(text):
    assert letter_by_letter(text) == [text]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Please ask for No. 5 at the desk."),
        ("en", "We have: 1. Tea 2. Coffee 3. Milk."),
        ("en", "1. Tea and so on."),
        ("en", "The visit (approx. an hour) is free."),
        ("en", "Bring tea, milk, etc. with you."),
        ("de", "Wir haben am 3. April um 9 Uhr z. B. bei Dr. Meyer in der Hauptstr. Nr. 5 frei."),
        ("de-AT", "Das dauert ca. 20 Min. bzw. eine Stunde."),
        ("fr", "Voici M. Dupont, p. ex. av. Foch."),
        ("es", "La Sra. García y el Sr. López, p. ej. mañana."),
        ("it", "Il sig. Rossi e la dott.ssa Bianchi."),
        ("nl", "Dhr. Jansen komt bijv. om 9 uur bij nr. 5."),
    ],
)
def test_an_abbreviation_or_a_number_of_the_language_does_not_end_a_sentence(language, text):
    cutter = SentenceCutter(language)
    pieces = [piece for letter in text for piece in cutter.push(letter)] + cutter.rest()
    assert " ".join(pieces) == text
    assert not any(piece.endswith(".") for piece in pieces[:-1])  # a clause may be on its own


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Oh no. That is bad.", ["Oh no.", "That is bad."]),
        ("We open at 9 a.m. Come in.", ["We open at 9 a.m.", "Come in."]),
        ("I have 3. That is all.", ["I have 3.", "That is all."]),
        ("It is 2026. Yes.", ["It is 2026.", "Yes."]),
        ("Is it J? Yes.", ["Is it J?", "Yes."]),
        ("Sie sagte „Ja.“ Gut.", ["Sie sagte „Ja.“", "Gut."]),
        ("是的。好！", ["是的。", "好！"]),
    ],
)
def test_a_sentence_ends_where_its_full_stop_is_one(text, pieces):
    assert cut(text) == pieces
    assert letter_by_letter(text) == pieces


def test_a_new_line_ends_a_piece():
    assert cut("We have:\n\ntea\ncoffee") == ["We have:", "tea", "coffee"]


def test_a_quote_stays_with_its_sentence():
    assert cut('She said "Come in." Then she left.') == ['She said "Come in."', "Then she left."]


def test_a_model_that_forgets_its_full_stops_does_not_silence_the_agent():
    words = "word " * 200
    cutter = SentenceCutter()
    pieces = [piece for letter in words for piece in cutter.push(letter)]
    assert pieces
    assert all(len(piece) <= LONGEST_CHARS for piece in pieces)


@pytest.mark.parametrize(
    "text", ["x" * 1_000, "word " * 100 + "end. And so on.", "x" * 500 + ". y"]
)
def test_no_piece_is_longer_than_a_synthesizer_can_say(text):
    assert all(len(piece) <= LONGEST_CHARS for piece in cut(text))


@pytest.mark.parametrize("text", ["", " ", "\n\n", " \n "])
def test_nothing_to_say_is_no_piece(text):
    assert cut(text) == []


texts = st.text(st.sampled_from("ab DR.,;:!?…\n\"')-–3"), max_size=400)


@given(text=texts, cuts=st.lists(st.integers(0, 400), max_size=8))
@settings(max_examples=100, deadline=None)
def test_no_letter_is_lost_or_added_however_the_text_comes(text, cuts):
    edges = [0, *sorted(cuts), len(text)]
    pieces = cut(*(text[a:b] for a, b in itertools.pairwise(edges)))
    assert "".join("".join(pieces).split()) == "".join(text.split())
    assert all(piece and piece == piece.strip() for piece in pieces)
    assert all(len(piece) <= LONGEST_CHARS for piece in pieces)
