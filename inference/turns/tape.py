"""A call's tape: every event and what was decided, from which the call can be decided again.

One line an event, one line a decision; numbers and names only. It holds nothing a caller said
and no key a caller pressed, because no event does. Frames are most of it, so it is compressed
as it grows: about 4 kB a minute.
"""

import json
import zlib
from dataclasses import asdict, dataclass, fields, is_dataclass
from enum import Enum
from types import UnionType
from typing import Any, get_args, get_type_hints

from inference.turns.events import Command, Event, Heard
from inference.turns.machine import TurnMachine
from inference.turns.tuning import Tuning

VERSION = 1
PACKED_LINES = 250  # at a time: five seconds
MOST_BYTES = 50_000_000  # of a tape laid open; a call is never as long

_EVENTS = {kind.__name__: kind for kind in get_args(Event)}
_NAMES: dict[type[Event | Command], tuple[str, ...]] = {
    kind: tuple(field.name for field in fields(kind))
    for kind in (*get_args(Event), *get_args(Command))
}


class BadTape(ValueError):
    """The bytes are no tape of this version, or were damaged."""


class Tape:
    def __init__(
        self, tuning: Tuning, *, greeting_may_be_interrupted: bool, hangover_ms: int
    ) -> None:
        self._packer = zlib.compressobj()
        self._packed = bytearray()
        self._lines: list[str] = []  # not packed yet
        head = {
            "version": VERSION,
            "tuning": asdict(tuning),
            "greeting_may_be_interrupted": greeting_may_be_interrupted,
            "hangover_ms": hangover_ms,
        }
        self._write(json.dumps(head))

    def note(self, event: Event, at_ms: int, commands: list[Command]) -> None:
        if isinstance(event, Heard):  # fifty a second
            speech = "s" if event.speech else "-"
            self._write(f"{at_ms} {speech} {event.frame_ms} {event.level_db}")
        else:
            self._write(f"{at_ms} {_line(event)}")
        for command in commands:
            self._write(f"> {_line(command)}")

    def packed(self) -> bytes:
        """What there is so far; the tape may grow on."""
        self._pack()
        return bytes(self._packed) + self._packer.copy().flush()

    def _write(self, line: str) -> None:
        self._lines.append(line)
        if len(self._lines) >= PACKED_LINES:
            self._pack()

    def _pack(self) -> None:
        text = "".join(f"{line}\n" for line in self._lines)
        self._packed += self._packer.compress(text.encode())
        self._lines.clear()


@dataclass(frozen=True, slots=True)
class Replayed:
    events: int
    first_difference: str | None  # None: the same decisions, byte for byte


def replay(packed: bytes) -> Replayed:
    """Decide the call again, by the machine as it is now. Raises BadTape."""
    lines = _laid_open(packed)
    try:
        head, written = json.loads(lines[0]), lines[1:]
        if head["version"] != VERSION:
            raise BadTape(f"a tape of version {head['version']}; this is version {VERSION}")
        tuning = Tuning(**head["tuning"])
        rest = {name: head[name] for name in ("greeting_may_be_interrupted", "hangover_ms")}
        return _compare(TurnMachine(tuning, **rest), written)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise BadTape(f"the tape cannot be read: {type(error).__name__}") from error


def _compare(machine: TurnMachine, written: list[str]) -> Replayed:
    events, at = 0, 0
    while at < len(written):
        at_ms, _, text = written[at].partition(" ")
        decided = [f"> {_line(c)}" for c in machine.handle(_event(text), int(at_ms))]
        events += 1
        then = at + 1
        while then < len(written) and written[then].startswith("> "):
            then += 1
        if decided != written[at + 1 : then]:
            was = "; ".join(line[2:] for line in written[at + 1 : then]) or "nothing"
            now = "; ".join(line[2:] for line in decided) or "nothing"
            return Replayed(events, f"at {at_ms} ms, {text}: was {was}, now {now}")
        at = then
    return Replayed(events, None)


def _laid_open(packed: bytes) -> list[str]:
    try:
        text = zlib.decompressobj().decompress(packed, MOST_BYTES)
        return text.decode("ascii").splitlines()
    except (zlib.error, UnicodeDecodeError) as error:
        raise BadTape("the tape is damaged") from error


def _line(what: Event | Command) -> str:
    kind = type(what)
    return " ".join([kind.__name__, *[_text(getattr(what, name)) for name in _NAMES[kind]]])


def _text(value: Any) -> str:
    return str(value) if type(value) is int else json.dumps(_plain(value))  # most are


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.name
    if is_dataclass(value):
        return [_plain(getattr(value, field.name)) for field in fields(value)]
    return value


def _event(text: str) -> Event:
    name, _, rest = text.partition(" ")
    if name in ("s", "-"):
        frame_ms, level_db = rest.split()
        return Heard(name == "s", int(frame_ms), int(level_db))
    kind = _EVENTS[name]
    decoder, values = json.JSONDecoder(), []
    while rest:
        value, end = decoder.raw_decode(rest)
        values.append(value)
        rest = rest[end:].lstrip()
    event: Event = _built(kind, values)
    return event


def _built(kind: Any, values: list[Any]) -> Any:
    hints = get_type_hints(kind)
    names = [field.name for field in fields(kind)]
    return kind(*(_read(hints[name], value) for name, value in zip(names, values, strict=True)))


def _read(hint: Any, value: Any) -> Any:
    if isinstance(hint, UnionType):  # of one type and None
        return None if value is None else _read(get_args(hint)[0], value)
    if issubclass(hint, Enum):
        return hint[value]
    return _built(hint, value) if is_dataclass(hint) else value
