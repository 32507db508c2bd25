"""A hub by script: holds one model and gives its files, whole or with a break in the middle."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

REVISION = "0123456789abcdef0123456789abcdef01234567"


class Giving(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "HubServer"

    def do_GET(self) -> None:
        path = self.path.partition("?")[0].strip("/")
        repo = self.server.repo
        if path in (f"api/models/{repo}", f"api/models/{repo}/revision/{REVISION}"):
            return self._json(200, self._about())
        name = path.removeprefix(f"{repo}/resolve/{REVISION}/")
        if path.startswith(f"{repo}/resolve/") and name in self.server.files:
            return self._file(name, self.server.files[name])
        code = "RepoNotFound" if path.startswith("api/") else "EntryNotFound"
        return self._json(404, {"error": "not here"}, {"X-Error-Code": code})

    def do_HEAD(self) -> None:
        self.do_GET()

    def _about(self) -> dict[str, Any]:
        files = [{"rfilename": name, "size": len(data)} for name, data in self._all()]
        card = {"license": self.server.licence} if self.server.licence else {}
        return {"id": self.server.repo, "sha": REVISION, "siblings": files, "cardData": card}

    def _all(self) -> list[tuple[str, bytes]]:
        return list(self.server.files.items())

    def _file(self, name: str, data: bytes) -> None:
        first = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
        if self.command == "GET":
            self.server.given.append((name, first))
        self.send_response(206 if first else 200)
        self.send_header("ETag", f'"{hashlib.sha256(data).hexdigest()}"')
        self.send_header("X-Repo-Commit", REVISION)
        self.send_header("Content-Length", str(len(data) - first))
        if first:
            self.send_header("Content-Range", f"bytes {first}-{len(data) - 1}/{len(data)}")
        self.end_headers()
        if self.command == "GET":
            breaks_at = self.server.breaks_at.pop(name, len(data))
            self.wfile.write(data[first:breaks_at])
            self.close_connection = breaks_at < len(data)

    def _json(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base's name)
        pass


class HubServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, repo: str, files: dict[str, bytes], licence: str) -> None:
        super().__init__(("127.0.0.1", 0), Giving)
        self.repo, self.files, self.licence = repo, files, licence
        self.breaks_at: dict[str, int] = {}  # once, after so many bytes of that file
        self.given: list[tuple[str, int]] = []  # name, and from which byte on

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def running(repo: str, files: dict[str, bytes], licence: str = "mit") -> Iterator[HubServer]:
    with HubServer(repo, files, licence) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
