"""A whole installation for one measurement: database, Asterisk, server; gone afterwards."""

import os
import secrets
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from agents.demo import NUMBER
from agents.models import Agent
from records.models import Turn
from telephony.media_client import Ear, Lateness, Leg, dial
from tests.e2e.asterisk import RunningAsterisk, free_port, running_asterisk

READY_S = 120
STOP_S = 20
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
SERVER = {"DJANGO_SETTINGS_MODULE": "voiceadmin.settings", "PYTHONPATH": str(settings.BASE_DIR)}


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
        environment = asterisk.environment()
        _furnish(environment, {"endpoint_ms": endpoint_ms})
        argv = ["bench/serve.py"] if scripted else ["manage.py", "serve"]
        with _serving(argv, environment, asterisk.http_port) as server:
            yield asterisk, server


@dataclass(frozen=True)
class Door:
    """Where the media socket of a server without Asterisk is, and what opens it."""

    port: int
    password: str


async def call_in(door: Door, name: str, ear: Ear, phase_s: float, late: Lateness) -> Leg:
    """A caller to the demo's number; `name` tells the call from others at the same door."""
    variables = {
        "CALL_ID": f"{int(time.time())}.{name}",
        "CALL_FROM": "+493012345",
        "CALL_TO": NUMBER,
        "CALL_DIRECTION": "in",
    }
    return await dial(door.port, door.password, ear, variables, phase_s, late)


@contextmanager
def media_house(agent: dict[str, Any], changes: dict[str, str]) -> Iterator[tuple[Door, Server]]:
    """No Asterisk: whoever knows the door may play one. `agent` changes the demo's fields,
    `changes` the server's environment."""
    door = Door(free_port(), secrets.token_hex(8))
    environment = {
        **os.environ,
        "VOICEADMIN_HTTP_PORT": str(door.port),
        "VOICEADMIN_MEDIA_PASSWORD": door.password,
        "VOICEADMIN_AMI_PORT": str(free_port()),  # nobody answers there
        "VOICEADMIN_LOG_LEVEL": "WARNING",
        **changes,
    }
    _furnish(environment, agent)
    with _serving(["bench/serve.py"], environment, door.port) as server:
        yield door, server


def _furnish(environment: dict[str, str], agent: dict[str, Any]) -> None:
    for command in ("migrate", "load_demo"):
        _manage(command, environment)
    Agent.objects.update(**agent)
    Turn.objects.all().delete()


@contextmanager
def _serving(argv: list[str], environment: dict[str, str], port: int) -> Iterator[Server]:
    log = (settings.VAR_DIR / "serve.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, *argv],
        cwd=settings.BASE_DIR,
        env=environment | SERVER,
        stdout=log,
        stderr=log,
    )
    try:
        _wait_ready(port, process)
        yield Server(process.pid)
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
        env=environment | SERVER,
        stdout=subprocess.DEVNULL,
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
