"""What agents say of their own accord is there before the first call, and outlives the voice."""

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace

import pytest

from agents import specs
from agents.demo import NUMBER
from inference.engines.base import EngineChoice, EngineFailed, VoiceChoice
from inference.phrases import Phrases, SilentVoice
from telephony import phrasebook, warmup
from tests.clinic import clinic


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
    texts = [text for text, _ in phrasebook.sentences(spec)]
    assert texts[0] in spec.script.greeting
    assert {spec.script.trouble, spec.script.goodbye, *spec.script.idle_prompts} <= set(texts)
    assert len(texts) == len(set(texts))


def test_answers_are_made_ahead_only_where_they_are_read_out(spec):
    fallback = spec.script.knowledge.fallback_sentence
    read_out = " ".join(text for text, _ in phrasebook.sentences(spec))
    thought_up = replace(spec, language_model=EngineChoice("ollama"))
    assert spec.language_model.key == phrasebook.READS_OUT
    assert fallback in read_out
    assert fallback not in " ".join(text for text, _ in phrasebook.sentences(thought_up))


def test_another_language_is_said_by_the_voice_in_that_language(spec):
    german = replace(
        spec.script,
        greeting="Praxis, guten Tag.",
        knowledge=replace(spec.script.knowledge, language="de", entries=()),
    )
    spec = replace(
        spec,
        script=replace(spec.script, others=(german,)),
        voice=replace(spec.voice, language="en-gb"),
    )
    spoken = dict(phrasebook.sentences(spec))
    assert spoken["Praxis, guten Tag."].language == "de"
    assert spoken[phrasebook.pieces(spec.script.greeting)[0]].language == "en-gb"


def test_what_was_made_once_is_there_when_the_voice_is_gone(spec, synthesizer):
    assert not phrasebook.make(phrasebook.missing(spec), synthesizer)
    phrasebook.phrases()._kept.clear()  # another process
    phrasebook.phrases()._size = 0
    assert not phrasebook.missing(spec)
    assert not phrasebook.make(phrasebook.sentences(spec), SilentVoice())
    assert phrasebook.phrases().find(spec.script.trouble, spec.voice)


def test_each_reason_is_named_once_and_no_sentence_is_in_it(spec, synthesizer):
    synthesizer.fails = EngineFailed("the voice was busy for 15 s")
    assert phrasebook.make(phrasebook.missing(spec), synthesizer) == ["the voice was busy for 15 s"]
    synthesizer.fails = RuntimeError(f"cannot say {spec.script.greeting}")
    assert phrasebook.make(phrasebook.missing(spec), synthesizer) == ["RuntimeError"]


def test_a_sentence_on_its_way_is_not_asked_for_again(spec, synthesizer, monkeypatch):
    monkeypatch.setattr(phrasebook.Maker, "_run", lambda self: None)  # its thread never begins
    maker = phrasebook.Maker()
    maker.make(spec, synthesizer)
    maker.make(spec, synthesizer)
    assert maker.jobs.qsize() == 1


def test_the_thread_makes_what_is_missing_and_forgets_that_it_was_asked(spec, synthesizer):
    maker = phrasebook.Maker()
    synthesizer.fails = EngineFailed("not yet")
    maker.make(spec, synthesizer)
    maker.jobs.join()
    synthesizer.fails = None
    maker.make(spec, synthesizer)
    maker.jobs.join()
    assert not phrasebook.missing(spec)


def test_a_warm_agent_has_its_greeting_and_soon_the_rest(spec, synthesizer, monkeypatch):
    voice = SimpleNamespace(synthesizer=synthesizer, choice=spec.voice)
    engines = SimpleNamespace(transcriber=object(), voice=voice)
    monkeypatch.setattr(warmup, "load_engines", lambda _spec: engines)
    later = SimpleNamespace(make=lambda *asked: asked_for.append(asked))
    asked_for: list[tuple[object, ...]] = []
    monkeypatch.setattr(phrasebook, "maker", lambda: later)
    assert not list(warmup.warm_agents())
    greeting = phrasebook.sentences(spec)[0]
    assert phrasebook.phrases().find(*greeting)
    assert [(asked[0].agent_id, asked[1]) for asked in asked_for] == [(spec.agent_id, synthesizer)]


def test_an_agent_whose_voice_does_not_load_is_named(spec, monkeypatch):
    def fails(_spec):
        raise EngineFailed("no model")

    monkeypatch.setattr(warmup, "load_engines", fails)
    assert list(warmup.warm_agents()) == [(spec.agent_name, "no model")]
