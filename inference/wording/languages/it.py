"""Italian."""

import re

from inference.wording.languages.table import Counted, Language, Moment, Money
from inference.wording.numbers import number_words


def _words(number: int) -> str:
    return number_words(number, "it") or str(number)


def one(after: str) -> str:
    """ "un giorno", "una settimana"."""
    noun = re.match(r" ([a-zàèéìòù]{3,})", after)
    if not noun:
        return "uno"
    return "una" if noun[1].endswith(("a", "ione")) and noun[1] != "problema" else "un"


def say_date(day: int, month: str, year: str, _before: str) -> str:
    return f"{'primo' if day == 1 else _words(day)} {month}" + (f" {year}" if year else "")


def say_time(at: Moment) -> str:
    hour = {0: "zero", 1: "una"}.get(at.hour, _words(at.hour))
    return hour + (f" e {_words(at.minute)}" if at.minute else "")


def say_ordinal(number: int, mark: str, _before: str) -> str | None:
    words = number_words(number, "it", "ordinal")
    return f"{words[:-1]}a" if words and mark == "ª" else words


LANGUAGE = Language(
    code="it",
    digits=("zero", "uno", "due", "tre", "quattro", "cinque", "sei", "sette", "otto", "nove"),
    months=(
        "gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto",
        "settembre", "ottobre", "novembre", "dicembre",
    ),
    weekdays={
        "lun": "lunedì", "mar": "martedì", "mer": "mercoledì", "gio": "giovedì",
        "ven": "venerdì", "sab": "sabato", "dom": "domenica",
    },
    say_date=say_date,
    say_time=say_time,
    say_ordinal=say_ordinal,
    point="virgola",
    minus="meno",
    plus="più",
    to="a",
    percent="per cento",
    per="al",
    number="numero",
    ampersand="e",
    thousands=".",
    fraction_is_number=True,
    one=one,
    phone=r"(?<![\w.,:/-])3\d{2}[ .-]?\d{3}[ .-]?\d{3,4}(?![\w]|[.,:/-]\d)",
    digit_cues=("interno", "codice", "PIN", "CAP", "codice postale", "riferimento", "pratica"),
    after_day=r"[º°]? ",
    ordinal_mark=r"[º°ª](?!\w)",
    money={
        "€": Money("un euro", "euro", Counted("un centesimo", "centesimi")),
        "$": Money("un dollaro", "dollari", Counted("un centesimo", "centesimi")),
        "£": Money("una sterlina", "sterline", Counted("un penny", "penny")),
        "¥": Money("uno yen", "yen"),
        "CHF": Money("un franco", "franchi", Counted("un centesimo", "centesimi")),
    },
    cents_after=" e ",
    cents_are_named=True,
    units={
        "km": Counted("un chilometro", "chilometri"),
        "m": Counted("un metro", "metri"),
        "cm": Counted("un centimetro", "centimetri"),
        "mm": Counted("un millimetro", "millimetri"),
        "kg": Counted("un chilo", "chili"),
        "g": Counted("un grammo", "grammi"),
        "mg": Counted("un milligrammo", "milligrammi"),
        "l": Counted("un litro", "litri"),
        "ml": Counted("un millilitro", "millilitri"),
        "min": Counted("un minuto", "minuti"),
        "h": Counted("un'ora", "ore"),
        "°C": Counted("un grado", "gradi"),
        "°": Counted("un grado", "gradi"),
        "km/h": Counted("un chilometro orario", "chilometri orari"),
        "kWh": Counted("un chilowattora", "chilowattora"),
        "m²": Counted("un metro quadrato", "metri quadrati"),
        "mq": Counted("un metro quadrato", "metri quadrati"),
    },
    signs={
        "@": "chiocciola", ".": "punto", "-": "trattino", "_": "trattino basso", "/": "barra",
        "+": "più", ":": "due punti", "?": "punto interrogativo", "=": "uguale", "&": "e",
        "#": "cancelletto", "~": "tilde", "%": "per cento",
    },
    abbreviations={
        "Sig.": "Signor", "sig.": "signor", "Sig.ra": "Signora", "sig.ra": "signora",
        "Dott.": "Dottor", "dott.": "dottor", "Dott.ssa": "Dottoressa", "dott.ssa": "dottoressa",
        "Dr.": "Dottor", "Prof.": "Professor", "Prof.ssa": "Professoressa", "Ing.": "Ingegner",
        "Avv.": "Avvocato", "ecc.": "eccetera", "es.": "esempio", "ca.": "circa",
        "tel.": "telefono", "Tel.": "Telefono", "P.zza": "Piazza", "V.le": "Viale",
        "C.so": "Corso", "max.": "massimo", "min.": "minimo", "1/2": "mezzo", "1/4": "un quarto",
        "3/4": "tre quarti", "½": "mezzo", "¼": "un quarto", "¾": "tre quarti",
        "24/7": "ventiquattro ore su ventiquattro",
    },
    before_number={"n.": "numero", "N.": "numero", "n°": "numero", "nr.": "numero",
                   "pag.": "pagina"},
)  # fmt: skip
