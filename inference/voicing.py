"""Saying a sentence: from text to the audio of one of the call's voices.

What lies ready is taken as it is; else the text is put as it is spoken, at this caller's pace,
and synthesised. A voice that fails before its first sound is replaced by the next: the one that
stands in for it, and at last the backup.
"""

import logging
from collections.abc import AsyncGenerator, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import aclosing, closing
from dataclasses import dataclass, replace
from functools import partial

from inference import threads
from inference.audio import Resampler
from inference.choices import Choices
from inference.engines.base import (
    SAMPLE_HZ,
    EngineFailed,
    RemoteSynthesizer,
    Synthesizer,
    VoiceChoice,
)
from inference.journal import Stage
from inference.phrases import Phrases
from inference.wording.pace import Pace
from inference.wording.requests import Request
from inference.wording.spoken import spoken_form

log = logging.getLogger(__name__)

FIRST_PIECE_DEADLINE_S = 2.5  # then the next voice speaks
STAND_IN_DEADLINE_S = 1.5  # for its first piece: the caller has waited for the voice before it
SLOWEST, FASTEST = 0.5, 2.0  # what every voice can do
LONGEST_PIECE_S, LONGEST_LETTER_S = 5, 0.3  # at SLOWEST a letter takes 0.15 s


@dataclass(frozen=True, slots=True)
class Voice:
    synthesizer: Synthesizer
    choice: VoiceChoice
    stand_in: "Voice | None" = None  # when it fails; before the backup


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
        self._voices = _choices(voice, backup)
        self._others = {language: _choices(other, backup) for language, other in others.items()}
        self._phrases = phrases
        self._pronunciations = pronunciations
        self._executor = executor

    def ready(self, text: str, language: str) -> bytes | None:
        """The audio of a sentence that lies ready."""
        voice = self._in(language).first.choice
        return self._phrases.find(self._said(text, voice), voice)

    def follow(self, request: Request) -> None:
        match request:
            case Request.REPEAT:
                self.pace.repeated()
            case Request.SLOWER:
                self.pace.asked_slower()
            case Request.FASTER:
                self.pace.asked_faster()

    def next_turn(self) -> None:
        for voices in (self._voices, *self._others.values()):
            voices.next_turn()

    def skip(self, language: str) -> None:
        """The voice is stuck: the next one speaks for the rest of this turn."""
        self._in(language).skip()

    async def spoken(
        self, sentence: str, language: str, *, is_line: bool, stood_in: set[Stage]
    ) -> AsyncGenerator[bytes, None]:
        """The sentence at SAMPLE_HZ as it is made. Raises what the last voice raised.

        `stood_in` is told when another than the first choice speaks.
        """
        ready = self.ready(sentence, language)
        if ready and (is_line or self.pace.factor_for(sentence) == 1):
            yield ready
            return
        voices = self._in(language)
        *before, last = voices.in_order()
        for voice in before:
            has_begun = False
            async with aclosing(self._tried(voice, voices, sentence)) as pieces:
                async for pcm in pieces:
                    if not has_begun:
                        has_begun = True
                        _note(voice, voices, stood_in)
                    yield pcm
            if has_begun:
                return
        _note(last, voices, stood_in)
        async with aclosing(self._made(last, sentence, threads.PIECE_DEADLINE_S)) as pieces:
            async for pcm in pieces:
                yield pcm

    async def _tried(
        self, voice: Voice, voices: Choices[Voice], sentence: str
    ) -> AsyncGenerator[bytes, None]:
        """The sentence; nothing where the next voice shall say it."""
        deadline_s = STAND_IN_DEADLINE_S if voices.stands_in(voice) else FIRST_PIECE_DEADLINE_S
        has_begun = False
        try:
            async with aclosing(self._made(voice, sentence, deadline_s)) as pieces:
                async for pcm in pieces:
                    if pcm:
                        has_begun = True
                        voices.worked(voice)
                        yield pcm
            if not has_begun and any(map(str.isalnum, sentence)):
                raise EngineFailed("the voice made no sound")
        except Exception as error:
            voices.failed(voice)
            if has_begun:
                raise
            log.warning("a voice failed (%s), the next one speaks", type(error).__name__)

    def _in(self, language: str) -> Choices[Voice]:
        return self._others.get(language, self._voices)

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


def _choices(voice: Voice, backup: Voice | None) -> Choices[Voice]:
    """The backup speaks every language, in that of the voice."""
    if backup:
        backup = replace(backup, choice=replace(backup.choice, language=voice.choice.language))
    return Choices(voice, voice.stand_in, backup)


def _note(voice: Voice, voices: Choices[Voice], stood_in: set[Stage]) -> None:
    if voices.stands_in(voice):
        stood_in.add("tts")


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
