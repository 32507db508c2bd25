"""Dutch."""

from inference.wording.languages.table import Counted, Language, Moment, Money
from inference.wording.numbers import number_words


def _words(number: int) -> str:
    return number_words(number, "nl") or str(number)


def say_date(day: int, month: str, year: str, _before: str) -> str:
    return f"{_words(day)} {month}" + (f" {year}" if year else "")


def say_time(at: Moment) -> str:
    return f"{_words(at.hour)} uur" + (f" {_words(at.minute)}" if at.minute else "")


def say_ordinal(number: int, _mark: str, _before: str) -> str | None:
    return number_words(number, "nl", "ordinal")


LANGUAGE = Language(
    code="nl",
    digits=("nul", "één", "twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen"),
    months=(
        "januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september",
        "oktober", "november", "december",
    ),
    month_names={"jan": 1, "feb": 2, "mrt": 3, "apr": 4, "aug": 8, "sep": 9, "sept": 9,
                 "okt": 10, "nov": 11, "dec": 12},
    weekdays={
        "ma": "maandag", "di": "dinsdag", "wo": "woensdag", "do": "donderdag", "vr": "vrijdag",
        "za": "zaterdag", "zo": "zondag",
    },
    say_date=say_date,
    say_time=say_time,
    say_ordinal=say_ordinal,
    point="komma",
    minus="min",
    plus="plus",
    to="tot",
    percent="procent",
    per="per",
    number="nummer",
    ampersand="en",
    thousands=".",
    fraction_is_number=True,
    years_in_hundreds=True,
    year_cues=("in", "sinds", "jaar", "van", "tot", "uit"),
    digit_cues=("toestel", "code", "pincode", "postcode", "klantnummer", "ordernummer"),
    after_hour=r" ?u(?:ur)?(?![\w])",
    ordinal_mark=r"(?:e|de|ste)(?!\w)",
    money={
        "€": Money("één euro", "euro", Counted("één cent", "cent")),
        "$": Money("één dollar", "dollar", Counted("één cent", "cent")),
        "£": Money("één pond", "pond", Counted("één penny", "pence")),
        "¥": Money("één yen", "yen"),
        "CHF": Money("één Zwitserse frank", "Zwitserse frank", Counted("één rappen", "rappen")),
    },
    units={
        "km": Counted("één kilometer", "kilometer"),
        "m": Counted("één meter", "meter"),
        "cm": Counted("één centimeter", "centimeter"),
        "mm": Counted("één millimeter", "millimeter"),
        "kg": Counted("één kilo", "kilo"),
        "g": Counted("één gram", "gram"),
        "mg": Counted("één milligram", "milligram"),
        "l": Counted("één liter", "liter"),
        "ml": Counted("één milliliter", "milliliter"),
        "min": Counted("één minuut", "minuten"),
        "°C": Counted("één graad", "graden"),
        "°": Counted("één graad", "graden"),
        "km/u": Counted("één kilometer per uur", "kilometer per uur"),
        "kWh": Counted("één kilowattuur", "kilowattuur"),
        "m²": Counted("één vierkante meter", "vierkante meter"),
    },
    signs={
        "@": "apenstaartje", ".": "punt", "-": "streepje", "_": "laag streepje",
        "/": "schuine streep", "+": "plus", ":": "dubbele punt", "?": "vraagteken",
        "=": "is gelijk aan", "&": "en", "#": "hekje", "~": "tilde", "%": "procent",
    },
    abbreviations={
        "dhr.": "de heer", "Dhr.": "de heer", "mevr.": "mevrouw", "Mevr.": "mevrouw",
        "mw.": "mevrouw", "Mw.": "mevrouw", "dr.": "dokter", "Dr.": "dokter",
        "prof.": "professor", "Prof.": "professor", "drs.": "doctorandus", "bijv.":
        "bijvoorbeeld", "bv.": "bijvoorbeeld", "d.w.z.": "dat wil zeggen", "enz.": "enzovoort",
        "etc.": "et cetera", "o.a.": "onder andere", "m.b.t.": "met betrekking tot",
        "t.a.v.": "ter attentie van", "i.p.v.": "in plaats van", "a.u.b.": "alstublieft",
        "ca.": "circa", "incl.": "inclusief", "excl.": "exclusief", "max.": "maximaal",
        "min.": "minimaal", "tel.": "telefoon", "Tel.": "Telefoon", "1/2": "een half",
        "1/4": "een kwart", "3/4": "driekwart", "½": "een half", "¼": "een kwart",
        "¾": "driekwart", "24/7": "vierentwintig uur per dag",
    },
    before_number={"nr.": "nummer", "Nr.": "nummer", "no.": "nummer", "blz.": "bladzijde"},
    endings={"str.": "straat"},
)  # fmt: skip
