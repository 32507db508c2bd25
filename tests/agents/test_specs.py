import re
from pathlib import Path

import pocketsphinx
import pytest
from django.core.management import call_command

from agents import demo
from agents.models import Agent, PhoneNumber, Question, Voice
from agents.specs import INTERRUPTIONS, PATIENCE, NumberNotInService, spec_for
from agents.translations import SENTENCES
from inference.engines.base import After, EngineChoice
from tests.clinic import clinic

pytestmark = pytest.mark.django_db


def test_all_a_call_needs_is_read_in_three_queries(django_assert_num_queries):
    agent = clinic()
    for language in ("de", "fr", "es"):
        voice = Voice.objects.create(name=language, language=language)
        agent.languages.create(language=language, voice=voice)

    with django_assert_num_queries(3):
        spec = spec_for(demo.NUMBER)

    assert spec.agent_name == demo.AGENT
    assert spec.script.greeting == demo.GREETING
    assert spec.has_human
    assert hash(spec.voice)  # one loaded engine per distinct choice


def test_what_people_set_is_what_the_call_does():
    agent = clinic()
    agent.patience, agent.interruptions = "own", "own"
    agent.done_ms, agent.endpoint_ms, agent.hanging_ms = 150, 450, 900
    agent.barge_in_ms, agent.barge_in_words = 300, 2
    agent.idle_seconds, agent.max_call_minutes = 5, 10
    agent.second_idle_prompt = "  "
    agent.greeting_may_be_interrupted = False
    agent.stt_engine, agent.stt_options = "faster_whisper", {"beam_size": 2, "model": "/m"}
    agent.record_audio, agent.retention_days = False, 3
    agent.save()

    spec = spec_for(demo.NUMBER)

    tuning = spec.script.tuning
    assert (tuning.done_ms, tuning.endpoint_ms, tuning.hanging_ms) == (150, 450, 900)
    assert (tuning.barge_in_ms, tuning.barge_in_words) == (300, 2)
    assert (tuning.idle_ms, tuning.max_call_ms) == (5_000, 600_000)
    assert tuning.idle_prompts == len(spec.script.idle_prompts) == 1
    assert not spec.script.greeting_may_be_interrupted
    assert spec.transcriber == EngineChoice.of("faster_whisper", beam_size="2", model="/m")
    assert (spec.record_audio, spec.retention_days) == (False, 3)


def test_stop_words_are_listened_for_where_there_are_any():
    agent = clinic()
    assert spec_for(demo.NUMBER).script.tuning.hears_stop_words

    agent.stop_words = " \n"
    agent.save()

    assert not spec_for(demo.NUMBER).script.tuning.hears_stop_words


def test_an_agent_that_asks_for_secret_digits_expects_them():
    agent = clinic()
    assert not spec_for(demo.NUMBER).script.tuning.has_secrets

    agent.questions.create(wordings="my PIN", answer="Type it.", after=Question.After.SECRET_KEYS)

    assert spec_for(demo.NUMBER).script.tuning.has_secrets


@pytest.mark.parametrize("patience", ["brisk", "balanced", "patient"])
def test_patience_in_words_is_what_the_numbers_under_advanced_are_not_asked_for(patience: str):
    Agent.objects.filter(pk=clinic().pk).update(patience=patience, endpoint_ms=4_999)

    tuning = spec_for(demo.NUMBER).script.tuning

    pauses = PATIENCE[patience]
    assert tuning.endpoint_ms == pauses.endpoint_ms
    assert pauses.done_ms <= pauses.endpoint_ms <= pauses.hanging_ms
    assert (tuning.done_ms, tuning.hanging_ms) == (pauses.done_ms, pauses.hanging_ms)
    assert tuning.early_ms < tuning.done_ms  # known before it is decided


def test_a_more_patient_agent_waits_longer_and_one_hard_to_interrupt_hears_more_first():
    waits = [PATIENCE[word].endpoint_ms for word in ("brisk", "balanced", "patient")]
    speech = [INTERRUPTIONS[word].barge_in_ms for word in ("easily", "normally", "hardly")]

    assert waits == sorted(waits)
    assert speech == sorted(speech)


@pytest.mark.parametrize(
    ("word", "may", "barge_in_ms"), [("easily", True, 500), ("hardly", True, 1_500)]
)
def test_interruptions_in_words(word: str, may: bool, barge_in_ms: int):
    Agent.objects.filter(pk=clinic().pk).update(interruptions=word)

    tuning = spec_for(demo.NUMBER).script.tuning

    assert (tuning.can_interrupt, tuning.barge_in_ms) == (may, barge_in_ms)


def test_an_agent_that_nothing_interrupts():
    Agent.objects.filter(pk=clinic().pk).update(interruptions="never")

    assert not spec_for(demo.NUMBER).script.tuning.can_interrupt


def test_an_agent_of_its_own_numbers_falls_silent_before_it_gives_way():
    Agent.objects.filter(pk=clinic().pk).update(interruptions="own", barge_in_ms=60)

    tuning = spec_for(demo.NUMBER).script.tuning

    assert tuning.mute_ms <= tuning.barge_in_ms == 60


def test_without_working_ahead_no_reply_is_begun_before_the_turn_is_over():
    Agent.objects.filter(pk=clinic().pk).update(work_ahead=False)

    tuning = spec_for(demo.NUMBER).script.tuning

    assert (tuning.partial_ms, tuning.drafts) == (0, 0)


def test_lists_are_written_one_a_line():
    agent = clinic()
    agent.fillers, agent.stop_words = " One moment. \n\nLet me see.", "stop\nhold on\n"
    agent.notices, agent.pronunciations = (
        "This call is recorded.",
        "Nguyen = win\nDr. Li=doctor lee",
    )
    agent.save()

    script = spec_for(demo.NUMBER).script

    assert script.fillers == ("One moment.", "Let me see.")
    assert script.stop_words == ("stop", "hold on")
    assert script.notices == ("This call is recorded.",)
    assert script.pronunciations == (("Nguyen", "win"), ("Dr. Li", "doctor lee"))


def test_an_agent_without_fillers_has_no_time_for_them():
    Agent.objects.filter(pk=clinic().pk).update(fillers="\n")

    script = spec_for(demo.NUMBER).script

    assert (script.fillers, script.tuning.filler_ms) == ((), 0)


# Other languages


def with_german(**sentences: str) -> Agent:
    agent = clinic()
    agent.stt_engine = "faster_whisper"
    agent.save()
    voice = Voice.objects.create(name="Anna", language="de", engine="espeak")
    agent.languages.create(language="de", voice=voice, **sentences)
    return agent


def test_in_another_language_the_agent_is_the_same_with_ready_sentences():
    with_german(goodbye="Tschüss.")

    spec = spec_for(demo.NUMBER)
    german = spec.script.speaking("de")

    assert (german.language, german.goodbye) == ("de", "Tschüss.")
    assert german.trouble == SENTENCES["de"].trouble
    assert german.fillers == SENTENCES["de"].fillers
    assert german.knowledge.fallback_sentence == SENTENCES["de"].fallback_sentence
    assert german.knowledge.entries == spec.script.knowledge.entries
    assert german.tuning == spec.script.tuning
    assert [voice.language for voice in spec.voices] == ["de"]


def test_each_language_knows_the_others():
    agent = with_german()
    agent.languages.create(language="nl", voice=Voice.objects.create(name="Jan", language="nl"))

    script = spec_for(demo.NUMBER).script

    assert script.knowledge.languages == ("de", "nl")
    assert script.speaking("de").knowledge.languages == ("en", "nl")
    assert script.speaking("nl").knowledge.languages == ("en", "de")


def test_the_main_languages_stop_words_stop_the_agent_in_every_language():
    with_german()

    german = spec_for(demo.NUMBER).script.speaking("de")

    assert {"hold on", "stopp"} <= set(german.stop_words)
    assert len(german.stop_words) == len(set(german.stop_words))


def test_what_is_off_in_the_main_language_is_off_in_the_others():
    agent = with_german(fillers="Moment.")
    agent.fillers = agent.stop_words = ""
    agent.save()

    german = spec_for(demo.NUMBER).script.speaking("de")

    assert (german.fillers, german.stop_words) == ((), ())


def test_a_language_that_has_become_the_main_one_is_no_other():
    Agent.objects.filter(pk=with_german().pk).update(language="de")

    spec = spec_for(demo.NUMBER)

    assert (spec.script.others, spec.voices, spec.script.knowledge.languages) == ((), (), ())


def test_only_silence_and_words_end_a_turn_unless_a_model_was_chosen():
    agent = clinic()
    assert spec_for(demo.NUMBER).turn_end is None

    agent.turn_end_engine, agent.turn_end_options = "smart", {"path": "/m"}
    agent.save()

    assert spec_for(demo.NUMBER).turn_end == EngineChoice.of("smart", path="/m")


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


def test_words_with_a_pronunciation_of_their_own_are_listened_for():
    agent = clinic()
    agent.pronunciations = "Nguyen = win"
    agent.save()

    assert spec_for(demo.NUMBER).script.knowledge.vocabulary == ("Nguyen",)
