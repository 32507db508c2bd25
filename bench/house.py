"""A whole installation for one measurement: database, Asterisk, server; gone afterwards."""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from agents.models import Agent
from records.models import Turn
from tests.e2e.asterisk import RunningAsterisk, free_port, running_asterisk

READY_S = 120
STOP_S = 20
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Server:
    """The process that carries the calls."""

    pid: int

    def cpu_s(self) -> float:
        """Its own, and its recognisers' processes'."""
        return sum(_cpu_ticks(pid) for pid in self._all()) / TICKS_PER_S

    def rss_mb(self) -> float:
        pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in self._all())
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def _all(self) -> list[int]:
        tasks = Path(f"/proc/{self.pid}/task").iterdir()
        children = [(task / "children").read_text().split() for task in tasks]
        return [self.pid, *(int(pid) for pids in children for pid in pids)]

    def pin(self, core: int) -> None:
        for thread in Path(f"/proc/{self.pid}/task").iterdir():
            os.sched_setaffinity(int(thread.name), {core})


def _cpu_ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


@contextmanager
def house(*, scripted: bool, endpoint_ms: int) -> Iterator[tuple[RunningAsterisk, Server]]:
    """With the scripted engines, or the demo agent's own."""
    with running_asterisk(http_port=free_port()) as asterisk:
        environment = asterisk.environment() | {"DJANGO_SETTINGS_MODULE": "voiceadmin.settings"}
        for command in ("migrate", "load_demo"):
            _manage(command, environment)
        Agent.objects.update(endpoint_ms=endpoint_ms)
        Turn.objects.all().delete()
        argv = ["bench/serve.py"] if scripted else ["manage.py", "serve"]
        log = (settings.VAR_DIR / "serve.log").open("wb")
        process = subprocess.Popen(
            [sys.executable, *argv],
            cwd=settings.BASE_DIR,
            env=environment | {"PYTHONPATH": str(settings.BASE_DIR)},
            stdout=log,
            stderr=log,
        )
        try:
            _wait_ready(asterisk.http_port, process)
            yield asterisk, Server(process.pid)
        finally:
            process.terminate()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            log.close()


def _manage(command: str, environment: dict[str, str]) -> None:
    subprocess.run(
        [sys.executable, "manage.py", command, "--verbosity", "0"],
        cwd=settings.BASE_DIR,
        env=environment,
        check=True,
    )


def _wait_ready(port: int, process: subprocess.Popen[bytes]) -> None:
    give_up = time.monotonic() + READY_S
    while time.monotonic() < give_up and process.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    log = (settings.VAR_DIR / "serve.log").read_text()
    raise SystemExit(f"the server did not come up:\n{log[-2000:]}")
