"""The agents' own sentences, made ahead: they need no model when the caller is to hear them.

What an agent says of its own accord is made once and kept under var/phrases. So are the answers
of an agent that reads them out as they were written. A sentence that was changed is made when
the agent is loaded next, one sentence at a time, beside the calls.
"""

import logging
import queue
import threading
from collections.abc import Iterable
from functools import lru_cache

from django.conf import settings

from agents.spec import AgentSpec
from inference.engines.base import EngineFailed, Synthesizer, VoiceChoice
from inference.phrases import Phrases, pieces
from inference.script import Script
from inference.sentences import SentenceCutter

log = logging.getLogger(__name__)

READS_OUT = "questions"  # the engine whose answers are heard as they were written

Sentence = tuple[str, VoiceChoice]


@lru_cache(maxsize=1)
def phrases() -> Phrases:
    """This process's."""
    return Phrases(settings.VAR_DIR / "phrases")


def sentences(spec: AgentSpec) -> tuple[Sentence, ...]:
    """What can be made ahead of this agent's calls, each once; the greeting first."""
    found: dict[Sentence, None] = {}
    for script in (spec.script, *spec.script.others):
        voice = spec.voice.speaking(script.language)
        found |= {(piece, voice): None for line in script.lines() for piece in pieces(line)}
    if spec.language_model.key == READS_OUT:
        for script in (spec.script, *spec.script.others):
            voice = spec.voice.speaking(script.language)
            found |= {(piece, voice): None for piece in _answers(script)}
    return tuple(found)


def _answers(script: Script) -> list[str]:
    """In the pieces in which a conversation speaks them."""
    told = script.knowledge
    answers = [*(entry.answer for entry in told.entries), told.fallback_sentence]
    cut: list[str] = []
    for answer in answers:
        cutter = SentenceCutter()
        cut += [*cutter.push(answer), *cutter.rest()]
    return cut


def missing(spec: AgentSpec) -> tuple[Sentence, ...]:
    """Blocking. What was never made; all the rest is in memory now."""
    return tuple(
        (text, voice) for text, voice in sentences(spec) if phrases().recall(text, voice) is None
    )


def make(wanted: Iterable[Sentence], synthesizer: Synthesizer) -> list[str]:
    """Blocking. Why sentences could not be made, each reason once; [] if all were."""
    reasons: dict[str, None] = {}
    for text, voice in wanted:
        try:
            phrases().make(text, voice, synthesizer)
        except EngineFailed as failure:
            reasons[str(failure)] = None
        except Exception as error:  # a library's own, whose text may quote the sentence
            reasons[type(error).__name__] = None
    return list(reasons)


class Maker:
    """Makes sentences one after the other, in a thread that no stopping process waits for."""

    def __init__(self) -> None:
        self.jobs: queue.Queue[tuple[list[Sentence], Synthesizer]] = queue.Queue()
        self._asked: set[Sentence] = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._run, name="phrases", daemon=True).start()

    def make(self, spec: AgentSpec, synthesizer: Synthesizer) -> None:
        """Blocking for as long as the disk takes: what is missing of this agent is made soon."""
        lacking = missing(spec)
        with self._lock:
            wanted = [each for each in lacking if each not in self._asked]
            self._asked.update(wanted)
        if wanted:
            self.jobs.put((wanted, synthesizer))

    def _run(self) -> None:
        while True:
            wanted, synthesizer = self.jobs.get()
            reasons = make(wanted, synthesizer)
            with self._lock:
                self._asked.difference_update(wanted)
            if reasons:
                log.warning("sentences were not made ahead: %s", "; ".join(reasons))
            self.jobs.task_done()


@lru_cache(maxsize=1)
def maker() -> Maker:
    return Maker()
