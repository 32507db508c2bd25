"""`manage.py serve` as a process of its own, with the tests' database and Asterisk."""

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from tests.e2e.asterisk import RunningAsterisk

READY_S = 60
STOP_S = 20


@dataclass(frozen=True)
class Serving:
    """The process that carries the calls."""

    pid: int
    port: int
    output: Path

    def rss_mb(self) -> float:
        status = Path(f"/proc/{self.pid}/status").read_text()
        kilobytes = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        return int(kilobytes.split()[1]) / 1024

    def last_words(self) -> str:
        return self.output.read_text()[-4000:]


@contextmanager
def serving(
    asterisk: RunningAsterisk, *command: str, script: str = "manage.py"
) -> Iterator[Serving]:
    """Until its port opens, models are loading; on the way out it has to stop by itself."""
    arguments = command or ("serve",)
    with process(*arguments, asterisk=asterisk, script=script) as (running, output):
        _wait_listening(asterisk.http_port, running, output)
        yield Serving(running.pid, asterisk.http_port, output)


@contextmanager
def process(
    *arguments: str, asterisk: RunningAsterisk, script: str = "manage.py"
) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """A management command, or a script, that runs until it is told to stop."""
    environment = asterisk.environment() | {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PYTHONPATH": str(settings.BASE_DIR),
    }
    with tempfile.TemporaryDirectory(prefix="va-out-") as folder:
        output = Path(folder) / "output"
        with output.open("wb") as file:
            running = subprocess.Popen(
                [sys.executable, script, *arguments],
                cwd=settings.BASE_DIR,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
            )
        try:
            yield running, output
        finally:
            _stop(running)


def _wait_listening(port: int, running: "subprocess.Popen[bytes]", output: Path) -> None:
    give_up = time.monotonic() + READY_S
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if running.poll() is not None or time.monotonic() > give_up:
            raise AssertionError(f"serve does not listen:\n{output.read_text()[-4000:]}")
        time.sleep(0.1)


def _stop(running: "subprocess.Popen[bytes]") -> None:
    running.terminate()
    try:
        running.wait(STOP_S)
    except subprocess.TimeoutExpired:
        running.kill()
        running.wait(STOP_S)
        raise AssertionError(f"the process had not stopped after {STOP_S} s") from None
