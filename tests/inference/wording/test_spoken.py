"""What is written in signs, as each language says it."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.wording.languages.all import LANGUAGES
from inference.wording.numbers import LARGEST, number_words
from inference.wording.spoken import spoken_form


def test_what_every_caller_is_told_is_said_as_a_person_would():
    text = "Call 0171 2345678 by 03/04/2026, it is €1,250.50, or write to info@example.com."
    assert spoken_form(text, "en") == (
        "Call zero one seven one, two three four, five six seven eight by March fourth, twenty "
        "twenty-six, it is one thousand two hundred and fifty euros and fifty cents, or write to "
        "info at example dot com."
    )


def test_and_in_german():
    text = "0171 2345678, am 03/04/2026 für €1,250.50, sonst 1.250,50 €, info@praxis-meyer.de."
    assert spoken_form(text, "de") == (
        "null eins sieben eins, zwei drei vier, fünf sechs sieben acht, am dritten April "
        "zweitausendsechsundzwanzig für eintausendzweihundertfünfzig Euro fünfzig, sonst "
        "eintausendzweihundertfünfzig Euro fünfzig, info at praxis Bindestrich meyer Punkt D E."
    )


SAID = {
    "en": {
        # numbers
        "1 of 2, 3 left": "one of two, three left",
        "1,234,567 or -5 or 3.14": "one million two hundred and thirty-four thousand five hundred "
        "and sixty-seven or minus five or three point one four",
        "50% and 12.5 %": "fifty percent and twelve point five percent",
        "the 1st, the 22nd": "the first, the twenty-second",
        "9-17, 8–12, 3 – 4": "nine to seventeen, eight to twelve, three to four",
        "24/7 and 1/2 of it, 5/8": "twenty-four seven and one half of it, 5/8",
        "version 3.11.7": "version three dot eleven dot seven",
        # telephone numbers
        "+49 171 2345678": "plus four nine, one seven one, two three four, five six seven eight",
        "(555) 010-9999": "five five five, zero one zero, nine nine nine nine",
        "555-0199": "five five five, zero one nine nine",
        "1-800-555-0199": "one, eight zero zero, five five five, zero one nine nine",
        "12345678": "one two three four, five six seven eight",
        "extension 204, code: 4711": "extension two zero four, code: four seven one one",
        "agent 007": "agent zero zero seven",
        # dates and years
        "04/15/2026 or 15/04/2026": "April fifteenth, twenty twenty-six or April fifteenth, twenty "
        "twenty-six",
        "2026-04-03": "April third, twenty twenty-six",
        "March 3, 2026 and March 3rd": "March third, twenty twenty-six and March third",
        "the 3rd of May 2026": "the third of May, twenty twenty-six",
        "on 3 May": "on May third",
        "in 2026, since 1985, in 1750, 2005": "in twenty twenty-six, since nineteen eighty-five, "
        "in seventeen fifty, two thousand and five",
        "1750 people, 2020-2024": "one thousand seven hundred and fifty people, twenty twenty to "
        "twenty twenty-four",
        "99/99/2026": "99/99/2026",
        # times
        "9:30, 9:05, 9:00": "nine thirty, nine oh five, nine o'clock",
        "17:00, 0:15, 12:30": "five p.m., twelve fifteen a.m., twelve thirty",
        "9am to 5 p.m.": "nine a.m. to five p.m.",
        "At 9pm. Bye.": "At nine p.m. Bye.",
        "Mon-Fri 9:00–17:30": "Monday to Friday nine o'clock to five thirty p.m.",
        "25:00 or 9:75": "25:00 or 9:75",
        # money
        "$5, £3, €1": "five dollars, three pounds, one euro",
        "12,50 € and $5.99": "twelve euros and fifty cents and five dollars and ninety-nine cents",
        "€0.50, -€5, £0.01": "fifty cents, minus five euros, one penny",
        "€5 million, 20 CHF": "five million euros, twenty Swiss francs",
        # units
        "5 km, 1 kg, 20 min, -5 °C": "five kilometres, one kilogram, twenty minutes, minus five "
        "degrees Celsius",
        "1.5 km at 50 km/h": "one point five kilometres at fifty kilometres an hour",
        # addresses
        "first.last_2@my-shop.co.uk": "first dot last underscore two at my hyphen shop dot co dot "
        "U K",
        "See www.example.com/a-b.": "See W W W dot example dot com slash A, hyphen B.",
        "https://gmx.de": "G M X dot D E",
        # codes and letters
        "A12B, B12, MP3, AB-1234": "A, one two B, B twelve, M P three, A, B, one two three four",
        "COVID-19": "COVID nineteen",
        "M-E-Y-E-R or M E Y E R": "M, E, Y, E, R or M, E, Y, E, R",
        "DE89 3704 0044 0532 0130 00": "D E eight nine, three seven zero four, zero zero four "
        "four, zero five three two, zero one three zero, zero zero",
        "flat 12a": "flat twelve A",
        # abbreviations
        "Dr. Smith, Mr. and Mrs. Lee": "Doctor Smith, Mister and Missus Lee",
        "St. Mary at 12 Main St., room #5": "Saint Mary at twelve Main Street, room number five",
        "Ask e.g. for No. 5, etc.": "Ask for example for number five, et cetera.",
        "Fish & chips": "Fish and chips",
        "Room 12B, order #12345": "Room twelve B, order number one two, three four five",
        # signs between and beside
        "10-15% off, $20/month, call 911": "ten to fifteen percent off, twenty dollars a month, "
        "call nine one one",
        "May 3-5, 2 1/2 hours, +5, 1+1=2": "May third to fifth, two and a half hours, plus five, "
        "one plus one equals two",
        "On 3 May. In 1 hour": "On May third. In one hour",
        "US$5, 50 euros, 2,50 Euro": "five dollars, fifty euros, two euros and fifty cents",
        # nothing to say differently
        "We're open. Tom's, isn't it? No.": "We're open. Tom's, isn't it? No.",
        "the 1990s, 90s, b2b, 6'2": "the 1990s, 90s, b2b, 6'2",
    },
    "en-GB": {
        "03/04/2026": "the third of April, twenty twenty-six",
        "on the 3 March": "on the third of March",
    },
    "en-US": {"03/04/2026": "March fourth, twenty twenty-six"},
    "de": {
        "am 3. April, der 3. April, 3. April": "am dritten April, der dritte April, dritter April",
        "im 2. Stock, das 1. Mal": "im zweiten Stock, das erste Mal",
        "am 3. und 4. April, 8.–10. April": "am dritten und vierten April, achte bis zehnter April",
        "Ich habe 3. Das ist gut, in der 3. Etage": "Ich habe drei. Das ist gut, in der dritten "
        "Etage",
        "1.500,- €, 12,50 Euro, 10 €/Monat": "eintausendfünfhundert Euro, zwölf Euro fünfzig, "
        "zehn Euro pro Monat",
        "bis 03.04.": "bis dritten April.",
        "9:30, 17:00 Uhr, 9.30 Uhr, 1 Uhr": "neun Uhr dreißig, siebzehn Uhr, neun Uhr dreißig, "
        "ein Uhr",
        "Mo–Fr 9–17 Uhr": "Montag bis Freitag neun bis siebzehn Uhr",
        "1 Tag, 1 Stunde, Taste 1": "ein Tag, eine Stunde, Taste eins",
        "1 €, 12,50 €, 3,14, 1.234": "ein Euro, zwölf Euro fünfzig, drei Komma eins vier, "
        "eintausendzweihundertvierunddreißig",
        "z. B. z.B. Hauptstr. 5, usw.": "zum Beispiel zum Beispiel Hauptstraße fünf, und so "
        "weiter.",
        "Fr. Meier, Fr. von 9 Uhr an": "Frau Meier, Freitag von neun Uhr an",
        "Nr. 7, Durchwahl 204, § 5": "Nummer sieben, Durchwahl zwei null vier, Paragraph fünf",
        "seit 1985, im Jahr 2026": "seit neunzehnhundertfünfundachtzig, im Jahr "
        "zweitausendsechsundzwanzig",
        "A12B, 50 %, -5 °C": "A eins zwei B, fünfzig Prozent, minus fünf Grad Celsius",
    },
    "fr": {
        "01 23 45 67 89": "zéro un, vingt-trois, quarante-cinq, soixante-sept, quatre-vingt-neuf",
        "le 03/04/2026, le 1er mai": "le trois avril deux mille vingt-six, le premier mai",
        "9h30, 17 h, 1:00": "neuf heures trente, dix-sept heures, une heure",
        "1 250,50 € et 3,14": "mille deux cent cinquante euros cinquante et trois virgule quatorze",
        "M. Dupont, n° 5, 2e": "Monsieur Dupont, numéro cinq, deuxième",
        "info@exemple.fr": "info arobase exemple point F R",
    },
    "fr-CH": {"71 et 95": "septante et un et nonante-cinq"},
    "es": {
        "612 345 678": "seis uno dos, tres cuatro cinco, seis siete ocho",
        "el 1 de mayo de 2026": "el primero de mayo de dos mil veintiséis",
        "a las 9:30, 17:00, 9:00": "a las nueve y media, diecisiete horas, nueve en punto",
        "1.250,50 €, 21 €": "mil doscientos cincuenta euros con cincuenta céntimos, veintiún euros",
        "1 día, 1 hora, 1.ª": "un día, una hora, primera",
        "Sra. García, info@ejemplo.es": "Señora García, info arroba ejemplo punto E S",
    },
    "it": {
        "333 1234567": "tre tre tre, uno due tre, quattro cinque sei sette",
        "3 aprile 2026, alle 9:30": "tre aprile duemilaventisei, alle nove e trenta",
        "€ 1.250,50": "milleduecentocinquanta euro e cinquanta centesimi",
        "1 giorno, Sig.ra Rossi": "un giorno, Signora Rossi",
        "info@esempio.it": "info chiocciola esempio punto I T",
    },
    "nl": {
        "06-12345678": "nul zes, één twee drie vier, vijf zes zeven acht",
        "03/04/2026 om 9:30 uur": "drie april tweeduizendzesentwintig om negen uur dertig",
        "€ 1.250,50": "duizendtweehonderdvijftig euro vijftig",
        "dhr. Jansen, bijv. in 1985": "de heer Jansen, bijvoorbeeld in "
        "negentienhonderdvijfentachtig",
    },
    "pl": {"Mam 25 lat, 0171 2345678.": "Mam dwadzieścia pięć lat, 0171 2345678."},
    "xx": {"25 is 25": "25 is 25"},
}


@pytest.mark.parametrize(
    ("language", "written", "spoken"),
    [(language, *pair) for language, said in SAID.items() for pair in said.items()],
)
def test_signs_are_said_in_words(language, written, spoken):
    assert spoken_form(written, language) == spoken


def test_a_name_is_pronounced_as_the_agent_was_told_in_any_case():
    told = (("Nguyen", "win"), ("SQL", "sequel"))
    assert spoken_form("Dr. nguyen knows SQL.", "en", told) == "Doctor win knows sequel."


def test_the_longest_name_comes_first_and_only_whole_words_count():
    told = (("Acme", "ackmee"), ("Acme 24", "ackmee round the clock"))
    said = spoken_form("Acme 24, acme's Acmetown, Acme.", "en", told)
    assert said == "ackmee round the clock, ackmee's Acmetown, ackmee."


def test_a_pronunciation_is_said_exactly_so():
    told = (("Route", "A12B 5 km"), ("km", "kay em"), ("a12b", "no"))
    assert spoken_form("Route 5 km", "en", told) == "A12B 5 km five kay em"


def test_an_address_is_not_pronounced_but_spelt():
    told = (("Acme", "ackmee"),)
    assert spoken_form("info@acme.com", "en", told) == "info at acme dot com"


def test_an_empty_pronunciation_changes_nothing():
    assert spoken_form("a b", "en", (("", "x"), (" ", "y"))) == "a b"


def test_numbers_nobody_has_words_for_are_left():
    assert number_words(LARGEST, "en") is None
    assert number_words(5, "xx") is None
    assert number_words(-5, "pl") in (None, "minus pięć")


PIECES = (
    "1", "23", "2026", "0171", "000", ".", ",", "-", "–", "/", ":", " ", "  ", "€", "$", "%", "°C",
    "km", "@", "a", "A", "B", "example", "com", ".de", "+49", "(", ")", "#", "&", "am", "p.m.",
    " Uhr", "h", "Mon", "Fr.", "April", "St.", "Dr.", "No. ", "z. B.", "st", "º", "ª", "\n", "’",
    "½", "²", "٣", "५", "İ", "ß", "'", "https://", "www.", "EUR", "M-E-Y", "DE89 3704", "million",
)  # fmt: skip
texts = st.lists(st.sampled_from(PIECES), max_size=25).map("".join) | st.text(max_size=60)


@given(text=texts, language=st.sampled_from([*LANGUAGES, "en-GB", "fr-CH", "pl", "ja", "xx", ""]))
@settings(max_examples=600, deadline=None)
def test_no_text_makes_it_fail(text, language):
    spoken = spoken_form(text, language, (("example", "sample"),))
    assert text.isspace() or not text or spoken


@given(text=texts, word=st.text(min_size=1, max_size=3))
@settings(max_examples=200, deadline=None)
def test_no_pronunciation_makes_it_fail(text, word):
    assert isinstance(spoken_form(text, "en", ((word, "so"),)), str)


@pytest.mark.parametrize(
    "text",
    ["1" * 5_000, "1," * 2_500, "1 " * 2_500, "a." * 2_500, "a@" * 2_500, "A-" * 2_500,
     "A1" * 2_500, "0 " * 2_500, "+4" * 2_500, "M " * 2_500, "€" * 5_000, "1.1" * 2_000,
     "https://" + "a" * 5_000, "x" * 5_000, "-" * 5_000, "123 456 " * 600],
)  # fmt: skip
@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_no_text_takes_long(text, language):
    began = time.process_time()
    spoken_form(text, language)
    assert time.process_time() - began < 1.0
