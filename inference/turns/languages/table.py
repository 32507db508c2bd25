"""The form of a language's table.

Every entry is lower case without punctuation, hyphens as spaces, words one space apart.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field


def phrases(*lines: str) -> frozenset[str]:
    """Entries written one after the other, parted by commas."""
    return frozenset(phrase.strip() for line in lines for phrase in line.split(",") if phrase)


def counted(lines: Iterable[tuple[int, str]]) -> dict[str, int]:
    """How many digits a number word stands for: (2, "ten eleven twelve")."""
    return {word: digits for digits, words in lines for word in words.split()}


NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Language:
    code: str
    # sounds and small words
    hesitations: frozenset[str] = NONE  # "um": thinking aloud
    backchannels: frozenset[str] = NONE  # "mm-hm": I am listening
    openers: frozenset[str] = NONE  # "well": before what is meant
    politeness: frozenset[str] = NONE  # "please", "thank you"
    # how turns end, and how they do not
    hanging: frozenset[str] = NONE  # last words that no turn ends with
    hanging_whole: frozenset[str] = NONE  # hanging only when nothing was said before
    stranded: frozenset[str] = NONE  # of these, the ones a question may end with
    auxiliaries: frozenset[str] = NONE  # hanging, but not in "yes I do", "where it is"
    pronouns: frozenset[str] = NONE
    separable: dict[str, tuple[str, ...]] = field(default_factory=dict)  # "auf": ("mach",)
    complete: frozenset[str] = NONE  # whole utterances
    closing: frozenset[str] = NONE  # last words after which nothing is missing
    yes_no: frozenset[str] = NONE
    question_words: frozenset[str] = NONE  # a question that starts so is done with its verb
    question_words_least: int = 4  # words such a question has at least
    negations: frozenset[str] = NONE
    # answers in parts
    digits: dict[str, int] = field(default_factory=dict)
    tens: frozenset[str] = NONE  # "twenty": a unit after it adds no digit
    joiners: frozenset[str] = NONE  # "y" in "treinta y uno"
    doubles: dict[str, int] = field(default_factory=dict)  # "double": the next digit twice
    plus: frozenset[str] = NONE
    zeros: frozenset[str] = NONE
    phone_digits: frozenset[int] = frozenset()  # lengths of numbers
    spelling_words: frozenset[str] = NONE  # "alpha", "berta"
    as_in: frozenset[str] = NONE
    months: frozenset[str] = NONE
    ordinals: frozenset[str] = NONE
    at_words: frozenset[str] = NONE
    dot_words: frozenset[str] = NONE
    # what the agent asks for
    asks_spelling: frozenset[str] = NONE
    asks_email: frozenset[str] = NONE
    asks_date: frozenset[str] = NONE
    asks_digits: frozenset[str] = NONE
    asks_to_confirm: frozenset[str] = NONE
    asks_yes_no: frozenset[str] = NONE  # first words of a question to be answered yes or no


UNKNOWN = Language("")
