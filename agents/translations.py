"""What an agent says of its own accord when nobody has written it otherwise, by language.

In writing as polite as a stranger expects on the telephone: the formal address where there is
one. Kept as sentences a synthesizer says well, so without abbreviations and figures.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sentences:
    """Each field is named as the agent's own."""

    fallback_sentence: str
    first_idle_prompt: str
    second_idle_prompt: str
    goodbye: str
    time_is_up: str
    say_again: str
    trouble: str
    type_it: str
    fillers: tuple[str, ...]
    stop_words: tuple[str, ...]

    def written(self, field: str) -> str:
        """The field as a form holds it: one a line where there are several."""
        value: str | tuple[str, ...] = getattr(self, field)
        return value if isinstance(value, str) else "\n".join(value)


ENGLISH = Sentences(
    fallback_sentence="I'm sorry, I can't help with that. Is there something else?",
    first_idle_prompt="Are you still there?",
    second_idle_prompt="I can't hear you. Please say something.",
    goodbye="Goodbye.",
    time_is_up="Our time is up, so I have to end this call. Goodbye.",
    say_again="I'm sorry, could you say that again?",
    trouble="I'm sorry, something is wrong on our side.",
    type_it="Please type it with the keys of your telephone.",
    fillers=("One moment, please.", "Let me see.", "Just a second."),
    stop_words=("stop", "wait", "hold on"),
)

SENTENCES = {
    "en": ENGLISH,
    "de": Sentences(
        fallback_sentence=(
            "Das kann ich leider nicht beantworten. Kann ich sonst etwas für Sie tun?"
        ),
        first_idle_prompt="Sind Sie noch da?",
        second_idle_prompt="Ich kann Sie nicht hören. Bitte sagen Sie etwas.",
        goodbye="Auf Wiederhören.",
        time_is_up="Unsere Zeit ist um, ich muss das Gespräch jetzt beenden. Auf Wiederhören.",
        say_again="Entschuldigung, könnten Sie das noch einmal sagen?",
        trouble="Entschuldigung, bei uns ist etwas nicht in Ordnung.",
        type_it="Bitte tippen Sie es auf den Tasten Ihres Telefons ein.",
        fillers=("Einen Moment, bitte.", "Ich sehe kurz nach.", "Das haben wir gleich."),
        stop_words=("stopp", "stop", "halt", "warte", "warten Sie"),
    ),
    "fr": Sentences(
        fallback_sentence=(
            "Je regrette, je ne peux pas vous renseigner. Puis-je vous aider pour autre chose ?"
        ),
        first_idle_prompt="Vous êtes toujours là ?",
        second_idle_prompt="Je ne vous entends pas. Dites quelque chose, s'il vous plaît.",
        goodbye="Au revoir.",
        time_is_up="Le temps est écoulé, je dois mettre fin à cet appel. Au revoir.",
        say_again="Excusez-moi, pouvez-vous répéter ?",
        trouble="Je regrette, nous avons un problème de notre côté.",
        type_it="Veuillez le saisir sur les touches de votre téléphone.",
        fillers=("Un instant, s'il vous plaît.", "Je regarde.", "Je vérifie tout de suite."),
        stop_words=("stop", "arrêtez", "attendez"),
    ),
    "es": Sentences(
        fallback_sentence="Lo siento, con eso no puedo ayudarle. ¿Hay algo más?",
        first_idle_prompt="¿Sigue usted ahí?",
        second_idle_prompt="No le oigo. Diga algo, por favor.",
        goodbye="Adiós.",
        time_is_up="Se ha acabado el tiempo y tengo que terminar esta llamada. Adiós.",
        say_again="Perdone, ¿puede repetirlo?",
        trouble="Lo siento, tenemos un problema por nuestra parte.",
        type_it="Por favor, márquelo con las teclas de su teléfono.",
        fillers=("Un momento, por favor.", "Ahora mismo lo miro.", "Vamos a ver."),
        stop_words=("pare", "espere", "alto"),
    ),
    "it": Sentences(
        fallback_sentence="Mi dispiace, su questo non posso aiutarla. C'è altro?",
        first_idle_prompt="È ancora in linea?",
        second_idle_prompt="Non la sento. Dica qualcosa, per favore.",
        goodbye="Arrivederci.",
        time_is_up="Il tempo è scaduto e devo terminare la chiamata. Arrivederci.",
        say_again="Mi scusi, può ripetere?",
        trouble="Mi dispiace, c'è un problema da parte nostra.",
        type_it="Per favore, lo digiti con i tasti del telefono.",
        fillers=("Un momento, per favore.", "Controllo subito.", "Vediamo."),
        stop_words=("stop", "aspetti", "si fermi"),
    ),
    "nl": Sentences(
        fallback_sentence=(
            "Het spijt me, daar kan ik u niet mee helpen. Kan ik iets anders voor u doen?"
        ),
        first_idle_prompt="Bent u er nog?",
        second_idle_prompt="Ik kan u niet horen. Zegt u alstublieft iets.",
        goodbye="Tot ziens.",
        time_is_up="Onze tijd is om, ik moet dit gesprek beëindigen. Tot ziens.",
        say_again="Pardon, kunt u dat nog eens zeggen?",
        trouble="Het spijt me, er gaat bij ons iets mis.",
        type_it="Toets het alstublieft in op uw telefoon.",
        fillers=("Een ogenblik, alstublieft.", "Ik kijk het even na.", "Momentje."),
        stop_words=("stop", "wacht", "ho"),
    ),
}

FIELDS = tuple(Sentences.__dataclass_fields__)


def sentences_in(language: str) -> Sentences | None:
    """In that language, of whatever country; None where nobody has translated them yet."""
    return SENTENCES.get(language.partition("-")[0])
