"""Italian."""

from inference.turns.languages.table import Language, pairs, phrases, words, worth

_UNITS = ("zero", "uno", "due", "tre", "quattro", "cinque", "sei", "sette", "otto", "nove")
_TENS = (
    "venti", "trenta", "quaranta", "cinquanta", "sessanta", "settanta", "ottanta", "novanta",
)  # fmt: skip
_COMPOUND = (
    f"{ten[:-1] if unit in ('uno', 'otto') else ten}{unit}"
    for ten in _TENS
    for unit in (*_UNITS[1:], "tré")
)
_FINITE = (
    "ho ha hai abbiamo avete hanno avevo avevamo aveva avevano avrei avremmo avrebbe è"
    " sono sei siamo siete ero era eravamo erano sarà sarebbe sarei saremo sto sta stiamo"
    " stanno stavo stava stavamo vorrei vorrebbe vorremmo voglio vuole vogliono vogliamo"
    " volevo volevamo voleva devo deve devono dobbiamo dovrei dovrebbe dovevo dovremmo"
    " posso può possono possiamo potrei potrebbe potremmo potete potevo so sa sanno"
    " sappiamo sapevo vado va vanno andiamo vengo viene vengono veniamo verrei verrò verrà"
    " faccio fa fanno facciamo farei facevo dico dice dicono diceva dà danno vedo vede"
    " vediamo cerco cerca cerchiamo cercavo chiamo chiama chiamano chiamavo aspetto"
    " aspettiamo aspettavo preferisco preferirei preferisce preferiremmo piace piacerebbe"
    " piacciono serve servono servirebbe serviva servirebbero manca mancano funziona"
    " funzionano funzionava arriva arrivano arriverò arriveremo arrivo succede chiude"
    " chiudono apre aprono costa costano vale resta rimane esce esco parte parto prendo"
    " prende prendiamo prenderei prenoto ordino lascio lascia perde perdo pago paghiamo"
    " mando manda mandate spero speriamo credo crede penso pensa pensavo capisco capisce"
    " conosco conosce abito abita abitiamo lavora lavorano vivo vive sento sente suona"
    " accetto tiene tengo mette metto brucia sanguina dura inizia finisce bisogna basta"
    " sembra risulta riesco riesce riusciamo interessa interesserebbe interessano compro"
    " vendo vende richiamo richiama richiamerò disturbo ringrazio chiedo chiede spiega"
    " tratta conviene dica dia mandi passi chiami richiami faccia metta lasci tenga"
    " prenoti confermi c'è c'era c'erano dov'è com'è cos'è n'è s'è m'è l'ho l'ha l'hanno"
    " l'avevo m'ha m'hanno v'è gocciola funzionerebbe ricevo scrivo dorme tossisce appare"
    " compare esiste trova trovo occorre bisognerebbe"
)
_DONE = (
    "ricevuto comprato perso dimenticato chiesto prenotato mandato inviato cancellato"
    " disdetto pagato visto fatto lasciato provato avuto messo dato detto trovato cambiato"
    " rotto rubato ordinato preso"
)

LANGUAGE = Language(
    code="it",
    hesitations=phrases("ehm, eh, uhm, mmm, hm, hmm, mah, beh, boh, em"),
    backchannels=phrases(
        "mhm, mm hm, mm, hm, hmm, ah, oh, sì, si, ok, okay, va bene, bene, certo, esatto, giusto",
        "capisco, ho capito, capito, d'accordo, vero, già, perfetto, ah sì, molto bene, ecco",
    ),
    openers=phrases(
        "allora, ehm, eh, beh, mah, ah, oh, dunque, pronto, buongiorno, buonasera, salve, senta",
        "scusi, mi scusi, ciao, ecco, ok, bene, e, ma, guardi, va bene, quindi, sì pronto",
        "buon giorno",
    ),
    politeness=phrases(
        "per favore, grazie, grazie mille, per piacere, per cortesia, molte grazie, la ringrazio",
        "tante grazie, signora, signore",
    ),
    yes_no=phrases(
        "sì, si, no, certo, esatto, esattamente, giusto, corretto, va bene, d'accordo, ok, okay",
        "certamente, assolutamente, credo di sì, credo di no, penso di sì, per niente, mhm",
        "perfetto",
    ),
    hanging=phrases(
        "il, lo, la, i, gli, le, l, un, uno, una, del, dello, della, dei, degli, delle, dell, al",
        "allo, alla, ai, agli, alle, all, dal, dalla, dallo, dall, dalle, dai, nel, nella, nello",
        "nell, nei, nelle, sul, sulla, sullo, sull, sui, sulle, mio, mia, miei, mie, tuo, tua, suo",
        "sua, suoi, sue, nostro, nostra, vostro, vostra, ogni, qualche, questo, questa, quel",
        "quella",
        "quell, quale, quali, alcuni, alcune, nessun, nessuna, altro, altra, d, c, un'altra",
        "un altro",
        "e, ed, o, oppure, ma, però, perché, che, se, anche, anche se, quando, mentre, come",
        "quindi",
        "siccome, poiché, né, cioè, dove, visto che, dato che, così, inoltre, in modo che",
        "di, a, ad, da, in, con, su, per, tra, fra, senza, verso, contro, durante, dopo, prima di",
        "circa, fino a, fino al, vicino a, vicino al, intorno alle, entro, presso, secondo",
        "riguardo",
        "io, noi, mi, ti, ci, vi, si, è, sono, era, ho, hai, ha, abbiamo, hanno, avevo, c'è",
        "ci sono",
        "vorrei, voglio, volevo, vorremmo, devo, posso, può, potrebbe, potrei, sto, sto cercando",
        "cerco, ho bisogno, ho bisogno di, avrei bisogno di, mi chiamo, il mio nome è",
        "il mio numero è",
        "il numero è, l'indirizzo è, mi serve, mi servirebbe, mi può, mi potrebbe, può dirmi",
        "avete",
        "volevo sapere, volevo chiedere, sapere se, mi chiedevo, chiamo, chiamo per, siamo",
        "sarebbe",
        "il problema è, il problema è che, per esempio, ad esempio, vale a dire, a nome, a nome di",
        "molto, più, meno, tanto, quasi, solo, soltanto, almeno, dottor, dottoressa, signor, non",
        "quanti, quante, che tipo di, punto, chiocciola, trattino, doppia, dell'",
    )
    - phrases("dell', mi, ti, ci, si, uno, molto, sono, ha, ho, tanto, altro, sua, mio, nostro")
    | phrases("vorrei disdire, sono molto, piacerebbe, ho appena, potrei avere, dovrei, dovremmo")
    | pairs("un una", "piccolo piccola nuovo nuova bel bella buon buona grande altro")
    | pairs("non io che", "ho ha sono"),
    hanging_alone=phrases(
        "credo, penso, credo che, penso che, per favore, forse, sa, ieri, lei, lui, sono, ho, ha",
        "mi, ci, in realtà, la settimana scorsa, mio",
    ),
    hanging_after_words=phrases("cosa, chi, quando, dove, come, quanto, perché, che cosa"),
    waiting=phrases(
        "un attimo, un momento, un secondo, un minuto, aspetti, aspetta, vediamo, mi faccia vedere",
        "mi faccia pensare, mi lasci pensare, fammi vedere, un attimino, attenda, come si dice",
        "aspetti un attimo, resti in linea, sto guardando",
    ),
    asks_nothing=pairs("è sono", "lei lui loro"),
    complete=phrases(
        "sì, si, no, certo, esatto, giusto, corretto, va bene, d'accordo, perfetto, è tutto",
        "basta così",
        "nient'altro, niente altro, arrivederci, arrivederla, ciao, buona giornata, buona serata",
        "a presto, a domani, va benissimo, benissimo, ottimo, nessun problema, non importa, grazie",
        "ripeta, può ripetere, aiuto, operatore, un operatore, una persona, non ho capito",
        "non capisco, mi sente, è ancora lì, chi parla, chi è, credo di sì, credo di no",
        "volentieri",
        "quanto costa, dove siete, con piacere, lasci stare, fa lo stesso, non ancora",
        "altrettanto, mi va bene, tutto qui",
    ),
    closing=phrases(
        "è tutto, basta così, nient'altro, arrivederci, buona giornata, ripetere, ripeterlo",
        "un operatore, una persona, una persona vera, aiutarmi, richiamarmi, più piano, più forte",
        "più lentamente, mi va bene, è possibile, se possibile, fa lo stesso, tutto qui",
    ),
    auxiliaries=phrases("è, era, posso, può, hanno, devo"),
    pronouns=phrases("lui, lei, questo, quello, io"),
    question_words=phrases(
        "che, chi, cosa, quando, dove, dov'è, come, com'è, quanto, quanta, quanti, quante, quale",
        "quali, perché, qual, cos'è, a",
    ),
    question_verbs=phrases(
        "è, sono, siete, dov'è, com'è, cos'è, aprite, apre, chiudete, chiude, costa, costano",
        "posso",
        "può, avete, ha, fate, fa, dura, arrivo, arriva, parte, inizia, serve, devo, trovate, vi",
    ),
    question_least=3,
    verbs=words(_FINITE),
    verbs_or_nouns=phrases(
        "perdono, ricordo, conferma, porta, porto, lavoro, uso, affitto, telefono"
    ),
    before_verbs=phrases("io, non, mi, ti, si, ci, lo, le, lei, lui, che, vi"),
    verbs_alone=phrases(
        "funziona, funzionano, va, arriva, manca, mancano, gocciola, chiude, apre, sanguina",
        "serve, capisco, viene, suona, aspetto, arrivano, tossisce, brucia, vengo, cammino",
    ),
    needs_more=phrases(
        "prenotare, ordinare, cambiare, cancellare, annullare, disdire, modificare, spostare",
        "fare, avere, sapere, vedere, comprare, affittare, vendere, mandare, inviare, ricevere",
        "rinnovare, ritirare, confermare, controllare, contattare, usare, aprire, chiudere",
        "mettere, dare, dire, lasciare, trovare, fissare, richiedere, chiedere, portare",
        "prendere, parlare, essere, darmi, dirmi, farmi, mandarmi, inviarmi, passarmi",
        "segnalare, denunciare, presentare, restituire, anticipare, rimandare, consultare",
        "cercare, stipulare, disattivare, attivare, aspettando, cercando, chiamando",
        "stato, stata, appena, abbastanza, sempre, ancora, già, troppo, ora, adesso, poi, forse",
        "meglio, proprio, anche, qualcosa di, qualcuno che, tutto, tutta, tutti, tutte, molti",
        "molte, molta, poco, due, tre, nessuno, sono, ho, ha, mi, ti, ci, si, vi, ne, ci sono",
        "mi hanno, mi ha, è molto, una molto, un molto, bel, buon, gran, cosa, che cosa, quale",
        "invece",
    )
    | phrases("fa male, fanno male, prima volta, allergico, allergica")
    | pairs("ho ha hanno abbiamo avete avevo avevamo l'ho appena", _DONE)
    | pairs(
        "il la i le lo un una mio mia suo sua",
        "piccolo piccola nuovo nuova bel bella primo prima secondo seconda terzo terza buon buona"
        " stesso stessa unico unica ultimo ultima prossimo prossima vecchio vecchia miglior altro"
        " altra brutto brutta vero vera",
    )
    | pairs("non", "è sono ho ha hanno posso può possono voglio devo c'è siamo abbiamo riesco era"),
    determiners=phrases(
        "il, lo, la, i, gli, le, un, uno, una, mio, mia, miei, mie, tuo, tua, suo, sua, suoi",
        "sue, nostro, nostra, nostri, vostro, vostra, questo, questa, questi, queste, quel",
        "quella, quei, quelle, ogni, qualche, nessun, nessuna, altro, altra, del, della, dei",
        "delle, al, alla, nel, nella, dal, dalla, sul, sulla",
    ),
    attributes=phrases("gran, buon, bel"),
    adverb_endings=("mente",),
    subordinators=phrases(
        "che, perché, se, quando, dove, come, cosa, quanto, ma, però, mentre, quindi, siccome",
        "chi",
    ),
    demonstratives=phrases("che, come, quanto"),
    digits=worth(
        d1=" ".join(_UNITS),
        d2="dieci undici dodici tredici quattordici quindici sedici diciassette diciotto"
        f" diciannove cento {' '.join(_TENS)} {' '.join(_COMPOUND)}",
        d3="mille duecento trecento quattrocento cinquecento seicento settecento ottocento"
        " novecento",
    ),
    zeros=phrases("zero"),
    doubles={"doppio": 2, "doppia": 2, "triplo": 3},
    plus=phrases("più"),
    number_digits=frozenset({10}),
    number_digits_after_zero=frozenset({10}),
    spelling_words=phrases(
        "ancona, bologna, como, domodossola, empoli, firenze, genova, hotel, imola, jolly, kappa",
        "livorno, milano, napoli, otranto, padova, quarto, roma, savona, torino, udine, venezia",
        "washington, xilofono, yacht, zara",
    ),
    as_in=phrases("come, di, come in"),
    capital=phrases("maiuscola, minuscola, lettera"),
    at=phrases("chiocciola"),
    dot=phrases("punto"),
    negations=phrases("no, non, nessun, nessuno, nessuna, senza, niente, mai"),
    months=phrases(
        "gennaio, febbraio, marzo, aprile, maggio, giugno, luglio, agosto, settembre, ottobre",
        "novembre, dicembre",
    ),
    days=phrases("primo"),
    thousands=phrases("mille, duemila, cento, novecento"),
    asks_spelling=phrases(
        "sillabare, scandire, lettera per lettera, fare lo spelling, lo spelling"
    ),
    asks_email=phrases("e mail, email, mail, posta elettronica, indirizzo mail"),
    asks_date=phrases(
        "data di nascita, che data, quale data, che giorno, quale giorno, nato, nata"
    ),
    asks_digits=phrases(
        "numero di telefono, il suo numero, codice postale, cap, numero cliente, quale numero",
        "che numero, numero d'ordine, numero di cellulare, codice cliente, numero di prenotazione",
    ),
    asks_to_confirm=phrases(
        "corretto, è corretto, giusto, questo numero, va bene, d'accordo, vero"
    ),
    asks_anything=phrases(
        "aiutarla, aiutarti, aiutare, per lei, fare per, sua richiesta, motivo, qualcos'altro",
        "altro, problema, successo, succede, mi dica, essere utile, esserle utile, bisogno",
        "in cosa, di cosa si tratta, serve",
    ),
    asks_yes_no=phrases(
        "è, ha, vuole, desidera, posso, può, preferisce, le, sono, avete, conosce, vorrebbe, c'è",
        "conferma, accetta, devo",
    ),
    units=_UNITS,
)
