"""Which engines a call gets. They are loaded once a process, by whoever comes first."""

import logging

from agents.spec import AgentSpec
from inference.conversation import Engines
from inference.engines import registry
from inference.engines.base import EngineChoice, EngineUnavailable, TurnEnd, VoiceChoice
from inference.phrases import SilentVoice
from inference.voicing import Voice
from telephony import phrasebook

log = logging.getLogger(__name__)

BACKUP_VOICE = EngineChoice("espeak")


def load_engines(spec: AgentSpec) -> Engines:
    """Blocking. Raises EngineUnavailable."""
    languages = (other.language for other in spec.script.others)
    engines = Engines(
        vad=registry.load("vad", spec.vad).stream(),
        transcriber=registry.load("stt", spec.transcriber),
        model=registry.load("llm", spec.language_model),
        voice=_voice(spec.voice),
        backup_voice=_backup_voice(spec),
        turn_end=_turn_end(spec.turn_end),
        voices={
            language: _voice(choice)
            for language, choice in zip(languages, spec.voices, strict=True)
        },
    )
    phrasebook.maker().make(spec, engines)
    return engines


def _voice(choice: VoiceChoice) -> Voice:
    try:
        return Voice(registry.load("tts", choice.engine), choice)
    except EngineUnavailable as error:
        log.error("a voice cannot be loaded; what was made before is still said: %s", error)
        return Voice(SilentVoice(), choice)


def _turn_end(choice: EngineChoice | None) -> TurnEnd | None:
    """A hint: without it, words and silence decide."""
    if choice is None:
        return None
    try:
        return registry.load("turn", choice)
    except EngineUnavailable as error:
        log.error("turns end by words and silence alone: %s", error)
        return None


def _backup_voice(spec: AgentSpec) -> Voice | None:
    if spec.voice.engine.key == BACKUP_VOICE.key or registry.missing("tts", BACKUP_VOICE.key):
        return None
    choice = VoiceChoice(BACKUP_VOICE, language=spec.voice.language)
    return Voice(registry.load("tts", BACKUP_VOICE), choice)
