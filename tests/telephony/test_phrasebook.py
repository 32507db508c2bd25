"""What agents say of their own accord is there before the first call, and outlives the voice."""

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace

import pytest

from agents import specs
from agents.demo import NUMBER
from inference.conversation import Engines
from inference.engines.base import EngineChoice, EngineFailed, VoiceChoice
from inference.phrases import Phrases, SilentVoice
from inference.voicing import Voice
from telephony import loading, phrasebook, warmup
from tests.clinic import clinic
from tests.inference.talks import asked


class Synthesizer:
    hz = 16_000

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []
        self.fails: Exception | None = None

    def synthesize(self, text: str, voice: VoiceChoice) -> Iterator[bytes]:
        self.said.append((text, voice.language))
        if self.fails:
            raise self.fails
        yield bytes(640)


@pytest.fixture
def synthesizer():
    return Synthesizer()


def engines(spec, synthesizer):
    voices = {
        other.language: Voice(synthesizer, choice)
        for other, choice in zip(spec.script.others, spec.voices, strict=True)
    }
    return Engines(None, None, None, Voice(synthesizer, spec.voice), voices=voices)


def found(each):
    return phrasebook.phrases().find(each.said, each.voice)


@pytest.fixture
def spec(db):
    clinic()
    return specs.spec_for(NUMBER)


@pytest.fixture(autouse=True)
def book(tmp_path, monkeypatch):
    """An empty one, that no other test sees."""
    kept = Phrases(tmp_path / "phrases")
    monkeypatch.setattr(phrasebook, "phrases", lambda: kept)
    return kept


def test_the_greeting_comes_first_and_every_line_is_there_once(spec):
    texts = [each.text for each in phrasebook.sentences(spec)]
    assert texts[0] in spec.script.greeting
    assert {spec.script.trouble, spec.script.goodbye, *spec.script.idle_prompts} <= set(texts)
    assert len(texts) == len(set(texts))


def test_answers_are_made_ahead_only_where_they_are_read_out(spec):
    fallback = spec.script.knowledge.fallback_sentence
    thought_up = replace(spec, language_model=EngineChoice("ollama"))
    assert spec.language_model.key == phrasebook.READS_OUT
    assert fallback in " ".join(each.text for each in phrasebook.sentences(spec))
    assert fallback not in " ".join(each.text for each in phrasebook.sentences(thought_up))
    falls_back = replace(thought_up, second_language_model=spec.language_model)
    assert fallback in " ".join(each.text for each in phrasebook.sentences(falls_back))


@pytest.mark.parametrize(
    "answer",
    [
        "We are open from Monday to Friday, eight in the morning until six in the evening.",
        "On weekdays from 8 to 18, and on Saturday by appointment. Ask for Dr. Smith",
        "**Hours**\n- Monday: 8\n- Tuesday: 9",
    ],
)
def test_an_answer_is_cut_as_a_conversation_cuts_it(spec, synthesizer, answer):
    told = replace(spec.script.knowledge, entries=(), fallback_sentence=answer)
    book = replace(spec, script=replace(spec.script, knowledge=told))
    ready = [each.said for each in phrasebook.sentences(book)][len(set(_lines(spec))) :]
    with asked() as talk:
        talk.voice.synthesize = synthesizer.synthesize
        talk.spoken(answer)
        assert [text for text, _ in synthesizer.said] == ready


def _lines(spec):
    return [piece for line in spec.script.lines() for piece in phrasebook.pieces(line)]


def test_a_sentence_is_made_as_the_voice_is_to_say_it(spec, synthesizer):
    script = replace(
        spec.script, greeting="At 8 in Grays Inn.", pronunciations=(("Grays Inn", "graze in"),)
    )
    spec = replace(spec, script=script)
    greeting = phrasebook.sentences(spec)[0]
    assert (greeting.text, greeting.said) == ("At 8 in Grays Inn.", "At eight in graze in.")
    phrasebook.make([greeting], engines(spec, synthesizer))
    assert synthesizer.said[0][0] == "At eight in graze in."
    assert found(greeting)


def test_another_language_is_said_by_its_own_voice(spec, synthesizer):
    german = replace(
        spec.script,
        greeting="Praxis, guten Tag.",
        knowledge=replace(spec.script.knowledge, language="de", entries=()),
    )
    voice = replace(spec.voice, language="de")
    spec = replace(spec, script=replace(spec.script, others=(german,)), voices=(voice,))
    greetings = {each.text: each for each in phrasebook.sentences(spec)}
    assert greetings["Praxis, guten Tag."].voice == voice
    assert not phrasebook.make(phrasebook.missing(spec), engines(spec, synthesizer))
    assert ("Praxis, guten Tag.", "de") in synthesizer.said
    assert (greetings[phrasebook.pieces(spec.script.greeting)[0]].said, "en") in synthesizer.said


def test_what_was_made_once_is_there_when_the_voice_is_gone(spec, synthesizer, book, monkeypatch):
    assert not phrasebook.make(phrasebook.missing(spec), engines(spec, synthesizer))
    later = Phrases(book._folder)
    monkeypatch.setattr(phrasebook, "phrases", lambda: later)
    assert not phrasebook.missing(spec)
    assert later.find(spec.script.trouble, spec.voice)
    assert not phrasebook.make(phrasebook.sentences(spec), engines(spec, SilentVoice()))


def test_each_reason_is_named_once_and_no_sentence_is_in_it(spec, synthesizer):
    synthesizer.fails = EngineFailed("the voice was busy for 15 s")
    reasons = phrasebook.make(phrasebook.missing(spec), engines(spec, synthesizer))
    assert reasons == ["the voice was busy for 15 s"]
    synthesizer.fails = RuntimeError(f"cannot say {spec.script.greeting}")
    reasons = phrasebook.make(phrasebook.missing(spec), engines(spec, synthesizer))
    assert reasons == ["RuntimeError"]


def test_a_sentence_on_its_way_is_not_asked_for_again(spec, synthesizer, monkeypatch):
    monkeypatch.setattr(phrasebook.Maker, "_run", lambda self: None)  # its thread never begins
    maker = phrasebook.Maker()
    maker.make(spec, engines(spec, synthesizer))
    maker.make(spec, engines(spec, synthesizer))
    assert maker.jobs.qsize() == 1


def test_the_thread_makes_what_is_missing_and_forgets_that_it_was_asked(spec, synthesizer):
    maker = phrasebook.Maker()
    synthesizer.fails = EngineFailed("not yet")
    maker.make(spec, engines(spec, synthesizer))
    maker.jobs.join()
    synthesizer.fails = None
    maker.make(spec, engines(spec, synthesizer))
    maker.jobs.join()
    assert not phrasebook.missing(spec)


def test_a_warm_agent_has_its_greeting(spec, synthesizer, monkeypatch):
    monkeypatch.setattr(warmup, "load_engines", lambda _spec: engines(spec, synthesizer))
    assert not list(warmup.warm_agents())
    assert found(phrasebook.sentences(spec)[0])


def test_whoever_loads_an_agent_has_its_sentences_made(spec, monkeypatch):
    later: list[tuple[object, ...]] = []
    monkeypatch.setattr(
        phrasebook, "maker", lambda: SimpleNamespace(make=lambda *asked: later.append(asked))
    )
    loaded = loading.load_engines(spec)
    assert later == [(spec, loaded)]


def test_a_voice_that_does_not_load_leaves_what_was_made(spec, synthesizer):
    broken = replace(spec.voice, engine=EngineChoice.of("xtts", path="/nowhere"))
    spec = replace(spec, voice=broken)
    phrasebook.make(phrasebook.missing(spec), engines(spec, synthesizer))  # when it still did
    loaded = loading.load_engines(spec)
    assert isinstance(loaded.voice.synthesizer, SilentVoice)
    assert phrasebook.phrases().find(spec.script.trouble, loaded.voice.choice)


def test_an_agent_whose_voice_is_gone_is_named_and_greets_all_the_same(
    spec, synthesizer, book, monkeypatch
):
    phrasebook.make(phrasebook.missing(spec), engines(spec, synthesizer))
    later = Phrases(book._folder)
    monkeypatch.setattr(phrasebook, "phrases", lambda: later)
    monkeypatch.setattr(warmup, "load_engines", lambda _spec: engines(spec, SilentVoice()))
    ((name, reason),) = warmup.warm_agents()
    assert name == spec.agent_name
    assert "there is no voice" in reason
    assert found(phrasebook.sentences(spec)[0])


def test_an_agent_whose_voice_does_not_load_is_named(spec, monkeypatch):
    def fails(_spec):
        raise EngineFailed("no model")

    monkeypatch.setattr(warmup, "load_engines", fails)
    assert list(warmup.warm_agents()) == [(spec.agent_name, "no model")]
