"""What callers say who measure: recorded people where Asterisk's prompts are at hand.

They are English. An agent that understands none of them is asked its own questions, in a
synthetic voice.
"""

from collections.abc import Iterator, Sequence

from agents.spec import AgentSpec
from inference.audio import resample
from inference.engines import registry
from inference.engines.base import (
    FRAME_BYTES,
    FRAME_MS,
    SAMPLE_HZ,
    EngineChoice,
    EngineUnavailable,
    VoiceChoice,
    without_region,
)
from telephony import human_voice
from telephony.phone_rtp import LOUD_DB, loudness

PROMPTS = (  # what people might ask a machine, and how long it takes them
    ("hours", "digits/today"),
    ("vm-savefolder",),  # which folder should I save the message to
    ("number-not-answering",),
    ("vm-passchanged",),  # your passwords have been changed
)
OWN_QUESTIONS = 4
VOICE = EngineChoice("espeak")

Frames = tuple[bytes, ...]  # of FRAME_MS each, from the first loud one to the last


def recorded(spec: AgentSpec) -> list[Frames]:
    """Blocking. What recorded people say to this agent; [] where nobody speaks its language."""
    if without_region(spec.script.language) != "en":
        return []
    return [frames_of(human_voice.speak(*names)) for names in PROMPTS if human_voice.has(names)]


def own(spec: AgentSpec) -> list[Frames]:
    """Blocking. The agent's first questions, spoken; [] where it has none or nothing speaks."""
    if registry.missing("tts", VOICE.key):
        return []
    wordings = [entry.questions[0] for entry in spec.script.knowledge.entries if entry.questions]
    try:
        return list(_spoken(wordings[:OWN_QUESTIONS], spec.script.language))
    except EngineUnavailable:
        return []


def _spoken(wordings: Sequence[str], language: str) -> Iterator[Frames]:
    synthesizer = registry.load("tts", VOICE)
    choice = VoiceChoice(VOICE, language=language)
    for wording in wordings:
        pcm = b"".join(synthesizer.synthesize(wording, choice))
        yield frames_of(resample(pcm, synthesizer.hz, SAMPLE_HZ))


def frames_of(pcm: bytes) -> Frames:
    pcm += bytes(-len(pcm) % FRAME_BYTES)
    loud = [at for at, db in enumerate(loudness(pcm, FRAME_MS)) if db > LOUD_DB]
    frames = [pcm[at : at + FRAME_BYTES] for at in range(0, len(pcm), FRAME_BYTES)]
    return tuple(frames[loud[0] : loud[-1] + 1]) if loud else ()
