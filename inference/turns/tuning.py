"""How patient the agent is. Every time is in milliseconds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tuning:
    min_speech_ms: int = 80  # shorter is a click, not a word
    endpoint_ms: int = 600
    early_ms: int = 0  # of silence, then recognition begins in case this was the end; 0: never
    barge_in_ms: int = 240
    preroll_ms: int = 300  # kept from before speech was certain
    max_utterance_ms: int = 30_000
    first_audio_ms: int = 6_000  # from end of turn (or start of a line) to first audio
    stall_ms: int = 3_000  # without any audio while speaking
    idle_ms: int = 8_000
    idle_prompts: int = 2
    digit_pause_ms: int = 1_500
    max_call_ms: int = 30 * 60_000
    closing_ms: int = 15_000  # for the last sentence, then the line is cut
    failures: int = 2  # failed turns in a row before the caller is handed over
