"""The tables there are, by their code."""

from inference.wording.languages import de, en, es, fr, it, nl

LANGUAGES = {table.LANGUAGE.code: table.LANGUAGE for table in (de, en, es, fr, it, nl)}
