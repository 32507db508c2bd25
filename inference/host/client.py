"""Engines that work in another process or on another machine, as if they were here.

Two ways to ask: the host of this machine is told which engine to use and what to listen for;
a service elsewhere is asked for what it offers, by the names it gives to its voices.
"""

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, closing
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Protocol

from inference.engines.base import (
    SAMPLE_HZ,
    EngineChoice,
    EngineFailed,
    EngineUnavailable,
    Knowledge,
    Transcript,
    VoiceChoice,
)
from inference.host import connection, messages
from inference.host.address import Address
from inference.host.connection import Connection
from inference.host.stages import Kind, Loaded

RECORDING = "recording.pcm"
HINTS = 60  # words to listen for that a service elsewhere is told


class Manner(Protocol):
    """How a service is asked."""

    def to_hear(self, knowledge: Knowledge) -> dict[str, str]: ...

    def to_say(self, text: str, voice: VoiceChoice) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class OfThisEngine:
    """The host of this machine, which loads what it is told to."""

    engine: EngineChoice

    def to_hear(self, knowledge: Knowledge) -> dict[str, str]:
        return {
            "rate": str(SAMPLE_HZ),
            "engine": messages.dumped(messages.from_choice(self.engine)),
            "knowledge": messages.from_knowledge(knowledge),
        }

    def to_say(self, text: str, voice: VoiceChoice) -> dict[str, Any]:
        return {
            "text": text,
            "engine": messages.from_choice(self.engine),
            "language": voice.language,
            "speaker": voice.speaker,
            "sample_path": voice.sample_path,
            "speed": voice.speed,
            "format": "pcm",
        }


@dataclass(frozen=True, slots=True)
class AsOffered:
    """A service elsewhere, which has engines and voices of its own."""

    def to_hear(self, knowledge: Knowledge) -> dict[str, str]:
        languages = (knowledge.language, *knowledge.languages)
        words = (word.replace(",", " ") for word in knowledge.vocabulary[:HINTS])
        return {
            "rate": str(SAMPLE_HZ),
            "language": ",".join(languages),
            "hints": ",".join(words),
        }

    def to_say(self, text: str, voice: VoiceChoice) -> dict[str, Any]:
        return {
            "text": text,
            "language": voice.language,
            "voice": voice.speaker,
            "speaker_wav": PurePath(voice.sample_path).name,
            "speed": voice.speed,
            "format": "pcm",
        }


class DistantTranscriber:
    """A RemoteTranscriber."""

    def __init__(self, way: Connection, manner: Manner, slots: int) -> None:
        self.slots = slots
        self._way = way
        self._manner = manner

    def warm(self) -> None:
        """The service does that when it loads."""

    async def recognise(self, pcm: bytes, knowledge: Knowledge) -> Transcript:
        return _transcript(await self._way.post("/transcribe", **self._form(pcm, knowledge)))

    def transcribe(self, pcm: bytes, knowledge: Knowledge) -> Transcript:
        return _transcript(self._way.post_blocking("/transcribe", **self._form(pcm, knowledge)))

    def _form(self, pcm: bytes, knowledge: Knowledge) -> dict[str, Any]:
        return {
            "data": self._manner.to_hear(knowledge),
            "files": {"audio_file": (RECORDING, pcm, "application/octet-stream")},
        }


class DistantSynthesizer:
    """A RemoteSynthesizer."""

    hz = SAMPLE_HZ

    def __init__(
        self, way: Connection, manner: Manner, slots: int, speakers: tuple[str, ...] = ()
    ) -> None:
        self.slots = slots
        self.speakers = speakers
        self._way = way
        self._manner = manner

    def warm(self) -> None:
        """The service does that when it loads."""

    async def speak(self, text: str, voice: VoiceChoice) -> AsyncGenerator[bytes, None]:
        order = self._manner.to_say(text, voice)
        samples = WholeSamples()
        async with aclosing(self._way.stream("/tts", json=order)) as pieces:
            async for piece in pieces:
                if pcm := samples.push(piece):
                    yield pcm

    def synthesize(self, text: str, voice: VoiceChoice) -> Iterator[bytes]:
        order = self._manner.to_say(text, voice)
        samples = WholeSamples()
        with closing(self._way.stream_blocking("/tts", json=order)) as pieces:  # type: ignore[type-var]
            for piece in pieces:
                if pcm := samples.push(piece):
                    yield pcm


class WholeSamples:
    """The network cuts audio anywhere, in the middle of a sample too."""

    def __init__(self) -> None:
        self._rest = b""

    def push(self, piece: bytes) -> bytes:
        piece = self._rest + piece
        whole = len(piece) // 2 * 2
        self._rest = piece[whole:]
        return piece[:whole]


def _transcript(told: Any) -> Transcript:
    try:
        return messages.to_transcript(told)
    except messages.Unreadable as unreadable:
        raise EngineFailed(str(unreadable)) from None


def load(kind: Kind, choice: EngineChoice, host: Address) -> Any:
    """Blocking. An engine of this machine's host, loaded there. Raises EngineUnavailable."""
    way = connection.to(host)
    told = {"kind": kind, **messages.from_choice(choice)}
    try:
        loaded = messages.to_loaded(way.load("/engines", told))
    except messages.Unreadable as unreadable:
        raise EngineUnavailable(f"the inference service: {unreadable}") from None
    return _engine(kind, way, OfThisEngine(choice), loaded)


def offered(kind: Kind, address: Address, slots: int) -> Any:
    """Blocking. What a service elsewhere offers. Raises EngineUnavailable."""
    way = connection.to(address)
    told = way.ask("/offer")
    offer = told.get(kind) if isinstance(told, dict) else None
    if not isinstance(offer, dict):
        stage = "recogniser" if kind == "stt" else "voice"
        raise EngineUnavailable(f"the inference service at {address} offers no {stage}")
    voices = offer.get("voices") or ()
    speakers = tuple(str(each["name"]) for each in voices if isinstance(each, dict))
    return _engine(kind, way, AsOffered(), Loaded(kind, EngineChoice("service"), slots, speakers))


def _engine(kind: Kind, way: Connection, manner: Manner, loaded: Loaded) -> Any:
    if kind == "stt":
        return DistantTranscriber(way, manner, loaded.slots)
    return DistantSynthesizer(way, manner, loaded.slots, loaded.speakers)


def forget_voice(host: Address, sample_path: str) -> None:
    """Blocking. No process of the host knows the voice any more. Raises EngineUnavailable."""
    connection.to(host).load("/voices/forget", {"path": sample_path})
