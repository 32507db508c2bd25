"""When callers ask to hear it again, slower or faster, and when they only seem to."""

import pytest

from inference.wording.asking import ASKING
from inference.wording.requests import Request, request_in

ASKED = {
    ("en", Request.REPEAT): (
        "Could you repeat that?", "Say that again, please.", "Pardon?", "What did you say?",
        "Sorry?", "Sorry, what was that?", "Can you say that again", "Uh, one more time please",
        "I'm sorry, I didn't catch that. Could you repeat that, please?", "Come again?", "What?",
        "Would you mind repeating that?", "I beg your pardon?", "Again, please.",
        "Could you repeat that more slowly, please?", "Okay, can you repeat the number, please?",
    ),
    ("en", Request.SLOWER): (
        "Slower please", "Not so fast!", "Can you speak more slowly?", "Please slow down.",
        "You're talking too fast.", "Could you speak a little slower, please?", "Slowly, slowly.",
    ),
    ("en", Request.FASTER): ("Can you speak faster, please?", "Speed up a bit.", "Not so slow."),
    ("de", Request.REPEAT): (
        "Wie bitte?", "Können Sie das bitte wiederholen?", "Noch einmal, bitte.",
        "Entschuldigung, das habe ich nicht verstanden.", "Was haben Sie gesagt?",
        "Könnten Sie das noch einmal sagen?", "Könnten Sie das bitte nochmal wiederholen?",
    ),
    ("de", Request.SLOWER): (
        "Langsamer bitte.", "Nicht so schnell!", "Können Sie bitte etwas langsamer sprechen?",
        "Sie sprechen zu schnell.", "Bitte sprechen Sie langsamer.",
    ),
    ("de", Request.FASTER): ("Können Sie schneller sprechen?", "Etwas schneller, bitte."),
    ("fr", Request.REPEAT): (
        "Pouvez-vous répéter, s'il vous plaît ?", "Pardon ?", "Vous pouvez répéter ça ?",
        "Je n’ai pas compris.", "Qu'est-ce que vous avez dit ?", "Comment ?",
    ),
    ("fr", Request.SLOWER): (
        "Plus lentement, s'il vous plaît.", "Pouvez-vous parler moins vite ?", "Pas si vite !",
    ),
    ("fr", Request.FASTER): ("Parlez plus vite, s'il vous plaît.",),
    ("es", Request.REPEAT): (
        "¿Puede repetir, por favor?", "¿Cómo?", "¿Qué ha dicho?", "Perdón, no le he entendido.",
        "Otra vez, por favor.", "¿Me lo puede repetir?",
    ),
    ("es", Request.SLOWER): ("Más despacio, por favor.", "¿Puede hablar más despacio?"),
    ("es", Request.FASTER): ("¿Puede hablar más rápido?",),
    ("it", Request.REPEAT): (
        "Può ripetere, per favore?", "Come, scusi?", "Non ho capito.", "Scusi, cosa ha detto?",
        "Potrebbe ripetere?",
    ),
    ("it", Request.SLOWER): ("Più lentamente, per favore.", "Può parlare un po' più piano?"),
    ("it", Request.FASTER): ("Parli più velocemente, per favore.",),
    ("nl", Request.REPEAT): (
        "Kunt u dat herhalen, alstublieft?", "Wat zegt u?", "Nog een keer graag.",
        "Sorry, ik heb u niet verstaan.", "Pardon?",
    ),
    ("nl", Request.SLOWER): ("Langzamer graag.", "Kunt u wat langzamer praten?", "Niet zo snel!"),
    ("nl", Request.FASTER): ("Kunt u sneller praten?",),
}  # fmt: skip


@pytest.mark.parametrize(
    ("language", "request_", "text"),
    [(*asked, text) for asked, texts in ASKED.items() for text in texts],
)
def test_a_request_is_understood(language, request_, text):
    assert request_in(text, language) is request_


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Can you repeat my prescription?"),
        ("en", "I need a repeat prescription."),
        ("en", "Could you repeat that order for me tomorrow?"),
        ("en", "Pardon me, where are you?"),
        ("en", "Sorry."),
        ("en", "What time is it?"),
        ("en", "What did you say your name was?"),
        ("en", "I want to book again"),
        ("en", "My internet is slow, can you make it faster?"),
        ("en", "Can I get it faster?"),
        ("en", "The drip is too fast."),
        ("en", "Yes, please."),
        ("en", "Okay."),
        ("en", "?"),
        ("en", ""),
        ("en", "please " * 40 + "again"),
        ("de", "Ich brauche ein Wiederholungsrezept."),
        ("de", "Können Sie mein Rezept wiederholen?"),
        ("de", "Was kostet das?"),
        ("de", "Das Internet ist zu langsam, bitte."),
        ("de", "Ja, bitte."),
        ("de", "Bitte."),
        ("fr", "Pouvez-vous répéter l'ordonnance ?"),
        ("fr", "Pardon."),
        ("es", "Quiero repetir la receta."),
        ("es", "No."),
        ("it", "Vorrei ripetere l'esame."),
        ("nl", "Ik wil een herhaalrecept."),
        ("nl", "Nee, dat wil u niet."),
        ("xx", "Pardon?"),
    ],
)
def test_what_only_sounds_like_a_request_goes_to_the_agent(language, text):
    assert request_in(text, language) is None


def test_a_region_asks_as_its_language_does():
    assert request_in("Wie bitte?", "de-CH") is Request.REPEAT


def test_asking_for_both_is_answered_by_saying_it_again():
    assert request_in("Not so fast! Could you repeat that?", "en") is Request.REPEAT


@pytest.mark.parametrize("language", ASKING)
def test_every_phrase_of_the_tables_is_understood(language):
    asking = ASKING[language]
    for request, phrases in (
        (Request.REPEAT, asking.repeat), (Request.SLOWER, asking.slower),
        (Request.FASTER, asking.faster),
    ):  # fmt: skip
        assert [phrase for phrase in phrases if request_in(phrase, language) != request] == []
    polite = {phrase: request_in(phrase, language) for phrase in asking.polite}
    assert not any(polite.values())
