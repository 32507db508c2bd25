"""Dutch."""

from inference.turns.languages.table import Language, phrases

LANGUAGE = Language(
    code="nl",
    hesitations=phrases("eh, uhm"),
    backchannels=phrases("ja, hm hm, oké"),
    politeness=phrases("alstublieft, dank u"),
    hanging=phrases("en, of, maar, de, het, een, ik wil"),
    complete=phrases("ja, nee, dag"),
    yes_no=phrases("ja, nee"),
)
