"""Deciding from speech and silence that the caller has begun, and that the caller is done.

A plain counter of frames. Asterisk may send nothing while the caller is silent, so silence is
measured on the clock, not in frames.
"""

from dataclasses import dataclass

GAP_MS = 100  # a detector drops single frames inside a word; a longer hole starts the count anew


@dataclass(slots=True)
class SpeechRun:
    """The caller's present run of speech."""

    speech_ms: int = 0
    began_at_ms: int = 0
    last_at_ms: int = 0

    def heard(self, speech: bool, frame_ms: int, at_ms: int) -> None:
        if self.speech_ms and at_ms - self.last_at_ms > GAP_MS + frame_ms:
            self.speech_ms = 0
        if not speech:
            return
        if not self.speech_ms:
            self.began_at_ms = at_ms - frame_ms
        self.speech_ms += frame_ms
        self.last_at_ms = at_ms

    def forget(self) -> None:
        self.speech_ms = 0
