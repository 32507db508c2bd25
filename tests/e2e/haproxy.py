"""A real HAProxy for tests, with the configuration that is handed out and other addresses."""

import asyncio
import fcntl
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from csv import DictReader
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

from django.conf import settings

from tests.e2e.asterisk import free_port

CONFIGURATION = settings.BASE_DIR / "deploy" / "haproxy" / "voiceadmin.cfg"
FETCHED = settings.ASTERISK_DIST.with_name("haproxy-dist")
SERVERS = ("one", "two")
STATUS_S = 120  # a service loads its models first
STOP_S = 10


def fetch_haproxy() -> str:
    """The machine's own, else Debian's, unpacked; a machine that has none is no excuse."""
    if installed := shutil.which("haproxy"):
        return installed
    FETCHED.parent.mkdir(parents=True, exist_ok=True)
    with FETCHED.with_name(FETCHED.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not FETCHED.exists():
            _fetch()
    return str(FETCHED / "run-haproxy")


def _fetch() -> None:
    """As `asterisk/get` does, from the release this machine runs."""
    get = _asterisk_get()
    with tempfile.TemporaryDirectory(dir=FETCHED.parent, prefix="haproxy-") as folder:
        archive = get.archive_of_this_machine()
        apt = get.Apt(Path(folder) / "apt", archive, ("haproxy",))
        release = platform.freedesktop_os_release()
        is_ours = release["ID"] == archive.family
        apt.update(release.get("VERSION_CODENAME", "stable") if is_ours else "stable")
        apt.download(sum(apt.missing().values()))
        tree = Path(folder) / "tree"
        for package in sorted(apt.archives.glob("*.deb")):
            get.unpack(package, tree)
        get.write_starter(tree, "haproxy")
        tree.rename(FETCHED)


def _asterisk_get() -> ModuleType:
    loader = SourceFileLoader("asterisk_get", str(settings.BASE_DIR / "asterisk" / "get"))
    spec = spec_from_loader("asterisk_get", loader)
    assert spec
    module = module_from_spec(spec)
    sys.modules["asterisk_get"] = module  # its dataclasses look themselves up
    loader.exec_module(module)
    return module


@dataclass(frozen=True)
class Balancer:
    """Where its sections listen, and what it says of the servers behind them."""

    ports: dict[str, int]
    output: Path

    def url(self, section: str) -> str:
        return f"http://127.0.0.1:{self.ports[section]}"

    def column(self, section: str, name: str) -> dict[str, str]:
        """Of each server, from HAProxy's own statistics: "status", "stot" (requests) ..."""
        with urllib.request.urlopen(f"{self.url('figures')}/;csv", timeout=5) as page:
            rows = list(DictReader(page.read().decode().lstrip("# ").splitlines()))
        return {
            row["svname"]: row[name]
            for row in rows
            if row["pxname"] == section and row["svname"] not in ("FRONTEND", "BACKEND")
        }

    def wait_status(self, section: str, status: str, *servers: str) -> None:
        """UP or DOWN, all of these servers."""
        give_up = time.monotonic() + STATUS_S
        while True:
            found = self.column(section, "status")
            if all(found[server].startswith(status) for server in servers):
                return
            if time.monotonic() > give_up:
                raise AssertionError(f"{section}: {found}\n{self.output.read_text()}")
            time.sleep(0.05)


@contextmanager
def balancer(**hosts: list[int]) -> Iterator[Balancer]:
    """Until the end; each backend's servers are its ports, "one" and "two"."""
    with tempfile.TemporaryDirectory(prefix="va-hap-") as folder:
        text, ports = with_our_addresses(CONFIGURATION.read_text(), hosts)
        configuration, output = Path(folder) / "haproxy.cfg", Path(folder) / "output"
        configuration.write_text(text)
        with output.open("wb") as file:
            running = subprocess.Popen(
                [fetch_haproxy(), "-db", "-f", str(configuration)],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
            )
        found = Balancer(ports, output)
        try:
            _wait_listening(found, running)
            for section, servers in hosts.items():
                found.wait_status(section, "UP", *SERVERS[: len(servers)])
            yield found
        finally:
            running.kill()
            running.wait(STOP_S)


@asynccontextmanager
async def balancer_of(**hosts: list[int]) -> AsyncIterator[Balancer]:
    """The same, for hosts that answer on this event loop."""
    waiting = balancer(**hosts)
    found = await asyncio.to_thread(waiting.__enter__)
    try:
        yield found
    finally:
        await asyncio.to_thread(waiting.__exit__, None, None, None)


def with_our_addresses(text: str, hosts: dict[str, list[int]]) -> tuple[str, dict[str, int]]:
    """The configuration with addresses of this machine, and where each section listens.

    Sections without hosts have no servers, so that nothing outside is asked for its health.
    """
    lines, ports, section = [], {}, ""
    for line in text.splitlines():
        words = line.split()
        if words and not line[0].isspace():
            section = words[-1] if len(words) == 1 else words[1]
        if words[:1] == ["bind"]:
            ports[section] = free_port()
            lines.append(f"    bind 127.0.0.1:{ports[section]}")
        elif words[:1] != ["server"]:
            lines.append(line)
        if words[:1] == ["balance"]:
            of_section = zip(SERVERS, hosts.get(section, ()), strict=False)
            lines += [f"    server {name} 127.0.0.1:{port}" for name, port in of_section]
    return "\n".join(lines) + "\n", ports


def _wait_listening(found: Balancer, running: "subprocess.Popen[bytes]") -> None:
    give_up = time.monotonic() + 30
    while running.poll() is None and time.monotonic() < give_up:
        try:
            found.column("figures", "status")
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"HAProxy does not listen:\n{found.output.read_text()}")
