"""What the words of a language tell about the end of a turn, as data; one file a language."""

from inference.turns.languages.de import LANGUAGE as GERMAN
from inference.turns.languages.en import LANGUAGE as ENGLISH
from inference.turns.languages.es import LANGUAGE as SPANISH
from inference.turns.languages.fr import LANGUAGE as FRENCH
from inference.turns.languages.it import LANGUAGE as ITALIAN
from inference.turns.languages.nl import LANGUAGE as DUTCH
from inference.turns.languages.table import UNKNOWN, Language

LANGUAGES = {table.code: table for table in (GERMAN, ENGLISH, SPANISH, FRENCH, ITALIAN, DUTCH)}


def language_of(code: str) -> Language:
    """The table for "en", "en-GB" or "EN_us"; for a language without one, a table of nothing."""
    return LANGUAGES.get(code[:2].lower(), UNKNOWN)
