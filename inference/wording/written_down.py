"""What a listener writes down: addresses, telephone numbers, codes, spelt words.

The patterns know no language. They are bounded, so no text takes long to look through.
"""

import re

_CAPITAL = "A-ZÀ-ÖØ-Þ"
_TOP_LEVELS = (
    "com|org|net|info|biz|edu|gov|io|ai|app|dev|eu|de|at|ch|fr|be|lu|es|it|nl|uk|ie|pt|pl|dk|se|no"
    "|fi|cz|us|ca|au|nz|me|online|shop|health|clinic|care|berlin|koeln|hamburg|wien|barcelona"
)

EMAIL = r"(?<![\w.+-])\w[\w.+-]{0,63}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}"
WEB = (
    r"(?:https?://|(?<![\w.])www\.)[^\s<>\"',;()]{1,200}[\w/]"
    rf"|(?<![\w@.-])[a-zA-Z0-9-]{{1,63}}(?:\.[a-zA-Z0-9-]{{1,63}}){{0,4}}\.(?:{_TOP_LEVELS})(?![\w@-])"
    r"(?:/[\w/.~%?=&#+-]{0,200}[\w/])?"
)
IBAN = r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?(?!\w)"
ISO_DATE = r"(?<![\w-])\d{4}-\d{2}-\d{2}(?![\w-])"
DATE = r"(?<![\w/.-])\d{1,2}(?P<sep>[/.-]) ?\d{1,2}(?P=sep) ?(?:\d{4}|\d{2})(?![\w/-]|\.\d)"
PHONE = (
    r"(?:\+ ?\d(?:[ ()/.-]{0,3}\d){6,17}"
    r"|(?<![\w.,])\(\+?\d{2,5}\)(?:[ /.-]{0,3}\d){4,12}"
    r"|(?<![\w.,:/-])0(?=(?:[ /-]{0,3}\d){5})\d{1,5}(?:[ /-]{1,3}\d{2,8}){1,5}"
    r"|(?<![\w.,:/-])(?:1[ .-])?\d{3}(?P<nanp>[. -])\d{3}(?P=nanp)\d{4}"
    r"|(?<![\w.,:/-])\d{3}-\d{4}"
    r"|(?<![\w.,:/-])\d{2,3}(?: \d{2}){3,4}"
    r"|(?<![\w.,:/-])\d{4}(?:[ -]\d{4}){2,3}"
    r"|(?<![\w.,:/-])0\d{1,30}|(?<![\w.,:/-])\d{7,40})(?![\w]|[.,:/-]\d)"
)
CODE = (
    r"(?<![\w-])(?=[A-Z-]{0,12}\d)(?=[\d-]{0,12}[A-Z])[A-Z\d]{1,14}(?:-[A-Z\d]{1,14}){0,4}"
    r"(?![\w]|-\w)"
)
SPELT = (
    rf"(?<![\w-])[{_CAPITAL}](?:-[{_CAPITAL}\d]){{2,40}}(?![\w-])"
    rf"|(?<![\w-])[{_CAPITAL}](?: [{_CAPITAL}\d]){{2,40}}(?![\w-])"
)

_ANY = re.compile(
    f"(?P<email>{EMAIL})|(?P<web>{WEB})|(?P<iban>{IBAN})|(?P<date>{ISO_DATE}|{DATE})"
    f"|(?P<phone>{PHONE})|(?P<code>{CODE})|(?P<spelt>{SPELT})"
)


def is_written_down(text: str) -> bool:
    """Whether the text holds something a listener takes down sign by sign; a date is not."""
    return any(match.lastgroup != "date" for match in _ANY.finditer(text))
