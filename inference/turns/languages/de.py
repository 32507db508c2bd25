"""German."""

from inference.turns.languages.table import Language, phrases

LANGUAGE = Language(
    code="de",
    hesitations=phrases("äh, ähm, hm"),
    backchannels=phrases("ja, mhm, okay, genau"),
    politeness=phrases("bitte, danke"),
    hanging=phrases("und, oder, aber, weil, der, die, das, ein, eine, einen, ich möchte"),
    complete=phrases("ja, nein, tschüss"),
    yes_no=phrases("ja, nein"),
)
