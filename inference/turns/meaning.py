"""What the caller's words say about the turn: is it over, may it go on, is it one at all.

Judged by the last words and small tables (inference/turns/languages), with or without
punctuation, because recognisers differ; in microseconds, because it runs on the event loop.
What comes out is numbers: nothing of it tells what was said, and nothing of it is kept.
"""

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from inference.turns.answers import (
    address_is_complete,
    date_is_complete,
    has_address,
    is_within_number,
    is_within_spelling,
    number_is_complete,
    spelling_is_complete,
)
from inference.turns.languages import language_of
from inference.turns.languages.table import Language
from inference.turns.statements import ends_clause_with_verb, is_fact, is_whole
from inference.turns.words import (
    consists_of,
    last_entry,
    said,
    without,
    without_first,
    without_last,
    words_of,
)


class Finish(Enum):
    DONE = "done"  # complete: ends early
    WHOLE = "whole"  # a whole sentence: seldom goes on
    OPEN = "open"  # may go on
    HANGING = "hanging"  # no turn ends like that: waits longer


class Kind(Enum):
    NOTHING = "nothing"  # no words
    BACKCHANNEL = "backchannel"  # "mm-hm", "yeah": said while listening
    STOP = "stop"  # holds one of the words that always stop the agent
    WORDS = "words"


class Expecting(Enum):
    """What the agent asked for last."""

    ANYTHING = "anything"
    YES_NO = "yes or no"
    DIGITS = "digits"
    SPELLING = "spelling"
    EMAIL = "email"
    DATE = "date"
    FACT = "fact"  # by a question, and not for whatever is on the caller's mind


@dataclass(frozen=True, slots=True)
class Meaning:
    words: int  # all of them, "um" and "yes" too
    finish: Finish
    kind: Kind

    @property
    def is_complete(self) -> bool:
        """Whether a turn may well end with these words."""
        return self.finish in (Finish.DONE, Finish.WHOLE)


NOTHING = Meaning(0, Finish.OPEN, Kind.NOTHING)

_HANGING_MARKS = ("...", "…", ",", ";", ":", "-", "–", "—")
_VERB_WITHIN = 4  # a question's verb is among its first words: "what kind of rooms do"


def understand(
    text: str,
    language: str,
    expecting: Expecting = Expecting.ANYTHING,
    stop_words: tuple[str, ...] = (),
) -> Meaning:
    """Never raises; a language without a table is judged by punctuation and counting alone."""
    text = said(text)
    words = words_of(text)
    if not words:
        return NOTHING
    table = language_of(language)
    return Meaning(
        len(words),
        _finish(text, words, table, expecting),
        _kind(words, table, stop_words),
    )


def expected_after(agent_text: str, language: str) -> Expecting:
    """What the agent's last words ask for: its last question, or else its last sentence."""
    table = language_of(language)
    sentence, is_question = _last_sentence(said(agent_text))
    words = words_of(sentence)
    if not words:
        return Expecting.ANYTHING
    first = (without_first(words, table.openers) or words)[0]
    asks_yes_no = is_question and first in table.asks_yes_no
    if is_question and (
        any(word.isdecimal() for word in words) or last_entry(words, table.asks_to_confirm)
    ):
        return Expecting.YES_NO
    for entries, expecting in (
        (table.asks_spelling, Expecting.SPELLING),
        (table.asks_email, Expecting.EMAIL),
        (table.asks_date, Expecting.DATE),
        (table.asks_digits, Expecting.DIGITS),
    ):
        if _holds(words, entries):
            return expecting
    if asks_yes_no:
        return Expecting.YES_NO
    asks_fact = is_question and table.asks_anything and not _holds(words, table.asks_anything)
    return Expecting.FACT if asks_fact else Expecting.ANYTHING


def same_request(a: str, b: str, language: str) -> bool:
    """Whether the reply to one answers the other: they differ in case, punctuation, manners."""
    table = language_of(language)
    return _request(a, table) == _request(b, table)


def _request(text: str, table: Language) -> list[str]:
    words = words_of(said(text))
    small = table.politeness | table.hesitations
    bare = without(without_first(words, table.openers), small) or without(words, small) or words
    return [_as_numeral(word, table) for word in bare]


def _as_numeral(word: str, table: Language) -> str:
    return str(table.units.index(word)) if word in table.units else word


def _last_sentence(text: str) -> tuple[str, bool]:
    """The last question, or else the last sentence; and whether it is a question."""
    sentences = [part for part in _split_sentences(text) if words_of(part)]
    for sentence in reversed(sentences[-2:]):  # "What is your number? I'll write it down."
        if sentence.rstrip().endswith("?"):
            return sentence, True
    return (sentences[-1] if sentences else ""), False


def _split_sentences(text: str) -> list[str]:
    for mark in (". ", "! ", "? "):
        text = text.replace(mark, f"{mark[0]}\n")
    return text.split("\n")


def _holds(words: list[str], entries: frozenset[str]) -> bool:
    text = f" {' '.join(words)} "
    return any(f" {entry} " in text for entry in entries)


def _kind(words: list[str], table: Language, stop_words: tuple[str, ...]) -> Kind:
    if stop_words:
        text = f" {' '.join(words)} "
        if any(stop in text for stop in _as_said(stop_words)):
            return Kind.STOP
    if consists_of(words, table.backchannels) or consists_of(words, _noises(table.code)):
        return Kind.BACKCHANNEL
    return Kind.WORDS


@lru_cache(maxsize=256)
def _as_said(stop_words: tuple[str, ...]) -> tuple[str, ...]:
    each = (words_of(said(stop)) for stop in stop_words)
    return tuple(f" {' '.join(words)} " for words in each if words)


@lru_cache(maxsize=16)
def _noises(code: str) -> frozenset[str]:
    table = language_of(code)
    return table.backchannels | table.hesitations


@lru_cache(maxsize=16)
def _whole_turns(code: str) -> frozenset[str]:
    table = language_of(code)
    return table.complete | table.politeness


@lru_cache(maxsize=16)
def _short_answers(code: str) -> frozenset[str]:
    table = language_of(code)
    return _whole_turns(code) | table.yes_no | table.after_yes_no | table.hesitations


def _finish(text: str, words: list[str], table: Language, expecting: Expecting) -> Finish:
    if text.endswith(_HANGING_MARKS):
        return Finish.HANGING
    if consists_of(words, table.backchannels):
        return _backchannel_finish(words, table, expecting)
    if last_entry(words, table.hesitations):
        return Finish.HANGING
    if not (turn := without_first(words, table.openers)):
        return Finish.HANGING if last_entry(words, table.hanging) else Finish.OPEN
    if _is_short_answer(turn, words, table, expecting):
        return Finish.DONE
    if _is_whole(turn, table):
        return Finish.DONE
    answer = _answer_is_complete(text, words, table, expecting)
    if answer is not None:
        return Finish.DONE if answer else Finish.HANGING
    return _sentence_finish(text, turn, table, expecting)


def _backchannel_finish(words: list[str], table: Language, expecting: Expecting) -> Finish:
    if expecting is Expecting.YES_NO or consists_of(words, table.complete):
        return Finish.DONE
    return Finish.HANGING if consists_of(words, table.hesitations) else Finish.OPEN


def _is_short_answer(
    turn: list[str], words: list[str], table: Language, expecting: Expecting
) -> bool:
    if expecting is not Expecting.YES_NO and not _begins_with_answer(words, table):
        return False
    return consists_of(turn, _short_answers(table.code))


def _begins_with_answer(words: list[str], table: Language) -> bool:
    return len(without_first(words, table.yes_no)) < len(words) and words[0] not in table.openers


def _is_whole(turn: list[str], table: Language) -> bool:
    """ "No", "that's all thank you", "yes it is"; but "please" alone is a beginning."""
    return consists_of(turn, _whole_turns(table.code)) and " ".join(turn) not in table.hanging_alone


def _answer_is_complete(
    text: str, words: list[str], table: Language, expecting: Expecting
) -> bool | None:
    match expecting:
        case Expecting.DIGITS:
            return number_is_complete(text, words, table)
        case Expecting.SPELLING:
            return spelling_is_complete(words, table)
        case Expecting.EMAIL:
            return address_is_complete(text, words, table)
        case Expecting.DATE:
            return date_is_complete(text, words, table)
        case _ if has_address(text, words, table):
            return True
        case _ if is_within_number(words, table):
            return False
        case _:
            return is_within_spelling(words, table)


def _sentence_finish(text: str, turn: list[str], table: Language, expecting: Expecting) -> Finish:
    bare = without_last(turn, table.politeness)  # "could you please" hangs like "could you"
    if not bare or last_entry(bare, table.waiting):  # "please" alone, "one moment please"
        return Finish.HANGING
    if last_entry(bare, table.closing):
        return Finish.DONE
    if text.endswith("?") and len(turn) > 1:
        return Finish.DONE
    is_question = _is_question(bare, table)
    if _hangs(bare, table, is_question=is_question):
        return Finish.HANGING
    if len(bare) < len(turn) or (is_question and _has_object(bare, table)):
        return Finish.DONE
    is_answer = _asks_fact(bare, table, expecting) and is_fact(bare, table)
    return Finish.WHOLE if is_answer or is_whole(bare, table) else Finish.OPEN


def _asks_fact(turn: list[str], table: Language, expecting: Expecting) -> bool:
    """ "Next Wednesday" answers a question for a day; "the third of May" may get its year."""
    if expecting is Expecting.DATE:
        return (table.months | table.days).isdisjoint(turn)
    return expecting is Expecting.FACT


def _is_question(turn: list[str], table: Language) -> bool:
    """It begins with a question word and has its verb."""
    if turn[0] not in table.question_words:
        return False
    return turn[0] in table.question_verbs or any(
        word in table.question_verbs for word in turn[1:_VERB_WITHIN]
    )


def _has_object(question: list[str], table: Language) -> bool:
    return len(question) + ("'" in question[0]) >= table.question_least  # "what's" is two words


def _hangs(turn: list[str], table: Language, *, is_question: bool) -> bool:
    if " ".join(turn) in table.hanging_alone:
        return True
    if length := last_entry(turn, table.hanging_after_words):
        return len(turn) > length
    if last_entry(turn, table.hanging_unless_asked):
        return not _asks_within(turn, table)
    if last_entry(turn, table.asks_nothing):
        return turn[0] not in table.question_words and not _asks_within(turn, table)
    length = last_entry(turn, table.hanging)
    return length > 0 and not (length == 1 and _may_end_here(turn, table, is_question=is_question))


def _may_end_here(turn: list[str], table: Language, *, is_question: bool) -> bool:
    """Words that hang almost always, where they do not."""
    last = turn[-1]
    if last in table.separable:  # "wann machen Sie auf"
        stems = table.separable[last]
        if any(word.startswith(stems) for word in turn[:-1]):
            return True
    if len(turn) < 3:
        return False
    if ends_clause_with_verb(turn, table):
        return True
    if last in table.months:  # "may"
        return not table.days.isdisjoint(turn[-3:-1])
    if last in table.auxiliaries:  # "I know where it is", "whatever the price is"
        return turn[-2] in table.pronouns and _asks_within(turn[:-2], table)
    return is_question and last in table.stranded and turn[0] in table.stranded_after


def _asks_within(turn: list[str], table: Language) -> bool:
    return not table.question_words.isdisjoint(turn)
