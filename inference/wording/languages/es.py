"""Spanish."""

import re

from inference.wording.languages.table import Counted, Language, Moment, Money
from inference.wording.numbers import number_words


def _words(number: int) -> str:
    return number_words(number, "es") or str(number)


def _before_noun(words: str) -> str:
    return re.sub(r"uno$", "un", words.replace("veintiuno", "veintiún"))


def one(after: str) -> str:
    """ "un día", "una hora"."""
    noun = re.match(r" ([a-záéíóúñ]{3,})", after)
    if not noun:
        return "uno"
    is_feminine = noun[1].endswith(("a", "ión", "dad")) and noun[1] not in ("día", "programa")
    return "una" if is_feminine else "un"


def say_date(day: int, month: str, year: str, _before: str) -> str:
    said = "primero" if day == 1 else _words(day)
    return f"{said} de {month}" + (f" de {year}" if year else "")


def say_time(at: Moment) -> str:
    hour = {1: "una", 21: "veintiuna"}.get(at.hour, _words(at.hour))
    half = {"a": " de la mañana", "p": " de la tarde"}.get(at.half, "")
    if at.hour > 12 or at.hour == 0:
        return f"{hour} {_words(at.minute)}" if at.minute else f"{hour} horas"
    part = {0: "", 15: " y cuarto", 30: " y media"}.get(at.minute, f" y {_words(at.minute)}")
    return hour + (part or ("" if half or at.hour == 1 else " en punto")) + half


def say_ordinal(number: int, mark: str, _before: str) -> str | None:
    words = number_words(number, "es", "ordinal")
    return re.sub(r"o\b", "a", words) if words and mark.endswith("ª") else words


LANGUAGE = Language(
    code="es",
    digits=("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"),
    months=(
        "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre",
        "octubre", "noviembre", "diciembre",
    ),
    month_names={"setiembre": 9},
    weekdays={
        "lun": "lunes", "mar": "martes", "mié": "miércoles", "jue": "jueves", "vie": "viernes",
        "sáb": "sábado", "dom": "domingo",
    },
    say_date=say_date,
    say_time=say_time,
    say_ordinal=say_ordinal,
    point="coma",
    minus="menos",
    plus="más",
    to="a",
    percent="por ciento",
    per="por",
    number="número",
    ampersand="y",
    thousands=".",
    thousands_may_be_blanks=True,
    fraction_is_number=True,
    before_noun=_before_noun,
    one=one,
    phone=r"(?<![\w.,:/-])[6-9]\d{2} ?\d{3} ?\d{3}(?![\w]|[.,:/-]\d)",
    digit_cues=("extensión", "ext.", "código", "PIN", "código postal", "referencia"),
    after_day=r" de ",
    before_year=r" del? ",
    after_hour=r" ?[AaPp]\. ?[Mm]\.| ?h(?![\w])| horas",
    ordinal_mark=r"\.?[ºª°](?!\w)",
    money={
        "€": Money("un euro", "euros", Counted("un céntimo", "céntimos")),
        "$": Money("un dólar", "dólares", Counted("un centavo", "centavos")),
        "£": Money("una libra", "libras", Counted("un penique", "peniques")),
        "¥": Money("un yen", "yenes"),
        "CHF": Money("un franco suizo", "francos suizos", Counted("un céntimo", "céntimos")),
    },
    cents_after=" con ",
    cents_are_named=True,
    units={
        "km": Counted("un kilómetro", "kilómetros"),
        "m": Counted("un metro", "metros"),
        "cm": Counted("un centímetro", "centímetros"),
        "mm": Counted("un milímetro", "milímetros"),
        "kg": Counted("un kilo", "kilos"),
        "g": Counted("un gramo", "gramos"),
        "mg": Counted("un miligramo", "miligramos"),
        "l": Counted("un litro", "litros"),
        "ml": Counted("un mililitro", "mililitros"),
        "min": Counted("un minuto", "minutos"),
        "°C": Counted("un grado", "grados"),
        "°": Counted("un grado", "grados"),
        "km/h": Counted("un kilómetro por hora", "kilómetros por hora"),
        "kWh": Counted("un kilovatio hora", "kilovatios hora"),
        "m²": Counted("un metro cuadrado", "metros cuadrados"),
    },
    signs={
        "@": "arroba", ".": "punto", "-": "guion", "_": "guion bajo", "/": "barra",
        "+": "más", ":": "dos puntos", "?": "interrogación", "=": "igual", "&": "y",
        "#": "almohadilla", "~": "virgulilla", "%": "por ciento",
    },
    letters={"Y": "i griega"},
    abbreviations={
        "Sr.": "Señor", "Sra.": "Señora", "Srta.": "Señorita", "Dr.": "Doctor",
        "Dra.": "Doctora", "Dña.": "Doña", "Ud.": "usted", "Uds.": "ustedes",
        "p. ej.": "por ejemplo", "etc.": "etcétera", "aprox.": "aproximadamente",
        "Avda.": "Avenida", "Av.": "Avenida", "C/": "Calle", "pza.": "plaza", "Pza.": "Plaza",
        "tel.": "teléfono", "Tel.": "Teléfono", "tfno.": "teléfono", "máx.": "máximo",
        "mín.": "mínimo", "EE. UU.": "Estados Unidos", "1/2": "medio", "1/4": "un cuarto",
        "3/4": "tres cuartos", "½": "medio", "¼": "un cuarto", "¾": "tres cuartos",
        "24/7": "las veinticuatro horas",
    },
    before_number={"n.º": "número", "nº": "número", "N.º": "número", "Nº": "número",
                   "núm.": "número", "pág.": "página"},
)  # fmt: skip
