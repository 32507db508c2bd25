"""Every engine that some agent or voice has chosen, and who has."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from agents.models import Agent, Voice
from agents.specs import knowledge_of
from inference.engines.base import EngineChoice, Knowledge, VoiceChoice
from inference.engines.registry import Kind


@dataclass(frozen=True, slots=True)
class Chosen:
    """One engine with its options, and what it takes to try it."""

    kind: Kind
    choice: EngineChoice
    users: tuple[str, ...]  # names of agents and voices
    knowledge: Knowledge
    voice: VoiceChoice | None = None  # of synthesizers


def chosen() -> list[Chosen]:
    """Each once, in the order of a turn."""
    found: dict[tuple[Kind, EngineChoice], Chosen] = {}
    for one in _all():
        known = found.get((one.kind, one.choice))
        users = dict.fromkeys((*(known.users if known else ()), *one.users))
        first = known or one
        found[one.kind, one.choice] = Chosen(
            one.kind, one.choice, tuple(users), first.knowledge, first.voice
        )
    order: list[Kind] = ["vad", "turn", "stt", "llm", "tts"]
    return sorted(found.values(), key=lambda one: order.index(one.kind))


def _all() -> Iterator[Chosen]:
    agents = Agent.objects.order_by("name").prefetch_related("questions", "languages")
    for agent in agents:
        knowledge = knowledge_of(agent)
        slots: tuple[tuple[Kind, str, dict[str, Any]], ...] = (
            ("vad", agent.vad_engine, {}),
            ("turn", agent.turn_end_engine, agent.turn_end_options),
            ("stt", agent.stt_engine, agent.stt_options),
            ("stt", agent.second_stt_engine, agent.second_stt_options),
            ("llm", agent.llm_engine, agent.llm_options),
            ("llm", agent.second_llm_engine, agent.second_llm_options),
        )
        for kind, key, options in slots:
            if key:
                yield Chosen(kind, _choice(key, options), (agent.name,), knowledge)
    for voice in Voice.objects.order_by("name"):
        choice = _choice(voice.engine, voice.engine_options)
        sounds = VoiceChoice(
            choice,
            voice.language,
            voice.speaker,
            voice.sample.path if voice.sample else "",
            voice.speed,
        )
        yield Chosen("tts", choice, (f"voice {voice.name}",), Knowledge(voice.language), sounds)


def _choice(key: str, options: dict[str, Any]) -> EngineChoice:
    return EngineChoice.of(key, **{name: str(value) for name, value in options.items()})
