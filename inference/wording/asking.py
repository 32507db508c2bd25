"""How callers ask to be spoken to differently, a table a language.

`polite` words may stand anywhere around a request; the others are requests by themselves. All in
small letters. A phrase with "?" counts only as a question: "Sorry?" but not "Sorry." What asks to
be explained ("I don't understand") is for the agent: the same words would not help.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Asking:
    polite: tuple[str, ...]
    repeat: tuple[str, ...]
    slower: tuple[str, ...]
    faster: tuple[str, ...]


_EN = Asking(
    polite=(
        "please", "sorry", "i'm sorry", "i am sorry", "excuse me", "could you", "can you",
        "would you", "will you", "would you mind", "could i ask you to", "can i ask you to",
        "i said", "just", "maybe", "perhaps", "possibly", "um", "uh", "er", "erm", "oh", "ah",
        "hm", "hey", "okay", "ok", "well", "wait", "hang on", "hold on", "no", "yes", "yeah",
        "and", "but", "so", "for me", "to me", "thanks", "thank you", "if you can", "if possible",
        "sir", "madam", "ma'am", "i need you to", "i want you to", "you need to",
    ),
    repeat=(
        "repeat", "repeat that", "repeat it", "repeat this", "repeat yourself", "repeating that",
        "repeat what you said", "repeat what you just said", "repeat the question",
        "repeat your question", "repeat the last part", "repeat the last bit", "repeating it",
        "repeat the number", "repeat that number", "repeat the last sentence",
        "say it again", "say that again", "say again", "say that once more",
        "say this again", "saying that again", "tell me again", "tell me that again",
        "again", "once again", "once more", "one more time", "come again", "come again?",
        "pardon", "pardon me", "pardon me?", "i beg your pardon", "beg your pardon", "beg pardon",
        "sorry?", "sorry what", "excuse me?", "what?", "what what", "huh?", "eh?", "what was that",
        "what did you say", "what did you just say", "what have you said", "what were you saying",
        "what was the question", "what was your question", "what was the last part",
        "what was the number", "i didn't catch that", "i did not catch that", "didn't catch that",
        "i didn't catch it", "i didn't get that", "i did not get that", "didn't get that",
        "i didn't hear that", "i didn't hear you", "i didn't hear what you said",
        "i did not hear you", "i did not hear that", "i didn't understand",
        "i didn't understand that", "i did not understand", "i did not understand that",
        "i couldn't hear you", "i couldn't hear that", "i couldn't understand you",
        "i couldn't understand that", "i missed that", "i missed it", "missed that",
        "i didn't quite catch that", "i didn't quite get that", "say that more slowly",
        "repeat that more slowly", "repeat it more slowly", "repeat that slowly", "repeat slowly",
        "say that slower", "say it slower", "say it more slowly", "say that slowly",
        "repeat that slower", "repeat it slower", "repeat it slowly", "repeat that a bit slower",
    ),
    slower=(
        "slower", "slowly", "more slowly", "a bit slower", "a little slower", "a bit more slowly",
        "a little more slowly", "much slower", "slow down", "slow it down", "slow down a bit",
        "slow down a little", "slowing down", "not so fast", "not that fast", "not so quickly",
        "not so quick", "less fast", "too fast", "too quick", "that's too fast",
        "that was too fast", "that is too fast", "you're too fast", "you are too fast",
        "you're talking too fast", "you're speaking too fast", "you are talking too fast",
        "you are speaking too fast", "you speak too fast", "you talk too fast", "speak slower",
        "speak slowly", "speak more slowly", "speak a bit slower", "speak a little slower",
        "speak a bit more slowly", "speak a little more slowly", "speak less fast",
        "talk slower", "talk slowly", "talk more slowly", "talk a bit slower",
        "talk a little slower", "talk a bit more slowly", "talk a little more slowly",
        "speaking more slowly", "speaking slower", "talking slower", "go slower", "go slowly",
        "go more slowly", "go a bit slower", "go a little slower", "don't speak so fast",
        "don't talk so fast", "don't go so fast", "take it slow", "take it slowly",
    ),
    faster=(
        "faster", "more quickly", "a bit faster", "a little faster", "much faster", "quicker",
        "a bit quicker", "not so slow", "not so slowly", "too slow", "that's too slow",
        "you're too slow", "you are too slow", "you're talking too slowly", "speed up",
        "speed it up", "speed up a bit", "you're speaking too slowly", "you speak too slowly",
        "you talk too slowly", "speak faster", "speak more quickly", "speak quicker",
        "speak a bit faster", "speak a little faster", "talk faster", "talk quicker",
        "talk more quickly", "talk a bit faster", "talk a little faster", "go faster",
        "go a bit faster", "speaking faster", "don't speak so slowly", "don't talk so slowly",
    ),
)  # fmt: skip

_DE = Asking(
    polite=(
        "bitte", "entschuldigung", "entschuldigen sie", "entschuldige", "verzeihung", "sorry",
        "tut mir leid", "es tut mir leid", "könnten sie", "können sie", "würden sie", "kannst du",
        "könntest du", "würdest du", "sie", "du", "das", "mir", "für mich", "vielleicht", "mal",
        "doch", "äh", "ähm", "öh", "ach", "oh", "hm", "also", "okay", "ok", "ja", "nein", "moment",
        "halt", "stopp", "und", "aber", "danke", "etwas", "ein bisschen", "ein wenig", "bisschen",
        "eben", "gerade", "jetzt", "freundlicherweise", "so nett sein und", "nett sein und",
    ),
    repeat=(
        "wiederholen", "wiederholen sie", "wiederhole", "wiederhol", "wiederholen sie das",
        "wiederholung", "nochmal", "noch mal", "noch einmal", "nochmals", "nochmal wiederholen",
        "noch einmal wiederholen", "die frage wiederholen", "ihre frage wiederholen",
        "die nummer wiederholen", "den letzten satz wiederholen", "das letzte wiederholen",
        "nochmal sagen", "noch mal sagen", "noch einmal sagen", "nochmals sagen",
        "sagen sie das nochmal", "sagen sie das noch mal", "sagen sie das noch einmal",
        "sagen sie es noch einmal", "sagen sie es nochmal", "sag das nochmal",
        "sag das noch einmal", "wie bitte", "wie bitte?", "wie?", "was?", "hä?", "bitte?",
        "was bitte", "entschuldigung?", "was haben sie gesagt", "was haben sie gerade gesagt",
        "was hast du gesagt", "was sagten sie", "was war das", "was war die frage",
        "wie war das", "wie war die frage", "wie war die nummer", "was meinten sie",
        "ich habe sie nicht verstanden", "ich hab sie nicht verstanden", "ich habe nichts gehört",
        "ich habe das nicht verstanden", "ich hab das nicht verstanden",
        "das habe ich nicht verstanden", "das hab ich nicht verstanden",
        "habe ich nicht verstanden", "hab ich nicht verstanden", "nicht verstanden",
        "ich verstehe sie nicht", "ich habe es nicht verstanden",
        "das habe ich nicht gehört", "ich habe das nicht gehört", "ich habe sie nicht gehört",
        "das habe ich nicht mitbekommen", "das hab ich nicht mitbekommen",
        "langsam wiederholen", "langsamer wiederholen", "noch einmal langsam",
        "noch einmal langsamer", "nochmal langsam", "nochmal langsamer", "langsamer sagen",
    ),
    slower=(
        "langsam", "langsamer", "viel langsamer", "langsamer sprechen", "langsam sprechen",
        "langsamer reden", "langsam reden", "sprechen sie langsamer", "sprechen sie langsam",
        "reden sie langsamer", "sprich langsamer", "rede langsamer", "nicht so schnell",
        "nicht so schnell sprechen", "nicht so schnell reden", "sprechen sie nicht so schnell",
        "reden sie nicht so schnell", "weniger schnell", "zu schnell", "das ist zu schnell",
        "das war zu schnell", "das ging zu schnell", "das geht mir zu schnell",
        "das war mir zu schnell", "das ging mir zu schnell", "sie sprechen zu schnell",
        "sie reden zu schnell", "du sprichst zu schnell", "du redest zu schnell",
        "sprechen sie etwas langsamer", "sprechen sie ein bisschen langsamer",
        "sprechen sie bitte langsamer", "sprechen sie bitte etwas langsamer",
    ),
    faster=(
        "schneller", "viel schneller", "schneller sprechen", "schneller reden",
        "sprechen sie schneller", "reden sie schneller", "sprechen sie etwas schneller",
        "sprich schneller", "rede schneller", "nicht so langsam", "zu langsam",
        "das ist zu langsam", "sie sprechen zu langsam", "sie reden zu langsam",
        "nicht so langsam sprechen", "sprechen sie nicht so langsam",
    ),
)  # fmt: skip

_FR = Asking(
    polite=(
        "s'il vous plaît", "s'il vous plait", "s'il te plaît", "pardon", "désolé", "désolée",
        "je suis désolé", "je suis désolée", "excusez-moi", "excusez moi", "excuse-moi",
        "pouvez vous", "pourriez vous", "est ce que vous pouvez", "est ce que vous pourriez",
        "vous pouvez", "vous pourriez", "tu peux", "peux tu", "euh", "ah", "oh", "hm", "bon",
        "alors", "oui", "non", "attendez", "et", "mais", "merci", "un peu", "juste", "peut être",
        "me", "moi", "bien", "d'accord", "ok", "okay", "madame", "monsieur",
    ),
    repeat=(
        "répéter", "répétez", "répète", "répéter ça", "répéter cela", "répétez ça", "le répéter",
        "répéter la question", "répéter le numéro", "répéter votre question",
        "répéter ce que vous avez dit", "répéter ce que vous venez de dire", "redire", "redites",
        "redire ça", "le redire", "redites le", "redites moi ça", "encore une fois",
        "une fois de plus", "encore?", "comment?", "comment", "pardon?", "quoi?", "hein?",
        "plaît il", "vous dites?", "vous disiez?", "vous avez dit?", "vous avez dit quoi",
        "qu'avez vous dit", "qu'est ce que vous avez dit", "qu'est ce que vous dites",
        "c'était quoi", "c'était quoi la question", "je n'ai pas compris", "j'ai pas compris",
        "je n'ai pas bien compris", "j'ai pas bien compris",
        "je n'ai pas entendu", "j'ai pas entendu", "je n'ai pas bien entendu",
        "je ne vous ai pas compris", "je ne vous ai pas entendu", "répéter plus lentement",
        "répétez plus lentement", "répéter lentement", "répéter encore une fois",
        "répétez encore une fois", "le répéter plus lentement",
    ),
    slower=(
        "plus lentement", "moins vite", "plus doucement", "lentement", "doucement",
        "parler plus lentement", "parler moins vite", "parler plus doucement",
        "parler un peu plus lentement", "parler un peu moins vite", "parlez plus lentement",
        "parlez moins vite", "parlez plus doucement", "parlez lentement", "pas si vite",
        "pas aussi vite", "trop vite", "c'est trop vite", "c'est trop rapide", "c'était trop vite",
        "vous parlez trop vite", "tu parles trop vite", "ralentir", "ralentissez",
        "ne parlez pas si vite", "parlez un peu plus lentement", "parlez un peu moins vite",
    ),
    faster=(
        "plus vite", "plus rapidement", "parler plus vite", "parlez plus vite",
        "parler plus rapidement", "parlez plus rapidement", "accélérez", "accélérer",
        "pas si lentement", "trop lentement", "c'est trop lent", "vous parlez trop lentement",
        "parler un peu plus vite", "parlez un peu plus vite",
    ),
)  # fmt: skip

_ES = Asking(
    polite=(
        "por favor", "perdón", "perdone", "perdona", "disculpe", "disculpa", "lo siento",
        "puede", "podría", "puedes", "podrías", "me puede", "me podría", "me puedes",
        "me podrías", "le importaría", "quiere", "me", "lo", "eh", "em", "ah", "oh", "hm",
        "bueno", "pues",
        "vale", "sí", "no", "espere", "espera", "y", "pero", "gracias", "un poco", "un poquito",
        "usted", "señor", "señora", "ok", "okay",
    ),
    repeat=(
        "repetir", "repita", "repite", "repetirlo", "repetirme", "repetírmelo", "repetir eso",
        "repetir esto", "lo puede repetir", "lo podría repetir", "lo puedes repetir", "repítalo",
        "repítelo", "repítamelo", "repetir la pregunta", "repetir el número", "repetir lo último",
        "repetir lo que dijo", "repetir lo que ha dicho", "decirlo otra vez", "decirlo de nuevo",
        "dígalo otra vez", "dilo otra vez", "otra vez", "de nuevo", "una vez más", "cómo?",
        "cómo dice", "cómo dice?", "cómo ha dicho", "qué?", "perdón?", "perdone?", "disculpe?",
        "mande", "mande?", "qué dijo", "qué ha dicho", "qué dice", "qué dijiste", "qué has dicho",
        "cuál era la pregunta", "no entendí", "no he entendido", "no le he entendido",
        "no te he entendido", "no lo he entendido", "no le entiendo",
        "no le entendí", "no lo entendí", "no he oído", "no le he oído", "no lo he oído",
        "no oí", "no escuché", "no le escuché", "no lo escuché", "repetir más despacio",
        "repita más despacio", "repetirlo más despacio", "repetir despacio", "repetir otra vez",
        "repetirlo otra vez", "repita otra vez",
    ),
    slower=(
        "más despacio", "despacio", "más lento", "más lentamente", "hablar más despacio",
        "hable más despacio", "habla más despacio", "hablar más lento", "hable más lento",
        "habla más lento", "hablar un poco más despacio", "hable un poco más despacio",
        "hablar despacio", "hable despacio", "no tan rápido", "no tan deprisa", "menos rápido",
        "no hable tan rápido", "demasiado rápido", "muy rápido", "va muy rápido",
        "va demasiado rápido", "habla muy rápido", "habla demasiado rápido", "ir más despacio",
        "vaya más despacio",
    ),
    faster=(
        "más rápido", "más deprisa", "hablar más rápido", "hable más rápido", "habla más rápido",
        "hablar más deprisa", "hable más deprisa", "no tan despacio", "no tan lento",
        "demasiado lento", "demasiado despacio", "muy lento", "va muy lento",
        "habla muy despacio", "habla muy lento", "hablar un poco más rápido",
        "hable un poco más rápido",
    ),
)  # fmt: skip

_IT = Asking(
    polite=(
        "per favore", "per piacere", "per cortesia", "scusi", "scusa", "mi scusi", "chiedo scusa",
        "mi dispiace", "può", "potrebbe", "puoi", "potresti", "mi può", "mi potrebbe",
        "le dispiace", "eh", "ehm", "ah", "oh", "hm", "allora", "beh", "sì", "no", "aspetti",
        "aspetta", "e", "ma", "grazie", "un po'", "un pochino", "signora", "signore", "ok", "okay",
    ),
    repeat=(
        "ripetere", "ripeta", "ripeti", "ripeterlo", "ripetermelo", "ripetermi", "lo può ripetere",
        "lo potrebbe ripetere", "può ripeterlo", "lo ripeta", "ripetere la domanda",
        "ripetere il numero", "ripetere l'ultima parte", "ripetere quello che ha detto",
        "ripetere cosa ha detto", "dirlo di nuovo", "lo dica di nuovo", "dirlo ancora",
        "ancora una volta", "un'altra volta", "di nuovo", "ancora?", "come?", "come ha detto",
        "come dice", "come scusi", "cosa?", "che cosa?", "prego?", "scusi?", "scusa?", "eh?",
        "cosa ha detto", "che cosa ha detto", "che ha detto", "cos'ha detto", "cosa hai detto",
        "qual era la domanda", "non ho capito", "non ho capito bene",
        "non l'ho capita", "non l'ho capito", "non ho sentito", "non ho sentito bene",
        "non l'ho sentita", "non l'ho sentito", "ripetere più lentamente",
        "ripeta più lentamente", "ripetere lentamente", "ripetere ancora una volta",
        "ripetere ancora", "ripetere di nuovo", "ripeterlo più lentamente",
    ),
    slower=(
        "più lentamente", "più piano", "piano", "lentamente", "più lento", "parlare più lentamente",
        "parlare più piano", "parli più lentamente", "parli più piano", "parla più lentamente",
        "parla più piano", "parlare un po' più lentamente", "parlare un po' più piano",
        "parli un po' più piano", "parli un po' più lentamente",
        "parlare lentamente", "parli lentamente", "non così veloce", "non così in fretta",
        "meno veloce", "troppo veloce", "troppo in fretta", "è troppo veloce", "va troppo veloce",
        "parla troppo veloce", "parla troppo in fretta", "rallentare", "rallenti",
        "non parli così veloce", "andare più piano", "vada più piano",
    ),
    faster=(
        "più veloce", "più velocemente", "più in fretta", "più svelto", "parlare più velocemente",
        "parlare più veloce", "parli più velocemente", "parli più veloce", "parla più veloce",
        "non così lento", "non così lentamente", "troppo lento", "troppo lentamente",
        "è troppo lento", "parla troppo lentamente", "acceleri",
    ),
)  # fmt: skip

_NL = Asking(
    polite=(
        "alstublieft", "alsjeblieft", "graag", "sorry", "pardon", "excuseer", "excuseer me",
        "neem me niet kwalijk", "het spijt me", "kunt u", "kan u", "kun je", "kan je", "zou u",
        "zou je", "wilt u", "wil je", "zou u kunnen", "zou u willen", "u", "je", "dat", "het",
        "even", "eens", "misschien", "eh", "uh", "ehm", "ah", "oh", "hm", "nou", "dus", "ja",
        "nee", "wacht", "en", "maar", "bedankt", "dank u", "een beetje", "wat", "iets",
        "voor mij", "kunnen", "willen", "oké", "ok", "okay", "mevrouw", "meneer",
    ),
    repeat=(
        "herhalen", "herhaal", "herhaalt u", "dat herhalen", "het herhalen", "herhaal dat",
        "de vraag herhalen", "het nummer herhalen", "uw vraag herhalen", "nog een keer",
        "nog eens", "nogmaals", "opnieuw", "nog een keer zeggen", "nog eens zeggen",
        "dat nog een keer zeggen", "nog een keer herhalen", "nogmaals zeggen",
        "zeg dat nog eens", "zeg dat nog een keer", "wat zegt u", "wat zei u", "wat zegt u?",
        "wat zeg je", "wat zei je", "wat heeft u gezegd", "wat was dat", "wat was de vraag",
        "wat?", "hè?", "pardon?", "sorry?", "wablief", "wablieft", "wat blieft u",
        "ik heb het niet verstaan", "ik heb u niet verstaan", "ik heb dat niet verstaan",
        "dat heb ik niet verstaan", "ik verstond u niet", "ik verstond het niet",
        "ik versta u niet", "niet verstaan",
        "ik heb het niet gehoord",
        "ik heb u niet gehoord", "dat heb ik niet gehoord", "langzaam herhalen",
        "langzamer herhalen", "nog een keer langzaam", "nog een keer langzamer",
    ),
    slower=(
        "langzaam", "langzamer", "rustiger", "trager", "langzamer praten", "langzamer spreken",
        "langzaam praten", "langzaam spreken", "rustiger praten", "rustiger spreken",
        "trager praten", "trager spreken", "praat langzamer", "spreek langzamer",
        "praat wat langzamer", "spreek wat langzamer", "niet zo snel", "niet zo snel praten",
        "niet zo vlug", "minder snel", "minder snel praten", "te snel", "dat is te snel",
        "dat was te snel", "dat ging te snel", "dat gaat te snel", "u praat te snel",
        "u spreekt te snel", "je praat te snel",
    ),
    faster=(
        "sneller", "vlugger", "sneller praten", "sneller spreken", "praat sneller",
        "spreek sneller", "niet zo langzaam", "niet zo traag", "te langzaam", "te traag",
        "dat is te langzaam", "u praat te langzaam", "u spreekt te langzaam",
        "niet zo langzaam praten",
    ),
)  # fmt: skip

ASKING = {"en": _EN, "de": _DE, "fr": _FR, "es": _ES, "it": _IT, "nl": _NL}
