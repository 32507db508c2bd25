"""From a dialled number to the frozen AgentSpec of the call."""

from typing import Any

from agents.models import Agent, PhoneNumber, Question, Voice
from agents.spec import AgentSpec
from inference.engines.base import After, EngineChoice, Entry, Knowledge, VoiceChoice
from inference.script import Script
from inference.turns.tuning import Tuning

EARLY_MS = 250  # of silence: recognition is done when the turn is over, and seldom in vain


class NumberNotInService(Exception):
    """Nobody answers the dialled number. The text never holds the number."""


def spec_for(dialled: str) -> AgentSpec:
    """What the call to `dialled` needs, in two queries. Raises NumberNotInService.

    Providers deliver the same number with and without the leading plus.
    """
    bare = dialled.strip().removeprefix("+")
    found = {
        number.number: number
        for number in PhoneNumber.objects.answered().filter(number__in=(bare, f"+{bare}"))
    }
    number = found.get(dialled) or next(iter(found.values()), None)
    if number is None:
        raise NumberNotInService("no agent answers this number; give it one under Numbers")
    return _spec(number)


def _spec(number: PhoneNumber) -> AgentSpec:
    agent = number.agent
    return AgentSpec(
        agent_id=agent.pk,
        agent_name=agent.name,
        number_id=number.pk,
        script=_script(agent),
        vad=EngineChoice(agent.vad_engine),
        transcriber=_choice(agent.stt_engine, agent.stt_options),
        language_model=_choice(agent.llm_engine, agent.llm_options),
        voice=_voice(agent.voice),
        record_audio=agent.record_audio,
        retention_days=agent.retention_days,
        has_human=bool(number.human),
    )


def _script(agent: Agent) -> Script:
    idle_prompts = tuple(
        prompt.strip()
        for prompt in (agent.first_idle_prompt, agent.second_idle_prompt)
        if prompt.strip()
    )
    return Script(
        greeting=agent.greeting,
        knowledge=knowledge_of(agent),
        idle_prompts=idle_prompts,
        goodbye=agent.goodbye,
        time_is_up=agent.time_is_up,
        say_again=agent.say_again,
        trouble=agent.trouble,
        tuning=Tuning(
            endpoint_ms=agent.endpoint_ms,
            early_ms=min(EARLY_MS, agent.endpoint_ms // 2),
            barge_in_ms=agent.barge_in_ms,
            idle_ms=agent.idle_seconds * 1000,
            idle_prompts=len(idle_prompts),
            max_call_ms=agent.max_call_minutes * 60_000,
        ),
        greeting_may_be_interrupted=agent.greeting_may_be_interrupted,
    )


def knowledge_of(agent: Agent) -> Knowledge:
    return Knowledge(
        language=agent.language,
        instructions=agent.instructions,
        entries=tuple(_entry(question) for question in agent.questions.all()),
        fallback_sentence=agent.fallback_sentence,
    )


def _entry(question: Question) -> Entry:
    lines = (line.strip() for line in question.wordings.splitlines())
    return Entry(
        questions=tuple(line for line in lines if line),
        answer=question.answer,
        digit=question.digit,
        after=After(question.after),
    )


def _choice(key: str, options: dict[str, Any]) -> EngineChoice:
    return EngineChoice.of(key, **{name: str(value) for name, value in options.items()})


def _voice(voice: Voice) -> VoiceChoice:
    return VoiceChoice(
        engine=_choice(voice.engine, voice.engine_options),
        language=voice.language,
        speaker=voice.speaker,
        sample_path=voice.sample.path if voice.sample else "",
        speed=voice.speed,
    )
