"""Deciding from sound alone when the caller speaks and when the caller is silent.

A plain counter of frames. Asterisk may send nothing while the caller is silent, so silence is
measured on the clock, not in frames.
"""

from dataclasses import dataclass

GAP_MS = 100  # a detector drops single frames inside a word; a longer hole starts the count anew

# Chosen by bench/endpointing.py, on telephone speech with noise 40, 20 and 10 dB below it.
BELOW_SPEECH_DB = 25  # what is so much fainter than the loudest lately is no longer speech
NOISE_SHARE = 0.45  # of the way from the noise up to speech: below it, on average, is noise
RISES, FALLS = 0.6, 0.2  # how much a frame counts in that average: a word begins at once
TOLD_APART_DB = 6  # where speech is hardly louder than noise, level tells nothing
FADE_DB_S = 2  # how fast the loudest is forgotten: a caller turns away from the telephone
NOISE_RISE_DB_S = 1.5  # how fast the noise may grow


@dataclass(slots=True)
class Loudness:
    """How loud this caller and the line are, to tell the end of a word from its echo.

    A voice activity detector holds on for a tenth of a second after the last word, and in noise
    for ever; the caller would wait for that. Levels are dB below full scale.
    """

    _level_db: float | None = None  # on average
    _speech_db: float = -100.0
    _noise_db: float = 0.0

    def is_quiet(self, level_db: int, *, speech: bool, frame_ms: int) -> bool:
        """Whether a frame is too faint to be speech, whatever the detector says."""
        before_db = level_db if self._level_db is None else self._level_db
        counts = RISES if level_db > before_db else FALLS
        self._level_db = before_db + counts * (level_db - before_db)
        if speech:
            faded = self._speech_db - FADE_DB_S * frame_ms / 1000
            self._speech_db = max(self._level_db, faded)
        self._noise_db = min(self._level_db, self._noise_db + NOISE_RISE_DB_S * frame_ms / 1000)
        if not speech:
            return True
        depth_db = self._speech_db - self._noise_db
        if level_db < self._speech_db - BELOW_SPEECH_DB:
            return True
        return depth_db > TOLD_APART_DB and (
            self._level_db < self._noise_db + NOISE_SHARE * depth_db
        )


@dataclass(slots=True)
class SpeechRun:
    """The caller's present run of speech."""

    speech_ms: int = 0
    began_at_ms: int = 0
    last_at_ms: int = 0
    is_sharp: bool = False  # its end was heard as a drop in level, not only by the detector

    def heard(self, speech: bool, frame_ms: int, at_ms: int, *, quiet: bool = False) -> bool:
        """Whether this frame is speech."""
        if self.speech_ms and at_ms - self.last_at_ms > GAP_MS + frame_ms:
            self.speech_ms = 0
        if not speech or quiet:
            self.is_sharp = self.is_sharp or (speech and quiet)
            return False
        if not self.speech_ms:
            self.began_at_ms = at_ms - frame_ms
        self.speech_ms += frame_ms
        self.last_at_ms = at_ms
        self.is_sharp = False
        return True

    def forget(self) -> None:
        self.speech_ms = 0
