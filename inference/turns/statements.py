"""Whether words make a whole sentence: it has a verb and what belongs to the verb.

Such a sentence may still go on ("I'd like a table ... for two"), but people begin to answer at
that point, and so may the agent; half a sentence is waited for. A few common verbs and endings
tell most of it, in microseconds. A language without verbs in its table has no whole sentences.
"""

from inference.turns.languages.table import Language
from inference.turns.words import last_entry

FACT_WORDS = 5
_NOUN_WITHIN = 2  # words after "the" its noun may come: "the next free day"


def is_whole(turn: list[str], table: Language) -> bool:
    """Words that do not hang, without what was said before and after them out of politeness."""
    if len(turn) < 2 or _lacks_something(turn, table):
        return False
    clause = _last_clause(turn, table)
    return any(_is_verb(clause, at, table) for at in range(len(clause) - 1)) or (
        bool(clause) and clause[-1] in table.verbs_alone and _is_verb(clause, -1, table)
    )


def is_fact(turn: list[str], table: Language) -> bool:
    """Few words that answer a question: "next Wednesday", "for my mother"."""
    return len(turn) <= FACT_WORDS and not _lacks_something(turn, table)


def _lacks_something(turn: list[str], table: Language) -> bool:
    """By its last word: "to reach", "the only", "is currently", "the house number is four"."""
    last = turn[-1]
    if last in table.determiners or last in table.digits or last.isdecimal():
        return True
    if last.endswith(table.adverb_endings):
        return True
    follows_article = not table.determiners.isdisjoint(turn[-1 - _NOUN_WITHIN : -1])
    if last in table.attributes or last.endswith(table.attribute_endings):
        return follows_article
    length = last_entry(turn, table.needs_more)
    return length > 1 or (length == 1 and not follows_article)  # "your call" is no verb


def _last_clause(turn: list[str], table: Language) -> list[str]:
    """After the last "because", "when": what begins so needs a verb of its own."""
    for at in range(len(turn) - 2, 0, -1):
        if turn[at] in table.subordinators and (
            turn[at] not in table.demonstratives or _begins_clause(turn[at + 1], table)
        ):
            return turn[at + 1 :]
    return turn


def _begins_clause(word: str, table: Language) -> bool:
    """After "that": "that it", "that the", but "that number"."""
    return word in table.pronouns or word in table.determiners or word in table.verbs


def _is_verb(clause: list[str], at: int, table: Language) -> bool:
    if clause[at] in table.verbs:
        return True
    if clause[at] not in table.verbs_or_nouns:
        return False
    before = clause[: at % len(clause)]
    return not before or before[-1] in table.before_verbs
