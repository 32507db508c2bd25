"""A model server by script: speaks Ollama's NDJSON and OpenAI's events, well or badly.

A stand-in for Ollama and vLLM, with the real client libraries in front of it.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PATIENCE_SECONDS = 20  # of the server; no test waits that long


class Answering(BaseHTTPRequestHandler):
    """One request. A script calls these methods in order."""

    protocol_version = "HTTP/1.1"
    server: "ModelServer"

    def do_GET(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        self.is_ollama = self.path.startswith("/api/")
        self.wants_stream = bool(body.get("stream", False))
        self.server.requests.append(body)
        try:
            self.server.script(self)
        except OSError:
            self.server.closed.set()  # the client has gone
        self.close_connection = True

    def begin(self) -> None:
        self.send_response(200)
        kind = "application/x-ndjson" if self.is_ollama else "text/event-stream"
        self.send_header("Content-Type", kind)
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Connection", "close")
        self.end_headers()

    def raw(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def piece(self, text: str, **more: Any) -> None:
        """A piece of the reply, as this protocol wraps it."""
        if self.is_ollama:
            message = {"role": "assistant", "content": text, **more}
            line = {"model": "tiny", "message": message, "done": False}
            self.raw(json.dumps(line).encode() + b"\n")
        else:
            choice = {"index": 0, "delta": {"content": text, **more}, "finish_reason": None}
            line = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "tiny"}
            self.raw(b"data: " + json.dumps(line | {"choices": [choice]}).encode() + b"\n\n")

    def end(self) -> None:
        if self.is_ollama:
            message = {"role": "assistant", "content": ""}
            line = {"model": "tiny", "message": message, "done": True, "done_reason": "stop"}
            self.raw(json.dumps(line).encode() + b"\n")
        else:
            self.raw(b"data: [DONE]\n\n")
        self.wfile.write(b"0\r\n\r\n")

    def pulls(self, status: str, digest: str = "", total: int = 0, done: int = 0) -> None:
        line: dict[str, Any] = {"status": status}
        if digest:
            line |= {"digest": digest, "total": total, "completed": done}
        self.raw(json.dumps(line).encode() + b"\n")

    def whole(self, text: str) -> None:
        """A reply that is not streamed."""
        message = {"role": "assistant", "content": text}
        if self.is_ollama:
            body: dict[str, Any] = {"model": "tiny", "message": message, "done": True}
        else:
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            body = {"id": "1", "object": "chat.completion", "created": 1, "model": "tiny"}
            body["choices"] = [choice]
        self.plain(200, json.dumps(body).encode())

    def plain(self, status: int, body: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def wait_for_close(self) -> None:
        """Returns when the client hangs up, and says so in `closed`."""
        self.connection.settimeout(PATIENCE_SECONDS)
        if self.rfile.read(1) == b"":
            self.server.closed.set()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base's name)
        pass


Script = Callable[[Answering], None]


class ModelServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.script: Script = says("Yes.")
        self.requests: list[dict[str, Any]] = []
        self.closed = threading.Event()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # clients that go are the point of some tests


@contextmanager
def running() -> Iterator[ModelServer]:
    with ModelServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def says(*pieces: str) -> Script:
    def script(call: Answering) -> None:
        if not call.wants_stream:
            return call.whole("".join(pieces))
        call.begin()
        for piece in pieces:
            call.piece(piece)
        return call.end()

    return script


def says_then_is_silent(*pieces: str) -> Script:
    def script(call: Answering) -> None:
        call.begin()
        for piece in pieces:
            call.piece(piece)
        call.wait_for_close()

    return script


def never_answers(call: Answering) -> None:
    call.wait_for_close()


def refuses(status: int, words: str) -> Script:
    return lambda call: call.plain(status, json.dumps({"error": words}).encode())


def sends(*data: bytes) -> Script:
    """These bytes as the body, whatever they mean."""

    def script(call: Answering) -> None:
        call.begin()
        for piece in data:
            call.raw(piece)
        call.wfile.write(b"0\r\n\r\n")

    return script


def dies_after(*pieces: str) -> Script:
    def script(call: Answering) -> None:
        call.begin()
        for piece in pieces:
            call.piece(piece)

    return script


def ollama_with(**models: int) -> Script:
    """Ollama's other requests too: what it has, how it pulls in two parts, whose it is."""

    def script(call: Answering) -> None:
        match call.path:
            case "/api/tags":
                have = [{"model": name, "size": size} for name, size in models.items()]
                call.plain(200, json.dumps({"models": have}).encode())
            case "/api/show":
                text = "\nLlama Community License\n…"
                call.plain(200, json.dumps({"license": text, "model_info": {}}).encode())
            case "/api/pull":
                call.begin()
                call.pulls("manifest")
                call.pulls("pulling a", "a", 1_000, 400)
                call.pulls("pulling a", "a", 1_000, 1_000)
                call.pulls("pulling b", "b", 10, 10)
                call.pulls("success")
                call.wfile.write(b"0\r\n\r\n")
            case _:
                says("Yes.")(call)

    return script


def hangs_up(call: Answering) -> None:
    """Before a word, as a connection does that was kept too long."""


def first(script: Script, then: Script) -> Script:
    """One request goes like this, every later one like that."""
    scripts = iter([script])
    return lambda call: next(scripts, then)(call)  # noqa: PLW0108 (each request its own)


def talks_for_ever(call: Answering) -> None:
    call.begin()
    while True:
        call.piece("and so on and on, ")


def thinks_for_ever(call: Answering) -> None:
    call.begin()
    call.piece("<think>")
    while True:
        call.piece("and so on and on, ")


def sends_one_endless_line(call: Answering) -> None:
    call.begin()
    call.raw(b"data: " if not call.is_ollama else b'{"message": "')
    while True:
        call.raw(b"x" * 65_536)
