"""Whether words make a whole sentence: it has a verb and what belongs to the verb.

Such a sentence may still go on ("I'd like a table ... for two"), but people begin to answer at
that point, and so may the agent; half a sentence is waited for. A few common verbs and endings
tell most of it, in microseconds. In German and Dutch the verb that says most may come last:
there a sentence with "möchte" or "weil" is whole when it has come. A language without verbs in
its table has no whole sentences.
"""

from inference.turns.languages.table import Language
from inference.turns.words import last_entry, without_first

FACT_WORDS = 5
_NOUN_WITHIN = 2  # words after "the" its noun may come: "the next free day"


def is_whole(turn: list[str], table: Language) -> bool:
    """Words that do not hang, without what was said before and after them out of politeness."""
    if len(turn) < 2 or _lacks_something(turn, table):
        return False
    begins_at = _last_clause_at(turn, table)
    clause = turn[begins_at:]
    if _has_verb_last(turn, begins_at, table):
        return _is_last_verb(clause[-1], table)
    has_verb = any(_is_verb(clause, at, table) for at in range(len(clause) - 1)) or (
        clause[-1] in table.verbs_alone and _is_verb(clause, len(clause) - 1, table)
    )
    return has_verb and not _awaits_verb(clause, table)


def ends_clause_with_verb(turn: list[str], table: Language) -> bool:
    """ "Weil ich im Urlaub bin": elsewhere "ich bin" lacks the rest."""
    begins_at = _last_clause_at(turn, table)
    if len(turn) - begins_at <= 2 or turn[-1] not in table.verbs:
        return False
    return _has_verb_last(turn, begins_at, table)


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
    if follows_article and (last in table.attributes or last.endswith(table.attribute_endings)):
        return True
    length = last_entry(turn, table.needs_more)
    return length > 1 or (length == 1 and not follows_article)  # "your call" is no verb


def _last_clause_at(turn: list[str], table: Language) -> int:
    """After the last "because", "when": what begins so needs a verb of its own."""
    for at in range(len(turn) - 2, 0, -1):
        if turn[at] in table.subordinators and (
            turn[at] not in table.demonstratives or _begins_clause(turn[at + 1], table)
        ):
            return at + 1
    return 0


def _begins_clause(word: str, table: Language) -> bool:
    """After "that": "that it", "that the", but "that number"."""
    return word in table.pronouns or word in table.determiners or word in table.verbs


def _has_verb_last(turn: list[str], begins_at: int, table: Language) -> bool:
    return begins_at > 0 and turn[begins_at - 1] in table.verb_last_after


def _is_last_verb(word: str, table: Language) -> bool:
    return word in table.verbs or word.endswith(table.awaited_endings)


def _awaits_verb(clause: list[str], table: Language) -> bool:
    """ "Ich möchte einen Termin" lacks "vereinbaren"."""
    for at in range(len(clause)):
        after = without_first(clause[at:], table.awaits_verb)
        if len(after) < len(clause) - at:
            return not any(word.endswith(table.awaited_endings) for word in after)
    return False


def _is_verb(clause: list[str], at: int, table: Language) -> bool:
    if last_entry(clause[: at + 1], table.verbs):  # some are two words: "rufe an"
        return True
    if clause[at] not in table.verbs_or_nouns:
        return False
    return at == 0 or clause[at - 1] in table.before_verbs
