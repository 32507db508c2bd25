import re
from pathlib import Path

import pocketsphinx
import pytest
from django.core.management import call_command

from agents import demo
from agents.models import Agent, PhoneNumber, Question, Voice
from agents.specs import NumberNotInService, spec_for
from inference.engines.base import After, EngineChoice
from tests.clinic import clinic

pytestmark = pytest.mark.django_db


def test_all_a_call_needs_is_read_in_two_queries(django_assert_num_queries):
    clinic()

    with django_assert_num_queries(2):
        spec = spec_for(demo.NUMBER)

    assert spec.agent_name == demo.AGENT
    assert spec.script.greeting == demo.GREETING
    assert spec.has_human
    assert hash(spec.voice)  # one loaded engine per distinct choice


def test_what_people_set_is_what_the_call_does():
    agent = clinic()
    agent.endpoint_ms, agent.barge_in_ms = 450, 300
    agent.idle_seconds, agent.max_call_minutes = 5, 10
    agent.second_idle_prompt = "  "
    agent.greeting_may_be_interrupted = False
    agent.stt_engine, agent.stt_options = "faster_whisper", {"beam_size": 2, "model": "/m"}
    agent.record_audio, agent.retention_days = False, 3
    agent.save()

    spec = spec_for(demo.NUMBER)

    tuning = spec.script.tuning
    assert (tuning.endpoint_ms, tuning.barge_in_ms) == (450, 300)
    assert (tuning.idle_ms, tuning.max_call_ms) == (5_000, 600_000)
    assert tuning.idle_prompts == len(spec.script.idle_prompts) == 1
    assert not spec.script.greeting_may_be_interrupted
    assert spec.transcriber == EngineChoice.of("faster_whisper", beam_size="2", model="/m")
    assert (spec.record_audio, spec.retention_days) == (False, 3)


def test_questions_come_in_their_order_with_their_wordings():
    agent = clinic()
    agent.questions.all().delete()
    Question.objects.create(agent=agent, wordings="bye", answer="Bye.", position=2, after="hang up")
    Question.objects.create(
        agent=agent, wordings=" open \n\n hours \n", answer="At eight.", position=1, digit="1"
    )

    first, second = spec_for(demo.NUMBER).script.knowledge.entries

    assert first.questions == ("open", "hours")
    assert first.digit == "1"
    assert (second.answer, second.after) == ("Bye.", After.HANG_UP)


def test_the_plus_of_a_number_is_the_providers_habit():
    clinic()
    PhoneNumber.objects.update(number="+4930123456")

    assert spec_for("4930123456") == spec_for("+4930123456")


def test_of_two_numbers_that_differ_by_a_plus_the_dialled_one_answers():
    agent = clinic()
    PhoneNumber.objects.create(number="+1000", agent=agent)

    assert spec_for("+1000").number_id != spec_for("1000").number_id


@pytest.mark.parametrize("dialled", ["", "999", "1000'; --", "+"])
def test_a_number_nobody_answers_is_refused_without_being_named(dialled: str):
    clinic()

    with pytest.raises(NumberNotInService) as refusal:
        spec_for(dialled)

    assert not dialled or dialled not in str(refusal.value)


def test_the_demo_is_made_once_and_leaves_changes_alone(capsys):
    call_command("load_demo")
    Agent.objects.update(greeting="Ours now.")
    Question.objects.first().delete()
    questions = Question.objects.count()
    call_command("load_demo")

    assert capsys.readouterr().out.splitlines() == [
        "Demo clinic answers 1000",
        "Demo clinic was already there",
    ]
    assert Agent.objects.get().greeting == "Ours now."
    assert Question.objects.count() == questions
    assert (Voice.objects.count(), PhoneNumber.objects.count()) == (1, 1)


def test_the_recogniser_knows_every_word_of_the_demo():
    dictionary = Path(pocketsphinx.get_model_path("en-us/cmudict-en-us.dict"))
    known = {line.split()[0] for line in dictionary.read_text().splitlines()}
    said = " ".join(wording for asked in demo.QUESTIONS for wording in asked.wordings)

    assert set(re.findall(r"[a-z']+", said.lower())) <= known


def test_the_demo_asks_each_question_several_ways():
    assert 6 <= len(demo.QUESTIONS) <= 10
    assert all(len(asked.wordings) >= 4 for asked in demo.QUESTIONS)
    assert "automated" in demo.GREETING
