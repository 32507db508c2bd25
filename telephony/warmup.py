"""Loading every agent's models before the first caller needs them."""

import logging
import time
from collections.abc import Iterator
from contextlib import suppress

from agents.models import PhoneNumber
from agents.specs import spec_for
from inference.engines import registry
from telephony import phrasebook
from telephony.loading import hurried, load_engines

log = logging.getLogger(__name__)


def warm_agents() -> Iterator[tuple[str, str]]:
    """Blocking. Yields name and reason of each agent that cannot answer."""
    seen = set()
    for number in PhoneNumber.objects.answered():
        if number.agent_id in seen:
            continue
        seen.add(number.agent_id)
        began_s = time.monotonic()
        try:
            _warm(number.number)
        except Exception as error:  # one agent's missing model is not the others' trouble
            yield number.agent.name, str(error) or type(error).__name__
        else:
            log.info("agent %d ready in %.1f s", number.agent_id, time.monotonic() - began_s)


def _warm(dialled: str) -> None:
    """What loading an engine does not warm already: this agent's questions, voice and lines."""
    spec = spec_for(dialled)
    for kind, choice in hurried(spec):
        with suppress(Exception):  # what is missing is told by the next line
            registry.load(kind, choice)
    engines = load_engines(spec)
    for transcriber in (engines.transcriber, engines.second_transcriber):
        if prepare := getattr(transcriber, "prepare", None):
            prepare(spec.script.knowledge)
    phrasebook.make(phrasebook.sentences(spec)[:1], engines)  # the rest is on its way
    voices = (engines.voice, *engines.voices.values())
    stand_ins = (voice.stand_in for voice in voices if voice.stand_in)
    for voice in (*stand_ins, *voices):
        for _ in voice.synthesizer.synthesize(spec.script.goodbye, voice.choice):
            break
