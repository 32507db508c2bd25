"""German."""

from inference.turns.languages.table import Language, pairs, phrases, stems, words, worth

_ICH = "ich du wir sie er es man ihr"
_KANN = (
    "kann können könnte könnten könntest darf dürfen dürfte dürften möchte möchten will wollen"
    " würde würden habe hab haben hatte hatten hätte hätten bin sind war waren wäre wären muss"
    " müssen müsste soll sollen sollte sollten werde werden wird brauche brauchen gibt suche"
)
_UNITS = ("null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun")
_STEMS = ("ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun")
_TEENS = (
    "zehn", "elf", "zwölf", "dreizehn", "vierzehn", "fünfzehn", "sechzehn", "siebzehn",
    "achtzehn", "neunzehn",
)  # fmt: skip
_TENS = (
    "zwanzig", "dreißig", "dreissig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig",
    "neunzig",
)  # fmt: skip
_TWO = (*_TEENS, *_TENS, *(f"{unit}und{ten}" for unit in _STEMS for ten in _TENS))
_HUNDREDS = ("hundert", *(f"{unit}hundert" for unit in _STEMS))
_CENTURIES = tuple(f"{teen}hundert" for teen in _TEENS)
_YEARS = (
    "tausend",
    "zweitausend",
    *_CENTURIES,
    *(f"{century}{rest}" for century in _CENTURIES for rest in (*_TWO, *_UNITS[1:])),
    *(f"zweitausend{rest}" for rest in (*_TWO, *_UNITS[1:])),
)
_DAYS = (
    "erst", "zweit", "dritt", "viert", "fünft", "sechst", "siebt", "acht", "neunt", "zehnt",
    "elft", "zwölft", *(f"{teen}t" for teen in _TEENS[3:]), "zwanzigst", "dreißigst",
    *(f"{unit}undzwanzigst" for unit in _STEMS), "einunddreißigst",
)  # fmt: skip
_FINITE = (
    "arbeite arbeitet arbeiten bekomme bekommt bekommen bekam benötige benötigen bestelle"
    " bestellt bestellte bezahle bezahlt bin bist bleibe bleibt bleiben blutet brauche"
    " braucht brauchen brauchte bräuchte bräuchten brennt bringe bringt bringen dachte"
    " denke dauert erwarte erwarten erreiche erreicht fahre fährt fahren fällt fehlt"
    " fehlen finde findet finden fand fiel freue freuen funktioniert funktionieren gab"
    " gebe geben gibt gehe geht gehen gehört gefällt ging glaube glauben habe hab hast hat"
    " haben hatte hatten hätte hätten heiße heißt hilft hoffe hoffen hole holt holen höre"
    " hört ist kam kamen kann kannst können könnte könnten kaufe kaufen kenne kennt klappt"
    " klemmt komme kommst kommt kommen konnte konnten kostet kriege kriegt kriegen lasse"
    " lässt lassen läuft laufen lebe lebt leide leidet lief liegt liegen ließ mache machst"
    " macht machen mag mögen möchte möchten muss musst müssen musste mussten müsste"
    " müssten nehme nimmt nehmen nahm nutze passt passen plane planen raucht reicht riecht"
    " sage sagt sagen sagte sah schicke schickt schicken schließt schreibe schreibt sehe"
    " sieht sehen sind sitze sitzt soll sollen sollte sollten spreche spricht sprechen"
    " stand stehe steht stehen stimmt stinkt stört streikt suche sucht suchen tat tropft"
    " tut überweise vermisse verstehe versteht verstehen versuche versucht vertrage wäre"
    " wären war waren warte wartet warten weiß wissen wusste werde wird werden will willst"
    " wollen wollte wollten wohne wohnt wohnen wünsche würde würden wurde wurden zahle"
    " zahlt zahlen zieht darf dürfen dürfte senden vermiete vermietet verkauft verkaufe"
)
_MODALS = (
    "möchte möchten möchtest will willst wollen wollte wollten kann kannst können könnte"
    " könnten konnte konnten muss musst müssen musste mussten müsste müssten soll sollen"
    " sollte sollten darf dürfen dürfte werde werden wird würde würden wurde wurden"
)
_LAST_VERBS = (
    "machen nehmen nommen geben kommen stellen sprechen sprochen fragen sagen buchen"
    " ändern ieren kaufen zahlen holen schicken senden bringen legen schreiben schrieben"
    " lesen sehen hören gehen gangen fahren laufen fallen lassen finden funden suchen"
    " warten arbeiten wohnen ziehen zogen schieben schoben tragen melden rufen reden"
    " klären kündigen bestätigen erledigen helfen holfen wissen vergessen trinken bleiben"
    " blieben stehen standen liegen sitzen halten nutzen vereinbaren tauschen liefern"
    " reinigen prüfen zeigen kriegen erreichen lernen öffnen schließen schlossen werden"
    " worden gewesen haben lösen leihen mieten bitten wechseln wenden parken teilen"
    " richten füllen schauen treffen troffen verlängern sperren besorgen brochen bieten"
    " boten loren rissen stohlen wiesen getan gehabt gemacht geholt stellt bezahlt gekauft"
    " schickt bracht legt klärt kündigt bestätigt erledigt liefert gesagt gefragt gehört"
    " gesucht wartet meldet ändert tauscht prüft öffnet stürzt verletzt iert gebraucht"
    " gewusst geklappt gepasst wechselt stört teilt längert sperrt gebucht reicht einbart"
    " wendet gefreut gewohnt gelernt gekriegt gemietet gesetzt setzen worben worfen"
    " stiegen schnitten geirrt beraten schlafen essen duschen unterschreiben"
)
_ATTRIBUTES = (
    "neu nächst erst letzt ander groß klein gut ganz halb eigen zweit dritt kostenlos"
    " aktuell frei gebraucht stark schlimm falsch richtig alt jung schön wichtig dringend"
    " kurz lang warm kalt weiter verschieden medizinisch technisch ärztlich telefonisch"
    " schriftlich elektrisch persönlich ruhig günstig teur rot blau weiß schwarz grün hoh"
    " leicht schwer defekt kaputt vegetarisch privat gesetzlich rechtlich möglich passend"
    " offen ungefähr gesamt einzeln doppelt"
)
_INFLECTED = frozenset(
    f"{stem}{end}" for stem in _ATTRIBUTES.split() for end in ("e", "er", "en", "es", "em")
)
_VERB_LAST_AFTER = phrases(
    "weil, dass, ob, wenn, falls, damit, obwohl, sobald, solange, nachdem, bevor, sodass, wann, wo",
    "wie, warum, wieso, wer, was, welche, welcher, welches, welchen, woran, womit, wofür, wohin",
)

LANGUAGE = Language(
    code="de",
    hesitations=phrases("äh, ähm, öh, öhm, hm, hmm, hmmm, eh, ehm, ähh, tja, naja, na ja"),
    backchannels=phrases(
        "mhm, mm hm, mmh, mm, hm, hmm, aha, ach, ah, oh, ja, jaja, jo, jep, okay, ok, gut, genau",
        "richtig, klar, stimmt, ach so, achso, verstehe, ich verstehe, alles klar, schön, super",
        "natürlich, na klar, echt, so so, soso, sehr gut, prima, toll, wirklich",
    ),
    openers=phrases(
        "also, ja, ja also, so, okay, ok, ach, oh, ah, äh, ähm, hm, gut, nun, na, hallo, und",
        "aber, guten tag, guten morgen, guten abend, entschuldigung, grüß gott, moin, servus",
        "dann, eigentlich, ja hallo",
    ),
    politeness=phrases(
        "bitte, danke, vielen dank, danke schön, dankeschön, danke sehr, bitte schön, besten dank",
        "herzlichen dank, ich danke ihnen, bitteschön",
    ),
    yes_no=phrases(
        "ja, nein, nee, nö, jawohl, jo, jep, doch, genau, richtig, stimmt, korrekt, gerne, gern",
        "klar, natürlich, sicher, okay, ok, mhm, mm hm, auf jeden fall, auf keinen fall, passt",
        "ich denke schon, ich glaube schon, ich glaube nicht, eher nicht, lieber nicht",
    ),
    hanging=phrases(
        "der, die, das, den, dem, des, ein, eine, einen, einem, einer, eines, kein, keine, keinen",
        "keinem, mein, meine, meinen, meinem, meiner, meines, dein, deine, ihr, ihre, ihren",
        "ihrem, ihrer, ihres, sein, seine, seinen, seinem, seiner, unser, unsere, unseren",
        "unserem, unserer, dieser, diese, diesen, diesem, dieses, jeder, jede, jeden, welche",
        "welcher, welchen, welches, welchem, etwas mit",
        "und, oder, aber, weil, dass, ob, wenn, denn, sondern, damit, obwohl, bevor, nachdem",
        "sobald, solange, falls, während, bis, sowie, entweder, sowohl, als, wie, weder, seit",
        "für, mit, von, zu, bei, nach, aus, auf, an, in, im, am, um, vor, über, unter, zwischen",
        "wegen, ohne, gegen, durch, zum, zur, vom, beim, ins, ans, aufs, neben, hinter, ab, trotz",
        "gegenüber von, anstatt, statt, pro, innerhalb, außerhalb, ungefähr, etwa, circa, herr",
        "frau, doktor, herrn, familie, mindestens, höchstens, spätestens, frühestens, fürs",
        "ist, sind, war, waren, bin, wird, werden, wurde, kann, können, könnte, könnten, möchte",
        "möchten, will, wollte, wollen, würde, würden, hätte, hätten, habe, hab, haben, hat, hatte",
        "muss, müssen, müsste, soll, sollte, darf, dürfte, werde, bist, wäre, wären, brauche",
        "ich, wir, man, gern, gerne, sehr, ganz, ziemlich, noch, auch, schon, nur, immer",
        "sehr gern",
        "zwar, eigentlich, einfach, quasi, sozusagen, halt, irgendwie, zirka, wieder, gerade",
        "was, wer, wo, wann, warum, wieso, womit, wofür, worüber, woher, wohin, wem, wen, wessen",
        "ich möchte, ich hätte, ich hätte gern, ich hätte gerne, ich würde, ich würde gern",
        "ich würde gerne, ich wollte, ich wollte nur, ich will, ich brauche, ich suche, ich habe",
        "ich möchte gern, ich möchte gerne, können sie, könnten sie, können sie mir, würden sie",
        "könnten sie mir, könnten sie bitte, kann ich, könnte ich, darf ich, haben sie, gibt es",
        "ich rufe, ich heiße, mein name ist, meine nummer ist, die nummer ist, es geht um, das ist",
        "sagen sie mir, wissen sie, ich frage mich, ich wollte fragen, ich muss, es ist, ich bin",
        "weiß nicht ob, und zwar, zum beispiel, das heißt, beziehungsweise, ich kann, wir möchten",
        "wir haben, wir sind, wir brauchen, wir wollten, wir hätten gern, wir hätten gerne",
        "das problem ist, die frage ist, die sache ist, die adresse ist, mir sagen, fragen ob",
        "punkt, unterstrich, bindestrich, schrägstrich, minus, ät, doppel, per, laut, mal, nämlich",
        "nicht nur, lautet, sagte, meinte, namens, genannt, vielleicht noch, wie viel, wie viele",
        "wie lange, wie oft, wie weit, um wie viel uhr, was für ein, was für eine, den namen",
        "dem namen, der nummer, hundert und, zu viel, zu, nur wissen, gern wissen, gerne wissen",
    )
    | phrases("brauche dringend, haben mir, hat mir, schicke ihnen, das falsche, die falsche")
    | pairs("ein eine einen", "neue neuen neues kleine kleinen kleines große großen großes andere")
    | pairs(_KANN, "ich wir man du")
    | pairs("dass ob wenn weil und aber oder denn wo wie was", _ICH),
    hanging_alone=phrases(
        "ich glaube, ich meine, ich denke, ich weiß, ich hoffe, ich habe gehört, wissen sie",
        "sie, er, es, wir, das, bitte, gestern, letzte woche, es geht, ich rufe an, ich melde mich",
        "vielleicht noch, guten, grüß, haben sie noch, haben sie auch, ist es, kann man",
        "gibt es da",
        "könnten sie bitte, können sie bitte, eigentlich, und dann, was kostet, wo ist",
    ),
    hanging_after_words=phrases(
        "was, wer, wo, wann, warum, wieso, wie, wohin, woher, wie viel, wie lange, welche",
    ),
    waiting=phrases(
        "moment, einen moment, moment mal, kleinen moment, einen kleinen moment, sekunde",
        "eine sekunde, warten sie, warten sie mal, warte, warte mal, augenblick",
        "einen augenblick, ich schau mal, ich schaue mal, ich schau nach, ich schaue nach",
        "ich muss kurz nachsehen, ich muss nachsehen, ich sehe nach, ich sehe mal nach",
        "lassen sie mich überlegen, lassen sie mich nachsehen, mal sehen, mal schauen",
        "wie sagt man",
        "ich überlege, ich muss überlegen, ich muss kurz überlegen, ich hole sie, ich such mal",
        "eine minute, bleiben sie dran",
    ),
    asks_nothing=pairs("ist sind war waren", "das es sie er dies"),
    complete=phrases(
        "ja, nein, nee, nö, doch, genau, richtig, stimmt, korrekt, natürlich, sicher, klar, gerne",
        "gern, sehr gerne, sehr gern, ja gerne, passt, das passt, das passt gut, in ordnung",
        "das ist in ordnung, das geht in ordnung, alles klar, einverstanden, perfekt, super, prima",
        "wunderbar, das war alles, das wars, das war's, das ist alles, das wäre alles",
        "sonst nichts",
        "nichts weiter, auf wiederhören, auf wiedersehen, wiederhören, tschüss, tschüs, ciao",
        "schönen tag noch, einen schönen tag, gleichfalls, ebenfalls, danke, vielen dank",
        "wie bitte, noch einmal, noch mal, nochmal, wiederholen, hilfe, mitarbeiter, stopp, stop",
        "egal, das ist egal, vergessen sie es, das stimmt, das stimmt nicht, das ist richtig",
        "das ist falsch, ich glaube schon, ich denke schon, ich glaube nicht, lieber nicht",
        "auf jeden fall, auf keinen fall, hören sie mich, sind sie da, sind sie noch da",
        "wer sind sie, wer ist da, was haben sie gesagt, keine ahnung, ich verstehe sie nicht",
        "ich habe sie nicht verstanden, bis dann, bis morgen, machen wir so, so machen wir das",
        "das ist es, das geht, das geht nicht, das ist gut, ja das stimmt, sehr gut, beides",
    ),
    closing=phrases(
        "das war alles, das wars, das war's, das ist alles, das wäre alles, sonst nichts",
        "auf wiederhören, auf wiedersehen, tschüss, tschüs, schönen tag noch, danke, vielen dank",
        "wiederholen, noch einmal sagen, mit einem menschen sprechen, einem menschen",
        "mitarbeiter sprechen, mitarbeiterin sprechen, jemandem sprechen, mir helfen",
        "zurückrufen, rufen sie mich zurück, lauter sprechen, langsamer sprechen, langsamer",
        "in ordnung, ist mir egal, alles klar, ihnen sprechen, buchstabieren, verbinden",
        "mit karte zahlen, bar bezahlen, das kostet, dauert das, das dauert, kostet das, geht das",
        "was ist das, wie geht das, warum das, sie das, bedeutet das, heißt das",
    ),
    auxiliaries=phrases("ist, sind, war, waren, kann, können, hat, haben, habe, muss, soll, wird"),
    pronouns=phrases("das, es, ich, sie, er, wir, man"),
    separable=stems(
        "an: ruf rief fang nehm nimm zieh biet melde komm geh spring schau seh sieh fühl"
        " hör geb gib kreuz",
        "auf: mach hör schreib leg steh pass hab nehm nimm hänge wach tau fäll fall ruf"
        " tret tritt bau hol",
        "ab: hol sag fahr geb gib reis lehn schick stürz lauf läuf schalt schließ mach"
        " meld brech brich buch lieg",
        "aus: mach sieh seh fall fäll fiel geh füll schalt reich zieh kenn drück richt such"
        " stell sieht rechn lief",
        "ein: trag träg lad läd fall fäll kauf geb gib zieh schalt stell richt schlaf reich"
        " zahl steig schick fiel",
        "mit: nehm nimm komm bring teil geb gib mach schreib hör",
        "nach: seh sieh schau frag les lies denk geh guck hol",
        "vor: les lies hab schlag schläg bereit stell komm geh merk",
        "zu: mach hör sag schließ stimm schick send geb gib ordn stell",
        "um: buch zieh tausch geh kehr dreh steig stell zog seh",
        "bei: füg tret tritt bring lieg leg",
        "über: setz wechs",
        "wieder: hol komm seh",
        "sein: kann könnte muss soll sollte wird würde darf mag zu",
        "haben: kann könnte möchte will würde wollte zu muss gern",
        "werden: kann soll muss möchte wollte zu",
        "wollen: was wie wenn ob",
        "können: ob dass wie was",
    ),
    question_words=phrases(
        "was, wer, wo, wann, warum, wieso, weshalb, wie, wohin, woher, welche, welcher, welches",
        "welchen, wem, wen, wofür, womit, worum, wieviel, wieviele",
    ),
    question_verbs=words(_KANN)
    | phrases(
        "ist, hat, hast, bist, kostet, kosten, komme, kommt, kommen, finde, findet, finden, macht",
        "machen, mach, öffnen, öffnet, schließen, schließt, dauert, heißt, heißen, geht, gehen",
        "steht, stehen, liegt, liegen, brauche, braucht, bekomme, bekommt, erreiche, rufe, fährt",
        "fahren, beginnt, beginnen, endet, liefert, liefern, passiert, kriege, kriegt, bezahle",
        "zahle, funktioniert, meinen, bedeutet, spricht, sagt, sagten, sprechen, bieten, bietet",
    ),
    question_least=3,
    verbs=words(_FINITE)
    | phrases(
        "rufe an, rufen an, melde mich, melden uns, interessiere mich, fühle mich, hole ab",
        "frage mich, ziehe um, mache auf, machen auf, schließen um, öffnen um",
    ),
    verbs_alone=phrases(
        "funktioniert, funktionieren, geht, klappt, klemmt, tropft, brennt, blutet, stimmt",
        "passt, fehlt, reicht, kommt, komme, raucht, stinkt, streikt, steht, kommen, warte",
        "warten, rufe an, stört",
    ),
    needs_more=phrases(
        "leider, dringend, mir, mich, ihnen, dir, ihm, uns, sich, sie, sehr, vielleicht",
        "trotzdem, momentan, aktuell, derzeit, bereits, demnächst, unbedingt, wirklich, extra",
        "direkt, normalerweise, wahrscheinlich, hoffentlich, plötzlich, zuerst, erstmal, mal",
        "bloß, fast, überhaupt, besonders, nun, jetzt, dann, seitdem, etwas, ein paar",
        "ein bisschen, meistens, manchmal, damals, weiß nicht, wollte wissen, allergisch",
        "wollte fragen, wollte nachfragen, möchte wissen, möchte fragen, das erste mal",
    )
    | pairs("bin ist sind war waren wäre habe hab haben hat hatte", "nicht heute gestern")
    | _INFLECTED,
    determiners=phrases(
        "der, die, das, den, dem, des, ein, eine, einen, einem, einer, eines, kein, keine",
        "keinen, keinem, keiner, mein, meine, meinen, meinem, meiner, ihr, ihre, ihren, ihrem",
        "ihrer, sein, seine, seinen, seinem, seiner, unser, unsere, unseren, unserem, unserer",
        "dieser, diese, diesen, diesem, dieses, jeder, jede, jeden, jedes, euer, eure, zwei",
        "drei",
    ),
    attributes=_INFLECTED,
    subordinators=_VERB_LAST_AFTER | phrases("aber, denn, deshalb, deswegen, sondern"),
    verb_last_after=_VERB_LAST_AFTER,
    awaits_verb=words(_MODALS)
    | phrases("an um")  # "ich rufe an um Ihnen"
    | pairs(
        "habe hab haben hat hatte hatten",
        "der die den das dem mein meine meinen meinem ihr ihre ihren ihnen es mich mir uns sich"
        " gestern heute bei schon am im vor letzte vorhin",
    ),
    awaited_endings=tuple(_LAST_VERBS.split()),
    digits=worth(
        d1=" ".join((*_UNITS, "zwo", "ein")),
        d2=" ".join(_TWO),
        d3=" ".join((*_HUNDREDS, *(f"{h}{two}" for h in _HUNDREDS for two in _TWO))),
        d4=" ".join(_YEARS),
    ),
    zeros=phrases("null"),
    doubles={"doppel": 2, "zweimal": 2, "dreimal": 3},
    plus=phrases("plus"),
    number_digits_after_zero=frozenset({11, 12}),
    spelling_words=phrases(
        "anton, ärger, berta, cäsar, charlotte, dora, emil, friedrich, gustav, heinrich, ida",
        "julius, kaufmann, konrad, ludwig, martha, nordpol, otto, ökonom, paula, quelle, richard",
        "samuel, siegfried, schule, theodor, ulrich, übermut, viktor, wilhelm, xanthippe, ypsilon",
        "zacharias, zeppelin, zürich",
    ),
    as_in=phrases("wie, wie in, von"),
    capital=phrases("groß, klein, großes, kleines, buchstabe, großbuchstabe"),
    at=phrases("at, ät, et, klammeraffe"),
    dot=phrases("punkt, dot"),
    negations=phrases("nein, nicht, kein, keine, keinen, keins, ohne, nichts, nie"),
    months=phrases(
        "januar, jänner, februar, märz, april, mai, juni, juli, august, september, oktober",
        "november, dezember",
    ),
    days=phrases(",".join(f"{day}{end}" for day in _DAYS for end in ("e", "er", "en"))),
    thousands=phrases("tausend, zweitausend, hundert", ",".join(_CENTURIES)),
    asks_spelling=phrases("buchstabieren, buchstabiere, buchstaben, buchstabe"),
    asks_email=phrases("e mail, email, mailadresse, e mail adresse, emailadresse, mail adresse"),
    asks_date=phrases(
        "geburtsdatum, geboren, welches datum, welcher tag, welchen tag, welchem tag",
        "an welchem tag",
        "das datum, geburtstag, welchem datum",
    ),
    asks_digits=phrases(
        "telefonnummer, handynummer, rufnummer, mobilnummer, kundennummer, ihre nummer",
        "bestellnummer, auftragsnummer, rechnungsnummer, postleitzahl, welche nummer",
        "welcher nummer, reservierungsnummer, buchungsnummer, vertragsnummer, kontonummer",
        "versicherungsnummer, sendungsnummer, mitgliedsnummer, durchwahl, vorgangsnummer",
    ),
    asks_to_confirm=phrases(
        "richtig, korrekt, stimmt das, stimmt, so richtig, dieser nummer, diese nummer, in ordnung",
        "einverstanden, nicht wahr, oder",
    ),
    asks_anything=phrases(
        "helfen, weiterhelfen, für sie tun, tun, ihr anliegen, worum geht es, worum es geht",
        "anruf, ihres anrufs, sonst noch, noch etwas, noch was, passiert, problem, los",
        "erzählen, ihre frage, dienen, auf dem herzen, stimmt nicht",
    ),
    asks_yes_no=words(_KANN)
    | phrases(
        "ist, hat, darf, stimmt, passt, geht, kennen, wissen, sprechen, rufen, wünschen, benötigen",
        "nehmen, kommen, bleiben, bestätigen",
    ),
    units=_UNITS,
)
