"""Which Asterisk is used: an installed one that is new enough, else the one we fetched."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

OLDEST = (22, 8)
ALSO = "/usr/sbin:/usr/local/sbin"  # where it is installed, not on everybody's PATH
WHY = (
    "earlier ones end calls on a websocket ping, crash on an early hangup and know no JSON"
    " control messages"
)
GET = "run `python3 asterisk/get`, which needs no root"


class AsteriskUnusable(Exception):
    """There is no Asterisk that can carry a call; the text says why and the way out."""


class AsteriskMissing(AsteriskUnusable):
    pass


class AsteriskTooOld(AsteriskUnusable):
    pass


def numbers(version: str) -> tuple[int, ...]:
    """ "22.10.1+dfsg" -> (22, 10, 1); () where there is no version in the text."""
    found = re.search(r"\d+(?:\.\d+)+", version)
    return tuple(int(part) for part in found[0].split(".")) if found else ()


def refuse_old(version: str, where: str, way_out: str) -> None:
    """Raise AsteriskTooOld unless `version` can carry a call."""
    if numbers(version) < OLDEST:
        raise AsteriskTooOld(
            f"{where} is Asterisk {version}, and 22.8 is the oldest that can carry a call:"
            f" {WHY}; {way_out}"
        )


@dataclass(frozen=True, slots=True)
class Install:
    """An Asterisk on this machine that is new enough."""

    command: Path
    version: str
    modules_dir: Path
    data_dir: Path  # with sounds/en


def find() -> Install:
    """An installed Asterisk where it will do, else ours. Raises AsteriskUnusable."""
    refused: AsteriskUnusable | None = None
    on_path = shutil.which("asterisk", path=f"{os.environ.get('PATH', '')}:{ALSO}")
    if on_path:
        try:
            return _installed(Path(on_path))
        except AsteriskUnusable as unusable:
            refused = unusable
    fetched = _fetched(Path(settings.ASTERISK_DIST))
    if fetched:
        return fetched
    raise refused or AsteriskMissing(f"There is no Asterisk on this machine; {GET}.")


def _installed(command: Path) -> Install:
    try:
        said = subprocess.run(  # noqa: S603 - found on PATH
            [command, "-V"], check=False, capture_output=True, text=True, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AsteriskMissing(f"{command} does not start ({error}); {GET}.") from error
    version = said.stdout.removeprefix("Asterisk ").strip()
    refuse_old(version, str(command), f"{GET}.")
    libraries = [Path("/usr/lib/asterisk"), *Path("/usr/lib").glob("*-linux-gnu/asterisk")]
    libraries.append(Path("/usr/lib64/asterisk"))
    modules = [path / "modules" for path in libraries]
    data = [Path("/usr/share/asterisk"), Path("/var/lib/asterisk")]
    modules_dir = next((path for path in modules if (path / "chan_websocket.so").exists()), None)
    data_dir = next((path for path in data if (path / "sounds" / "en").exists()), None)
    if not modules_dir or not data_dir:
        lacking = "its module chan_websocket" if data_dir else "its English sounds"
        raise AsteriskMissing(f"{command} is new enough but lacks {lacking}; {GET}.")
    return Install(command, version, modules_dir, data_dir)


def _fetched(dist: Path) -> Install | None:
    try:
        version = (dist / "asterisk-version").read_text().strip()
    except OSError:
        return None
    modules_dir = next((dist / "usr" / "lib").glob("*/asterisk/modules"), None)
    if numbers(version) < OLDEST or modules_dir is None:
        return None
    return Install(dist / "run-asterisk", version, modules_dir, dist / "usr/share/asterisk")
