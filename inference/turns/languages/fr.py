"""French."""

from inference.turns.languages.table import Language, phrases

LANGUAGE = Language(
    code="fr",
    hesitations=phrases("euh, hum"),
    backchannels=phrases("oui, mhm, d accord, ok"),
    politeness=phrases("merci, s il vous plaît"),
    hanging=phrases("et, ou, mais, de, le, la, un, une, je voudrais"),
    complete=phrases("oui, non, au revoir"),
    yes_no=phrases("oui, non"),
)
