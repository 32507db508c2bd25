"""Dutch."""

from inference.turns.languages.table import Language, pairs, phrases, stems, words, worth

_UNITS = ("nul", "een", "twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen")
_STEMS = ("een", "twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen")
_TENS = (
    "twintig", "dertig", "veertig", "vijftig", "zestig", "zeventig", "tachtig", "negentig",
)  # fmt: skip
_COMPOUND = tuple(
    f"{unit}{'ën' if unit.endswith('e') and unit != 'een' else 'en'}{ten}"
    for unit in _STEMS
    for ten in _TENS
)
_KAN = "kan kunt kun kunnen zou zouden wil wilt willen heb hebt heeft hebben mag moet moeten ben"
_FINITE = (
    "bel belt bellen belde ben bent is was waren wordt worden werd begint begrijp"
    " begrijpt begrijpen bedoel bestel bestelde betaal betaalt betaalde bevestig blijf"
    " blijft blijven bloedt brandt breng brengt brengen denk denkt denken dacht doe doet"
    " doen deed duurt ga gaat gaan ging geef geeft geven gaf geloof gebruik gebruikt haal"
    " haalt halen heb hebt heeft hebben had hadden heet hoef hoeft hoop hopen hoor hoort"
    " horen hou houdt houden huur huurt kan kunt kun kunnen kon konden ken kent kennen"
    " kies kijk kijkt klopt kloppen kom komt komen kwam kwamen koop kost kosten krijg"
    " krijgt krijgen kreeg laat laten leef lekt lees leg ligt liggen lig liep loop loopt"
    " lopen lukt maak maakt maken meld merk mis mag mogen mocht moet moeten moest moesten"
    " neem neemt nemen nam noem past passen praat probeer proberen probeerde regel reed"
    " rijd rijdt ruikt schijnt schrijf sluit sluiten slaap sliep spreek spreekt spreken"
    " sprak sta staat staan stond snap speelt stop stopt stuur stuurt sturen stuurde"
    " vergat verhuis verkoop verkoopt verwacht verwachten vind vindt vinden vond voel"
    " voelt vraag vragen vroeg wacht wachten wachtte weet weten wist werk werkt werken"
    " werkte wil wilt willen wilde wilden woon woont wonen wou zal zullen zat zeg zegt"
    " zeggen zei zet zie ziet zien zag zit zitten zoek zoekt zoeken zou zouden zocht"
    " verkocht lijkt hangt hoest lijd bestaat"
)
_MODALS = (
    "wil wilt willen wilde wilden wou zou zouden kan kunt kun kunnen kon konden moet"
    " moeten moest moesten mag mogen mocht zal zullen wordt worden werd"
)
_LAST_VERBS = (
    "maken nemen geven komen stellen spreken vragen zeggen boeken wijzigen veranderen"
    " kopen betalen halen sturen brengen leggen schrijven lezen zien horen gaan rijden"
    " lopen vallen laten vinden zoeken wachten werken wonen trekken zetten dragen melden"
    " bellen praten regelen bevestigen helpen weten eten drinken blijven staan liggen"
    " zitten houden gebruiken ruilen veren nuleren oleren areren beren worden hebben doen"
    " kunnen lenen huren openen sluiten lossen krijgen mailen delen spellen vullen kijken"
    " vangen loggen lengen keren wisselen missen huizen proberen uitleggen verplaatsen"
    " schuiven gemaakt gehaald besteld gesteld betaald gekocht gestuurd gebracht gebeld"
    " gezegd gevraagd gehoord gezocht gewacht gemeld wijzigd veranderd bevestigd holpen"
    " stolen loren vergeten kregen sproken nomen vonden geweest gehad gedaan broken eerd"
    " leverd sloten grepen geopend gelukt gewerkt verhuisd geboren gelegd gezet gepraat"
    " geregeld gebruikt geleend gehuurd gestopt geprobeerd ontvangen inloggen nodig"
)
_INFLECTED = phrases(
    "nieuwe, eerste, volgende, laatste, andere, grote, kleine, goede, hele, halve, tweede",
    "derde, verkeerde, juiste, oude, jonge, belangrijke, dringende, korte, lange, warme, koude",
    "zware, erge, hoge, late, vroege, rode, blauwe, witte, zwarte, groene, vorige, zelfde",
    "medische, technische, speciale, vegetarische, mogelijke, persoonlijke, beste, vrije, mooie",
    "goedkope, dure, eigen, verschillende, bepaalde, nederlandse, gewone, extra, snelle",
    "ernstige, hevige, flinke, rare, vreemde, defecte, kapotte, zieke, nette",
)
_VERB_LAST_AFTER = phrases(
    "omdat, dat, of, als, om, wanneer, terwijl, zodat, hoewel, voordat, nadat, zodra, waar, wat",
    "wie, hoe, waarom, waarvoor, welke, welk, hoeveel",
)

LANGUAGE = Language(
    code="nl",
    hesitations=phrases("eh, uh, ehm, uhm, euh, hm, hmm, tja, nou ja"),
    backchannels=phrases(
        "hm hm, mhm, mm hm, mm, hm, hmm, ah, oh, o, ja, jaja, ja ja, oké, ok, okay, goed, prima",
        "precies, klopt, inderdaad, juist, ik snap het, ik begrijp het, natuurlijk, mooi, aha",
        "echt",
    ),
    openers=phrases(
        "nou, eh, uh, uhm, ja, oké, ok, ah, oh, dus, hallo, hoi, goedemorgen, goedemiddag",
        "goedenavond, goedendag, dag, sorry, pardon, en, maar, eigenlijk, ja hallo, zeg, kijk",
        "goed",
    ),
    politeness=phrases(
        "alstublieft, alsjeblieft, dank u, dank u wel, dankuwel, bedankt, dank je, dank je wel",
        "hartelijk dank, graag gedaan, meneer, mevrouw",
    ),
    yes_no=phrases(
        "ja, nee, jawel, klopt, dat klopt, precies, inderdaad, juist, zeker, natuurlijk, graag",
        "ja graag, oké, ok, mhm, hm hm, absoluut, ik denk het wel, ik denk het niet, liever niet",
        "prima, correct",
    ),
    hanging=phrases(
        "de, het, een, mijn, m'n, jouw, uw, zijn, z'n, haar, ons, onze, hun, geen, elke, iedere",
        "deze, welke, welk, enkele, sommige, andere, ander, zo'n, dr, dokter, meneer, mevrouw",
        "en, of, maar, want, omdat, dat, als, wanneer, terwijl, zodat, hoewel, dus, voordat, nadat",
        "tenzij, zoals, ofwel, sinds, totdat, zodra, mits, die",
        "van, voor, met, zonder, bij, naar, tot, op, in, aan, uit, over, onder, tussen, door, om",
        "tegen, tijdens, rond, vanaf, wegens, binnen, buiten, naast, achter, volgens, ongeveer",
        "minstens, te, ter, per, via, in verband met, in plaats van, vanwege",
        "is, was, waren, wordt, worden, ben, bent, heb, hebt, heeft, hebben, had, kan, kunt",
        "kunnen",
        "kunt u, kan ik, mag ik, kunt u mij, kunt u me, heeft u, hebben jullie, zou, zou ik, wil",
        "ik, we, wij, ik wil, ik wil graag, ik wilde, ik zou, ik zou graag, ik heb, ik ben",
        "ik zoek",
        "ik moet, ik kan, ik bel, ik bel over, ik heet, mijn naam is, mijn nummer is",
        "het nummer is",
        "het adres is, wij willen, we willen, we hebben, we zijn, ik wou, ik wou graag",
        "ik wilde graag",
        "ik vroeg me af, weten of, vragen of, het probleem is, het probleem is dat, namelijk",
        "bijvoorbeeld, dat wil zeggen, op naam van, erg, heel, zeer, nog, ook, al, alleen, bijna",
        "hoeveel, wat voor, niet alleen, er is, er zijn, het is, dat is, punt, apenstaartje",
        "streepje, dubbel, weten hoe, zeggen hoe, mij vertellen, me vertellen, graag een",
    )
    - phrases("dat, die, zijn, meneer, mevrouw, over, al")
    | phrases("denk dat, hoop dat, geloof dat, graag weten, een vraag over, stuur u, het verkeerde")
    | pairs("een", "nieuwe nieuw kleine klein grote groot andere ander goede")
    | pairs(_KAN, "ik we wij")
    | pairs("dat of als omdat en maar want", "ik we wij u het dat er"),
    hanging_alone=phrases(
        "ik denk, ik geloof, ik bedoel, alstublieft, misschien, weet u, gisteren, u, hij, het, dat",
        "ik hoop, vorige week, die, eigenlijk, over, kunt u dat, kunt u alstublieft",
    ),
    hanging_after_words=phrases("wat, wie, waar, wanneer, waarom, hoe, hoe lang, hoe laat"),
    waiting=phrases(
        "een moment, moment, een momentje, momentje, een ogenblik, een seconde, wacht even, wacht",
        "even kijken, even denken, laat me even kijken, laat me denken, ogenblikje, eens kijken",
        "ik kijk even, ik zoek het even op, blijf aan de lijn, hoe zeg je dat, een ogenblikje",
    ),
    asks_nothing=pairs("is zijn was waren", "het dat dit er hij"),
    complete=phrases(
        "ja, nee, jawel, klopt, dat klopt, precies, inderdaad, juist, zeker, natuurlijk, graag",
        "dat is alles, dat was alles, dat was het, verder niets, tot ziens, dag, doei, fijne dag",
        "fijne dag nog, tot morgen, tot dan, is goed, dat is goed, prima, perfect, geen probleem",
        "dank u, bedankt, wat zegt u, wablief, nog een keer, herhalen, help, een medewerker",
        "medewerker, ik begrijp het niet, ik versta u niet, hoort u mij, bent u daar",
        "bent u er nog",
        "maakt niet uit, dat maakt niet uit, laat maar, ik denk het wel, ik denk het niet, akkoord",
        "afgesproken, dat is prima, in orde, met wie spreek ik, wie bent u, liever niet, nog niet",
    ),
    closing=phrases(
        "dat is alles, dat was alles, dat was het, verder niets, tot ziens, fijne dag, herhalen",
        "een medewerker, een medewerker spreken, een mens, mens spreken, helpen, terugbellen",
        "langzamer, harder, luider, maakt niet uit, is goed, dat kost, kost dat, duurt het",
        "als het kan, spellen, met pin betalen",
    ),
    auxiliaries=phrases("is, was, ben, bent, heb, heeft, kan, had"),
    pronouns=phrases("het, dat, ik, hij, u, dit"),
    separable=stems(
        "op: bel neem hang zoek haal schrijf sta hou los ruim",
        "aan: kom bied meld vraag zet doe",
        "af: haal zeg spreek reken maak",
        "uit: leg ga zet doe zoek kom val",
        "over: zet maak stap neem",
        "door: verbind geef ga stuur",
        "mee: neem ga kom breng",
        "om: ruil boek zet",
        "in: schrijf vul lever stap",
        "toe: stuur voeg",
        "bij: wil kom voeg",
        "voor: stel lees",
    ),
    question_words=phrases("wat, wie, waar, wanneer, waarom, hoe, hoeveel, welke, welk, waarvoor"),
    question_verbs=words(_KAN)
    | phrases(
        "is, zijn, bent, kost, kosten, duurt, kom, komt, gaat, gaan, vind, vindt, doe, doet, zit",
        "sluit, sluiten, open, opent, begint, spreek, zegt, bedoelt, werkt, heten, heet, was",
    ),
    question_least=3,
    verbs=words(_FINITE)
    | phrases(
        "we zijn, wij zijn, ze zijn, er zijn, zijn er, zijn we, zijn wij, zijn jullie, zijn ze",
    ),
    verbs_alone=phrases(
        "werkt, klopt, kloppen, lekt, past, lukt, bloedt, brandt, komt, wacht, wachten, hoest",
        "stopt, sluit, slaapt",
    ),
    needs_more=phrases(
        "graag, helaas, mij, me, hem, je, jullie, ons, hen, u, zeer, misschien, toch, momenteel",
        "nu, dan, al, eens, echt, vooral, zelfs, altijd, meestal, soms, net, pas, eerst",
        "binnenkort, meteen, toen, daar, ook, wel, even, gewoon, eigenlijk, waarschijnlijk",
        "hopelijk, plotseling, iets, een paar, een beetje, zich, weet niet, wilde weten, wil weten",
        "wilde vragen, wou vragen, te vragen, de eerste keer, allergisch",
    )
    | pairs("ben is was waren heb heeft hebben had", "niet gisteren vandaag nog")
    | phrases("is nog niet, ben nog niet, heb nog niet, heeft nog niet, hebben nog niet")
    | _INFLECTED,
    determiners=phrases(
        "de, het, een, geen, mijn, m'n, uw, zijn, z'n, haar, ons, onze, hun, jullie, deze, die",
        "dit, elke, iedere, welke, welk, elk, twee, drie",
    ),
    attributes=_INFLECTED
    | phrases(
        "nieuw, klein, groot, ander, goed, gratis, oud, speciaal, tweedehands, half, heel",
        "warm, koud",
    ),
    subordinators=_VERB_LAST_AFTER | phrases("maar, want, dus"),
    demonstratives=phrases("dat, of, om, als"),
    verb_last_after=_VERB_LAST_AFTER,
    awaits_verb=words(_MODALS)
    | pairs(
        "heb hebt heeft hebben had",
        "de het mijn uw u hem haar ons onze me mij zich gisteren vorige al net bij in op vandaag",
    )
    | pairs("ben is zijn", "mijn al net gisteren vorige vandaag bij"),
    awaited_endings=tuple(_LAST_VERBS.split()),
    digits=worth(
        d1=" ".join(_UNITS),
        d2="tien elf twaalf dertien veertien vijftien zestien zeventien achttien negentien honderd"
        f" {' '.join(_TENS)} {' '.join(_COMPOUND)}",
        d3="duizend tweehonderd driehonderd vierhonderd vijfhonderd zeshonderd zevenhonderd"
        " achthonderd negenhonderd",
        d4=" ".join(("negentienhonderd", "tweeduizend", *(f"negentien{two}" for two in _COMPOUND))),
    ),
    zeros=phrases("nul"),
    doubles={"dubbel": 2, "dubbele": 2},
    plus=phrases("plus"),
    number_digits_after_zero=frozenset({10}),
    spelling_words=phrases(
        "anton, bernhard, cornelis, dirk, eduard, ferdinand, gerard, hendrik, izaak, johan, karel",
        "lodewijk, maria, nico, otto, pieter, quotiënt, rudolf, simon, teunis, utrecht, victor",
        "willem, xantippe, ypsilon, zaandam",
    ),
    as_in=phrases("van, zoals, zoals in"),
    capital=phrases("hoofdletter, letter"),
    at=phrases("apenstaartje, at, apestaartje"),
    dot=phrases("punt"),
    negations=phrases("nee, niet, geen, zonder, niets, nooit"),
    months=phrases(
        "januari, februari, maart, april, mei, juni, juli, augustus, september, oktober, november",
        "december",
    ),
    days=phrases(
        "eerste, tweede, derde, vierde, vijfde, zesde, zevende, achtste, negende, tiende, elfde",
        "twaalfde, dertiende, veertiende, vijftiende, zestiende, zeventiende, achttiende",
        "negentiende, twintigste, dertigste",
    ),
    thousands=phrases("duizend, tweeduizend, negentienhonderd, honderd"),
    asks_spelling=phrases("spellen, spel, letter voor letter, spelt"),
    asks_email=phrases("e mail, email, mail, e mailadres, mailadres, emailadres"),
    asks_date=phrases("geboortedatum, welke datum, welke dag, geboren, de datum"),
    asks_digits=phrases(
        "telefoonnummer, uw nummer, klantnummer, postcode, mobiele nummer, ordernummer",
        "bestelnummer",
        "welk nummer, factuurnummer, reserveringsnummer, contractnummer, rekeningnummer",
    ),
    asks_to_confirm=phrases("klopt dat, klopt, correct, juist, dit nummer, akkoord, goed, toch"),
    asks_anything=phrases(
        "helpen, van dienst, voor u doen, uw vraag, waarover, belt u, waar gaat het over",
        "gaat het om, nog iets, verder, probleem, gebeurd, aan de hand, waarmee, iets anders",
        "vertellen, voor u betekenen",
    ),
    asks_yes_no=words(_KAN)
    | phrases(
        "is, zijn, bent, zal, klopt, was, wenst, kent, gaat, past, bevestigt",
    ),
    units=_UNITS,
)
