"""The Asterisk that carries our calls: which one, its configuration, and its console.

It runs from files under ASTERISK_DIR alone, so several may run on one machine, each on its
own ports. Who starts and watches the process is the supervisor's business: `argv()`.
"""

import subprocess
import time
from pathlib import Path

from django.conf import settings

from telephony.asterisk_files import from_here, media_url, outbound_channel, render
from telephony.asterisk_install import (
    AsteriskMissing,
    AsteriskTooOld,
    AsteriskUnusable,
    Install,
    find,
)

__all__ = [
    "AsteriskMissing",
    "AsteriskSilent",
    "AsteriskTooOld",
    "AsteriskUnusable",
    "Install",
    "argv",
    "find",
    "from_here",
    "media_url",
    "outbound_channel",
    "render",
    "rx",
    "stop",
    "wait_booted",
]


class AsteriskSilent(Exception):
    """The running Asterisk did not answer in time."""


def argv() -> list[str]:
    """How to run it in the foreground, from what `render` wrote."""
    return [str(find().command), "-C", str(_configuration()), "-f"]


def rx(command: str, timeout_s: float = 10) -> str:
    """What its console answers. Raises AsteriskSilent where none is running."""
    console = [str(find().command), "-C", str(_configuration()), "-rx", command]
    try:
        done = subprocess.run(  # noqa: S603 - our own Asterisk
            console, check=False, capture_output=True, text=True, timeout=timeout_s
        )
    except subprocess.TimeoutExpired:
        raise AsteriskSilent(f"Asterisk's console did not answer within {timeout_s} s") from None
    if done.returncode or "Unable to connect to remote asterisk" in done.stderr + done.stdout:
        log = Path(settings.ASTERISK_DIR) / "log" / "messages"
        raise AsteriskSilent(f"Asterisk is not running; its last words are in {log}")
    return done.stdout


def wait_booted(deadline_s: float = 30) -> None:
    """Return once calls can come in. Raises AsteriskSilent."""
    give_up = time.monotonic() + deadline_s
    while True:
        left_s = max(1.0, give_up - time.monotonic())
        try:
            if "fully booted" in rx("core waitfullybooted", timeout_s=left_s):
                return
        except AsteriskSilent:
            if time.monotonic() > give_up:
                raise
        time.sleep(0.05)


def stop(deadline_s: float = 10) -> None:
    """End it and every call on it. Nothing happens where none is running."""
    socket = Path(settings.ASTERISK_DIR) / "run" / "asterisk.ctl"
    try:
        rx("core stop now")
    except AsteriskSilent:
        return
    give_up = time.monotonic() + deadline_s
    while socket.exists() and time.monotonic() < give_up:
        time.sleep(0.05)


def _configuration() -> Path:
    return Path(settings.ASTERISK_DIR) / "etc" / "asterisk.conf"
