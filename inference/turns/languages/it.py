"""Italian."""

from inference.turns.languages.table import Language, phrases

LANGUAGE = Language(
    code="it",
    hesitations=phrases("ehm, eh"),
    backchannels=phrases("sì, mhm, va bene"),
    politeness=phrases("per favore, grazie"),
    hanging=phrases("e, o, ma, di, il, la, un, una, vorrei"),
    complete=phrases("sì, no, arrivederci"),
    yes_no=phrases("sì, no"),
)
