"""Spanish."""

from inference.turns.languages.table import Language, phrases

LANGUAGE = Language(
    code="es",
    hesitations=phrases("eh, este"),
    backchannels=phrases("sí, ajá, vale"),
    politeness=phrases("por favor, gracias"),
    hanging=phrases("y, o, pero, de, el, la, un, una, quiero"),
    complete=phrases("sí, no, adiós"),
    yes_no=phrases("sí, no"),
)
