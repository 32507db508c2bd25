"""All one call needs of its agent, frozen: the last ORM read before the talk."""

from dataclasses import dataclass

from inference.engines.base import EngineChoice, VoiceChoice
from inference.script import Script


@dataclass(frozen=True, slots=True)
class AgentSpec:
    agent_id: int
    agent_name: str
    number_id: int
    script: Script
    vad: EngineChoice
    transcriber: EngineChoice
    language_model: EngineChoice
    voice: VoiceChoice
    record_audio: bool
    retention_days: int
    has_human: bool  # the number has someone to hand the caller over to
    turn_end: EngineChoice | None = None  # a model that hears whether the caller is done
    voices: tuple[VoiceChoice, ...] = ()  # of script.others, in their order
    second_transcriber: EngineChoice | None = None  # when the first one fails
    second_language_model: EngineChoice | None = None
    stand_ins: tuple[VoiceChoice | None, ...] = (None,)  # for voice and for voices, in their order
