"""What a speaker agrees to, ready in the languages of the ready sentences; owners change it.

In brackets what only the owner knows: a form with a bracket left in it is refused.
"""

ENGLISH = (
    "I agree that my recorded voice is used to make an artificial voice, with which computers "
    "speak on the telephone for [name of the organisation]. I know that it will say sentences I "
    "never said. I can take this back at any time, without giving a reason. Then my recording, "
    "what was computed from it and the sentences made with it are deleted."
)

WORDINGS = {
    "en": ENGLISH,
    "de": (
        "Ich bin einverstanden, dass aus der Aufnahme meiner Stimme eine künstliche Stimme "
        "gemacht wird, mit der Computer für [Name der Einrichtung] am Telefon sprechen. Ich weiß, "
        "dass sie Sätze sagen wird, die ich nie gesagt habe. Ich kann das jederzeit ohne Angabe "
        "von Gründen widerrufen. Dann werden meine Aufnahme, das daraus Berechnete und die damit "
        "erzeugten Sätze gelöscht."
    ),
    "fr": (
        "J'accepte que l'enregistrement de ma voix serve à créer une voix artificielle avec "
        "laquelle des ordinateurs parlent au téléphone pour [nom de l'organisation]. Je sais "
        "qu'elle dira des phrases que je n'ai jamais prononcées. Je peux retirer cet accord à "
        "tout moment, sans donner de raison. Mon enregistrement, ce qui en a été calculé et les "
        "phrases produites avec lui sont alors supprimés."
    ),
    "es": (
        "Acepto que la grabación de mi voz se use para crear una voz artificial con la que "
        "ordenadores hablan por teléfono en nombre de [nombre de la organización]. Sé que dirá "
        "frases que yo nunca he dicho. Puedo retirar este consentimiento en cualquier momento y "
        "sin dar motivos. Entonces se borran mi grabación, lo calculado a partir de ella y las "
        "frases hechas con ella."
    ),
    "it": (
        "Acconsento a che la registrazione della mia voce sia usata per creare una voce "
        "artificiale con cui dei computer parlano al telefono per [nome dell'organizzazione]. So "
        "che dirà frasi che non ho mai detto. Posso revocare il consenso in qualsiasi momento, "
        "senza motivarlo. Allora la mia registrazione, quanto ne è stato calcolato e le frasi "
        "prodotte vengono cancellati."
    ),
    "nl": (
        "Ik ga ermee akkoord dat van de opname van mijn stem een kunstmatige stem wordt gemaakt, "
        "waarmee computers namens [naam van de organisatie] aan de telefoon spreken. Ik weet dat "
        "die zinnen zal zeggen die ik nooit heb gezegd. Ik kan dit altijd intrekken, zonder reden "
        "te geven. Dan worden mijn opname, wat daaruit is berekend en de zinnen die ermee zijn "
        "gemaakt gewist."
    ),
}


def wording_in(language: str) -> str:
    """English where nobody has translated it."""
    return WORDINGS.get(language.partition("-")[0], ENGLISH)
