import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.engines.arpa import trigrams

sentences = st.lists(
    st.lists(st.sampled_from(["when", "are", "you", "open", "the"]), min_size=1, max_size=6),
    min_size=1,
    max_size=6,
)
EVERYDAY = {"the": 3.0, "of": 2.0, "a": 1.0}


class Model:
    """Reads ARPA back, by its own rules: backing off included."""

    def __init__(self, text):
        self.chances, self.back = {}, {}
        for line in text.splitlines():
            if match := re.fullmatch(r"(-?[\d.]+)\t([^\t]+)(?:\t(-?[\d.]+))?", line):
                gram = tuple(match[2].split())
                self.chances[gram] = 10 ** float(match[1])
                self.back[gram] = 10 ** float(match[3] or 0)
        self.words = {gram[0] for gram in self.chances if len(gram) == 1} - {"<s>"}

    def chance(self, word, history):
        gram = (*history, word)
        if gram in self.chances:
            return self.chances[gram]
        return self.back.get(tuple(history), 1.0) * self.chance(word, history[1:])


def model(said, share=0.3, discount=0.5, everyday=EVERYDAY):
    return Model(trigrams(said, everyday, everyday_share=share, discount=discount))


@given(sentences, st.sampled_from([0.1, 0.5, 0.9]), st.sampled_from([0.1, 0.5, 0.9]))
def test_after_any_history_the_chances_of_all_words_are_one(said, share, discount):
    found = model(said, share, discount)
    histories = [(), ("<s>",), ("of",), ("you", "of")]
    histories += [tuple(s[at : at + 2]) for s in said for at in range(len(s))]
    histories += [("<s>", s[0]) for s in said]
    for history in histories:
        total = sum(found.chance(word, history) for word in found.words)
        assert total == pytest.approx(1, abs=0.005)


def test_what_follows_in_a_question_is_likelier_than_anything_else():
    found = model([["when", "are", "you", "open"], ["where", "are", "you"]])
    assert found.chance("open", ("are", "you")) > found.chance("the", ("are", "you"))
    assert found.chance("when", ("<s>",)) > 0.2


def test_everyday_words_can_follow_anything():
    found = model([["when", "are", "you", "open"]])
    assert 0 < found.chance("of", ("are", "you")) < 0.2


def test_counts_in_the_head_are_those_of_the_body():
    text = trigrams([["a", "b"], ["b", "c", "a"]], EVERYDAY, everyday_share=0.3, discount=0.5)
    for order in (1, 2, 3):
        declared = int(re.search(rf"ngram {order}=(\d+)", text)[1])
        body = text.split(f"\\{order}-grams:\n")[1].split("\n\n")[0].splitlines()
        assert len(body) == declared
    assert text.endswith("\\end\\\n")


def test_no_chance_is_above_one():
    found = model([["yes"]] * 50, share=0.0, discount=0.1, everyday={})
    assert all(math.log10(chance) <= 0 for chance in found.chances.values())
