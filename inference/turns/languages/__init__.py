"""What the words of a language tell about the end of a turn, as data; one file a language."""

from inference.turns.languages import de, en, es, fr, it, nl
from inference.turns.languages.table import UNKNOWN, Language

_BY_CODE = {module.LANGUAGE.code: module.LANGUAGE for module in (de, en, es, fr, it, nl)}


def language_of(code: str) -> Language:
    """The table for "en", "en-GB" or "EN_us"; for a language without one, a table of nothing."""
    return _BY_CODE.get(code[:2].lower(), UNKNOWN)
