"""French."""

from inference.turns.languages.table import Language, pairs, phrases, words, worth

_UNITS = ("zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf")
_TENS = "vingt trente quarante cinquante soixante septante huitante octante nonante"
_AFTER_TENS = "onze douze treize quatorze quinze seize dix"
_FINITE = (
    "a accepte acceptez ai allons allez aimerais aimerait aimerions aime appelle appelez"
    " appelons arrive arrivent arrivera arriverai arrête attend attends attendons aurai"
    " aurais aurait avaient avais avait avez aviez avons bloque brûle cherche cherchons"
    " coule coupe comprend comprends confirme connais coûte coûtent crois croit croyais"
    " descend dois doit doivent devait devais devrais devrait devons devez dites dit"
    " dirait disent donne donnez dort dure écoute écris entend entends envoie envoyez"
    " espère essaie est étaient étais était êtes faisait fais fait faites faudra faudrait"
    " faut ferai fera ferme ferment fermez font fonctionne fonctionnent fuit gagne habite"
    " habitons inquiète ira irai irait laisse laissez lit manque manquent mange met mets"
    " mettez monte offre ont ouvre ouvrez ouvrent oublie paie paye payons paierai parle"
    " parlez part pars passera passez peut peux peuvent pense pensais perd perds plaît"
    " pleure pourra pourrai pourrais pourrait pouvez pouvons pouvait pouvais pourriez"
    " prend prends prendrai prenez prenons préfère préférerais préférerait préférons"
    " propose rappelle rappelez rappellerai rappellera reçois recherche recommande refuse"
    " rends reste restez répond répondez réponds revient reviens sais sait saigne savez"
    " savons savais semble sens sent sera serai serait serais serons seront sert sommes"
    " sonne sont sors sort souffre souhaite souhaiterais souhaiterait souhaitons"
    " souhaiterions suis suit supporte tient tiens tombe tousse touche travaille"
    " travaillent trouve trouvez trouvons utilise va vais vas valide vend vends venez"
    " venons vérifie veut veux veulent viens vient viendra viendrai vit vois voit voulais"
    " voulait voulez voulons voudrais voudrait voudrions vont parte vienne aille fasse"
    " puisse sache soit reçoive transmets gère gêne gratte démange pique chauffe affiche"
    " clignote bouge"
)
_AFTER_APOSTROPHE = (
    "ai a as est était étais étaient avais avait avons avez ont aurai aurais aurait"
    " arrive arrivent arrivais attend attends appelle appelez appelais aimerais aimerait"
    " habite entend entends envoie écoute écris espère essaie êtes oublie ouvre aviez"
    " utilise achète apprends inquiète imagine irai irais accepte arrête éteint agit"
    " allume affiche avance insiste intéresse attendais"
)

LANGUAGE = Language(
    code="fr",
    hesitations=phrases("euh, heu, hum, hem, ben, bah, hm, hmm, euuh"),
    backchannels=phrases(
        "mhm, mm hm, mm, hm, hmm, ah, oh, oui, ouais, ok, okay, d'accord, bien, très bien, je vois",
        "voilà, exact, exactement, c'est ça, ah bon, ah oui, bon, entendu, parfait, super",
        "bien sûr",
    ),
    openers=phrases(
        "alors, bon, ben, bah, euh, heu, hum, ah, oh, bonjour, bonsoir, allô, oui alors, donc, et",
        "mais, d'accord, ok, oui bonjour, excusez moi, pardon, en fait, eh bien, voilà",
    ),
    politeness=phrases(
        "merci, s'il vous plaît, s'il te plaît, s'il vous plait, merci beaucoup, merci bien",
        "monsieur, madame, je vous prie",
    ),
    yes_no=phrases(
        "oui, non, ouais, si, d'accord, exact, exactement, tout à fait, bien sûr, absolument",
        "c'est ça, pas du tout, je crois, je pense, volontiers, ok, okay, mhm, voilà, correct",
    ),
    hanging=phrases(
        "le, la, les, l, un, une, des, du, de, d, au, aux, mon, ma, mes, ton, ta, tes, son, sa",
        "ses",
        "notre, nos, votre, vos, leur, leurs, ce, cet, cette, ces, quel, quelle, quels, quelles",
        "quelques, chaque, plusieurs, aucun, aucune, un peu de, beaucoup de, m, n, s, t, j, c, qu",
        "et, ou, mais, donc, or, ni, car, parce que, parce qu, que, puisque, puisqu, si, quand",
        "lorsque, comme, afin de, afin que, pour que, pour qu, alors que, sinon, dès que",
        "est ce que",
        "est ce qu, qu'est ce que, qu'est ce qu, ce que, ce qui, ce qu, qui, dont, où",
        "à, dans, en, par, pour, avec, sans, sur, sous, vers, chez, entre, contre, depuis, pendant",
        "avant, après, jusqu'à, jusqu'au, jusque, près de, à côté de, au sujet de, à propos de",
        "à cause de, grâce à, environ, vers les, d'un, d'une, qu'un, qu'une, c'est un, c'est une",
        "je, j'ai, tu, il, ils, on, nous, vous avez, je suis, nous sommes, nous avons, il y a",
        "j'aimerais, je voudrais, je veux, je vais, je peux, je dois, je cherche, j'avais",
        "j'aurais, je voulais, j'ai besoin, j'ai besoin de, j'ai besoin d, j'ai besoin d'un",
        "on voudrait, nous voudrions, nous aimerions, est, sont, était, a, ont, avait, sera, c'est",
        "c'était, qu'il, qu'elle, qu'on, que je, que vous, ne, n'est, pas de, pas d, très, trop",
        "plus de, moins de, aussi, même, juste, seulement, presque, encore un, docteur",
        "monsieur le",
        "vous pouvez, pouvez vous, pourriez vous, avez vous, puis je, peut on, je m'appelle",
        "mon nom est, mon numéro est, mon numéro c'est, le numéro est, l'adresse est, je vous",
        "pouvez vous me, pourriez vous me, le problème c'est que, c'est à dire, par exemple, dire",
        "je me demandais, savoir, savoir si, pour savoir, au nom de, combien de, point, arobase",
        "tiret, double, de la, de l, à la, à l, peut être que, je m, je n, il faut, il faudrait",
        "voudrais annuler, voudrais réserver, a été, m'avez, m'a, m'ont, je vous envoie, maître",
        "je pourrais, nous pourrions, pourrais avoir, vous êtes, de recevoir, me faudrait, me faut",
        "n'y a plus, n'y a pas",
    )
    | pairs("un une", "petit petite grand grande nouveau nouvelle bon bonne autre"),
    hanging_alone=phrases(
        "je crois, je pense, je suppose, s'il vous plaît, peut être, vous savez, hier, c'est",
        "vous, il, elle, ça, cela, en fait, j'appelle",
    ),
    hanging_after_words=phrases("comment, pourquoi, combien, quand, quoi, où, qui"),
    waiting=phrases(
        "un instant, une seconde, un moment, une minute, attendez, attends, voyons, voyons voir",
        "laissez moi voir, laissez moi réfléchir, je regarde, je cherche, je vérifie",
        "deux secondes",
        "ne quittez pas, je réfléchis, comment dire, attendez une seconde, un petit instant",
    ),
    asks_nothing=pairs("est sont", "il elle ils elles ce"),
    complete=phrases(
        "oui, non, ouais, si, exact, exactement, tout à fait, bien sûr, absolument, d'accord",
        "c'est tout, ce sera tout, rien d'autre, au revoir, bonne journée, bonne soirée, à bientôt",
        "à demain, salut, c'est ça, c'est bon, c'est parfait, parfait, très bien, ça marche, ça va",
        "ça me va, pas de problème, pas du tout, merci, volontiers, avec plaisir, comment",
        "répétez, pardon, aide, aidez moi, un conseiller, opérateur, entendu, c'est correct",
        "je ne comprends pas, je n'ai pas compris, vous m'entendez, peu importe, laissez tomber",
        "c'est noté, c'est exact, c'est faux, je suis là, vous êtes là, qui êtes vous",
    )
    - phrases("comment"),
    closing=phrases(
        "c'est tout, ce sera tout, rien d'autre, au revoir, bonne journée, bonne soirée, répéter",
        "parler à quelqu'un, un conseiller, une vraie personne, un être humain, m'aider",
        "me rappeler, rappelez moi, plus lentement, plus fort, ça me va, c'est possible, ça coûte",
    ),
    auxiliaries=phrases("est, sont, a, ont, était"),
    pronouns=phrases("il, elle, ce, ça, on, ils, elles"),
    question_words=phrases(
        "où, quand, comment, pourquoi, combien, qui, que, quel, quelle, quels, quelles, qu'est",
        "quoi, à",
    ),
    question_verbs=phrases(
        "est, sont, êtes, était, sera, avez, a, ont, faites, fait, faut, peut, puis, pouvez, coûte",
        "coûtent, ouvrez, ouvre, fermez, ferme, dure, allez, va, vont, commence, qu'est, dois",
        "vous",
    ),
    verbs=words(_FINITE)
    | frozenset(f"{short}'{verb}" for short in "jnmtslc" for verb in _AFTER_APOSTROPHE.split()),
    verbs_or_nouns=phrases(
        "marche, marchent, passe, demande, commande, réserve, note, compte, montre, livre"
    ),
    before_verbs=phrases(
        "je, tu, il, elle, on, ça, cela, nous, vous, ils, elles, ne, me, te, se, qui, lui, y, en",
    ),
    verbs_alone=phrases(
        "marche, fonctionne, fuit, coule, saigne, tousse, arrive, bloque, attends, brûle, sonne",
        "pleure, ferme, ouvre, dort, clignote, gratte, pique, arrivez, parte, vienne, s'arrête",
        "s'ouvre, s'allume, s'affiche, s'éteint",
    ),
    needs_more=phrases(
        "réserver, commander, annuler, changer, modifier, déplacer, reporter, prendre, avoir",
        "faire, savoir, voir, trouver, demander, acheter, louer, vendre, envoyer, recevoir",
        "renouveler, récupérer, obtenir, fixer, confirmer, vérifier, signaler, contacter",
        "joindre, organiser, utiliser, ouvrir, fermer, mettre, donner, laisser, connaître",
        "remplacer, réparer, apporter, chercher, déposer, parler, être, pouvoir, souscrire",
        "résilier, régler, effectuer, rencontrer, consulter, ajouter, supprimer, reprendre",
        "refaire",
        "aimerais bien, voudrais bien, voudrais vous, aimerais vous, toujours, déjà, souvent",
        "vraiment, actuellement, lui, été, me, te, se, y, en, assez, plutôt, surtout, ainsi",
        "ensuite, d'abord, sûrement, peut être, malheureusement, également, simplement",
        "directement, urgemment, exactement, quelque chose de, n'y a plus, n'y a pas, tout",
        "d'autres, plusieurs fois par, parce, s'il, s'ils, rendez",
        "mon mot, sais pas, a beaucoup, j'ai beaucoup, la première fois, allergique",
    )
    | pairs("pas", "reçu envoyé commandé eu trouvé fait vu pris")
    | pairs("ne", "marche marchent fonctionne fonctionnent ferme ouvre arrive va")
    | pairs(
        "suis n'est est n'ai n'a n'avez n'avons n'ont sommes n'était peux peut pouvez veux c'est",
        "pas plus",
    )
    | pairs(
        "j'ai ai a avons avez ont m'a m'ont m'avez",
        "reçu envoyé commandé acheté perdu oublié réservé pris fait eu vu mis trouvé annulé payé"
        " demandé laissé donné essayé besoin envie rendez",
    )
    | pairs(
        "le la les un une",
        "prochain prochaine dernier dernière même mêmes seul seule autre autres",
    ),
    determiners=phrases(
        "le, la, les, un, une, des, du, de, au, aux, mon, ma, mes, ton, ta, tes, son, sa, ses",
        "notre, nos, votre, vos, leur, leurs, ce, cet, cette, ces, quel, quelle, chaque, aucun",
        "aucune, plusieurs, quelques",
    ),
    attributes=phrases(
        "petit, petite, petits, petites, grand, grande, grands, grandes, nouveau, nouvel",
        "nouvelle, premier, première, deuxième, troisième, bon, bonne, bons, bonnes, mauvais",
        "mauvaise, vieux, vieille, vieil, jeune, gros, grosse, beau, bel, belle, meilleur",
        "meilleure, certain, certaine, vrai, vraie, simple, double, demi, autre",
    ),
    subordinators=phrases(
        "que, qui, si, s'il, s'ils, quand, lorsque, où, mais, comme, comment, pourquoi, combien",
        "puisque, dont, donc",
    ),
    digits=worth(
        d1=" ".join(_UNITS),
        d2=f"{_AFTER_TENS} {_TENS} quatrevingt quatrevingts cent",
        d3="mille",
    ),
    zeros=phrases("zéro"),
    tens=words(_TENS) | phrases("quatrevingt, quatrevingts, dix"),
    after_tens=words(_AFTER_TENS) | phrases(",".join(_UNITS[1:])),
    joiners=phrases("et"),
    written_together=("quatre vingt", "quatre vingts"),
    doubles={"double": 2, "triple": 3},
    plus=phrases("plus"),
    number_digits_after_zero=frozenset({10}),
    as_in=phrases("comme, comme dans"),
    capital=phrases("majuscule, minuscule, lettre"),
    at=phrases("arobase, at, chez"),
    dot=phrases("point"),
    negations=phrases("non, pas, aucun, aucune, sans, rien, n'ai, jamais"),
    months=phrases(
        "janvier, février, mars, avril, mai, juin, juillet, août, septembre, octobre, novembre",
        "décembre",
    ),
    days=phrases("premier, 1er"),
    thousands=phrases("mille, cent"),
    asks_spelling=phrases("épeler, épelez, épelle, lettre par lettre"),
    asks_email=phrases("e mail, email, mail, courriel, adresse mail, adresse électronique"),
    asks_date=phrases("date de naissance, quelle date, quel jour, né, née, la date"),
    asks_digits=phrases(
        "numéro de téléphone, votre numéro, numéro de client, numéro de commande, code postal",
        "quel numéro, numéro de portable, numéro de dossier, numéro de réservation",
        "numéro de contrat",
    ),
    asks_to_confirm=phrases("correct, c'est bien ça, c'est ça, exact, ce numéro, d'accord"),
    asks_anything=phrases(
        "aider, vous aider, pour vous, votre question, votre demande, autre chose, d'autre",
        "problème, passé, passe t il, arrive t il, motif, raison de votre appel, dites moi",
        "renseigner, être utile, objet de votre appel, à quel sujet",
    ),
    asks_yes_no=phrases(
        "est, êtes, avez, voulez, souhaitez, puis, pouvez, désirez, dois, voudriez, pourriez",
        "préférez, c'est, avons, faut, acceptez, connaissez, confirmez",
    ),
    units=_UNITS,
)
