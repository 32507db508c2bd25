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
        return self._waited(self.turn_end_ms, self.transcribed_ms)

    def llm_ms(self) -> int | None:
        return self._waited(max(self.turn_end_ms, self.transcribed_ms or 0), self.first_sentence_ms)

    def tts_ms(self) -> int | None:
        before = max(self.turn_end_ms, self.transcribed_ms or 0, self.first_sentence_ms or 0)
        return None if self.first_sentence_ms is None else self._waited(before, self.first_audio_ms)

    def response_ms(self) -> int | None:
        return self._waited(self.speech_end_ms, self.first_audio_ms)

    @staticmethod
    def _waited(from_ms: int, until_ms: int | None) -> int | None:
        return None if until_ms is None else max(0, until_ms - from_ms)
