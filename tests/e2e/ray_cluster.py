"""A Ray cluster of two nodes on this machine, gone afterwards.

Every process of it carries a mark in its environment, by which a node is killed and nothing is
left behind.
"""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import yaml
from django.conf import settings

from tests.e2e.asterisk import free_port

SERVE = settings.BASE_DIR / "deploy" / "ray" / "serve.yaml"
MARK = "VA_TEST_RAY_NODE"
HEAD, WORKER = "head", "worker"
READY_S = 120
UP = "both nodes are up"
STORE_BYTES = 80_000_000  # the least Ray takes: no audio lies in it


@dataclass(frozen=True)
class RayCluster:
    """`name` tells its processes from those of another test session."""

    name: str
    folder: Path
    url: str

    def kill(self, node: str) -> int:
        """All of a node's processes at once, as if somebody pulled the plug; how many."""
        found = [process for process in psutil.process_iter() if self._is_of(process, node)]
        for process in found:
            with_care(process.kill)
        psutil.wait_procs(found, timeout=10)
        return len(found)

    def engines(self, node: str = "") -> list[psutil.Process]:
        """The processes that hold the replicas' engines."""
        return [
            process
            for process in psutil.process_iter()
            if self._is_of(process, node) and "inference.host.engine_child" in cmdline(process)
        ]

    def last_words(self) -> str:
        return "\n".join(
            f"--- {path.name}\n{path.read_text(errors='replace')[-4000:]}"
            for path in sorted(self.folder.glob("*.out"))
        )

    def _is_of(self, process: psutil.Process, node: str) -> bool:
        mark = with_care(lambda: process.environ().get(MARK, "")) or ""
        return mark == f"{self.name}-{node}" if node else mark.startswith(f"{self.name}-")


def with_care(ask: Any) -> Any:
    try:
        return ask()
    except psutil.Error:  # it ended meanwhile
        return None


def cmdline(process: psutil.Process) -> list[str]:
    return with_care(process.cmdline) or []


@contextmanager
def ray_cluster(changed: Callable[[dict[str, Any]], None]) -> Iterator[RayCluster]:
    """With the configuration that is handed out, as `changed` makes its application fit."""
    folder = Path(tempfile.mkdtemp(prefix="va-ray-"))  # short, for Ray's sockets
    gcs_port, http_port = free_port(), free_port()
    cluster = RayCluster(secrets.token_hex(4), folder, f"http://127.0.0.1:{http_port}")
    (folder / "serve.yaml").write_text(yaml.safe_dump(_configuration(http_port, changed)))
    environment = _environment(folder) | {MARK: f"{cluster.name}-{HEAD}"}
    begun: list[subprocess.Popen[bytes]] = []

    def start(name: str, *command: str) -> Path:
        output = folder / f"{name}.out"
        with output.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=settings.BASE_DIR,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
            )
        begun.append(process)
        return output

    def wait(is_so: Callable[[], bool]) -> None:
        give_up = time.monotonic() + READY_S
        while not is_so():
            has_ended = any(process.poll() is not None for process in begun)
            if has_ended or time.monotonic() > give_up:
                raise AssertionError(f"the cluster does not come up:\n{cluster.last_words()}")
            time.sleep(0.1)

    try:
        nodes = start("nodes", "tests.e2e.ray_cluster", cluster.name, str(gcs_port))
        wait(lambda: UP in nodes.read_text())
        address = f"--address=127.0.0.1:{gcs_port}"
        start("serve", "ray.serve.scripts", "run", str(folder / "serve.yaml"), address)
        wait(lambda: _is_ready(cluster.url))
        yield cluster
    finally:
        cluster.kill(WORKER)
        cluster.kill(HEAD)
        for process in begun:
            process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


def _configuration(http_port: int, changed: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    told: dict[str, Any] = yaml.safe_load(SERVE.read_text())
    told["http_options"] |= {"host": "127.0.0.1", "port": http_port}
    told["proxy_location"] = "HeadOnly"  # both nodes are this machine, with one port
    changed(told["applications"][0])
    return told


def _environment(folder: Path) -> dict[str, str]:
    return os.environ | {
        "PYTHONPATH": str(settings.BASE_DIR),
        "PYTHONUNBUFFERED": "1",
        "RAY_TMPDIR": str(folder),
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_worker_niceness": "0",
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # else it takes another address than loopback
        "RAY_prestart_worker_first_driver": "0",  # workers for a driver that asks for none
        "RAY_enable_worker_prestart": "0",
    }


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def start_nodes(name: str, gcs_port: int) -> None:
    """In a process of its own. Each node's processes inherit its mark."""
    from ray.cluster_utils import Cluster

    common = {"num_cpus": 8, "num_gpus": 1, "object_store_memory": STORE_BYTES}
    common["node_ip_address"] = "127.0.0.1"
    cluster = Cluster(shutdown_at_exit=False)
    os.environ[MARK] = f"{name}-{HEAD}"
    cluster.add_node(gcs_server_port=gcs_port, include_dashboard=False, **common)
    os.environ[MARK] = f"{name}-{WORKER}"
    cluster.add_node(**common)
    print(UP)
    signal.pause()


if __name__ == "__main__":
    start_nodes(sys.argv[1], int(sys.argv[2]))
