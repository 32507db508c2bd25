"""What the host and its engine processes tell each other.

A message is a frozen dataclass, pickled, behind its length. Both ends are this very program,
started from the same files, and nobody else holds the socket pair between them.
"""

import asyncio
import pickle
import socket
import struct
from dataclasses import dataclass

from inference.engines.base import EngineChoice, EngineFailed, Knowledge, Transcript, VoiceChoice
from inference.host.stages import Kind

_LENGTH = struct.Struct("!I")


@dataclass(frozen=True, slots=True)
class Load:
    """The first message to a process, and the only one of its kind."""

    kind: Kind
    choice: EngineChoice


@dataclass(frozen=True, slots=True)
class Hear:
    job: int
    pcm: bytes
    knowledge: Knowledge


@dataclass(frozen=True, slots=True)
class Say:
    job: int
    text: str
    voice: VoiceChoice


@dataclass(frozen=True, slots=True)
class Forget:
    job: int
    sample_path: str


@dataclass(frozen=True, slots=True)
class Cancel:
    """Nobody waits for this job any more. It is answered with Ended, as ever."""

    job: int


@dataclass(frozen=True, slots=True)
class Ready:
    batch: int  # utterances it hears at a time; 1 for voices
    turn_ms: int  # how long one short turn takes here
    own_bytes: int  # memory this process took, on the graphics card if it works there
    free_bytes: int  # memory left beside it, in the same place
    speakers: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unavailable:
    """Instead of Ready."""

    reason: str


@dataclass(frozen=True, slots=True)
class Heard:
    """One batch, done."""

    transcripts: tuple[tuple[int, Transcript | EngineFailed], ...]
    busy_ms: int


@dataclass(frozen=True, slots=True)
class Piece:
    job: int
    pcm: bytes  # at SAMPLE_HZ


@dataclass(frozen=True, slots=True)
class Ended:
    """The last of a voice's job, or of any that was cancelled before it was begun."""

    job: int
    failure: EngineFailed | None = None
    busy_ms: int = 0
    was_begun: bool = True


@dataclass(frozen=True, slots=True)
class Poisoned:
    """The process can do no more work, and ends itself now."""

    reason: str


Order = Hear | Say | Forget
Request = Load | Order | Cancel
Report = Ready | Unavailable | Heard | Piece | Ended | Poisoned


def pack(message: Request | Report) -> bytes:
    body = pickle.dumps(message, protocol=5)
    return _LENGTH.pack(len(body)) + body


async def report(reader: asyncio.StreamReader) -> Report:
    """The next one. Raises asyncio.IncompleteReadError when the process is gone."""
    (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
    message: Report = pickle.loads(await reader.readexactly(length))  # noqa: S301 (our own process)
    return message


def request(connection: socket.socket) -> Request:
    """Blocking. The next one. Raises EOFError, OSError when the host is gone."""
    (length,) = _LENGTH.unpack(_exactly(connection, _LENGTH.size))
    message: Request = pickle.loads(_exactly(connection, length))  # noqa: S301 (our own host)
    return message


def _exactly(connection: socket.socket, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        part = connection.recv(size - len(parts))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)
