"""Spanish."""

from inference.turns.languages.table import Language, pairs, phrases, words, worth

_UNITS = ("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve")
_TENS = "treinta cuarenta cincuenta sesenta setenta ochenta noventa"
_FINITE = (
    "quiero quería quisiera quieren quiere queremos queríamos querría necesito necesita"
    " necesitamos necesitaba necesitaría tengo tiene tienes tienen tenemos tenía teníamos"
    " tuve tuvo tuvimos he ha has han hemos había habían hay hubo haya puedo puede puedes"
    " pueden podemos podría podrían podríamos podía pude pudo debo debe deben debemos"
    " debería soy es eres somos son era eran fue fui fueron será sería estoy está están"
    " estás estamos estaba estaban esté estuve voy va vas van vamos iba iban íbamos vengo"
    " viene vienen vino vine hago hace hacen hizo hice hacemos digo dice dicen dijo"
    " dijeron doy da dan dio dieron veo ve ven vio vi sé sabe saben sabía llamo llama"
    " llaman llamé llamó llamaba busco busca buscamos buscaba esperamos esperaba prefiero"
    " prefiere preferiría preferimos gustaría gustaba gusta gustan encantaría duele duelen"
    " dolía funciona funcionan funcionaba llega llegan llegó llego llegaré llegaremos pasa"
    " pasó pasan falta faltan interesa interesaría importa parece cuesta cuestan vale"
    " queda quedan quedé sale salgo salió abre abren cierra cierran cerró compré compró"
    " compramos pedí pidió pido pedimos recibí recibió recibimos perdí perdió perdimos"
    " olvidé olvidó reservé reservamos pagué pagó mandé mandó mando mandaron envié"
    " enviaron dejé dejó dejo dejaron rompió rompí cayó caí robaron vivo vive vivimos"
    " trabaja trabajan entiendo entiende creo cree pienso piensa confirmo acepto acepta"
    " llevo lleva llevamos llevan pongo pone ponen puse traigo trae trajeron sigo sigue"
    " siguen suena tarda empieza termina acaba acabo acabamos conozco conoce cambió"
    " cambiaron vendo vende venden alquilo quedo quedamos cojo tomo toma tomamos urge"
    " corre huele sangra siento siente agradezco agradecería serviría haría vendría"
    " tendría iremos iré seremos vendrán vendrá mande mándeme envíeme dígame déme deme"
    " póngame llámeme páseme tráigame apúnteme resérveme ponga cancele convoca corresponde"
    " molesta pica pierde gotea aparece convendría trata solicito comunico necesitan"
    " acudiré"
)
_DONE = (
    "recibido comprado perdido olvidado pedido reservado enviado mandado cancelado pagado"
    " visto hecho dejado intentado tenido puesto dado dicho encontrado cambiado roto"
    " robado"
)

LANGUAGE = Language(
    code="es",
    hesitations=phrases("eh, em, mmm, hm, hmm, ehm, eeh, pues, este, esto"),
    backchannels=phrases(
        "ajá, mhm, mm hm, mm, hm, hmm, ah, oh, sí, si, vale, ok, okey, okay, bueno, bien, muy bien",
        "claro, ya, ya veo, entiendo, entendido, de acuerdo, exacto, perfecto, cierto, ah sí",
    ),
    openers=phrases(
        "pues, bueno, eh, em, ah, oh, entonces, hola, buenos días, buenas tardes, buenas noches",
        "buenas, mire, mira, oiga, perdone, perdón, disculpe, vale, y, pero, a ver, sí hola",
        "es que",
    ),
    politeness=phrases(
        "por favor, gracias, muchas gracias, mil gracias, muy amable, señor, señora"
    ),
    yes_no=phrases(
        "sí, si, no, claro, exacto, correcto, vale, de acuerdo, por supuesto, creo que sí",
        "creo que no, para nada, en absoluto, así es, eso es, ok, okay, mhm, ajá, cierto, perfecto",
    ),
    hanging=phrases(
        "el, la, los, las, un, una, unos, unas, del, al, mi, mis, tu, tus, su, sus, nuestro",
        "nuestra",
        "nuestros, nuestras, cada, algún, alguna, algunos, ningún, ninguna, otro, otra, ese, aquel",
        "y, e, o, u, ni, pero, porque, que, si, aunque, cuando, mientras, como, pues, sino, donde",
        "para que, ya que, así que, es que, por eso, además, también, o sea, hasta que",
        "a, ante, con, contra, de, desde, en, entre, hacia, hasta, para, por, según, sin, sobre",
        "tras",
        "antes de, después de, cerca de, dentro de, al lado de, acerca de, a partir de, unos",
        "yo, nosotros, me, te, se, nos, lo, le, les, es, son, era, soy, estoy, está, están, estaba",
        "he, ha, han, hemos, había, hay, tengo, tiene, tenemos, quiero, quisiera, querría",
        "necesito",
        "me gustaría, quería, queremos, queríamos, busco, llamo, llamaba, estoy buscando, voy a",
        "puedo, puede, pueden, podría, podrían, debo, tengo que, hay que, ha sido, será, fue",
        "me llamo, mi nombre es, mi número es, el número es, la dirección es, se llama, lo que",
        "quiero saber, quería saber, saber si, decirme, puede decirme, me puede, me podría",
        "no sé si",
        "el problema es, el problema es que, por ejemplo, es decir, a nombre de, muy, más, menos",
        "tan",
        "casi, solo, sólo, aproximadamente, cuántos, cuántas, qué tipo de, doctor, doctora, señor",
        "punto, arroba, guion, doble, tienen, tiene usted, mi teléfono es, un poco de, no",
    )
    - phrases("no, lo, está, señor")
    | phrases("necesito ver, podría darme, puede darme, haría falta, hace falta")
    | pairs("un una", "nuevo nueva gran buen buena pequeño pequeña primer"),
    hanging_alone=phrases(
        "creo, creo que, pienso, supongo, por favor, quizás, tal vez, sabe, ayer, usted, él, ella",
        "lo, está, hay, de hecho, la verdad, la semana pasada",
    ),
    hanging_after_words=phrases("qué, quién, cuándo, dónde, cómo, cuánto, cuál, por qué"),
    waiting=phrases(
        "un momento, un segundo, espere, espera, un minuto, déjeme ver, déjeme pensar, a ver",
        "vamos a ver, déjame ver, un momentito, un segundito, espere un momento, cómo se dice",
        "estoy buscando, déjeme mirar, voy a mirar, no cuelgue",
    ),
    asks_nothing=pairs("es son está están", "usted ustedes él ella ellos"),
    complete=phrases(
        "sí, si, no, claro, exacto, correcto, por supuesto, vale, de acuerdo, perfecto",
        "eso es todo",
        "nada más, adiós, hasta luego, hasta mañana, chao, chau, buenas noches, así es, eso es",
        "está bien, muy bien, me parece bien, no pasa nada, no hay problema, gracias, cómo",
        "repita, repítelo, otra vez, ayuda, operador, operadora, agente, una persona, da igual",
        "no entiendo, no le entiendo, no he entendido, me oye, me escucha, está ahí, quién es",
        "no importa, olvídelo, creo que sí, creo que no, ahora no, todavía no, con mucho gusto",
        "cuánto cuesta, cuánto es, encantado, genial, estupendo, que tenga buen día, igualmente",
    )
    - phrases("cómo"),
    closing=phrases(
        "eso es todo, nada más, adiós, hasta luego, hasta mañana, repetir, repetirlo",
        "repetirme eso",
        "con una persona, un agente, un operador, una operadora, ayudarme, llamarme, más despacio",
        "más alto, me parece bien, es posible, da igual, si es posible, deletrear",
    ),
    auxiliaries=phrases("es, son, era, estoy, tengo, puedo, he, ha, hay, soy"),
    pronouns=phrases("él, ella, eso, esto, yo, usted, lo"),
    question_words=phrases(
        "qué, que, quién, cuándo, cuando, dónde, donde, cómo, como, cuánto, cuanto, cuánta",
        "cuántos",
        "cuántas, cuál, cuáles, a",
    ),
    question_verbs=phrases(
        "es, son, está, están, abren, abre, cierran, cierra, cuesta, cuestan, vale, tengo, tienen",
        "tiene, puedo, puede, hay, dura, tarda, queda, hace, hacen, hago, llego, sale, empieza",
    ),
    question_least=3,
    verbs=words(_FINITE),
    verbs_or_nouns=phrases("cuenta, espera, trabajo, pago, uso, marcha, cambio, envío, reserva"),
    before_verbs=phrases("yo, no, me, te, se, le, les, nos, ya, él, ella, usted, que"),
    verbs_alone=phrases(
        "funciona, funcionan, va, llega, llegó, urge, sangra, entiendo, abre",
        "cierra, gotea, viene, vienen, falta, faltan, voy, corre, pica, suena, llegan, llamo",
        "camino",
    ),
    needs_more=phrases(
        "reservar, pedir, cambiar, cancelar, anular, modificar, aplazar, hacer, tener, saber",
        "ver, comprar, alquilar, vender, enviar, recibir, renovar, recoger, confirmar",
        "comprobar, contactar, usar, abrir, cerrar, poner, dar, decir, dejar, encontrar",
        "concertar, solicitar, contratar, denunciar, traer, llevar, darme, decirme, hacerme",
        "hablar, mandar, mandarme, enviarme, consultar, preguntar, devolver, mover, retrasar",
        "adelantar, coger, sacar, ser, estar, pedirle, ponerme, conseguir, buscar, reclamar",
        "presentar, tramitar, esperando, buscando, llamando, intentando",
        "sido, estado, bastante, también, siempre, todavía, aún, ya, además, demasiado, ahora",
        "entonces, quizá, mejor, apenas, incluso, algo, alguien que, mucho más, todo, toda",
        "todos, varios, varias, muchos, muchas, mucha, dos, tres, nadie, una vez, primera vez",
        "alérgico, alérgica, gran, buen, primer, tercer, una muy, un muy",
    )
    | pairs("he ha han hemos había", _DONE)
    | pairs(
        "el la los las un una mi su",
        "primer primera segundo segunda nuevo nueva pequeño pequeña misma mismo única único"
        " último última próximo próxima mejor peor antiguo antigua",
    )
    | pairs(
        "no", "es son está están estoy he ha han puedo puede pueden quiero tengo tiene hay soy"
    ),
    determiners=phrases(
        "el, la, los, las, un, una, unos, unas, mi, mis, tu, tus, su, sus, nuestro, nuestra",
        "nuestros, nuestras, este, esta, estos, estas, ese, esa, esos, esas, cada, algún",
        "alguna, otro, otra, ningún, ninguna, al, del",
    ),
    attributes=phrases("gran, buen, mal, primer, tercer"),
    adverb_endings=("mente",),
    subordinators=phrases(
        "que, porque, si, cuando, donde, cuándo, dónde, cómo, qué, quién, cuánto, cuánta, pero",
        "aunque, mientras, como",
    ),
    demonstratives=phrases("que, qué, como"),
    digits=worth(
        d1=f"{' '.join(_UNITS)} un una",
        d2="diez once doce trece catorce quince dieciséis diecisiete dieciocho diecinueve veinte"
        " veintiuno veintidós veintitrés veinticuatro veinticinco veintiséis veintisiete"
        f" veintiocho veintinueve cien ciento {_TENS}",
        d3="mil doscientos trescientos cuatrocientos quinientos seiscientos setecientos"
        " ochocientos novecientos",
    ),
    zeros=phrases("cero"),
    tens=words(_TENS),
    after_tens=phrases(",".join(_UNITS[1:])),
    joiners=phrases("y"),
    doubles={"doble": 2, "triple": 3},
    plus=phrases("más"),
    number_digits=frozenset({9}),
    as_in=phrases("de, como, como en"),
    capital=phrases("mayúscula, minúscula, letra"),
    at=phrases("arroba"),
    dot=phrases("punto"),
    negations=phrases("no, ningún, ninguno, ninguna, sin, nada, nunca"),
    months=phrases(
        "enero, febrero, marzo, abril, mayo, junio, julio, agosto, septiembre, setiembre, octubre",
        "noviembre, diciembre",
    ),
    days=phrases("primero"),
    thousands=phrases("mil, cien, novecientos"),
    asks_spelling=phrases("deletrear, deletrea, deletrearme, deletree, letra por letra"),
    asks_email=phrases("correo electrónico, email, e mail, correo"),
    asks_date=phrases("fecha de nacimiento, qué fecha, qué día, nació, la fecha"),
    asks_digits=phrases(
        "número de teléfono, su número, su teléfono, código postal, número de cliente, qué número",
        "número de pedido, número de móvil, número de reserva, número de contrato",
        "número de factura",
    ),
    asks_to_confirm=phrases(
        "correcto, es correcto, verdad, este número, de acuerdo, está bien, no"
    ),
    asks_anything=phrases(
        "ayudarle, ayudarlo, ayudarla, ayudarte, ayudarles, ayudar, puedo hacer, por usted",
        "su consulta, motivo, algo más, problema, ocurre, ocurrido, pasa, pasado, en qué",
        "cuénteme, qué desea, qué necesita, servirle, sucede, dígame",
    ),
    asks_yes_no=phrases(
        "es, está, tiene, quiere, desea, puedo, puede, prefiere, necesita, le, ha, hay, quisiera",
        "podría, son, conoce, confirma, acepta, debo",
    ),
    units=_UNITS,
)
