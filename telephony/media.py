"""Asterisk's chan_websocket messages, to and from dataclasses. No input or output here.

What the wire does is in docs/media-protocol.md. Text frames are messages, in JSON or in the
older plain text; binary frames are audio and never come through here.
"""

import json
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

COMMAND_BYTES = 128  # Asterisk drops longer texts without telling us


class MalformedMessage(Exception):
    """Not a message of this protocol. The text names what is wrong, never the content."""


class Format(Enum):
    JSON = "json"
    PLAIN = "plain-text"


# Events: Asterisk to us


@dataclass(frozen=True, slots=True)
class MediaStart:
    connection_id: str
    channel: str
    channel_id: str  # of the WebSocket leg; the caller's own comes in the variables
    format: str
    optimal_frame_size: int  # bytes
    ptime: int = 20  # ms
    variables: dict[str, str] = field(default_factory=dict)  # JSON only


@dataclass(frozen=True, slots=True)
class DigitEnd:
    digit: str
    channel_id: str = ""


@dataclass(frozen=True, slots=True)
class Xoff:
    """Asterisk's queue is nearly full: send nothing until Xon."""

    channel_id: str = ""


@dataclass(frozen=True, slots=True)
class Xon:
    channel_id: str = ""


@dataclass(frozen=True, slots=True)
class QueueDrained:
    channel_id: str = ""


@dataclass(frozen=True, slots=True)
class MarkProcessed:
    correlation_id: str
    channel_id: str = ""


@dataclass(frozen=True, slots=True)
class BufferingCompleted:
    correlation_id: str
    channel_id: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    queue_length: int  # frames
    xon_level: int
    xoff_level: int
    queue_full: bool
    bulk_media: bool
    media_paused: bool
    channel_id: str = ""


@dataclass(frozen=True, slots=True)
class MediaError:
    error_text: str
    channel_id: str = ""


@dataclass(frozen=True, slots=True)
class UnknownEvent:
    """A newer Asterisk's event; to be ignored."""

    name: str


Event = (
    MediaStart
    | DigitEnd
    | Xoff
    | Xon
    | QueueDrained
    | MarkProcessed
    | BufferingCompleted
    | Status
    | MediaError
    | UnknownEvent
)


# Commands: us to Asterisk


@dataclass(frozen=True, slots=True)
class Answer:
    name = "ANSWER"


@dataclass(frozen=True, slots=True)
class Hangup:
    name = "HANGUP"


@dataclass(frozen=True, slots=True)
class StartBuffering:
    name = "START_MEDIA_BUFFERING"


@dataclass(frozen=True, slots=True)
class StopBuffering:
    correlation_id: str = ""
    name = "STOP_MEDIA_BUFFERING"


@dataclass(frozen=True, slots=True)
class Mark:
    correlation_id: str
    name = "MARK_MEDIA"


@dataclass(frozen=True, slots=True)
class FlushMedia:
    name = "FLUSH_MEDIA"


@dataclass(frozen=True, slots=True)
class Pause:
    name = "PAUSE_MEDIA"


@dataclass(frozen=True, slots=True)
class Continue:
    name = "CONTINUE_MEDIA"


@dataclass(frozen=True, slots=True)
class GetStatus:
    name = "GET_STATUS"


@dataclass(frozen=True, slots=True)
class ReportQueueDrained:
    name = "REPORT_QUEUE_DRAINED"


@dataclass(frozen=True, slots=True)
class SetDirection:
    direction: str  # "both", "in" or "out", from our side; JSON only
    name = "SET_MEDIA_DIRECTION"


Command = (
    Answer
    | Hangup
    | StartBuffering
    | StopBuffering
    | Mark
    | FlushMedia
    | Pause
    | Continue
    | GetStatus
    | ReportQueueDrained
    | SetDirection
)


def encode(command: Command, wire: Format = Format.JSON) -> str:
    """The text frame of a command. Raises ValueError when Asterisk would drop it."""
    match command:
        case StopBuffering(correlation_id=argument) | Mark(correlation_id=argument):
            arguments = {"correlation_id": argument} if argument else {}
        case SetDirection(direction=argument):
            if wire is Format.PLAIN:
                raise ValueError("SET_MEDIA_DIRECTION exists only in JSON")
            arguments = {"direction": argument}
        case _:
            arguments = {}
    if wire is Format.JSON:
        text = json.dumps({"command": command.name, **arguments}, separators=(",", ":"))
    else:
        text = " ".join([command.name, *arguments.values()])
    if len(text.encode()) > COMMAND_BYTES:
        raise ValueError(f"{command.name} is longer than {COMMAND_BYTES} bytes")
    return text


def decode(text: str) -> Event:
    """The event in a text frame of either format. Raises MalformedMessage."""
    if text.lstrip().startswith("{"):
        return _event(_json_fields(text))
    return _event(_plain_fields(text))


def _json_fields(text: str) -> dict[str, Any]:
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        raise MalformedMessage("not JSON") from None
    if not isinstance(fields, dict) or not isinstance(fields.get("event"), str):
        raise MalformedMessage("no event named")
    return fields


def _plain_fields(text: str) -> dict[str, Any]:
    name, _, rest = text.strip().partition(" ")
    if not name or not name.isascii() or not name.replace("_", "").isupper():
        raise MalformedMessage("no event named")
    fields: dict[str, Any] = {"event": name}
    if name in ("MEDIA_MARK_PROCESSED", "MEDIA_BUFFERING_COMPLETED"):
        return fields | {"correlation_id": rest}
    if name == "ERROR":
        before, _, error_text = rest.partition("error_text:")
        fields["error_text"] = error_text
        rest = before
    for word in rest.split():
        key, colon, value = word.partition(":")
        if colon:
            fields[key] = value
    return fields


def _event(fields: dict[str, Any]) -> Event:
    channel_id = _text(fields, "channel_id", "")
    match fields["event"]:
        case "MEDIA_START":
            return MediaStart(
                connection_id=_text(fields, "connection_id", ""),
                channel=_text(fields, "channel", ""),
                channel_id=channel_id,
                format=_text(fields, "format"),
                optimal_frame_size=_number(fields, "optimal_frame_size"),
                ptime=_number(fields, "ptime", 20),
                variables=_variables(fields),
            )
        case "DTMF_END":
            return DigitEnd(_digit(fields), channel_id)
        case "MEDIA_XOFF":
            return Xoff(channel_id)
        case "MEDIA_XON":
            return Xon(channel_id)
        case "QUEUE_DRAINED":
            return QueueDrained(channel_id)
        case "MEDIA_MARK_PROCESSED":
            return MarkProcessed(_text(fields, "correlation_id", ""), channel_id)
        case "MEDIA_BUFFERING_COMPLETED":
            return BufferingCompleted(_text(fields, "correlation_id", ""), channel_id)
        case "STATUS":
            return Status(
                queue_length=_number(fields, "queue_length"),
                xon_level=_number(fields, "xon_level", 0),
                xoff_level=_number(fields, "xoff_level", 0),
                queue_full=_flag(fields, "queue_full"),
                bulk_media=_flag(fields, "bulk_media"),
                media_paused=_flag(fields, "media_paused"),
                channel_id=channel_id,
            )
        case "ERROR":
            return MediaError(_text(fields, "error_text", "").strip(), channel_id)
        case name:
            return UnknownEvent(name)


def _text(fields: dict[str, Any], name: str, default: str | None = None) -> str:
    value = fields.get(name, default)
    if not isinstance(value, str):
        raise MalformedMessage(f"{name} is not a text")
    return value


def _number(fields: dict[str, Any], name: str, default: int | None = None) -> int:
    value = fields.get(name, default)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 10**9:
        raise MalformedMessage(f"{name} is not a number")
    return value


def _flag(fields: dict[str, Any], name: str) -> bool:
    return fields.get(name) in (True, "true")


def _digit(fields: dict[str, Any]) -> str:
    digit = _text(fields, "digit")
    if len(digit) != 1 or digit not in "0123456789*#ABCD":
        raise MalformedMessage("digit is not a key")
    return digit


def _variables(fields: dict[str, Any]) -> dict[str, str]:
    variables = fields.get("channel_variables", {})
    if not isinstance(variables, dict):
        raise MalformedMessage("channel_variables is not an object")
    return {str(name): value for name, value in variables.items() if isinstance(value, str)}
