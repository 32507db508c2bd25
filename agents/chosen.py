"""Every engine that callers of some agent meet, and whose it is."""

from collections.abc import Iterator
from dataclasses import dataclass

from agents.models import Agent, Voice
from agents.specs import if_chosen, knowledge_of, transcriber_of, voice_heard
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
        slots: tuple[tuple[Kind, EngineChoice | None], ...] = (
            ("vad", if_chosen(agent.vad_engine, {})),
            ("turn", if_chosen(agent.turn_end_engine, agent.turn_end_options)),
            ("stt", transcriber_of(agent)),
            ("stt", if_chosen(agent.second_stt_engine, agent.second_stt_options)),
            ("llm", if_chosen(agent.llm_engine, agent.llm_options)),
            ("llm", if_chosen(agent.second_llm_engine, agent.second_llm_options)),
        )
        for kind, choice in slots:
            if choice is not None:
                yield Chosen(kind, choice, (agent.name,), knowledge)
    for voice in Voice.objects.order_by("name"):
        heard = voice_heard(voice)
        users = (f"voice {voice.name}",)
        yield Chosen("tts", heard.engine, users, Knowledge(voice.language), heard)
