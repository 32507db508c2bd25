"""English."""

from inference.turns.languages.table import Language, pairs, phrases, words, worth

_I = "i you we they he she it"
_DO = "do does did can could will would should shall may must have has had"
_DO_NOT = "don't doesn't didn't can't couldn't won't wouldn't shouldn't haven't hasn't hadn't"
_AND = "that if because and but when whether so which who as since while until what where how"
_BE = "is are was were am"
_BE_NOT = "isn't aren't wasn't weren't"
_VERBS = f"{_DO} {_DO_NOT} {_BE} {_BE_NOT}"
_UNITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"

_FINITE = (
    "accept accepts agree agreed arrive arrived arrives ask asked become became begin began"
    " begins belong belongs believe bought bring brought came cannot chose come comes confirm"
    " contact cost costs cut decide decided depend depends did didn't eat eaten enter enters"
    " exist exists expect expected explain fell felt fill find finish finished fit forget forgot"
    " found gave get gets give gives go goes gone got guess happen happened happens hate hear"
    " heard hope hurt hurts include included includes keep keeps kept know knows knew learn"
    " learned left let like liked likes live lived lives lose lost love loved made make makes"
    " match matches mean means meet met moved must need needed needs paid pay pays pick picked"
    " prefer receive received remember remind said saw say says see seem seems sell send sends"
    " sent sold speak spoke stay stayed suffer suppose take takes taken talk talked tell tells"
    " thank thought think thinks told took tried tries try understand understood used wait waited"
    " want wanted wants went wish wonder write wrote worked works"
)
_FINITE_OR_NOUN = (
    "book break call change check close delete dial drive drop end fix help hold leave look move"
    " name open order play press print record repair repeat reserve rent run set show start stop"
    " study switch test travel turn use visit walk work answer booked broke called changed"
    " checked closed closes ended ends fixed helped looked looks moves opened opens ordered sleep"
    " spell started starts stopped stops turned uses"
)

LANGUAGE = Language(
    code="en",
    hesitations=phrases("um, uh, erm, er, ehm, uhm, umm, uhh, hm, hmm, hmmm, eh"),
    backchannels=phrases(
        "mm hm, mm hmm, mhm, mmhm, mm, mmm, hm, hmm, uh huh, aha, ah, oh, yeah, yes, yep, yup, ya",
        "okay, ok, okey, right, alright, all right, i see, sure, got it, of course, go on, really",
        "good, great, fine, nice, cool, true, exactly, wow, i understand, understood, gotcha",
    ),
    openers=phrases(
        "well, so, okay, ok, oh, ah, right, alright, all right, um, uh, erm, er, uhm, hm, hmm, eh",
        "hi, hello, hey, and, but, actually, basically, yeah, sure, now, then, also, anyway",
        "good morning, good afternoon, good evening, excuse me, sorry, i'm sorry, i am sorry",
    ),
    politeness=phrases(
        "please, thank you, thanks, thank you very much, thanks very much, thanks a lot",
        "thank you so much, many thanks, cheers, sir, ma'am, madam",
    ),
    yes_no=phrases(
        "yes, no, yeah, yep, yup, nope, nah, sure, correct, right, absolutely, definitely",
        "certainly, indeed, okay, ok, mm hm, mm hmm, mhm, uh huh, alright, all right, fine",
        "i guess so, i think so, i guess, i suppose so, i hope so, i don't think so, not really",
        "of course, sounds good, that works",
    ),
    hanging=phrases(
        "a, an, the, my, your, his, its, our, their, some, any, every, each, another, other, own",
        "and, or, but, because, cause, cos, although, though, unless, if, whether, while, since",
        "until, till, than, as, that's because, so that, in case, even, so, then, also, plus",
        "of, to, for, from, with, without, at, in, into, on, onto, by, about, around, between",
        "under, over, near, during, before, after, against, per, via, towards, through, like",
        "regarding, concerning, behind, beside, beyond, except, including, instead of, at least",
        "out of, because of, due to, next to, up to, according to, as well as, rather, once",
        "is, are, was, were, am, be, been, being, do, does, did, can, could, will, would, should",
        "shall, may, might, must, have, has, had, isn't, aren't, wasn't, weren't, don't, doesn't",
        "didn't, can't, couldn't, won't, wouldn't, shouldn't, haven't, hasn't, hadn't, not, never",
        "i'm, you're, we're, they're, he's, she's, it's, that's, there's, here's, what's, who's",
        "where's, how's, when's, i'll, you'll, we'll, they'll, it'll, i've, you've, we've, they've",
        "i'd, you'd, we'd, they'd, he'd, she'd, let's, which, who, whose, what, why, how, where",
        "very, quite, just, really, too, almost, only the, such, mr, mrs, ms, dr",
        "want, need, wanted, needed, gonna, wanna, want you, need you, told, was told, how often",
        "i'd like, we'd like, would like, i'd love, i want, i need, i wanted, i was, i have",
        "i get, tell me, tell you, ask you, let me, may i ask, how far, what kind, which, have to",
        "need to, want to, going to, got to, like to, able to, i keep, it keeps, keeps, keep",
        "doesn't really, i would, i also, i still, still, always",
        "usually, sometimes, already, the other, you have any, something like, kind of, sort of",
        "the one, a couple, a few, a lot of, more than, less than, as soon as, as soon, as far as",
        "number is, name is, address is, account is, problem is, it says, says, said, the name",
        "you know, called, named, dot, underscore, dash, hyphen, slash, double, triple, treble",
        "impossible, able, supposed, i wonder, on the one hand, on the other hand, for example",
        "for instance, such as",
        "the thing is, the question is, which is, the fact, the reason, the only thing is",
        "either, neither, both, several, dear, my dear, one of, all of, it was, that was",
        "there is, there are, there was, there were, who said, how many, how much, what kind of",
    )
    - phrases("either, both, like, rather, once, before, after, over, around, through")
    | pairs(_AND, _I)
    | pairs(_DO, "i you we they he she")
    | pairs(_DO_NOT, "i you we they he she")
    | pairs("do does did can could will would should", "it this that there"),
    hanging_unless_asked=phrases(
        "looking, calling, wondering, thinking, trying, going, to ask, to speak, to talk, to say",
        "to see, to change, to cancel, to book, to make, to get, to have, to buy, to take",
        "to order",
        "to find, to give, to send, to bring, to put, to check, to know, to tell you, to tell me",
    ),
    hanging_alone=phrases(
        "i think, i mean, i guess, i believe, i suppose, i hope, i feel, i know, i heard, i saw",
        "i called, i got, i bought, i ordered, i booked, you see, well you see, please, maybe",
        "possible, either, both, like, rather, once, before, after, over, around, through, i",
        "you, we, they, it, this, that, he, she, the next, is it possible, would it be possible",
        "if it's possible, if possible, is there, are there, may, can, hang, to be honest",
        "at the moment, can you help me with, yesterday, last week, last month, today",
    ),
    hanging_after_words=phrases(
        "what, why, who, when, where, how, how much, how many, how long",
        "what time, which one, i, we, they, he, she, what day",
    ),
    waiting=phrases(
        "let me see, let me think, let me check, let me look, let me have a look, hold on",
        "hang on, one moment, one second, just a moment, just a second, just a minute, a moment",
        "one minute, one sec, just a sec, wait, wait a minute, wait a second, wait a moment",
        "hang on a moment, hang on a second, hold on a second, hold on a moment, bear with me",
        "give me a second, give me a moment, give me a minute, where is it, what was it",
        "how do i say, how do you say, what's it called, what do you call it, a second, one sec",
        "let me just check, let me just see, let me get it, i'm looking, i have to look",
    ),
    asks_nothing=pairs(_BE, _I) | pairs(_BE_NOT, _I) | pairs(_BE, "there this that these those"),
    complete=phrases(
        "yes, no, yeah, yep, yup, nope, nah, sure, correct, exactly, absolutely, definitely",
        "of course, certainly, perfect, great, excellent, wonderful, lovely, fine, good",
        "no problem",
        "sounds good, that works, works for me, that's fine, that's right, that's correct",
        "that's wrong, that's not right, that's perfect, that's great, that's good, that's okay",
        "that's all, that's it, that's everything, that is all, nothing else, nothing more",
        "no that's all, i'm good, i'm fine, all good, all set, never mind, forget it, goodbye",
        "bye, bye bye, good bye, good night, see you, see you then, see you later, have a nice day",
        "have a good day, talk to you later, you too, take care, thank you, thanks, pardon",
        "pardon me, i beg your pardon, say that again, again, repeat, repeat that, come again",
        "help, operator, agent, human, representative, a human, a person, real person, stop",
        "not really, not at all, not yet, i'd rather not, maybe not, probably not, i guess so",
        "i think so, i don't think so, i hope so, of course not, why not, let's do that",
        "let's do it, i'll take it, i'll be there, either is fine, it doesn't matter",
        "doesn't matter, i agree, deal, done, understood, got it, how are you, both",
        "are you there, can you hear me, is anybody there, is anyone there, you're welcome",
        "i can't hear you, i don't understand, i didn't understand, i didn't catch that",
        "what did you say, what was that, who is this, who's this, who are you, where are you",
        "what does that mean, yes or no, please hurry, hurry up, i'd love to, that is correct",
        "that is right, all right, very good, very well, neither, none, nothing, nobody",
        "everything, any, the same, the first one, the second one, the last one, the other one",
    ),
    after_yes_no=pairs(_I, _DO)
    | pairs(_I, _DO_NOT)
    | pairs(_I, _BE)
    | pairs(_I, _BE_NOT)
    | phrases("i'm not, it's not, we're not, they're not, she's not, he's not, you're not")
    | phrases("there is, there are, there isn't, there aren't, that is, that isn't"),
    closing=phrases(
        "that's all, that's it, that's everything, that is all, nothing else, goodbye, bye",
        "bye bye, have a nice day, have a good day, thank you, thanks, say that again",
        "repeat that, repeat it, spell that, spell it, help me, call me back, hear me",
        "a human, a real person, a person, a human being, someone real, a representative",
        "an agent, an operator, the operator, the manager, your manager, your supervisor",
        "never mind, doesn't matter, is fine, works for me, that works, sounds good, sounds great",
        "speak up, louder, slower, more slowly, slow down, if that's possible, if possible",
        "i'll take it, are you there, do that, be great, be fine, be perfect, or something",
        "and so on, et cetera, or not, what's the matter, is this, the other one",
    )
    - phrases("is this"),
    auxiliaries=words(_VERBS),
    pronouns=phrases("i, you, we, they, he, she, it, this, that, these, those, there"),
    stranded=phrases("for, from, to, about, with, like"),
    stranded_after=phrases("what, what's, who, who's, which, where, whose"),
    question_words=phrases(
        "what, what's, whats, when, when's, where, where's, who, who's, whose, why, how, how's",
        "which",
    ),
    question_verbs=words(_VERBS)
    | phrases(
        "what's, whats, when's, where's, who's, how's, costs, happens, happened",
    ),
    verbs=words(_VERBS, _FINITE)
    | phrases(
        "i'm, you're, we're, they're, he's, she's, it's, that's, there's, here's, what's, who's",
        "where's, how's, when's, i'll, you'll, we'll, they'll, it'll, i've, you've, we've, they've",
        "i'd, you'd, we'd, they'd, he'd, she'd, let's, something's, everything's, nothing's",
    ),
    verbs_or_nouns=words(_FINITE_OR_NOUN),
    before_verbs=words(_I, _DO, _DO_NOT)
    | phrases(
        "to, and, please, just, then, not, never, always, still, already, really, also, only",
        "i'll, you'll, we'll, they'll, i've, you've, we've, they've, i'd, we'd, let's",
    ),
    verbs_alone=phrases(
        "works, worked, agree, agreed, happened, arrived, arrives, arrive, stopped, hurts, exist",
        "begins, began, ends, ended, starts, started, left, came, called, depends, understand",
    ),
    needs_more=phrases(
        "no more, any more, some more, one more, the other, no other, any other",
        "accept, access, accessed, add, bring, buy, call, cancel, change, confirm, contact, delete",
        "enter, entered, find, fix, get, getting, give, had, has, have, having, keep, leave, lose",
        "make, making, meet, move, order, pay for, pick up, press, put, reach, receive, record",
        "rent, repair, repeat, replace, reserve, return, see, sell, send, sent, set, take, taking",
        "tell, to book, to use, trying, try, use, using, visit, who sent, more, most, less, same",
        "is now, are now, will now, now has, also, there's, all, maybe, perhaps, rather, to dial",
        "i'm afraid, i am afraid, in this, on this, for this, at this, from this, of this",
    ),
    determiners=phrases(
        "a, an, the, my, your, his, her, its, our, their, some, any, no, every, each, another",
    ),
    attributes=phrases(
        "big, certain, current, different, difficult, early, entire, first, free, full, general",
        "good, important, incoming, invalid, large, last, late, little, local, long, main, new",
        "next, nice, old, only, other, outgoing, own, personal, private, public, quick, regular",
        "second, separate, short, single, small, special, temporary, third, urgent, used, usual",
        "valid, whole, wrong, young",
    ),
    attribute_endings=("able", "ible", "ous", "ful", "less", "ial", "ual"),
    adverb_endings=("ely", "ntly", "lly", "bly", "sly"),
    subordinators=phrases(
        "because, cause, if, when, whenever, while, until, till, although, though, unless, since",
        "who, which, whether, where, why, that, how, before, after, so, but",
    ),
    demonstratives=phrases("that, which"),
    digits=worth(
        d1="zero oh o nought one two three four five six seven eight nine",
        d2="ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
        f" hundred {_TENS}",
        d3="thousand",
    ),
    zeros=phrases("zero, oh, o, nought"),
    tens=words(_TENS),
    after_tens=phrases(",".join(_UNITS[1:])),
    doubles={"double": 2, "triple": 3, "treble": 3},
    plus=phrases("plus"),
    number_digits=frozenset({10}),
    number_digits_after_zero=frozenset({11}),
    spelling_words=phrases(
        "alpha, alfa, bravo, charlie, delta, echo, foxtrot, golf, hotel, india, juliet, juliett",
        "kilo, lima, mike, november, oscar, papa, quebec, romeo, sierra, tango, uniform, victor",
        "whiskey, x ray, xray, yankee, zulu, zed, zee",
    ),
    as_in=phrases("as in, for, like, like in, is in"),
    capital=phrases("capital, small, uppercase, lowercase, upper case, lower case, letter"),
    at=phrases("at"),
    dot=phrases("dot, point, period"),
    negations=phrases("no, not, don't, haven't, without, can't, none, never, nothing, doesn't"),
    months=phrases(
        "january, february, march, april, may, june, july, august, september, october, november",
        "december",
    ),
    days=phrases(
        "first, second, third, fourth, fifth, sixth, seventh, eighth, ninth, tenth, eleventh",
        "twelfth, thirteenth, fourteenth, fifteenth, sixteenth, seventeenth, eighteenth",
        "nineteenth, twentieth, thirtieth, 1st, 2nd, 3rd, 21st, 22nd, 23rd, 31st",
        ",".join(f"{day}th" for day in range(4, 31)),
    ),
    thousands=phrases("thousand, hundred"),
    asks_spelling=phrases("spell, spell it, spell that, letter by letter, spelling"),
    asks_email=phrases("email, e mail, email address, mail address"),
    asks_date=phrases(
        "date of birth, birth date, birthdate, birthday, what date, which date, what day",
        "which day, the date, a date, when were you born",
    ),
    asks_digits=phrases(
        "phone number, telephone number, mobile number, cell number, cellphone number",
        "contact number, your number, customer number, account number, order number",
        "reference number, reservation number, booking number, policy number, card number",
        "zip code, post code, postcode, postal code, what number, which number, case number",
        "member number, membership number, invoice number, tracking number, serial number",
        "callback number, number to call",
    ),
    asks_to_confirm=phrases(
        "correct, right, this number, that number, same number, okay, is it, is that it, agree",
    ),
    asks_anything=phrases(
        "help you, help you with, do for you, assist you, with you, your question, your concern",
        "calling about, the reason for your call, else, problem, happened, matter, wrong, tell me",
    ),
    asks_yes_no=phrases(
        "is, are, was, were, do, does, did, have, has, can, could, will, would, shall, should",
        "may, isn't, aren't, don't, won't, wouldn't, shouldn't, didn't, haven't",
    ),
    units=_UNITS,
)
