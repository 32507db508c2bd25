"""What one inference service offers, and to whom.

The public side offers what its operator named: one recogniser, some voices. The private side,
a socket that its owner alone may open, does what it is asked.
"""

from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath, PureWindowsPath

from inference.engines.base import EngineChoice, Knowledge, VoiceChoice, without_region
from inference.host.refusals import Refused, not_understood
from inference.host.stages import Kind, Loaded
from inference.host.uploads import Limits

SLOWEST, FASTEST = 0.5, 2.0  # what every voice can do


@dataclass(frozen=True, slots=True)
class OfferedVoice:
    """`name` is what clients call it; its recording's file name will do too."""

    name: str
    choice: VoiceChoice

    @property
    def sample(self) -> str:
        return PurePosixPath(self.choice.sample_path).name


@dataclass(frozen=True, slots=True)
class Offer:
    transcriber: EngineChoice | None = None
    knowledge: Knowledge = field(default_factory=lambda: Knowledge("en"))  # to listen for
    voices: tuple[OfferedVoice, ...] = ()
    token: str = ""  # "": whoever reaches the address may use it
    is_private: bool = False
    limits: Limits = field(default_factory=Limits)

    def engines(self) -> tuple[tuple[Kind, EngineChoice], ...]:
        """Each once."""
        found: dict[tuple[Kind, EngineChoice], None] = {}
        if self.transcriber:
            found["stt", self.transcriber] = None
        for voice in self.voices:
            found["tts", voice.choice.engine] = None
        return tuple(found)

    def languages(self) -> tuple[str, ...]:
        """Of the recogniser where it does not tell its own; the first is the usual one."""
        return tuple(dict.fromkeys((self.knowledge.language, *self.knowledge.languages)))

    def listening_for(self, language: str, hints: str, loaded: Loaded) -> Knowledge:
        """What to recognise by. Of several languages, with commas, the likeliest is heard; of
        those offered where none is named. Raises Refused.
        """
        told = self.knowledge
        if language:
            known = loaded.languages or self.languages()
            first, *others = (_known(code.strip(), known) for code in language.split(","))
            told = replace(told, language=first, languages=tuple(others))
        return with_hints(told, hints)

    def voice(self, asked: str, speaker_wav: str, language: str) -> OfferedVoice:
        """By its name, its recording's name, its language, or simply the first. Raises Refused."""
        name = asked or speaker_wav
        if not name:
            return self._in_language(language)
        found = self.named(name)
        if found is None:
            known = ", ".join(repr(voice.name) for voice in self.voices)
            field_name = "voice" if asked else "speaker_wav"
            raise not_understood(
                f"{field_name} names no voice of this service; choose one of: {known}"
            )
        return found

    def named(self, name: str) -> OfferedVoice | None:
        """Only names are compared: of a path, its last part. No file is looked for."""
        last = PureWindowsPath(name).name.casefold()
        for voice in self.voices:
            if voice.name.casefold() in (name.casefold(), last):
                return voice
        for voice in self.voices:
            if voice.sample and last in (
                voice.sample.casefold(),
                PurePosixPath(voice.sample).stem.casefold(),
            ):
                return voice
        return None

    def _in_language(self, language: str) -> OfferedVoice:
        if not self.voices:
            raise Refused(404, "this service offers no voice; ask one that was started with --tts")
        wanted = without_region(language)
        for voice in self.voices:
            if without_region(voice.choice.language) == wanted:
                return voice
        return self.voices[0]


def spoken_as(
    offered: OfferedVoice, language: str, speed: float, offer: Offer, loaded: Loaded
) -> VoiceChoice:
    """Raises Refused where the voice does not speak the language."""
    choice = offered.choice
    if language:
        known = loaded.languages or (choice.language, *offer.languages())
        choice = replace(choice, language=_known(language, known))
    return replace(choice, speed=min(max(choice.speed * speed, SLOWEST), FASTEST))


def speaker_of(offer: Offer, name: str, loaded: Loaded) -> OfferedVoice | None:
    """The first voice's engine with another of its own speakers."""
    if name not in loaded.speakers:
        return None
    first = offer.voices[0].choice
    return OfferedVoice(name, replace(first, speaker=name, sample_path=""))


def with_hints(told: Knowledge, hints: str) -> Knowledge:
    """Names and words to listen for, with commas between them."""
    words = tuple(word.strip() for word in hints.split(",") if word.strip())
    return replace(told, vocabulary=(*words, *told.vocabulary))


def _known(language: str, known: tuple[str, ...]) -> str:
    """As the engine writes it. Raises Refused."""
    asked = language.lower().replace("_", "-")
    by_code = {code.lower().replace("_", "-"): code for code in known}
    for code in (asked, without_region(asked)):
        if code in by_code:
            return by_code[code]
    for code, written in by_code.items():
        if without_region(code) == without_region(asked):
            return written
    raise not_understood(f"language is not known here; choose one of: {', '.join(sorted(known))}")
