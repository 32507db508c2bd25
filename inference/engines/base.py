"""What an engine must do for a call.

Audio inside the product is one channel of signed 16-bit little-endian samples at SAMPLE_HZ,
in frames of FRAME_MS. An engine that works at another rate says so and is resampled at its
border. The blocking methods run in worker threads, never on the event loop. An engine that
does only so many jobs at a time says how many with `slots`; more of them wait.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol, runtime_checkable

SAMPLE_HZ = 16_000
FRAME_MS = 20
FRAME_BYTES = SAMPLE_HZ * FRAME_MS // 1000 * 2


def without_region(language: str) -> str:
    """ "en" of "en-GB"."""
    return language.lower().replace("_", "-").partition("-")[0]


class EngineUnavailable(Exception):
    """The engine cannot be used here. The text names what is missing and the way out."""


class EngineFailed(Exception):
    """The engine was loaded and did not deliver. The text never holds what was said."""


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """An engine's key and its options, hashable: one loaded engine per distinct choice."""

    key: str
    options: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, key: str, **options: str) -> "EngineChoice":
        return cls(key, tuple(sorted(options.items())))

    def option(self, name: str, default: str = "") -> str:
        return dict(self.options).get(name, default)


class After(Enum):
    """What follows once a reply has been heard."""

    LISTEN = "listen"
    HANG_UP = "hang up"
    HAND_OVER = "hand over"  # to the number's human
    SECRET_KEYS = "secret keys"  # noqa: S105 (the caller types digits that nobody is told)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing the agent can answer: a question in its several wordings, and the answer."""

    questions: tuple[str, ...]
    answer: str
    digit: str = ""  # the key that asks this question, or none
    after: After = After.LISTEN


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What the agent was told, for the engines that answer and those that listen for it."""

    language: str  # ISO 639-1, "en": in which the conversation is held now
    languages: tuple[str, ...] = ()  # others that the caller may change to
    instructions: str = ""
    entries: tuple[Entry, ...] = ()
    fallback_sentence: str = ""  # said when nothing fits
    vocabulary: tuple[str, ...] = ()  # names and words to listen for, the likeliest first


class Speaker(Enum):
    CALLER = "caller"
    AGENT = "agent"


@dataclass(frozen=True, slots=True)
class Utterance:
    """One side's words in the history a language model is given; only what was heard."""

    speaker: Speaker
    text: str


@dataclass(frozen=True, slots=True)
class Transcript:
    text: str  # "" when there were no words
    confidence: float = 1.0  # 0 to 1; engines that do not know say 1
    language: str = ""  # as heard, ISO 639-1; "" from engines that do not tell


@dataclass(frozen=True, slots=True)
class VoiceChoice:
    """The synthesizer and how it shall sound. `options` as the engine's form lists them."""

    engine: EngineChoice
    language: str = "en"
    speaker: str = ""  # a name the model knows, or "" for its only one
    sample_path: str = ""  # the recording to clone, for engines that clone
    speed: float = 1.0


class VoiceActivity(Protocol):
    """One call's voice activity detector. Called on the event loop: microseconds only."""

    hangover_ms: int  # how long it takes silence for speech after the last word

    def is_speech(self, frame: bytes) -> bool:
        """Whether FRAME_BYTES of audio hold speech."""


class VoiceActivityEngine(Protocol):
    """What is loaded once and makes a detector for each call."""

    def stream(self) -> VoiceActivity: ...


class Transcriber(Protocol):
    def transcribe(self, pcm: bytes, knowledge: Knowledge) -> Transcript:
        """Blocking. The words of one utterance. Raises EngineFailed."""


@runtime_checkable
class BatchTranscriber(Transcriber, Protocol):
    """One that hears several utterances in hardly more time than one."""

    batch: int  # how many at most

    def transcribe_together(
        self, utterances: Sequence[tuple[bytes, Knowledge]]
    ) -> list[Transcript | EngineFailed]:
        """Blocking. In the same order; what goes wrong with one is no trouble of the others."""


class TurnEnd(Protocol):
    """A model that hears from the sound whether the caller is done. A hint, never the decision."""

    def likelihood(self, pcm: bytes) -> float:
        """Blocking. How likely the turn is over, 0 to 1, from its audio up to the pause."""


class LanguageModel(Protocol):
    def reply(
        self, history: tuple[Utterance, ...], knowledge: Knowledge
    ) -> AsyncIterator["str | After"]:
        """Pieces of the reply to the history's last utterance, as they come; at most one After.

        Closing the iterator stops the work at the server. Raises EngineFailed.
        """


class Synthesizer(Protocol):
    hz: int

    def synthesize(self, text: str, voice: VoiceChoice) -> Iterator[bytes]:
        """Blocking generator of audio at `hz`, first piece early; closing it stops the work.

        One sentence at a time and one stream per loaded engine: callers queue on the
        engine's own lock. Raises EngineFailed.
        """


@runtime_checkable
class RemoteTranscriber(Transcriber, Protocol):
    """A recogniser in another process or on another machine."""

    slots: int

    async def recognise(self, pcm: bytes, knowledge: Knowledge) -> Transcript:
        """As `transcribe`, on the event loop. Cancelled, the work ends where it is done."""


@runtime_checkable
class RemoteSynthesizer(Synthesizer, Protocol):
    """A voice in another process or on another machine; its `hz` is SAMPLE_HZ."""

    slots: int

    def speak(self, text: str, voice: VoiceChoice) -> AsyncGenerator[bytes, None]:
        """As `synthesize`, on the event loop."""


@dataclass(frozen=True, slots=True)
class EngineOption:
    """One field of an engine's form: name of the option, label and help in the admin."""

    name: str
    label: str
    help_text: str = ""
    required: bool = False
    default: str = ""


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """How the registry and the admin know an engine."""

    key: str
    kind: str  # "vad", "turn", "stt", "llm" or "tts"
    title: str  # for someone who has never read the code
    licence: str  # shown where the engine is chosen
    module: str  # inference.engines.<module>, with load(choice) and missing()
    options: tuple[EngineOption, ...] = field(default=())
