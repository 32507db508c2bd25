"""What a call begins with when an engine cannot be loaded, or not in time."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from agents import demo
from agents.spec import AgentSpec
from agents.specs import spec_for
from inference.engines import registry
from inference.engines.base import EngineChoice, EngineUnavailable, VoiceChoice
from inference.engines.questions import Questions
from inference.phrases import SilentVoice
from telephony import loading, phrasebook, warmup
from tests.clinic import clinic

pytestmark = pytest.mark.django_db

FIRST, SECOND = EngineChoice("first"), EngineChoice("second")


class World:
    """Engines by key. One that is not there is missing; one that is stuck never loads."""

    def __init__(self) -> None:
        self.missing: set[str] = set()
        self.stuck: set[str] = set()
        self.is_over = threading.Event()
        self.asked: list[str] = []

    def load(self, kind: str, choice: EngineChoice) -> Any:
        self.asked.append(choice.key)
        if choice.key in self.stuck:
            self.is_over.wait()
        if choice.key in self.missing:
            raise EngineUnavailable(f"no {choice.key} here")
        return SimpleNamespace(key=choice.key, stream=lambda: None)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    world = World()
    monkeypatch.setattr(registry, "load", world.load)
    monkeypatch.setattr(registry, "missing", lambda _kind, key: key in world.missing and "none")
    yield world
    world.is_over.set()


@pytest.fixture(autouse=True)
def _nothing_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phrasebook, "maker", lambda: SimpleNamespace(make=lambda *_: None))


@pytest.fixture
def spec() -> AgentSpec:
    """Of an agent with a second choice of everything, whose number has a person."""
    clinic()
    return replace(
        spec_for(demo.NUMBER),
        transcriber=FIRST,
        second_transcriber=SECOND,
        language_model=FIRST,
        second_language_model=SECOND,
        voice=VoiceChoice(FIRST),
        stand_ins=(VoiceChoice(SECOND),),
    )


def test_a_call_has_its_second_choices_at_hand(world: World, spec: AgentSpec):
    engines = loading.load_engines(spec)

    assert (engines.transcriber.key, engines.second_transcriber.key) == ("first", "second")
    assert (engines.model.key, engines.second_model.key) == ("first", "second")
    assert engines.voice.synthesizer.key == "first"
    assert engines.voice.stand_in.synthesizer.key == "second"
    assert engines.backup_voice.synthesizer.key == "espeak"
    assert engines.gone == frozenset()


def test_what_cannot_be_loaded_is_begun_by_the_second(world: World, spec: AgentSpec):
    world.missing = {"first"}

    engines = loading.load_engines(spec)

    assert (engines.transcriber.key, engines.second_transcriber) == ("second", None)
    assert (engines.model.key, engines.second_model) == ("second", None)
    assert engines.gone == {"stt", "llm"}
    assert isinstance(engines.voice.synthesizer, SilentVoice)  # what was made before is still said
    assert engines.voice.stand_in.synthesizer.key == "second"


def test_what_is_still_being_loaded_is_begun_by_the_second(
    world: World, spec: AgentSpec, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(loading, "LOAD_DEADLINE_S", 0.2)
    world.stuck = {"first"}

    engines = loading.load_engines(spec)

    assert engines.gone == {"stt", "llm"}
    assert engines.voice.stand_in.synthesizer.key == "second"


def test_a_second_choice_that_cannot_be_loaded_costs_no_call(world: World, spec: AgentSpec):
    world.missing = {"second"}

    engines = loading.load_engines(spec)

    assert (engines.transcriber.key, engines.second_transcriber) == ("first", None)
    assert engines.voice.stand_in is None
    assert engines.gone == frozenset()


def test_what_failed_to_load_is_tried_again_by_the_next_call(world: World, spec: AgentSpec):
    world.missing = {"first"}
    loading.load_engines(spec)
    world.missing = set()

    assert loading.load_engines(spec).gone == frozenset()


@pytest.mark.parametrize("has_second", [True, False])
def test_without_any_engine_for_a_stage_the_call_is_refused(
    world: World, spec: AgentSpec, has_second: bool
):
    world.missing = {"first", "second"}
    if not has_second:
        spec = replace(spec, second_transcriber=None)

    with pytest.raises(EngineUnavailable, match="neither stt engine" if has_second else "no first"):
        loading.load_engines(spec)


def test_an_agent_without_a_voice_leaves_the_call_to_a_person_if_there_is_one(
    world: World, spec: AgentSpec
):
    world.missing = {"first", "espeak"}
    assert loading.load_engines(spec).voice.stand_in  # which can speak
    spec = replace(spec, stand_ins=(None,), transcriber=SECOND, language_model=SECOND)

    with pytest.raises(EngineUnavailable, match="has a person"):
        loading.load_engines(spec)
    engines = loading.load_engines(replace(spec, has_human=False))
    assert isinstance(engines.voice.synthesizer, SilentVoice)


def test_at_the_start_all_of_it_is_waited_for(
    world: World, spec: AgentSpec, monkeypatch: pytest.MonkeyPatch
):
    """What a call would not wait for, and what is missing does not hold up the others."""
    world.missing = {"first"}
    monkeypatch.setattr(warmup, "spec_for", lambda _dialled: spec)
    monkeypatch.setattr(warmup, "load_engines", lambda _spec: 1 / 0)

    assert [reason for _, reason in warmup.warm_agents()] == ["division by zero"]
    assert world.asked == ["first", "second", "first", "second", "second", "first"]


def test_a_model_server_that_is_away_is_stood_in_for_by_the_questions(
    spec: AgentSpec, monkeypatch: pytest.MonkeyPatch
):
    """With the real engines."""
    monkeypatch.setattr(loading, "LOAD_DEADLINE_S", 60.0)  # the machine may be busy
    away = EngineChoice.of("ollama", host="http://127.0.0.1:9", model="m")
    questions = EngineChoice("questions")
    spec = replace(spec_for(demo.NUMBER), language_model=away, second_language_model=questions)

    begun = loading._Begun(spec)
    model, second = begun.both("llm", away, questions)

    assert isinstance(model, Questions)
    assert second is None
    assert begun.gone == {"llm"}
