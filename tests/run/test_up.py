"""`manage.py up` for real: everything starts, a call is placed, and nothing is left."""

import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

import pytest
from django.conf import settings

from tests.e2e.asterisk import free_port
from voiceadmin.supervisor import session_members

pytestmark = pytest.mark.asterisk
START_S = 120
STOP_S = 10


@pytest.fixture
def installation(tmp_path):
    """An empty folder and free ports, as the environment of an installation."""
    ports = {
        f"VOICEADMIN_{name}": str(free_port()) for name in ("HTTP_PORT", "SIP_PORT", "AMI_PORT")
    }
    rtp_port = random.randrange(20_000, 50_000, 100)
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("VOICEADMIN_") and name not in ("DATABASE_URL", "REDIS_URL")
    }
    with tempfile.TemporaryDirectory(prefix="va-up-") as folder:  # short: sockets are in it
        yield (
            kept
            | ports
            | {
                "VOICEADMIN_VAR": folder,
                "VOICEADMIN_RTP_FIRST_PORT": str(rtp_port),
                "VOICEADMIN_RTP_LAST_PORT": str(rtp_port + 99),
                "VOICEADMIN_ASTERISK_DIST": str(settings.ASTERISK_DIST),
                "DJANGO_SETTINGS_MODULE": "voiceadmin.settings",
                "PYTHONUNBUFFERED": "1",
            }
        )


class Up:
    """A running `manage.py up` and what it has told so far."""

    def __init__(self, env: dict[str, str], *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "up", *arguments],
            cwd=settings.BASE_DIR,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.told = ""
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self.told += line

    def wait_told(self, text: str, seconds: float = START_S) -> None:
        deadline = time.monotonic() + seconds
        while text not in self.told:
            assert time.monotonic() < deadline, f"never told {text!r}:\n{self.told}"
            assert self.process.poll() is None or text in self.told, self.told
            time.sleep(0.05)

    def children(self) -> list[int]:
        return [
            int(entry.name)
            for entry in Path("/proc").iterdir()
            if entry.name.isdigit() and self._is_mine(entry)
        ]

    def _is_mine(self, entry: Path) -> bool:
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            return False
        return int(fields[1]) == self.process.pid and fields[0] != "Z"

    def finish(self, seconds: float = START_S) -> int:
        try:
            return self.process.wait(seconds)
        finally:
            self.process.kill()
            self._reader.join()


def pid_named(up: Up, words: str) -> int:
    (found,) = [
        pid
        for pid in up.children()
        if words in Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    ]
    return found


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode()


def test_once_answers_its_own_call_and_says_so_last(installation):
    up = Up(installation, "--once")
    assert up.finish() == 0, up.told
    last = up.told.strip().splitlines()[-1]
    assert re.match(r"PASSED: answered after \d+ ms, greeting heard \(\d+%\), right answer", last)
    assert re.search(r"password \S{16} ", up.told)
    left = {path.name for path in Path(installation["VOICEADMIN_VAR"]).iterdir()}
    assert not left & {"up.pid", "queue.sock"}


def test_it_runs_keeps_running_and_ends_with_ctrl_c(installation):
    port = installation["VOICEADMIN_HTTP_PORT"]
    up = Up(installation)
    try:
        up.wait_told("Ctrl-C stops everything.")
        children = up.children()
        assert len(children) == 6
        page = get(f"http://127.0.0.1:{port}/admin/login/")
        style = re.search(r'href="(/static/[^"]+\.css)"', page)[1]
        assert get(f"http://127.0.0.1:{port}{style}")

        second = Up(installation)
        assert second.finish() == 1
        assert second.told.startswith("voiceadmin already runs from this folder")
        assert second.told.count("\n") == 1

        os.kill(pid_named(up, " serve"), signal.SIGKILL)
        up.wait_told("web was ended by SIGKILL; starting it again in 0.5 s", 10)

        began = time.monotonic()
        up.process.send_signal(signal.SIGINT)
        assert up.finish(STOP_S + 5) == 0, up.told
        assert time.monotonic() - began < STOP_S
        assert up.told.endswith("stopped; nothing is left running\n")
        assert not [pid for pid in children if session_members(pid)]
    finally:
        up.finish(STOP_S)


def test_a_killed_one_leaves_no_process_and_can_be_started_again(installation):
    up = Up(installation)
    try:
        up.wait_told("ready;")
        children = up.children()
        assert children
    finally:
        up.process.kill()
        up.finish(STOP_S)
    deadline = time.monotonic() + STOP_S
    while left := [pid for pid in children if session_members(pid)]:
        assert time.monotonic() < deadline, left
        time.sleep(0.05)
    again = Up(installation)
    try:
        again.wait_told("ready;")
        again.process.send_signal(signal.SIGTERM)
        assert again.finish(STOP_S + 5) == 0, again.told
    finally:
        again.finish(STOP_S)


def test_a_taken_port_is_told_and_nothing_is_started(installation):
    port = int(installation["VOICEADMIN_HTTP_PORT"])
    with socket.create_server(("127.0.0.1", port)):
        up = Up(installation)
        assert up.finish() == 1
    assert up.told.startswith(f"Port {port} (for the admin) is taken by another program")
    assert up.told.count("\n") == 1
