"""What a model writes for a screen, and what is left of it to say."""

import itertools

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from inference.wording.plain import Plain


def said(*pushes: str) -> str:
    """All that is said of a text that came like this."""
    plain = Plain()
    return "".join(plain.push(text) for text in pushes) + plain.rest()


def letter_by_letter(text: str) -> str:
    return said(*text)


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("We **are** *open* now.", "We are open now."),
        ("__Yes__, _please_, ~~no~~.", "Yes, please, no."),
        ("***Really*** `open`?", "Really open?"),
        ("# Hours\nFrom nine.", "Hours\nFrom nine."),
        ("### Hours ###\n\nFrom nine.", "Hours\nFrom nine."),
        ("Hours\n=====\nFrom nine.", "Hours\nFrom nine."),
        ("- tea\n* coffee\n+ milk\n• water\n– juice", "tea\ncoffee\nmilk\nwater\njuice"),
        ("We have:\n  - **tea**\n  - coffee", "We have:\ntea\ncoffee"),
        ("1. Tea\n2. Coffee\n3) Milk", "Tea\nCoffee\nMilk"),
        ("- [ ] call\n- [x] write", "call\nwrite"),
        ("```python\nopen\n```\nDone.", "open\nDone."),
        ("~~~\nopen\n~~~\n", "open\n"),
        ("```open now``` is it.", "open now is it."),
        ("See [our page](https://example.com/a_(b) \"Our page\") now.", "See our page now."),
        ("See [our page][1] and this[^note].", "See our page and this."),
        ("As they say [2], [3](https://example.com/x).", "As they say,."),
        ("![The house](house.png) is red.", "The house is red."),
        ("Write to <info@example.com> or <https://example.com>.",
         "Write to info@example.com or https://example.com."),
        ("No address: <a*b@c>.", "No address:."),
        ("| Day | From |\n|:----|-----:|\n| Monday | 9:00 |\n", "Day, From\nMonday, 9:00\n"),
        ("Tea | Coffee", "Tea, Coffee"),
        ("> We are open.\n> > Really.", "We are open.\nReally."),
        ("One.\n\n---\n\n***\n* * *\n___\nTwo.", "One.\nTwo."),
        ("We are <b>open</b>.<br/>Come<!-- now --> in.", "We are open.\nCome in."),
        ("<think>The caller is <b>angry</b></think>\n\nHello!", "Hello!"),
        ("Fish &amp; chips&nbsp;&mdash; &euro;5 &lt;b&gt;", "Fish & chips — €5 b"),
        (r"\*Not bold\*, 5\_000", "Not bold, 5_000"),
    ],
)  # fmt: skip
def test_markup_is_not_said(written, spoken):
    assert said(written) == spoken
    assert letter_by_letter(written) == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("Hello 👋 there!", "Hello there!"),
        ("Great 👍🏽! See you 👨‍👩‍👧.", "Great! See you."),
        ("✅ Done → next ☎️", "Done next"),
        ("Press 1️⃣ or 🇩🇪", "Press 1 or"),
        ("zero\u200bwidth\ufeff and\u00ad soft", "zerowidth and soft"),
        ("bell\a and\x1b esc\x00ape", "bell and escape"),
        ("thin\u202fspace\u00a0and\ttab", "thin space and tab"),
        ("one\r\ntwo\u2028three", "one\ntwo\nthree"),
        ("20 °C, §5, Acme™", "20 °C, §5, Acme™"),
    ],
)
def test_pictures_and_what_cannot_be_seen_are_not_said(written, spoken):
    assert said(written) == spoken
    assert letter_by_letter(written) == spoken


@pytest.mark.parametrize(
    "text",
    [
        "We are open from 9:00 until 17:30, at 5 < 7 and -5 °C.",
        "Write to first_last@example.com, or see https://example.com/a_b?c=d.",
        "Room #5, about ~20 minutes, C# or A = B.",
        "2026. That was the year.",
        "3. April ist frei.",
        '-5 degrees. Fish & chips, AT&T (really); it\'s "fine".',
        "Grüße aus Köln — ça va ? ¿Sí? €1,250.50",
        "१२३ नमस्ते, 你好。",
    ],
)
def test_what_is_no_markup_stays_as_it_is(text):
    assert said(text) == text
    assert letter_by_letter(text) == text


@pytest.mark.parametrize(
    "text",
    ["", " ", "\n\n", "***", "**", "---", "# ", "#", "- ", "1. ", "```", "```python\n```", "👍",
     "👍 🎉\n✨", "[]()", "![](a.png)", "<br>", "<b></b>", "|", "| | |\n|---|---|", "> ", "\u200b",
     "<!-- nothing -->", "<think>hm", "[](http://unfinished", "&nbsp;", "____", "* * *"],
)  # fmt: skip
def test_a_text_of_only_markup_is_nothing(text):
    assert said(text) == ""
    assert letter_by_letter(text) == ""


def test_words_come_through_at_once():
    plain = Plain()
    assert plain.push("We are op") == "We are op"
    assert plain.push("en, ") == "en,"  # the blank comes with its word
    assert plain.push("**to") == " to"
    assert plain.push("day**.") == "day."


def test_a_line_that_is_done_comes_with_its_end():
    plain = Plain()
    assert plain.push("Hours") == "Hours"
    assert plain.push("\n\n") == "\n"
    assert plain.push("- ") == ""
    assert plain.push("N") == "N"


def test_a_links_text_does_not_wait_for_its_address():
    plain = Plain()
    assert plain.push("See [our page") == "See our page"
    assert plain.push("](https://exam") == ""
    assert plain.push("ple.com), please") == ", please"


def test_an_address_or_a_tag_without_end_does_not_silence_the_agent():
    assert said("[a](" + "x" * 3_000 + " b").endswith(" b")
    assert said("<a" + " x" * 3_000 + " b").endswith(" b")


def test_the_next_text_begins_anew():
    plain = Plain()
    assert plain.push("<think>hm") + plain.rest() == ""
    assert plain.push("1. Yes.") + plain.rest() == "Yes."


PIECES = (
    "a", "B", "3", "12", ".", ",", "!", "?", ":", ";", " ", "  ", "\n", "*", "**", "_", "__", "~",
    "~~", "`", "```", "#", "##", "-", "---", "+", "=", "===", "|", ">", "<", "</", "<b>", "<br>",
    "<!--", "-->", "<think>", "</think>", "[", "]", "(", ")", "](", "http://x.y", '"', "'", "&",
    "&amp;", "&lt;", "&#", "42;", "\\", "^", "@", "👍", "\u200b", "\ufe0f", "\0", "\r\n", "•", "é",
    "1. ", "- ", "x]", "[1]", "[^",
)  # fmt: skip
texts = st.lists(st.sampled_from(PIECES), max_size=40).map("".join) | st.text(max_size=60)


@given(text=texts, cuts=st.lists(st.integers(0, 120), max_size=8))
@settings(max_examples=400, deadline=None)
def test_how_a_text_is_cut_never_changes_what_is_said(text, cuts):
    edges = [0, *sorted(cuts), max(len(text), 120)]
    spoken = said(text)
    assert said(*(text[a:b] for a, b in itertools.pairwise(edges))) == spoken
    assert letter_by_letter(text) == spoken


@example("</@`>")  # looked like an address once
@given(text=texts)
@settings(max_examples=400, deadline=None)
def test_no_mark_ever_reaches_the_voice(text):
    spoken = said(text)
    assert not set(spoken) & set("*`[]|\\^\0\r\t👍\u200b\ufe0f")
    assert "__" not in spoken
    assert "<b>" not in spoken
    assert not spoken.startswith((" ", "\n"))
    assert "  " not in spoken
    assert "\n\n" not in spoken
