"""The form of a language's table.

Entries are as the caller's words are compared: lower case, no punctuation but the apostrophe
inside a word, hyphens as spaces, one space between words.
"""

from dataclasses import dataclass, field
from itertools import product

NONE: frozenset[str] = frozenset()


def phrases(*lines: str) -> frozenset[str]:
    """Entries parted by commas."""
    return frozenset(entry for line in lines for each in line.split(",") if (entry := each.strip()))


def words(*lines: str) -> frozenset[str]:
    """Entries of one word each, parted by spaces."""
    return frozenset(word for line in lines for word in line.split())


def pairs(first: str, second: str) -> frozenset[str]:
    """Each word of the one before each word of the other: "do i", "do you", "can i"..."""
    return frozenset(f"{one} {other}" for one, other in product(first.split(), second.split()))


def worth(**words_by_digits: str) -> dict[str, int]:
    """How many digits a number word stands for: worth(d1="one two", d2="ten eleven")."""
    return {
        word: int(name[1:]) for name, words in words_by_digits.items() for word in words.split()
    }


def stems(*lines: str) -> dict[str, tuple[str, ...]]:
    """Beginnings of the verbs a prefix belongs to: stems("auf: mach hör", "an: ruf")."""
    parted = (line.split(":") for line in lines)
    return {prefix: tuple(verbs.split()) for prefix, verbs in parted}


@dataclass(frozen=True, slots=True)
class Language:
    code: str

    # small words
    hesitations: frozenset[str] = NONE  # "um": thinking aloud
    backchannels: frozenset[str] = NONE  # "mm hm": I am listening
    openers: frozenset[str] = NONE  # "well": said before what is meant
    politeness: frozenset[str] = NONE  # "please": after it nothing is missing
    yes_no: frozenset[str] = NONE

    # last words
    hanging: frozenset[str] = NONE  # no turn ends with them
    hanging_unless_asked: frozenset[str] = NONE  # "to change", but "what do i have to change"
    hanging_alone: frozenset[str] = NONE  # only when they are all there is: "i think"
    hanging_after_words: frozenset[str] = NONE  # only when they are not: "how much"
    waiting: frozenset[str] = NONE  # "let me see": the caller asks for time
    asks_nothing: frozenset[str] = NONE  # "is it", unless the turn began as a question
    complete: frozenset[str] = NONE  # whole turns; several in a row are one, too
    after_yes_no: frozenset[str] = NONE  # "it is": whole after "yes", a beginning without
    closing: frozenset[str] = NONE  # with these at the end, whatever came before

    # exceptions to `hanging`
    auxiliaries: frozenset[str] = NONE  # fine in "yes it is", "i know where it is"
    pronouns: frozenset[str] = NONE
    stranded: frozenset[str] = NONE  # prepositions that may end a question
    stranded_after: frozenset[str] = NONE  # that begins so: "who is it for"
    separable: dict[str, tuple[str, ...]] = field(default_factory=dict)  # "auf": after "mach..."

    # questions
    question_words: frozenset[str] = NONE
    question_verbs: frozenset[str] = NONE  # one of them second to fourth, and it is a question
    question_least: int = 4  # words in a question that is complete

    # whole sentences: they have a verb, and their last word lacks nothing
    verbs: frozenset[str] = NONE  # finite ones; empty: no sentence is known to be whole
    verbs_or_nouns: frozenset[str] = NONE  # "order": a verb at the begin and after `before_verbs`
    before_verbs: frozenset[str] = NONE
    verbs_alone: frozenset[str] = NONE  # need nothing after them: "it works"
    needs_more: frozenset[str] = NONE  # last words after which something is missing: "reach"
    determiners: frozenset[str] = NONE
    attributes: frozenset[str] = NONE  # "the next" lacks a noun, "that is free" does not
    attribute_endings: tuple[str, ...] = ()
    adverb_endings: tuple[str, ...] = ()  # of words that something follows: "is currently"
    subordinators: frozenset[str] = NONE  # after them a verb is due: "when the manager"
    demonstratives: frozenset[str] = NONE  # of them those that also point: "that number"
    verb_last_after: frozenset[str] = NONE  # of them those with their verb at the end: "weil"
    awaits_verb: frozenset[str] = NONE  # "möchte": another verb is due, later in the sentence
    awaited_endings: tuple[str, ...] = ()  # of such verbs: "vereinbaren", "bestellt"

    # numbers
    digits: dict[str, int] = field(default_factory=dict)  # number words by digits they stand for
    zeros: frozenset[str] = NONE
    tens: frozenset[str] = NONE  # with one of `after_tens` still two digits
    after_tens: frozenset[str] = NONE
    joiners: frozenset[str] = NONE  # "y" in "treinta y uno"
    written_together: tuple[str, ...] = ()  # "quatre vingt": one number word
    doubles: dict[str, int] = field(default_factory=dict)  # "double": the next one twice
    plus: frozenset[str] = NONE
    number_digits: frozenset[int] = frozenset()  # how long a telephone number is
    number_digits_after_zero: frozenset[int] = frozenset()  # and one that begins with zero

    # spelling, e-mail, dates
    spelling_words: frozenset[str] = NONE  # "alpha", "berta"
    as_in: frozenset[str] = NONE  # "b as in"
    capital: frozenset[str] = NONE
    at: frozenset[str] = NONE
    dot: frozenset[str] = NONE
    negations: frozenset[str] = NONE  # "i don't have one" is no address
    months: frozenset[str] = NONE
    days: frozenset[str] = NONE  # "first", "third"
    thousands: frozenset[str] = NONE  # a year that ends so may go on

    # what the agent's last sentence asks for
    asks_spelling: frozenset[str] = NONE
    asks_email: frozenset[str] = NONE
    asks_date: frozenset[str] = NONE
    asks_digits: frozenset[str] = NONE
    asks_to_confirm: frozenset[str] = NONE
    asks_anything: frozenset[str] = NONE  # "help you": whatever is on the caller's mind
    asks_yes_no: frozenset[str] = NONE  # first words of a question answered by yes or no
    units: tuple[str, ...] = ()  # "zero" to "nine": "two" and "2" are the same request


UNKNOWN = Language("")
