"""From a dialled number to the frozen AgentSpec of the call.

What the words of the form mean in milliseconds is here and nowhere else.
"""

from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings

from agents import consents, pronunciations
from agents.models import Agent, AgentLanguage, PhoneNumber, Question, Voice
from agents.spec import AgentSpec
from agents.translations import ENGLISH, sentences_in
from inference.engines.base import (
    After,
    EngineChoice,
    Entry,
    Knowledge,
    VoiceChoice,
    without_region,
)
from inference.script import Script
from inference.turns.tuning import Tuning


@dataclass(frozen=True, slots=True)
class Pauses:
    """Silence after which the caller's turn is over."""

    done_ms: int  # after words that are complete
    endpoint_ms: int  # after words that may go on
    hanging_ms: int  # after words that no turn ends with


@dataclass(frozen=True, slots=True)
class Interrupting:
    """What of the caller's speech stops the agent."""

    mute_ms: int
    barge_in_ms: int
    barge_in_words: int
    can_interrupt: bool = True


@dataclass(frozen=True, slots=True)
class Ahead:
    """What is begun before the caller's turn is over."""

    early_ms: int
    partial_ms: int
    drafts: int


PATIENCE: dict[str, Pauses] = {
    Agent.Patience.BRISK: Pauses(done_ms=200, endpoint_ms=500, hanging_ms=1000),
    Agent.Patience.BALANCED: Pauses(done_ms=200, endpoint_ms=700, hanging_ms=1400),
    Agent.Patience.PATIENT: Pauses(done_ms=800, endpoint_ms=1400, hanging_ms=2400),
}
MUTE_MS = 100
INTERRUPTIONS: dict[str, Interrupting] = {
    Agent.Interruptions.EASILY: Interrupting(mute_ms=80, barge_in_ms=500, barge_in_words=1),
    Agent.Interruptions.NORMALLY: Interrupting(MUTE_MS, barge_in_ms=800, barge_in_words=1),
    Agent.Interruptions.HARDLY: Interrupting(mute_ms=200, barge_in_ms=1500, barge_in_words=2),
    Agent.Interruptions.NEVER: Interrupting(MUTE_MS, 800, 1, can_interrupt=False),
}
WORK_AHEAD = Ahead(early_ms=40, partial_ms=300, drafts=6)
NO_WORK_AHEAD = Ahead(early_ms=250, partial_ms=0, drafts=0)  # recognition alone, seldom in vain
LAST_VOICE = EngineChoice("espeak")  # needs neither model nor consent


def tuning_of(
    pauses: Pauses,
    interrupting: Interrupting = INTERRUPTIONS[Agent.Interruptions.NORMALLY],
    ahead: Ahead = WORK_AHEAD,
) -> Tuning:
    """What these say in milliseconds; the rest as it is by default."""
    return Tuning(
        done_ms=pauses.done_ms,
        endpoint_ms=pauses.endpoint_ms,
        hanging_ms=pauses.hanging_ms,
        early_ms=min(ahead.early_ms, pauses.endpoint_ms // 2),
        partial_ms=ahead.partial_ms,
        drafts=ahead.drafts,
        can_interrupt=interrupting.can_interrupt,
        mute_ms=interrupting.mute_ms,
        barge_in_ms=interrupting.barge_in_ms,
        barge_in_words=interrupting.barge_in_words,
    )


class NumberNotInService(Exception):
    """Nobody answers the dialled number. The text never holds the number."""


def spec_for(dialled: str) -> AgentSpec:
    """What the call to `dialled` needs, in a few queries. Raises NumberNotInService.

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
    others = _other_languages(agent)
    return AgentSpec(
        agent_id=agent.pk,
        agent_name=agent.name,
        number_id=number.pk,
        script=_script(agent),
        vad=EngineChoice(agent.vad_engine),
        transcriber=transcriber_of(agent),
        language_model=_choice(agent.llm_engine, agent.llm_options),
        voice=voice_heard(agent.voice),
        record_audio=agent.record_audio,
        retention_days=agent.retention_days,
        has_human=bool(number.human),
        turn_end=if_chosen(agent.turn_end_engine, agent.turn_end_options),
        voices=tuple(voice_heard(other.voice) for other in others),
        second_transcriber=if_chosen(agent.second_stt_engine, agent.second_stt_options),
        second_language_model=if_chosen(agent.second_llm_engine, agent.second_llm_options),
        stand_ins=tuple(_stand_in(voice) for voice in (agent.voice, *(o.voice for o in others))),
    )


def _other_languages(agent: Agent) -> tuple[AgentLanguage, ...]:
    """Without the main one, should the agent have been changed to it since."""
    return tuple(other for other in agent.languages.all() if other.language != agent.language)


def _script(agent: Agent) -> Script:
    idle_prompts = tuple(
        prompt.strip()
        for prompt in (agent.first_idle_prompt, agent.second_idle_prompt)
        if prompt.strip()
    )
    script = Script(
        greeting=agent.greeting,
        knowledge=knowledge_of(agent),
        idle_prompts=idle_prompts,
        goodbye=agent.goodbye,
        time_is_up=agent.time_is_up,
        say_again=agent.say_again,
        trouble=agent.trouble,
        type_it=agent.type_it,
        fillers=_lines(agent.fillers),
        notices=_lines(agent.notices),
        stop_words=_lines(agent.stop_words),
        pronunciations=pronunciations.parse(agent.pronunciations),
        tuning=_tuning(agent, idle_prompts=len(idle_prompts)),
        greeting_may_be_interrupted=agent.greeting_may_be_interrupted,
    )
    return replace(
        script, others=tuple(_in_language(script, other) for other in _other_languages(agent))
    )


def _tuning(agent: Agent, idle_prompts: int) -> Tuning:
    pauses = PATIENCE.get(agent.patience) or Pauses(
        agent.done_ms, agent.endpoint_ms, agent.hanging_ms
    )
    interrupting = INTERRUPTIONS.get(agent.interruptions) or Interrupting(
        min(MUTE_MS, agent.barge_in_ms), agent.barge_in_ms, agent.barge_in_words
    )
    tuning = replace(
        tuning_of(pauses, interrupting, WORK_AHEAD if agent.work_ahead else NO_WORK_AHEAD),
        hears_stop_words=bool(_lines(agent.stop_words)),
        has_secrets=any(
            question.after == Question.After.SECRET_KEYS for question in agent.questions.all()
        ),
        idle_ms=agent.idle_seconds * 1000,
        idle_prompts=idle_prompts,
        max_call_ms=agent.max_call_minutes * 60_000,
    )
    return tuning if _lines(agent.fillers) else replace(tuning, filler_ms=0)


def knowledge_of(agent: Agent) -> Knowledge:
    return Knowledge(
        language=agent.language,
        languages=tuple(other.language for other in _other_languages(agent)),
        instructions=agent.instructions,
        entries=tuple(_entry(question) for question in agent.questions.all()),
        fallback_sentence=agent.fallback_sentence,
        vocabulary=tuple(word for word, _ in pronunciations.parse(agent.pronunciations)),
    )


def _in_language(main: Script, other: AgentLanguage) -> Script:
    """The same agent speaking another language; it has greeted by then, so without a greeting."""
    ready = sentences_in(other.language) or ENGLISH  # the form asks for all where there is none
    spoken = (main.language, *main.knowledge.languages)
    fillers = (_lines(other.fillers) or ready.fillers) if main.fillers else ()
    own_stop_words = ready.stop_words if main.stop_words else ()
    return replace(
        main,
        greeting="",
        knowledge=replace(
            main.knowledge,
            language=other.language,
            languages=tuple(language for language in spoken if language != other.language),
            fallback_sentence=other.fallback_sentence or ready.fallback_sentence,
        ),
        idle_prompts=(
            other.first_idle_prompt or ready.first_idle_prompt,
            other.second_idle_prompt or ready.second_idle_prompt,
        )[: len(main.idle_prompts)],
        goodbye=other.goodbye or ready.goodbye,
        time_is_up=other.time_is_up or ready.time_is_up,
        say_again=other.say_again or ready.say_again,
        trouble=other.trouble or ready.trouble,
        type_it=other.type_it or ready.type_it,
        fillers=fillers,
        stop_words=tuple(dict.fromkeys((*main.stop_words, *own_stop_words))),
    )


def _lines(text: str) -> tuple[str, ...]:
    """What is written one a line, without empty ones."""
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _entry(question: Question) -> Entry:
    return Entry(
        questions=_lines(question.wordings),
        answer=question.answer,
        digit=question.digit,
        after=After(question.after),
    )


def _choice(key: str, options: dict[str, Any]) -> EngineChoice:
    return EngineChoice.of(key, **{name: str(value) for name, value in options.items()})


def if_chosen(key: str, options: dict[str, Any]) -> EngineChoice | None:
    return _choice(key, options) if key else None


def _stand_in(voice: Voice) -> VoiceChoice | None:
    """The next one alone: two voices may stand in for each other."""
    other = voice.stand_in
    if other is None or without_region(other.language) != without_region(voice.language):
        return None
    return _voice_here(other)


def transcriber_of(agent: Agent) -> EngineChoice:
    """The agent's, or where one setting sends all recognition."""
    if settings.STT_URL:
        return _elsewhere(settings.STT_URL, settings.STT_TOKEN)
    return _choice(agent.stt_engine, agent.stt_options)


def voice_heard(voice: Voice) -> VoiceChoice:
    """The voice callers hear, or its namesake where one setting sends all speech.

    Whoever stands in for a withdrawn voice does so here: a service elsewhere may know it still.
    """
    choice = _voice_here(voice)
    if settings.TTS_URL and consents.may_speak(voice):
        return replace(choice, engine=_elsewhere(settings.TTS_URL, settings.TTS_TOKEN))
    return choice


def _elsewhere(url: str, token: str) -> EngineChoice:
    return _choice("service", {"url": url} | ({"token": token} if token else {}))


def _voice_here(voice: Voice) -> VoiceChoice:
    """The voice that is configured; another one where its speaker has withdrawn consent."""
    if consents.may_speak(voice):
        return voice_choice(voice)
    other = instead_of(voice)
    return voice_choice(other) if other else VoiceChoice(LAST_VOICE, language=voice.language)


def instead_of(voice: Voice) -> Voice | None:
    """Who speaks where this voice may not; None where only LAST_VOICE can."""
    other = voice.stand_in
    if other is None or without_region(other.language) != without_region(voice.language):
        return None
    return other if consents.may_speak(other) else None


def voice_choice(voice: Voice) -> VoiceChoice:
    """As it is configured, whoever may hear it."""
    return VoiceChoice(
        engine=_choice(voice.engine, voice.engine_options),
        language=voice.language,
        speaker=voice.speaker,
        sample_path=voice.sample.path if voice.sample else "",
        speed=voice.speed,
    )
