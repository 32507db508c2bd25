"""Words an agent's callers are likely to say that a recogniser would not expect: names above all.

A recogniser that is told words hears them better, and in noise now and then where they are not.
So there are few, and an answer that is nothing but the list read back is no speech.
"""

import re

from inference.engines.base import Knowledge, without_region

MOST_WORDS = 30
ECHO_WORDS = 3  # so many in the list's own order are no coincidence
_CAPITAL = r"[^\W\d_a-zß-ÿ]\w[\w'’-]*"
_NAME = re.compile(rf"(?<=[\w,;:] ){_CAPITAL}(?: {_CAPITAL})*")
_CAPITALISED = ("de", "lb")  # where every noun begins with a capital
_WORD = re.compile(r"[\w'’-]+")


def hints(knowledge: Knowledge) -> str:
    """What the recogniser is told, the likeliest last; "" where there is nothing to tell."""
    return ", ".join(reversed(_listened_for(knowledge)))


def is_echo(text: str, knowledge: Knowledge) -> bool:
    """Whether a transcript is only a part of the hints, in their order."""
    said = _WORD.findall(text.casefold())
    told = _WORD.findall(hints(knowledge).casefold())
    if len(said) < ECHO_WORDS:
        return False
    return any(told[at : at + len(said)] == said for at in range(len(told) - len(said) + 1))


def _listened_for(knowledge: Knowledge) -> list[str]:
    found = dict.fromkeys(word.strip() for word in knowledge.vocabulary if word.strip())
    if without_region(knowledge.language) not in _CAPITALISED:
        found.update(dict.fromkeys(_names(knowledge)))
    return list(found)[:MOST_WORDS]


def _names(knowledge: Knowledge) -> list[str]:
    """Words with a capital in the middle of a sentence."""
    told = [wording for entry in knowledge.entries for wording in entry.questions]
    told += [entry.answer for entry in knowledge.entries]
    told.append(knowledge.instructions)
    return [name for text in told for name in _NAME.findall(text)]
