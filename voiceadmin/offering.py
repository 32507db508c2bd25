"""What this machine's inference service offers to others: its agents' engines, or named ones."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from django.conf import settings

from agents.models import PhoneNumber
from agents.specs import spec_for
from inference.engines import registry
from inference.engines.base import EngineChoice, EngineUnavailable, Knowledge, VoiceChoice
from inference.host.offer import Offer, OfferedVoice

ELSEWHERE = "service"  # what another machine does is not ours to offer


class NotOffered(Exception):
    """One sentence for the person at the terminal: what is wrong and the way out."""


@dataclass(frozen=True, slots=True)
class Named:
    """What the command's options name, as they were written."""

    stt: str = ""
    tts: Sequence[str] = ()
    languages: str = "en"
    samples: str = ""

    def __bool__(self) -> bool:
        return bool(self.stt or self.tts)


def of_options(named: Named) -> Offer:
    """Raises NotOffered."""
    languages = tuple(code.strip() for code in named.languages.split(",") if code.strip())
    if not languages:
        raise NotOffered("--languages names none; give codes with commas, such as en,de")
    choices = tuple(choice("tts", text) for text in named.tts)
    return Offer(
        transcriber=choice("stt", named.stt) if named.stt else None,
        knowledge=Knowledge(languages[0], languages[1:]),
        voices=tuple(_voices(choices, languages[0], named.samples)),
        token=settings.INFERENCE_TOKEN,
    )


def choice(kind: str, text: str) -> EngineChoice:
    """Of "faster_whisper:path=/models/turbo,device=cuda". Raises NotOffered."""
    key, _, told = text.partition(":")
    options = dict(part.partition("=")[::2] for part in told.split(",") if part)
    try:
        info = registry.info(kind, key)
    except EngineUnavailable as unavailable:
        raise NotOffered(f"--{kind} {text}: {unavailable}") from None
    known = {option.name for option in info.options}
    if strange := sorted(set(options) - known):
        raise NotOffered(
            f"--{kind} {text}: {key} has no option {', '.join(strange)};"
            f" it has {', '.join(sorted(known)) or 'none'}"
        )
    for option in info.options:
        if option.required and not options.get(option.name):
            raise NotOffered(f"--{kind} {text}: name its {option.name}, as {key}:{option.name}=…")
    return EngineChoice.of(key, **options)


def _voices(choices: Sequence[EngineChoice], language: str, samples: str) -> Iterator[OfferedVoice]:
    """Each engine under its key, each recording under its name. Raises NotOffered."""
    for engine in choices:
        yield OfferedVoice(engine.key, VoiceChoice(engine, language))
    if not samples:
        return
    folder = Path(samples)
    recordings = sorted(folder.glob("*.wav"))
    cloning = next((engine for engine in choices if engine.key == "xtts"), None)
    if cloning is None or not recordings:
        raise NotOffered(f"--samples {samples}: needs --tts xtts:path=… and .wav files in there")
    for path in recordings:
        yield OfferedVoice(path.stem, VoiceChoice(cloning, language, sample_path=str(path)))


def of_agents() -> Offer:
    """The engines of agents in service: the first one's recogniser, everyone's voices."""
    transcriber, knowledge = None, Knowledge("en")
    voices: dict[str, VoiceChoice] = {}
    for number in PhoneNumber.objects.answered().order_by("pk"):
        spec = spec_for(number.number)
        if transcriber is None and spec.transcriber.key != ELSEWHERE:
            transcriber, knowledge = spec.transcriber, spec.script.knowledge
        agent = number.agent
        own = {other.language: other.voice.name for other in agent.languages.all()}
        names = (agent.voice.name, *(own[other.language] for other in spec.script.others))
        for name, voice in zip(names, (spec.voice, *spec.voices), strict=True):
            if voice.engine.key != ELSEWHERE:
                voices.setdefault(name, voice)
    return Offer(
        transcriber,
        replace(knowledge, instructions="", fallback_sentence=""),
        tuple(OfferedVoice(name, voice) for name, voice in voices.items()),
        settings.INFERENCE_TOKEN,
    )
