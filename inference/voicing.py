"""Saying a sentence: from text to the audio of one of the call's voices.

What lies ready is taken as it is; else the text is put as it is spoken, at this caller's pace,
and synthesised. A voice that fails before its first sound is replaced by the backup.
"""

import logging
from collections.abc import AsyncGenerator, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import aclosing, closing
from dataclasses import dataclass, replace
from functools import partial

from inference import threads
from inference.audio import Resampler
from inference.engines.base import (
    SAMPLE_HZ,
    EngineFailed,
    RemoteSynthesizer,
    Synthesizer,
    VoiceChoice,
)
from inference.phrases import Phrases
from inference.wording.pace import Pace
from inference.wording.requests import Request
from inference.wording.spoken import spoken_form

log = logging.getLogger(__name__)

FIRST_PIECE_DEADLINE_S = 2.5  # then the backup voice speaks
SLOWEST, FASTEST = 0.5, 2.0  # what every voice can do
LONGEST_PIECE_S, LONGEST_LETTER_S = 5, 0.3  # at SLOWEST a letter takes 0.15 s


@dataclass(frozen=True, slots=True)
class Voice:
    synthesizer: Synthesizer
    choice: VoiceChoice


class Voicing:
    """One call's voices, and how fast they speak to this caller."""

    def __init__(
        self,
        voice: Voice,
        others: Mapping[str, Voice],
        backup: Voice | None,
        phrases: Phrases,
        pronunciations: tuple[tuple[str, str], ...],
        executor: Executor,
    ) -> None:
        """`others`: by language."""
        self.pace = Pace()
        self._voice = voice
        self._others = others
        self._backup = backup
        self._phrases = phrases
        self._pronunciations = pronunciations
        self._executor = executor

    def ready(self, text: str, language: str) -> bytes | None:
        """The audio of a sentence that lies ready."""
        voice = self._in(language).choice
        return self._phrases.find(self._said(text, voice), voice)

    def follow(self, request: Request) -> None:
        match request:
            case Request.REPEAT:
                self.pace.repeated()
            case Request.SLOWER:
                self.pace.asked_slower()
            case Request.FASTER:
                self.pace.asked_faster()

    async def spoken(
        self, sentence: str, language: str, *, is_line: bool
    ) -> AsyncGenerator[bytes, None]:
        """The sentence at SAMPLE_HZ as it is made. Raises what the last voice raised."""
        ready = self.ready(sentence, language)
        if ready and (is_line or self.pace.factor_for(sentence) == 1):
            yield ready
            return
        voice, has_begun = self._in(language), False
        try:
            deadline_s = FIRST_PIECE_DEADLINE_S if self._backup else threads.PIECE_DEADLINE_S
            async with aclosing(self._made(voice, sentence, deadline_s)) as pieces:
                async for pcm in pieces:
                    has_begun = has_begun or bool(pcm)
                    yield pcm
            if self._backup is None or has_begun:
                return
            log.warning("the voice made no sound, the backup speaks")
        except Exception as error:
            if self._backup is None or has_begun:
                raise
            log.warning("voice failed (%s), the backup speaks", type(error).__name__)
        async with aclosing(self._made(self._backup, sentence, threads.PIECE_DEADLINE_S)) as pieces:
            async for pcm in pieces:
                yield pcm

    def _in(self, language: str) -> Voice:
        return self._others.get(language, self._voice)

    def _said(self, text: str, voice: VoiceChoice) -> str:
        return spoken_form(text, voice.language, self._pronunciations)

    def _made(self, voice: Voice, sentence: str, deadline_s: float) -> AsyncGenerator[bytes, None]:
        said = self._said(sentence, voice.choice)
        speed = voice.choice.speed * self.pace.factor_for(sentence)
        choice = replace(voice.choice, speed=min(max(speed, SLOWEST), FASTEST))
        if isinstance(voice.synthesizer, RemoteSynthesizer):
            return threads.in_time(voice.synthesizer.speak(said, choice), deadline_s)
        make = partial(_spoken_by, voice.synthesizer, choice, said)
        return threads.iterate(make, self._executor, deadline_s)


def _spoken_by(synthesizer: Synthesizer, choice: VoiceChoice, sentence: str) -> Iterator[bytes]:
    """The sentence at SAMPLE_HZ, in the worker thread."""
    resampler = Resampler(synthesizer.hz, SAMPLE_HZ)
    bytes_left = (LONGEST_PIECE_S + len(sentence) * LONGEST_LETTER_S) * synthesizer.hz * 2
    with closing(synthesizer.synthesize(sentence, choice)) as pieces:  # type: ignore[type-var]
        for pcm in pieces:
            bytes_left -= len(pcm)
            if bytes_left < 0:
                raise EngineFailed("the voice found no end")
            yield resampler.push(pcm)
    yield resampler.flush()
