"""Ines says what takes over when an engine fails; the form refuses what would fail with it."""

from typing import Any

import pytest
from django.forms import model_to_dict
from django.test import Client

from agents import demo
from agents.forms import AgentForm, VoiceForm
from agents.models import Agent, Voice
from agents.specs import spec_for
from inference.engines.base import EngineChoice
from tests.clinic import clinic, ines_office_manager

pytestmark = pytest.mark.django_db

VLLM = {
    "llm_engine": "openai",
    "llm__openai__base_url": "http://10.0.0.5/v1",
    "llm__openai__model": "big",
}


def agent_form(**changes: Any) -> AgentForm:
    agent = clinic()
    return AgentForm(model_to_dict(agent) | changes, instance=agent)


def voice_form(voice: Voice | None = None, **changes: Any) -> VoiceForm:
    data = {"name": "Anna", "language": "en", "engine": "espeak", "speed": "1.0"} | changes
    return VoiceForm(data, {}, instance=voice)


# The agent's


def test_the_same_engine_with_another_model_may_be_the_second_choice():
    form = agent_form(
        **VLLM,
        second_llm_engine="openai",
        second__llm__openai__base_url="http://10.0.0.6/v1",
        second__llm__openai__model="small",
        second__llm__openai__api_key="s3cret",
    )

    assert form.is_valid(), form.errors
    form.save()
    agent = Agent.objects.get()
    assert agent.llm_options == {"base_url": "http://10.0.0.5/v1", "model": "big"}
    assert agent.second_llm_engine == "openai"
    assert agent.second_llm_options == {
        "base_url": "http://10.0.0.6/v1",
        "model": "small",
        "api_key": "s3cret",
    }
    shown = AgentForm(instance=agent).as_p()
    assert "http://10.0.0.6/v1" in shown
    assert "s3cret" not in shown


def test_a_second_choice_that_fails_with_the_first_is_refused():
    same = {f"second__{name}": value for name, value in VLLM.items() if "__" in name}
    form = agent_form(**VLLM, **same, second_llm_engine="openai")

    assert "fails with it" in form.errors["second_llm_engine"][0]


def test_what_the_second_engine_needs_is_asked_for_next_to_it():
    form = agent_form(second_llm_engine="ollama")

    assert "needs this" in form.errors["second__llm__ollama__model"][0]
    assert "llm__ollama__model" not in form.errors


def test_a_second_recogniser_has_to_know_the_language():
    form = agent_form(
        language="de",
        stt_engine="faster_whisper",
        stt__faster_whisper__path="/models/w",
        second_stt_engine="pocketsphinx",
    )

    assert "this agent speaks German" in form.errors["second_stt_engine"][0]


def test_who_chooses_no_second_has_none():
    Agent.objects.filter(pk=clinic().pk).update(
        second_llm_engine="ollama", second_llm_options={"model": "m"}
    )
    form = agent_form(second_llm_engine="")

    assert form.is_valid(), form.errors
    form.save()
    agent = Agent.objects.get()
    assert (agent.second_llm_engine, agent.second_llm_options) == ("", {})


def test_the_page_asks_what_happens_if_an_engine_fails(client: Client):
    agent = clinic()
    client.force_login(ines_office_manager())
    shown = client.get(f"/admin/agents/agent/{agent.pk}/change/").content.decode()

    assert "If it fails: understanding speech" in shown
    assert "If it fails: finding the answer" in shown
    assert "No other: the caller hears an apology" in shown
    assert "second_stt_engine == &#x27;faster_whisper&#x27;" in shown
    assert shown.index("second__stt__faster_whisper__path") < shown.index('id="id_llm_engine"')


# The voice's


def test_a_voice_has_another_that_stands_in():
    bert = Voice.objects.create(name="Bert", engine="vits", engine_options={"path": "/v"})
    form = voice_form(stand_in=bert.pk)

    assert form.is_valid(), form.errors
    assert form.save().stand_in == bert


def test_two_voices_may_stand_in_for_each_other():
    bert = Voice.objects.create(name="Bert", engine="vits", engine_options={"path": "/v"})
    anna = voice_form(stand_in=bert.pk).save()
    data = {"name": "Bert", "engine": "espeak", "stand_in": anna.pk}

    assert "same engine" in voice_form(bert, **data).errors["stand_in"][0]
    assert voice_form(bert, **data | {"engine": "xtts", "tts__xtts__path": "/x"}).is_valid()


@pytest.mark.parametrize(
    ("stand_in", "told"),
    [
        ({"language": "de", "engine": "vits"}, "That voice speaks German"),
        ({"language": "en", "engine": "espeak"}, "fails with it"),
    ],
)
def test_a_voice_that_could_not_stand_in_is_refused(stand_in: dict[str, str], told: str):
    other = Voice.objects.create(name="Bert", **stand_in)

    assert told in voice_form(stand_in=other.pk).errors["stand_in"][0]


def test_a_voice_does_not_stand_in_for_itself():
    anna = voice_form().save()

    assert "same voice" in voice_form(anna, stand_in=anna.pk).errors["stand_in"][0]


def test_the_voices_page_asks_what_happens_if_it_fails(client: Client):
    client.force_login(ines_office_manager())
    shown = client.get("/admin/agents/voice/add/").content.decode()

    assert "If it fails: another voice" in shown
    assert "espeak-ng speaks, where it is installed" in shown


# The call's


def test_a_call_knows_its_second_choices(django_assert_num_queries):
    agent = clinic()
    agent.second_stt_engine, agent.second_stt_options = "faster_whisper", {"path": "/small"}
    agent.second_llm_engine = "questions"
    agent.save()
    bert = Voice.objects.create(name="Bert", engine="vits", speed=1.5)
    Voice.objects.filter(pk=agent.voice_id).update(stand_in=bert)
    dora = Voice.objects.create(name="Dora", language="de", engine="vits")
    agent.languages.create(
        language="de", voice=Voice.objects.create(name="Carl", language="de", stand_in=dora)
    )
    agent.languages.create(language="fr", voice=Voice.objects.create(name="Eva", language="fr"))

    with django_assert_num_queries(3):
        spec = spec_for(demo.NUMBER)

    assert spec.second_transcriber == EngineChoice.of("faster_whisper", path="/small")
    assert spec.second_language_model == EngineChoice("questions")
    main, german, french = spec.stand_ins
    assert main is not None
    assert german is not None
    assert (main.engine.key, main.speed) == ("vits", 1.5)
    assert german.language == "de"
    assert french is None


def test_a_call_without_second_choices():
    clinic()
    spec = spec_for(demo.NUMBER)

    assert spec.second_transcriber is None
    assert spec.second_language_model is None
    assert spec.stand_ins == (None,)


def test_a_voice_of_another_language_does_not_stand_in():
    """It was changed since, and would read the words out as if they were its own."""
    agent = clinic()
    dora = Voice.objects.create(name="Dora", language="de", engine="vits")
    Voice.objects.filter(pk=agent.voice_id).update(stand_in=dora)

    assert spec_for(demo.NUMBER).stand_ins == (None,)
