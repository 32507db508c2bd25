"""Ines, the office manager, sets up agents, voices and numbers; the forms tell her what to do."""

import html
from dataclasses import replace
from typing import Any

import pytest
from django.forms import model_to_dict
from django.test import Client
from django.utils.html import escape

from agents import demo
from agents.forms import AGENT_SENTENCES, AgentForm, PhoneNumberForm, VoiceForm
from agents.models import Agent, PhoneNumber, Question, Voice
from agents.translations import FIELDS, SENTENCES
from inference.engines import cmu_phones, registry
from inference.engines.base import EngineInfo, EngineOption
from tests.clinic import clinic, ines_office_manager

pytestmark = pytest.mark.django_db


def voice_form(**changes: Any) -> VoiceForm:
    data = {"name": "Anna", "language": "en", "engine": "espeak", "speed": "1.0"} | changes
    return VoiceForm(data)


def agent_form(**changes: Any) -> AgentForm:
    agent = clinic()
    return AgentForm(model_to_dict(agent) | changes, instance=agent)


# Numbers


@pytest.mark.parametrize("typed", ["+49 30 901820", "+49 (30) 90-18.20", "+49/30/901820"])
def test_a_number_may_be_typed_as_people_write_it(typed: str):
    form = PhoneNumberForm({"number": typed, "agent": clinic().pk, "is_active": "on"})

    assert form.is_valid(), form.errors
    assert form.cleaned_data["number"] == "+4930901820"


@pytest.mark.parametrize(
    "typed", ["reception", "+49 30 9O1820", "1000\nAction: Originate", "12,34", "${EXTEN}"]
)
def test_what_is_no_number_is_refused_in_words(typed: str):
    form = PhoneNumberForm({"number": typed, "agent": clinic().pk})

    assert "digits only" in form.errors["number"][0]


def test_a_call_must_not_be_handed_back_to_its_own_number():
    form = PhoneNumberForm({"number": "+2000", "human": "2000", "agent": clinic().pk})

    assert "same number" in form.errors["human"][0]


def test_an_agents_number_is_not_a_person():
    form = PhoneNumberForm({"number": "2000", "human": demo.NUMBER, "agent": clinic().pk})

    assert "round in a circle" in form.errors["human"][0]


@pytest.mark.parametrize(
    ("overflow", "why"),
    [("+2000", "same number"), (demo.NUMBER, "round in a circle"), ("3000", "Leave it empty")],
)
def test_calls_beyond_the_machines_room_go_to_somebody_else(overflow: str, why: str):
    data = {"number": "2000", "human": "+3000", "agent": clinic().pk}

    form = PhoneNumberForm(data | {"overflow": overflow})

    assert why in form.errors["overflow"][0]
    assert PhoneNumberForm(data | {"overflow": "+49 30 4000"}).is_valid()


# Patience and words


def test_each_word_of_patience_comes_with_what_it_means():
    page = AgentForm(instance=clinic()).as_p()

    for word in (*Agent.Patience.labels, *Agent.Interruptions.labels):
        assert f"<b>{word}</b>: " in page


def test_own_pauses_grow_from_what_is_complete_to_what_wants_more():
    early = agent_form(patience="own", done_ms=900, endpoint_ms=400).errors["endpoint_ms"][0]
    late = AgentForm(
        model_to_dict(Agent.objects.get()) | {"patience": "own", "hanging_ms": 300},
        instance=Agent.objects.get(),
    ).errors["hanging_ms"][0]

    assert "shorter than “Pause after a complete answer” (900)" in early
    assert "(700)" in late


def test_numbers_that_do_not_count_are_not_compared():
    assert agent_form(patience="balanced", done_ms=900, endpoint_ms=400).is_valid()


def test_lists_are_kept_one_a_line_without_empty_ones():
    form = agent_form(stop_words=" stop \n\n hold on\n", notices="\nRecorded.", fillers="  ")

    assert form.is_valid(), form.errors
    assert form.cleaned_data["stop_words"] == "stop\nhold on"
    assert form.cleaned_data["notices"] == "Recorded."
    assert form.cleaned_data["fillers"] == ""


def test_pronunciations_are_kept_tidily():
    form = agent_form(pronunciations="Nguyen=win\n\n SEO =  S E O ")

    assert form.is_valid(), form.errors
    assert form.cleaned_data["pronunciations"] == "Nguyen = win\nSEO = S E O"


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("Nguyen = win\nSEO", "Line 2, “SEO”, needs a word, the sign ="),
        ("= win", "Line 1"),
        ("Nguyen =", "Line 1"),
        ("Nguyen = win\nNguyen = when", "Line 2 is a second one for “Nguyen”"),
    ],
)
def test_a_pronunciation_that_says_nothing_is_refused_by_its_line(typed: str, told: str):
    assert told in agent_form(pronunciations=typed).errors["pronunciations"][0]


# Languages


def new_agent_form(**changes: Any) -> AgentForm:
    """As the page posts it when only the first fields were filled in."""
    voice = Voice.objects.create(name="Anna", language="de")
    untouched = model_to_dict(Agent(voice=voice, name="Praxis", greeting="Guten Tag."))
    return AgentForm(untouched | changes)


def test_the_ready_sentences_of_a_new_agent_are_in_its_language():
    form = new_agent_form(language="de", goodbye="Tschüss.")

    assert form.is_valid(), form.errors
    agent = form.save()
    german = SENTENCES["de"]
    assert (agent.say_again, agent.goodbye) == (german.say_again, "Tschüss.")
    assert agent.fillers.splitlines() == list(german.fillers)
    assert agent.stop_words.splitlines() == list(german.stop_words)


def test_ready_sentences_follow_the_agent_into_another_language_and_back():
    form = new_agent_form(language="de")
    form.is_valid()
    agent = form.save()

    for language in ("fr", "en"):
        form = AgentForm(model_to_dict(agent) | {"language": language}, instance=agent)
        assert form.is_valid(), form.errors
        agent = form.save()
        assert agent.trouble == SENTENCES[language].trouble


def test_every_language_has_every_sentence_and_no_two_fillers_are_the_same():
    for language, sentences in SENTENCES.items():
        for name in FIELDS:
            assert sentences.written(name).strip(), (language, name)
        assert len(set(sentences.fillers)) == 3
        others = [other for code, other in SENTENCES.items() if code != language]
        assert all(sentences.say_again != other.say_again for other in others)


# Voices


@pytest.mark.parametrize(("speed", "is_good"), [("0.4", False), ("1.2", True), ("3", False)])
def test_a_voice_speaks_at_half_to_double_speed(speed: str, is_good: bool):
    assert voice_form(speed=speed).is_valid() == is_good


@pytest.mark.parametrize("language", ["english", "EN", "e", "de_DE"])
def test_a_language_is_written_as_its_code(language: str):
    assert "two letters" in voice_form(language=language).errors["language"][0]


# Engines

NEEDY = EngineInfo(
    key="needy",
    kind="llm",
    title="A needy model",
    licence="None of your business.",
    module="needy",
    options=(
        EngineOption("model", "Model file", required=True),
        EngineOption("api_key", "Key"),
        EngineOption("warmth", "Warmth", default="0.5"),
    ),
)


@pytest.fixture
def needy_form(monkeypatch) -> type:
    """An agent's form in a world with one more language model; `missing` tells why it can't."""
    real, reasons = registry.engines, {"needy": ""}
    monkeypatch.setattr(
        registry, "engines", lambda kind: (*real(kind), *((NEEDY,) if kind == "llm" else ()))
    )
    monkeypatch.setattr(registry, "missing", lambda kind, key: reasons.get(key, ""))
    from agents.engine_fields import option_fields
    from agents.forms import AGENT_SLOTS, AgentFields

    form = type("NeedyForm", (AgentFields,), option_fields(*AGENT_SLOTS))
    form.reasons = reasons
    return form


def filled(form: type, **changes: Any) -> Any:
    agent = clinic()
    return form(model_to_dict(agent) | {"llm_engine": "needy"} | changes, instance=agent)


def test_an_engines_options_are_kept_with_the_agent(needy_form: type):
    form = filled(
        needy_form, llm__needy__model=" /models/m ", llm__needy__api_key="s3", stt__x="no"
    )

    assert form.is_valid(), form.errors
    form.save()
    assert Agent.objects.get().llm_options == {"model": "/models/m", "api_key": "s3"}


def test_a_default_is_shown_but_not_kept(needy_form: type):
    form = filled(needy_form, llm__needy__model="/m", llm__needy__warmth="0.5")
    form.save()

    assert Agent.objects.get().llm_options == {"model": "/m"}
    assert needy_form(instance=Agent.objects.get())["llm__needy__warmth"].value() == "0.5"


def test_an_option_the_engine_needs_is_asked_for_by_name(needy_form: type):
    form = filled(needy_form)

    assert "A needy model needs this" in form.errors["llm__needy__model"][0]


def test_what_another_engine_needs_is_not_asked_for(needy_form: type):
    assert filled(needy_form, llm_engine="questions").is_valid()


def test_a_stored_key_is_never_shown_and_stays_when_left_empty(needy_form: type):
    filled(needy_form, llm__needy__model="/m", llm__needy__api_key="s3cret").save()
    agent = Agent.objects.get()

    page = needy_form(instance=agent).as_p()
    assert "s3cret" not in page
    assert "One is stored" in page
    form = needy_form(model_to_dict(agent) | {"llm__needy__model": "/other"}, instance=agent)
    form.save()

    assert Agent.objects.get().llm_options == {"model": "/other", "api_key": "s3cret"}


def test_changing_the_engine_drops_the_old_ones_options(needy_form: type):
    filled(needy_form, llm__needy__model="/m").save()
    agent = Agent.objects.get()

    needy_form(model_to_dict(agent) | {"llm_engine": "questions"}, instance=agent).save()

    assert "model" not in Agent.objects.get().llm_options


def test_an_engine_that_cannot_load_says_why_and_cannot_be_chosen(needy_form: type):
    needy_form.reasons["needy"] = "Install requirements-needy.txt."

    page = needy_form(instance=clinic()).as_p()
    form = filled(needy_form, llm__needy__model="/m")

    assert '<option value="needy" disabled>' in page
    assert "Install requirements-needy.txt." in page
    assert "None of your business." in page
    assert "Install requirements-needy.txt." in form.errors["llm_engine"][0]


def test_an_agent_whose_engine_has_gone_can_still_be_edited(needy_form: type):
    filled(needy_form, llm__needy__model="/m").save()
    needy_form.reasons["needy"] = "Its library was removed."
    agent = Agent.objects.get()
    data = model_to_dict(agent) | {"greeting": "Hello there.", "llm__needy__model": "/m"}

    form = needy_form(data, instance=agent)

    assert form.is_valid(), form.errors


@pytest.fixture
def listener_form(monkeypatch) -> type:
    """An agent's form in a world with one model that hears the end of a turn."""
    listener = replace(NEEDY, key="listener", kind="turn", title="A listener")
    real = registry.engines
    monkeypatch.setattr(
        registry, "engines", lambda kind: (listener,) if kind == "turn" else real(kind)
    )
    monkeypatch.setattr(registry, "missing", lambda kind, key: "")
    from agents.engine_fields import option_fields
    from agents.forms import AGENT_SLOTS, AgentFields

    return type("ListenerForm", (AgentFields,), option_fields(*AGENT_SLOTS))


def test_a_model_that_hears_the_end_of_a_turn_can_be_chosen(listener_form: type):
    form = filled(
        listener_form,
        llm_engine="questions",
        turn_end_engine="listener",
        turn__listener__model="/models/m",
    )

    assert form.is_valid(), form.errors
    form.save()
    agent = Agent.objects.get()
    assert (agent.turn_end_engine, agent.turn_end_options) == ("listener", {"model": "/models/m"})


def test_without_such_a_model_silence_and_words_end_a_turn(listener_form: type):
    Agent.objects.filter(pk=clinic().pk).update(
        turn_end_engine="listener", turn_end_options={"model": "/m"}
    )
    agent = Agent.objects.get()
    form = listener_form(model_to_dict(agent) | {"turn_end_engine": ""}, instance=agent)

    assert "Silence and words alone" in form.as_p()
    assert form.is_valid(), form.errors
    form.save()
    agent = Agent.objects.get()
    assert (agent.turn_end_engine, agent.turn_end_options) == ("", {})


def test_every_engine_of_the_registry_is_offered():
    form = AgentForm(instance=clinic())

    for kind, field in (("vad", "vad_engine"), ("stt", "stt_engine"), ("llm", "llm_engine")):
        offered = [key for key, _ in form.fields[field].choices]
        assert offered == [engine.key for engine in registry.engines(kind)]
        for engine in registry.engines(kind):
            assert escape(engine.licence) in form.fields[field].help_text


def test_every_field_of_the_agent_explains_itself():
    form = AgentForm(instance=clinic())
    sentences = {"first_idle_prompt", "goodbye", "time_is_up", "say_again"}  # the label says it

    silent = {name for name, field in form.fields.items() if not field.help_text}

    assert {name for name in silent if "__" not in name} == sentences


# The pages


@pytest.fixture
def ines() -> Client:
    client = Client()
    client.force_login(ines_office_manager())
    return client


def questions_post(agent: Agent, *rows: dict[str, Any]) -> dict[str, Any]:
    return rows_post("questions", *rows) | rows_post("languages")


def languages_post(*rows: dict[str, Any]) -> dict[str, Any]:
    return rows_post("questions") | rows_post("languages", *rows)


def rows_post(prefix: str, *rows: dict[str, Any]) -> dict[str, Any]:
    data = {
        f"{prefix}-{index}-{name}": value
        for index, row in enumerate(rows)
        for name, value in row.items()
    }
    initial = sum(1 for row in rows if row.get("id"))
    return data | {
        f"{prefix}-TOTAL_FORMS": len(rows),
        f"{prefix}-INITIAL_FORMS": initial,
        f"{prefix}-MIN_NUM_FORMS": 0,
        f"{prefix}-MAX_NUM_FORMS": 1000,
    }


def saved(question: Question, **changes: Any) -> dict[str, Any]:
    return model_to_dict(question) | changes


def page_of(agent: Agent) -> str:
    return f"/admin/agents/agent/{agent.pk}/change/"


def test_ines_changes_the_greeting(ines: Client):
    agent = clinic()
    data = {k: v for k, v in model_to_dict(agent).items() if not isinstance(v, dict)}

    answer = ines.post(
        page_of(agent), data | {"greeting": "Welcome!"} | questions_post(agent), follow=True
    )

    assert answer.redirect_chain, answer.context["errors"]
    assert Agent.objects.get().greeting == "Welcome!"


def german(agent: Agent, **changes: Any) -> dict[str, Any]:
    voice, _ = Voice.objects.get_or_create(name="Anna", defaults={"language": "de"})
    return {"agent": agent.pk, "language": "de", "voice": voice.pk} | changes


def save_languages(ines: Client, agent: Agent, *rows: dict[str, Any], **changes: Any) -> str:
    """What the page says once it was sent with these other languages."""
    data = {k: v for k, v in model_to_dict(agent).items() if not isinstance(v, dict)}
    answer = ines.post(page_of(agent), data | changes | languages_post(*rows), follow=True)
    return html.unescape(answer.content.decode())


@pytest.fixture
def polyglot() -> Agent:
    """The clinic with a recogniser of many languages."""
    agent = clinic()
    Agent.objects.update(stt_engine="faster_whisper", stt_options={"path": "/models/whisper"})
    agent.refresh_from_db()
    return agent


WHISPER = {"stt__faster_whisper__path": "/models/whisper"}


def test_ines_adds_a_language_and_sees_its_ready_sentences(ines: Client, polyglot: Agent):
    save_languages(ines, polyglot, german(polyglot), **WHISPER)

    assert polyglot.languages.get().language == "de"
    page = html.unescape(ines.get(page_of(polyglot)).content.decode())
    assert SENTENCES["de"].say_again in page


def test_a_language_the_recogniser_cannot_hear_is_refused_with_the_way_out(ines: Client):
    agent = clinic()

    page = save_languages(ines, agent, german(agent))

    assert "PocketSphinx understands English only" in page
    assert "Choose Whisper under Engines" in page
    assert not agent.languages.exists()


def test_a_voice_of_another_language_is_refused_with_the_way_out(ines: Client, polyglot: Agent):
    row = german(polyglot, voice=polyglot.voice_id)

    page = save_languages(ines, polyglot, row, **WHISPER)

    assert "This voice speaks English. Make one that speaks German under Voices" in page


def test_a_language_is_there_once(ines: Client, polyglot: Agent):
    twice = save_languages(ines, polyglot, german(polyglot), german(polyglot), **WHISPER)
    main = save_languages(
        ines, polyglot, german(polyglot, language="en", voice=polyglot.voice_id), **WHISPER
    )

    assert "German is in this list already" in twice
    assert "English is the agent's main language already" in main
    assert not polyglot.languages.exists()


def test_a_language_nobody_has_translated_wants_every_sentence(ines: Client, polyglot: Agent):
    voice = Voice.objects.create(name="Ana", language="pt")
    row = german(polyglot, language="pt", voice=voice.pk)

    page = save_languages(ines, polyglot, row, **WHISPER)
    assert "There is no ready sentence in Portuguese yet. Write it." in page

    said = {name: "Bem." for name in AGENT_SENTENCES if name != "fillers"}
    save_languages(ines, polyglot, row | said, **WHISPER)
    assert polyglot.languages.get().goodbye == "Bem."


def test_ines_is_told_that_sentences_were_changed_for_the_language(ines: Client, polyglot: Agent):
    page = save_languages(ines, polyglot, language="de", **WHISPER)

    assert "are in German now" in page


def test_ines_is_told_when_nobody_has_translated_the_sentences(ines: Client, polyglot: Agent):
    page = save_languages(ines, polyglot, language="pt", **WHISPER)

    assert "There are no ready sentences in Portuguese" in page


def test_a_voice_says_which_languages_it_speaks_for_whom(ines: Client, polyglot: Agent):
    save_languages(ines, polyglot, german(polyglot), **WHISPER)

    assert "Demo clinic (German)" in ines.get("/admin/agents/voice/").content.decode()


def test_two_questions_can_swap_their_keys(ines: Client):
    agent = clinic()
    one, two = agent.questions.exclude(digit="")[:2]
    data = {k: v for k, v in model_to_dict(agent).items() if not isinstance(v, dict)}
    rows = questions_post(agent, saved(one, digit=two.digit), saved(two, digit=one.digit))

    ines.post(page_of(agent), data | rows)

    assert Question.objects.get(pk=one.pk).digit == two.digit
    assert Question.objects.get(pk=two.pk).digit == one.digit


def test_two_questions_cannot_share_a_key(ines: Client):
    agent = clinic()
    one, two = agent.questions.exclude(digit="")[:2]
    data = {k: v for k, v in model_to_dict(agent).items() if not isinstance(v, dict)}
    rows = questions_post(agent, saved(one), saved(two, digit=one.digit))

    answer = ines.post(page_of(agent), data | rows)

    assert f"Another question has the key {one.digit}" in answer.content.decode()


@pytest.mark.parametrize("digit", ["x", "a", "+"])
def test_a_key_is_a_key_of_the_telephone(ines: Client, digit: str):
    agent = clinic()
    one = agent.questions.first()
    data = {k: v for k, v in model_to_dict(agent).items() if not isinstance(v, dict)}

    answer = ines.post(page_of(agent), data | questions_post(agent, saved(one, digit=digit)))

    assert "one key of the telephone" in answer.content.decode()


def test_ines_is_told_when_callers_are_promised_a_person_nobody_named(ines: Client):
    agent = clinic()
    PhoneNumber.objects.update(human="")
    data = {k: v for k, v in model_to_dict(agent).items() if not isinstance(v, dict)}

    answer = ines.post(page_of(agent), data | questions_post(agent), follow=True)

    assert "through to a person, but 1000 has none" in answer.content.decode()


def test_ines_is_told_which_words_the_small_recogniser_cannot_hear(ines: Client, monkeypatch):
    monkeypatch.setattr(cmu_phones, "phones_of", lambda _word: "")  # nobody knows its sound
    agent = clinic()
    agent.questions.create(wordings="where is xqzzy", answer="Here.", position=99)
    data = {k: v for k, v in model_to_dict(agent).items() if not isinstance(v, dict)}

    answer = ines.post(page_of(agent), data | questions_post(agent), follow=True)

    assert "does not know how these words sound: xqzzy" in answer.content.decode()


@pytest.mark.parametrize("page", ["agent", "voice", "phonenumber"])
def test_lists_do_not_ask_more_for_more_rows(ines: Client, page: str, django_assert_num_queries):
    def queries() -> int:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as asked:
            assert ines.get(f"/admin/agents/{page}/").status_code == 200
        return len(asked)

    agent = clinic()
    few = queries()
    for number in range(2001, 2011):
        voice = Voice.objects.create(name=f"Voice {number}")
        other = Agent.objects.create(name=f"Agent {number}", voice=voice, greeting="Hi")
        PhoneNumber.objects.create(number=str(number), agent=other)
    assert agent

    assert queries() == few
