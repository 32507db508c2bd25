"""The agents' own sentences, made ahead: they need no model when the caller is to hear them.

What an agent says of its own accord is made once and kept under var/phrases. So are the answers
of an agent that reads them out as they were written. Whatever is missing is made when the
agent's engines are loaded for a call, one sentence after the other, beside the calls.
"""

import logging
import queue
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings

from agents.spec import AgentSpec
from inference.conversation import Engines
from inference.engines.base import EngineFailed, Synthesizer, VoiceChoice
from inference.phrases import Phrases, pieces
from inference.script import Script
from inference.sentences import pieces_of
from inference.wording.spoken import spoken_form

log = logging.getLogger(__name__)

READS_OUT = "questions"  # the engine whose answers are heard as they were written


@dataclass(frozen=True, slots=True)
class Sentence:
    text: str
    voice: VoiceChoice
    said: str  # as the voice is told it


@lru_cache(maxsize=1)
def phrases() -> Phrases:
    """This process's."""
    return Phrases(settings.VAR_DIR / "phrases")


def sentences(spec: AgentSpec) -> tuple[Sentence, ...]:
    """What can be made ahead of this agent's calls, each once; the greeting first."""
    voices = (spec.voice, *spec.voices)
    spoken = tuple(zip((spec.script, *spec.script.others), voices, strict=True))
    texts = [(piece, voice) for script, voice in spoken for piece in _lines(script)]
    models = (spec.language_model, spec.second_language_model)
    if any(model and model.key == READS_OUT for model in models):
        texts += [(piece, voice) for script, voice in spoken for piece in _answers(script)]
    words = spec.script.pronunciations
    return tuple(
        Sentence(text, voice, spoken_form(text, voice.language, words))
        for text, voice in dict.fromkeys(texts)
    )


def _lines(script: Script) -> Iterator[str]:
    for line in script.lines():
        yield from pieces(line)


def _answers(script: Script) -> Iterator[str]:
    """In the pieces in which a conversation speaks them."""
    told = script.knowledge
    for answer in (*(entry.answer for entry in told.entries), told.fallback_sentence):
        yield from pieces_of(answer, script.language)


def missing(spec: AgentSpec) -> list[Sentence]:
    """Blocking. What was never made; all the rest is in memory now."""
    book = phrases()
    return [each for each in sentences(spec) if book.recall(each.said, each.voice) is None]


def make(wanted: Iterable[Sentence], engines: Engines) -> list[str]:
    """Blocking. Why sentences could not be made, each reason once; [] if all were."""
    reasons: dict[str, None] = {}
    for each in wanted:
        try:
            phrases().make(each.said, each.voice, _synthesizer(each.voice, engines))
        except EngineFailed as failure:
            reasons[str(failure)] = None
        except Exception as error:  # a library's own, whose text may quote the sentence
            reasons[type(error).__name__] = None
    return list(reasons)


def _synthesizer(choice: VoiceChoice, engines: Engines) -> Synthesizer:
    voices = (engines.voice, *engines.voices.values())
    return next(voice.synthesizer for voice in voices if voice.choice == choice)


class Maker:
    """Makes what is missing, in a thread that no stopping process waits for."""

    def __init__(self) -> None:
        self.jobs: queue.Queue[tuple[list[Sentence], Engines]] = queue.Queue()
        self._asked: set[Sentence] = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._run, name="phrases", daemon=True).start()

    def make(self, spec: AgentSpec, engines: Engines) -> None:
        """Blocking for as long as the disk takes: what is missing of this agent is made soon."""
        lacking = missing(spec)
        with self._lock:
            wanted = [each for each in lacking if each not in self._asked]
            self._asked.update(wanted)
        if wanted:
            self.jobs.put((wanted, engines))

    def _run(self) -> None:
        while True:
            wanted, engines = self.jobs.get()
            reasons = make(wanted, engines)
            with self._lock:
                self._asked.difference_update(wanted)
            if reasons:
                log.warning("sentences were not made ahead: %s", "; ".join(reasons))
            self.jobs.task_done()


@lru_cache(maxsize=1)
def maker() -> Maker:
    return Maker()
