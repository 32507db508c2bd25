"""English."""

from inference.turns.languages.table import Language, phrases

LANGUAGE = Language(
    code="en",
    hesitations=phrases("um, uh, erm, er, hmm, hm, uhm"),
    backchannels=phrases("mm hm, mhm, uh huh, yeah, yes, okay, ok, right, i see, mm, sure"),
    politeness=phrases("please, thank you, thanks"),
    hanging=phrases("and, or, but, because, my number is, i'd like, to, the, a, an, of, my, is"),
    complete=phrases("yes, no, that's all, goodbye, bye, yeah"),
    closing=phrases("that's all, that's it, goodbye, bye"),
    yes_no=phrases("yes, no, yeah, yep, nope"),
)
