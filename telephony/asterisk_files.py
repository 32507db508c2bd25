"""Asterisk's configuration: `asterisk/*.conf` filled in from the settings.

A value that a configuration file could misread is refused by its setting's name: nothing is
escaped, so nothing can be escaped wrongly.
"""

import ipaddress
import os
import re
import time
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.template import Context, Engine

from telephony.asterisk_install import Install, find

TEMPLATES = Path(settings.BASE_DIR) / "asterisk"
# files that Asterisk misses loudly and that have nothing to say here
EMPTY_FILES = ("acl", "ccss", "features", "pjproject", "stasis", "udptl")
SOCKET_BYTES = 107  # what a Unix socket's address holds, less its closing zero
EVERYWHERE = ("0.0.0.0", "::", "[::]")  # noqa: S104 - what a person may have set

AGENT_ANSWERS_WITHIN_S = 6  # then the human is called; the caller hears ringing meanwhile
HUMAN_RINGS_S = 30
LONGEST_CALL_S = 4 * 3600 + 600  # an agent's longest, and time to say goodbye

SAFE = {
    "name": re.compile(r"[A-Za-z0-9_.-]{1,64}"),
    "host": re.compile(r"[A-Za-z0-9_.:\[\]-]{1,255}"),
    "password": re.compile(r"[A-Za-z0-9_.~+/=:@%!*,-]{8,128}"),
    "path": re.compile(r"/[^\x00-\x1f;\\\"|]*"),
    "word": re.compile(r"[A-Za-z0-9_./-]{1,64}"),
}


def render(install: Install | None = None) -> Path:
    """Write the configuration of this installation; its folder.

    Raises ImproperlyConfigured naming a setting that no configuration file can hold, and
    AsteriskUnusable.
    """
    folder = Path(settings.ASTERISK_DIR)
    _check_socket(folder)
    values = _values(install or find(), folder)
    for name in ("etc", "run", "log", "lib", "spool"):
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name).chmod(0o700)
    context = Context(values, autoescape=False, use_l10n=False)  # 5060, never 5,060
    engine = Engine(dirs=[str(TEMPLATES)], autoescape=False, string_if_invalid="<<%s>>")
    for template in sorted(TEMPLATES.glob("*.conf")):
        text = engine.get_template(template.name).render(context)
        unknown = re.search(r"<<(.*?)>>", text)
        if unknown:
            raise ImproperlyConfigured(f"asterisk/{template.name} asks for {unknown[1]!r}")
        write_private(folder / "etc" / template.name, text)
    for name in EMPTY_FILES:
        write_private(folder / "etc" / f"{name}.conf", "")
    return folder


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step, readable by us alone."""
    part = path.with_name(f".{path.name}.{os.getpid()}.{time.monotonic_ns()}")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    part.replace(path)


def _check_socket(folder: Path) -> None:
    socket = folder / "run" / "asterisk.ctl"
    if len(os.fsencode(socket)) > SOCKET_BYTES:
        raise ImproperlyConfigured(
            f"The path {socket} is longer than a socket's may be ({SOCKET_BYTES} bytes); set"
            " VOICEADMIN_VAR to a shorter folder"
        )


def _values(install: Install, folder: Path) -> Mapping[str, object]:
    sip_host = _safe("SIP_HOST", "host")
    is_everywhere = sip_host in EVERYWHERE
    trunk = _safe("SIP_TRUNK_HOST", "host") if settings.SIP_TRUNK_HOST else ""
    return {
        "folder": _safe_path("VOICEADMIN_VAR", folder),
        "modules_dir": _safe_path("VOICEADMIN_ASTERISK_DIST", install.modules_dir),
        "data_dir": _safe_path("VOICEADMIN_ASTERISK_DIST", install.data_dir),
        "sip_bind": _address(sip_host, _port("SIP_PORT")),
        "media_address": "" if is_everywhere else sip_host.strip("[]"),
        "loopback_addresses": _this_machine(sip_host, is_everywhere),
        "sip_user": _safe("SIP_USER", "name"),
        "sip_password": _safe("SIP_PASSWORD", "password"),
        "trunk_host": trunk,
        "trunk_match": _without_port(trunk),
        "trunk_is_here": _is_loopback(_without_port(trunk)),
        "trunk_user": _safe("SIP_TRUNK_USER", "name") if settings.SIP_TRUNK_USER else "",
        "trunk_password": (
            _safe("SIP_TRUNK_PASSWORD", "password") if settings.SIP_TRUNK_USER else ""
        ),
        "human_dial": "PJSIP/${HUMAN}@trunk" if trunk else f"PJSIP/{settings.SIP_USER}",
        "human_rings_s": HUMAN_RINGS_S,
        "agent_answers_within_s": AGENT_ANSWERS_WITHIN_S,
        "longest_call_s": LONGEST_CALL_S,
        "media_url": media_url(),
        "media_user": _safe("MEDIA_USER", "name"),
        "media_password": _safe("MEDIA_PASSWORD", "password"),
        "ami_host": _safe("AMI_HOST", "host"),
        "ami_port": _port("AMI_PORT"),
        "ami_is_local": _is_loopback(settings.AMI_HOST),
        "ami_user": _safe("AMI_USER", "name"),
        "ami_password": _safe("AMI_PASSWORD", "password"),
        "rtp_first_port": _port("RTP_FIRST_PORT"),
        "rtp_last_port": _port("RTP_LAST_PORT"),
    }


def from_here(host: str) -> str:
    """Where something that listens at `host` is reached on this machine."""
    if host not in EVERYWHERE:
        return host
    return "[::1]" if ":" in host else "127.0.0.1"


def media_url() -> str:
    """Where Asterisk brings calls; never ends in a slash, which it would corrupt."""
    host = from_here(_safe("HTTP_HOST", "host"))
    path = _safe("MEDIA_PATH", "word").strip("/")
    return f"ws://{_address(host, _port('HTTP_PORT'))}/{path}"


def outbound_channel(number: str) -> str:
    """What to call so that `number` rings: the trunk, or without one the softphone."""
    return f"PJSIP/{number}@trunk" if settings.SIP_TRUNK_HOST else f"PJSIP/{settings.SIP_USER}"


def _safe(setting: str, kind: str) -> str:
    value = str(getattr(settings, setting))
    if not SAFE[kind].fullmatch(value):
        shown = "" if kind == "password" else f" ({value!r})"
        raise ImproperlyConfigured(
            f"VOICEADMIN_{setting}{shown} holds characters that Asterisk's configuration cannot,"
            f" or is too short or too long: it must match {SAFE[kind].pattern}"
        )
    return value


def _safe_path(variable: str, path: Path) -> str:
    if not SAFE["path"].fullmatch(str(path)):
        raise ImproperlyConfigured(
            f"{variable}: the path {str(path)!r} holds characters that Asterisk's configuration"
            " cannot; choose another folder"
        )
    return str(path)


def _port(setting: str) -> int:
    port = int(getattr(settings, setting))
    if not 1 <= port <= 65535:
        raise ImproperlyConfigured(f"VOICEADMIN_{setting} is {port}; a port is 1 to 65535")
    return port


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host and not host.startswith("[") else f"{host}:{port}"


def _without_port(host: str) -> str:
    return host.partition(":")[0] if host.count(":") == 1 else host.strip("[]")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _this_machine(sip_host: str, is_everywhere: bool) -> list[str]:
    """Sources whose calls need no password; only this machine can send from them."""
    wants_v6 = ":" in sip_host
    addresses = ["::1/128"] if wants_v6 else ["127.0.0.1/32"]
    if not is_everywhere and sip_host.strip("[]") not in ("127.0.0.1", "::1"):
        addresses.append(sip_host.strip("[]"))
    return addresses
