"""How long the caller waited for each stage of an answer; together, for the answer.

Work that was done before the turn was over cost the caller nothing.
"""

from dataclasses import dataclass


@dataclass(slots=True)
class TurnTimings:
    """Marks of one answer, in ms since media start; None until the stage was reached."""

    speech_end_ms: int
    turn_end_ms: int
    transcribed_ms: int | None = None
    first_sentence_ms: int | None = None
    first_audio_ms: int | None = None

    def endpointing_ms(self) -> int:
        return self.turn_end_ms - self.speech_end_ms

    def stt_ms(self) -> int | None:
        if self.transcribed_ms is None:
            return None
        return max(0, self.transcribed_ms - self.turn_end_ms)

    def llm_ms(self) -> int | None:
        return _between(max(self.turn_end_ms, self.transcribed_ms or 0), self.first_sentence_ms)

    def tts_ms(self) -> int | None:
        return _between(self.first_sentence_ms, self.first_audio_ms)

    def response_ms(self) -> int | None:
        return _between(self.speech_end_ms, self.first_audio_ms)


def _between(from_ms: int | None, until_ms: int | None) -> int | None:
    return None if from_ms is None or until_ms is None else until_ms - from_ms
