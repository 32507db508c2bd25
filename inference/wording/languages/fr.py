"""French."""

from inference.wording.languages.table import Counted, Language, Moment, Money
from inference.wording.numbers import number_words


def _words(number: int) -> str:
    return number_words(number, "fr") or str(number)


def say_date(day: int, month: str, year: str, _before: str) -> str:
    return f"{'premier' if day == 1 else _words(day)} {month}" + (f" {year}" if year else "")


def say_time(at: Moment) -> str:
    hour = f"{_words(at.hour)}e" if at.hour in (1, 21) else _words(at.hour)
    word = "heure" if at.hour < 2 else "heures"
    return f"{hour} {word}" + (f" {_words(at.minute)}" if at.minute else "")


def say_ordinal(number: int, mark: str, _before: str) -> str | None:
    if number == 1:
        return "première" if mark in ("re", "ère") else "premier"
    return number_words(number, "fr", "ordinal")


LANGUAGE = Language(
    code="fr",
    digits=("zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"),
    months=(
        "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre",
        "octobre", "novembre", "décembre",
    ),
    month_names={"janv": 1, "févr": 2, "avr": 4, "juil": 7, "sept": 9, "oct": 10, "nov": 11,
                 "déc": 12},
    weekdays={
        "lun": "lundi", "mar": "mardi", "mer": "mercredi", "jeu": "jeudi", "ven": "vendredi",
        "sam": "samedi", "dim": "dimanche",
    },
    say_date=say_date,
    say_time=say_time,
    say_ordinal=say_ordinal,
    point="virgule",
    minus="moins",
    plus="plus",
    to="à",
    percent="pour cent",
    per="par",
    number="numéro",
    ampersand="et",
    thousands=".",
    thousands_may_be_blanks=True,
    fraction_is_number=True,
    pairs=True,
    digit_cues=("poste", "code", "PIN", "code postal", "référence", "dossier"),
    after_day=r"(?:er)? ",
    after_hour=r" ?h(?:eures?)?(?![^\W\d])",
    ordinal_mark=r"(?:ers?|res?|ères?|es?|èmes?|nde?)(?!\w)",
    money={
        "€": Money("un euro", "euros", Counted("un centime", "centimes")),
        "$": Money("un dollar", "dollars", Counted("un cent", "cents")),
        "£": Money("une livre", "livres", Counted("un penny", "pence")),
        "¥": Money("un yen", "yens"),
        "CHF": Money("un franc suisse", "francs suisses", Counted("un centime", "centimes")),
    },
    units={
        "km": Counted("un kilomètre", "kilomètres"),
        "m": Counted("un mètre", "mètres"),
        "cm": Counted("un centimètre", "centimètres"),
        "mm": Counted("un millimètre", "millimètres"),
        "kg": Counted("un kilo", "kilos"),
        "g": Counted("un gramme", "grammes"),
        "mg": Counted("un milligramme", "milligrammes"),
        "l": Counted("un litre", "litres"),
        "ml": Counted("un millilitre", "millilitres"),
        "min": Counted("une minute", "minutes"),
        "°C": Counted("un degré", "degrés"),
        "°": Counted("un degré", "degrés"),
        "km/h": Counted("un kilomètre heure", "kilomètres heure"),
        "kWh": Counted("un kilowattheure", "kilowattheures"),
        "m²": Counted("un mètre carré", "mètres carrés"),
    },
    signs={
        "@": "arobase", ".": "point", "-": "tiret", "_": "tiret bas", "/": "barre oblique",
        "+": "plus", ":": "deux points", "?": "point d'interrogation", "=": "égale", "&": "et",
        "#": "dièse", "~": "tilde", "%": "pour cent",
    },
    letters={"Y": "i grec"},
    abbreviations={
        "M.": "Monsieur", "Mme": "Madame", "Mmes": "Mesdames", "Mlle": "Mademoiselle",
        "MM.": "Messieurs", "Dr": "Docteur", "Dr.": "Docteur", "Pr": "Professeur",
        "Pr.": "Professeur", "av.": "avenue", "bd": "boulevard", "bd.": "boulevard",
        "Bd": "Boulevard", "p. ex.": "par exemple", "c.-à-d.": "c'est-à-dire",
        "etc.": "et cetera", "env.": "environ", "tél.": "téléphone", "Tél.": "Téléphone",
        "St": "Saint", "Ste": "Sainte", "max.": "maximum", "min.": "minimum",
        "rdv": "rendez-vous", "RDV": "rendez-vous", "svp": "s'il vous plaît",
        "1/2": "un demi", "1/4": "un quart", "3/4": "trois quarts", "½": "un demi",
        "¼": "un quart", "¾": "trois quarts", "24/7": "vingt-quatre heures sur vingt-quatre",
        "24h/24": "vingt-quatre heures sur vingt-quatre", "7j/7": "sept jours sur sept",
    },
    before_number={"n°": "numéro", "N°": "numéro", "no.": "numéro", "p.": "page"},
)  # fmt: skip
