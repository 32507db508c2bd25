"""Audio written past Twisted's buffer: at once, and never before what waits in it."""

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from twisted.internet.tcp import Connection

from telephony.media_socket import MediaSocket

FRAMES = bytes(range(256)) * 10
HEAD = b"\x82\x7e\x0a\x00"


class Reactor:
    """Writes when the test says so."""

    def addWriter(self, writer: object) -> None: ...  # noqa: N802

    def removeWriter(self, writer: object) -> None: ...  # noqa: N802


class Wire:
    """A media socket, and Asterisk's end of it."""

    def __init__(self) -> None:
        ours, self.asterisks = socket.socketpair()
        self.asterisks.setblocking(False)
        self.socket = MediaSocket()
        self.connection = Connection(ours, self.socket, Reactor())
        self.connection.connected = True
        self.socket.transport = self.connection
        self.socket.client_addr = None
        self.socket.state = MediaSocket.STATE_OPEN
        self.socket._listener = lambda pcm: None

    def play(self, pcm: bytes = FRAMES) -> None:
        self.socket.handle_reply({"type": "websocket.send", "bytes": pcm})

    def came(self) -> bytes:
        try:
            return self.asterisks.recv(1 << 20)
        except BlockingIOError:
            return b""

    def come(self, size: int) -> bytes:
        """So much, Twisted writing whenever there is room."""
        came = self.came()
        while len(came) < size:
            assert self.connection.doWrite() is None
            came += self.came()
        return came


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Wire()
    yield wire
    wire.connection.socket.close()
    wire.asterisks.close()


@pytest.fixture
def daphne(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What went Daphne's way."""
    sent: list[bytes] = []
    send: Callable[..., Any] = lambda self, message, binary: sent.append(message)  # noqa: E731
    monkeypatch.setattr(MediaSocket, "sendMessage", send)
    return sent


def test_audio_is_with_asterisk_as_soon_as_it_is_played(wire):
    wire.play()
    assert wire.came() == HEAD + FRAMES


def test_audio_waits_behind_what_the_socket_did_not_take(wire):
    wire.connection.write(b"a mark")
    wire.play()
    assert wire.came() == b""
    assert wire.come(2_570) == b"a mark" + HEAD + FRAMES


def test_no_byte_is_lost_or_out_of_order_when_the_socket_is_full(wire):
    frames = 0
    while not wire.connection._tempDataBuffer:
        wire.play()
        frames += 1
    wire.connection.write(b"a mark")
    wire.play()
    expected = (HEAD + FRAMES) * frames + b"a mark" + HEAD + FRAMES
    assert wire.come(len(expected)) == expected


@pytest.mark.parametrize("size", [20, 70_000])
def test_audio_of_an_unusual_size_goes_daphnes_way(wire, daphne, size):
    wire.play(bytes(size))
    assert daphne == [bytes(size)]


def test_after_the_call_audio_goes_daphnes_way(wire, daphne):
    wire.socket._listener = None
    wire.play()
    assert daphne == [FRAMES]


def test_a_broken_socket_is_left_to_twisted(wire):
    wire.connection.socket.close()
    wire.play()
    assert wire.connection._tempDataBuffer == [HEAD + FRAMES]
