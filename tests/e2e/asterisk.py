"""A real Asterisk for tests: its own folder, its own ports, gone afterwards."""

import os
import random
import shutil
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
from django.test import override_settings

from telephony import asterisk

BOOT_S = 30
QUIET_S = 10


def free_port() -> int:
    """A port nobody listens on, over TCP or UDP."""
    while True:
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", 0))
            port: int = tcp.getsockname()[1]
            try:
                udp.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def fetch_asterisk() -> asterisk.Install:
    """The Asterisk to test with, fetched if need be; a machine that has none is no excuse."""
    try:
        return asterisk.find()
    except asterisk.AsteriskUnusable:
        script = settings.BASE_DIR / "asterisk" / "get"
        subprocess.run([sys.executable, script, settings.ASTERISK_DIST], check=True, timeout=600)
        return asterisk.find()


@dataclass(frozen=True)
class RunningAsterisk:
    """What a test, or a process it starts, needs to know of the Asterisk that runs for it."""

    folder: Path
    pid: int
    sip_port: int
    ami_port: int
    http_port: int
    trunk_port: int
    rtp_first_port: int
    sip_password: str
    media_password: str
    ami_password: str

    def sip(self, number: str) -> str:
        return f"sip:{number}@127.0.0.1:{self.sip_port}"

    def environment(self) -> dict[str, str]:
        """For a process of ours, such as `manage.py serve`, that shall work with this one."""
        return os.environ | {
            "VOICEADMIN_HTTP_PORT": str(self.http_port),
            "VOICEADMIN_SIP_PORT": str(self.sip_port),
            "VOICEADMIN_AMI_PORT": str(self.ami_port),
            "VOICEADMIN_SIP_PASSWORD": self.sip_password,
            "VOICEADMIN_MEDIA_PASSWORD": self.media_password,
            "VOICEADMIN_AMI_PASSWORD": self.ami_password,
            "VOICEADMIN_SIP_TRUNK_HOST": f"127.0.0.1:{self.trunk_port}",
            "VOICEADMIN_RTP_FIRST_PORT": str(self.rtp_first_port),
            "VOICEADMIN_RTP_LAST_PORT": str(self.rtp_first_port + 199),
        }

    def live_channels(self) -> int:
        said = asterisk.rx("core show channels count")
        return int(said.split(" active channel")[0].split()[-1])

    def wait_no_channels(self, deadline_s: float = QUIET_S) -> None:
        give_up = time.monotonic() + deadline_s
        while self.live_channels():
            if time.monotonic() > give_up:
                raise AssertionError(f"still live:\n{asterisk.rx('core show channels concise')}")
            time.sleep(0.05)

    def last_words(self) -> str:
        return (self.folder / "log" / "messages").read_text()

    def reload(self, *modules: str) -> None:
        asterisk.render()
        for module in modules:
            asterisk.rx(f"module reload {module}.so")


@contextmanager
def running_asterisk(
    *, http_port: int, trunk_port: int | None = None, **overrides: object
) -> Iterator[RunningAsterisk]:
    """Start one whose calls come to `http_port` and whose humans are rung at `trunk_port`.

    Settings name it until the end. `overrides` are further settings.
    """
    install = fetch_asterisk()
    folder = Path(tempfile.mkdtemp(prefix="va-ast-"))  # short, for the control socket
    rtp_first_port = random.randrange(20_000, 50_000, 200)
    trunk_port = trunk_port or free_port()
    values: dict[str, object] = {
        "ASTERISK_DIR": folder,
        "SIP_HOST": "127.0.0.1",
        "SIP_PORT": free_port(),
        "AMI_HOST": "127.0.0.1",
        "AMI_PORT": free_port(),
        "HTTP_HOST": "127.0.0.1",
        "HTTP_PORT": http_port,
        "RTP_FIRST_PORT": rtp_first_port,
        "RTP_LAST_PORT": rtp_first_port + 199,
        "SIP_TRUNK_HOST": f"127.0.0.1:{trunk_port}",
        "SIP_PASSWORD": "softphone-secret",
        "MEDIA_PASSWORD": "media-secret",
        "AMI_PASSWORD": "manager-secret",
    }
    with override_settings(**(values | overrides)):
        asterisk.render(install)
        output = (folder / "log" / "output").open("wb")
        process = subprocess.Popen(
            asterisk.argv(), stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        try:
            asterisk.wait_booted(BOOT_S)
            yield RunningAsterisk(
                folder=folder,
                pid=process.pid,
                sip_port=settings.SIP_PORT,
                ami_port=settings.AMI_PORT,
                http_port=http_port,
                trunk_port=trunk_port,
                rtp_first_port=rtp_first_port,
                sip_password=settings.SIP_PASSWORD,
                media_password=settings.MEDIA_PASSWORD,
                ami_password=settings.AMI_PASSWORD,
            )
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)
            output.close()
            shutil.rmtree(folder, ignore_errors=True)
