"""What the service and its clients tell each other, as JSON.

The private side trusts who may open its socket; a message it cannot read is refused all the
same, since a host and its clients may be of different versions.
"""

import json
from dataclasses import asdict, fields
from functools import lru_cache
from typing import Any

from inference.engines.base import (
    After,
    EngineChoice,
    Entry,
    Knowledge,
    Transcript,
)
from inference.host.stages import EngineState, Kind, Loaded

KINDS: tuple[Kind, ...] = ("stt", "tts")


class Unreadable(ValueError):
    """The message is of another version, or no message at all."""


def parsed(text: str | bytes) -> Any:
    """Raises Unreadable."""
    try:
        told = json.loads(text)
    except ValueError as error:
        raise Unreadable("the message is no JSON") from error
    if not isinstance(told, dict):
        raise Unreadable("the message is no JSON object")
    return told


def dumped(told: dict[str, Any]) -> str:
    return json.dumps(told, separators=(",", ":"))


@lru_cache(maxsize=256)
def from_knowledge(knowledge: Knowledge) -> str:
    """The same for all turns of a call, so it is made once."""
    return json.dumps(asdict(knowledge), default=lambda after: after.value)


@lru_cache(maxsize=256)
def to_knowledge(text: str) -> Knowledge:
    """Fields that this version does not know are left out. Raises Unreadable."""
    try:
        told = json.loads(text)
        entries = tuple(
            Entry(tuple(entry["questions"]), entry["answer"], entry["digit"], After(entry["after"]))
            for entry in told.pop("entries", ())
        )
        known = {field.name for field in fields(Knowledge)}
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in told.items()
            if name in known
        }
        return Knowledge(**values, entries=entries)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unreadable("knowledge is not in the form that this version reads") from error


def from_choice(choice: EngineChoice) -> dict[str, Any]:
    return {"key": choice.key, "options": dict(choice.options)}


def to_choice(told: Any) -> EngineChoice:
    """Raises Unreadable."""
    try:
        options = {str(name): str(value) for name, value in told["options"].items()}
        return EngineChoice.of(str(told["key"]), **options)
    except (KeyError, TypeError, AttributeError) as error:
        raise Unreadable("an engine is named with its key and its options") from error


def to_kind(told: Any) -> Kind:
    """Raises Unreadable."""
    for kind in KINDS:
        if told == kind:
            return kind
    raise Unreadable("kind is stt or tts")


def from_loaded(loaded: Loaded) -> dict[str, Any]:
    return {
        "kind": loaded.kind,
        "engine": from_choice(loaded.choice),
        "slots": loaded.slots,
        "speakers": loaded.speakers,
        "languages": loaded.languages,
    }


def to_loaded(told: Any) -> Loaded:
    """Raises Unreadable."""
    try:
        return Loaded(
            to_kind(told["kind"]),
            to_choice(told["engine"]),
            max(1, int(told["slots"])),
            tuple(map(str, told["speakers"])),
            tuple(map(str, told["languages"])),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Unreadable("the host's answer is of another version") from error


def from_state(state: EngineState) -> dict[str, Any]:
    return asdict(state)


def from_transcript(transcript: Transcript, language: str, seconds: float) -> dict[str, Any]:
    """`language` is what was asked for, where the engine does not tell what it heard."""
    segment = {"id": 0, "start": 0.0, "end": round(seconds, 3), "text": transcript.text}
    return {
        "text": transcript.text,
        "language": transcript.language or language,
        "language_was_heard": bool(transcript.language),
        "confidence": round(transcript.confidence, 4),
        "duration": round(seconds, 3),
        "segments": [segment] if transcript.text else [],
    }


def to_transcript(told: Any) -> Transcript:
    """Raises Unreadable."""
    try:
        return Transcript(
            str(told["text"]),
            min(1.0, max(0.0, float(told.get("confidence", 1.0)))),
            str(told["language"]) if told.get("language_was_heard") else "",
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unreadable("the service's answer holds no transcript") from error
