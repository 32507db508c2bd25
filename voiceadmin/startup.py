"""Everything one ./run does, from the migrations to the call it places to itself.

`prepare` works on files and the database before any process is started; `Installation` runs
the processes. What is told goes through one function, a line at a time.
"""

import asyncio
import contextlib
import fcntl
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connections
from django.urls import reverse
from django.utils.crypto import get_random_string

from agents import demo
from agents.models import Agent
from telephony import asterisk, selfcall
from telephony.numbers import write_fallbacks
from voiceadmin import store
from voiceadmin.supervisor import Child, ChildFailed, Supervisor

READABLE = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # no l1I O0
PASSWORD_CHARACTERS = 16
NEEDED_MB = 200  # for a day of calls and the logs
MODELS_S = 900.0  # a large model on a slow disk; small ones take two seconds

Tell = Callable[[str], None]


class Teller:
    """A line with the seconds since the start, for someone who waits."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write
        self._began = time.monotonic()

    def __call__(self, line: str) -> None:
        self._write(f"{self.seconds():5.1f} s  {line}")

    def plainly(self, text: str) -> None:
        self._write(text)

    def seconds(self) -> float:
        return time.monotonic() - self._began


class CannotStart(Exception):
    """One sentence for the person at the terminal: what is wrong and the way out."""


# --- before anything runs -----------------------------------------------------------------


@contextlib.contextmanager
def the_only_one() -> Iterator[None]:
    """Hold the lock on this installation's folder, which dies with us. Raises CannotStart."""
    process_id = settings.VAR_DIR / "up.pid"  # to be read while the lock is held, else nothing
    folder = os.open(settings.VAR_DIR, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with contextlib.suppress(OSError):
                raise CannotStart(
                    f"voiceadmin already runs from this folder, at {settings.PUBLIC_URL}/admin/"
                    f" (process {process_id.read_text()}). Stop it with Ctrl-C where it was"
                    " started, or place another call to it: ./run call"
                ) from None
            raise CannotStart("voiceadmin is just being started from this folder.") from None
        process_id.write_text(str(os.getpid()))
        yield
        process_id.unlink(missing_ok=True)
    finally:
        os.close(folder)


@dataclass(frozen=True, slots=True)
class Login:
    """How to get into the admin; `password` only at the start that made it."""

    username: str
    password: str = ""

    def __str__(self) -> str:
        if self.password:
            return f"{self.username}, password {self.password}   (shown only this once)"
        return (
            f"{self.username}; its password was shown at the first start"
            f" (a new one: ./run manage changepassword {self.username})"
        )


def prepare(tell: Tell) -> Login:
    """Files, database and configuration, ready for the processes. Raises CannotStart."""
    keep_private()
    check_space()
    check_ports()
    with told(tell, "database migrated"):
        call_command("migrate", verbosity=0, skip_checks=True)
    if not Agent.objects.exists() and demo.load():  # a demo that its owner removed stays away
        tell(f"{demo.AGENT} made; it answers {demo.NUMBER}")
    with told(tell, "Asterisk configured"):
        try:
            asterisk.render(asterisk.find())
        except asterisk.AsteriskUnusable as unusable:
            raise CannotStart(str(unusable)) from unusable
        write_fallbacks()
    write_softphone()
    login = first_login()  # last: its password is shown once, so nothing may fail after it
    connections.close_all()  # children are forked: no database file is open across it
    return login


def keep_private() -> None:
    """What is kept from here on is for this user alone, whichever process writes it."""
    os.umask(0o077)
    settings.VAR_DIR.chmod(0o700)


def check_space() -> None:
    free_mb = shutil.disk_usage(settings.VAR_DIR).free // 1_000_000
    if free_mb < NEEDED_MB:
        raise CannotStart(
            f"The disk of {settings.VAR_DIR} has {free_mb} MB free, too little to record calls;"
            f" free {NEEDED_MB} MB, or name another folder with VOICEADMIN_VAR."
        )


def check_ports() -> None:
    http, sip = settings.HTTP_PORT, settings.SIP_PORT
    check_port("VOICEADMIN_HTTP", settings.HTTP_HOST, http, socket.SOCK_STREAM, "the admin")
    check_port("VOICEADMIN_SIP", settings.SIP_HOST, sip, socket.SOCK_DGRAM, "phone calls")
    check_port("VOICEADMIN_SIP", settings.SIP_HOST, sip, socket.SOCK_STREAM, "phone calls")
    check_port(
        "VOICEADMIN_AMI", settings.AMI_HOST, settings.AMI_PORT, socket.SOCK_STREAM, "Asterisk"
    )
    for name, port in (("TRANSCRIBE", settings.TRANSCRIBE_PORT), ("TTS", settings.TTS_PORT)):
        if port:
            setting, host = f"VOICEADMIN_{name}", settings.INFERENCE_HOST
            check_port(setting, host, port, socket.SOCK_STREAM, "the inference service")


def check_port(setting: str, host: str, port: int, kind: int, purpose: str) -> None:
    """Raises CannotStart where the port cannot be had."""
    name = host.strip("[]")
    family = socket.AF_INET6 if ":" in name else socket.AF_INET
    with socket.socket(family, kind) as probe:
        if kind == socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((name, port))
        except PermissionError:
            raise CannotStart(
                f"Port {port} needs root; choose one above 1023: {setting}_PORT={port + 8000} ./run"
            ) from None
        except OSError as error:
            if error.errno in (98, 48):
                raise CannotStart(
                    f"Port {port} (for {purpose}) is taken by another program; stop that one, or"
                    f" choose another port: {setting}_PORT={port + 1} ./run"
                ) from None
            raise CannotStart(
                f"{setting}_HOST is {host}, where this machine cannot listen ({error.strerror});"
                " name one of its own addresses."
            ) from None


def first_login() -> Login:
    """The administrator, made with a password of chance where there is none."""
    users = get_user_model()
    known = users.objects.filter(is_superuser=True, is_active=True).order_by("pk").first()
    if known:
        return Login(known.get_username())
    password = get_random_string(PASSWORD_CHARACTERS, READABLE)
    users.objects.create_superuser("admin", password=password)
    return Login("admin", password)


def softphone_file() -> Path:
    return settings.VAR_DIR / "softphone.txt"


def write_softphone() -> None:
    """What a softphone's account form asks for, for this machine's owner alone."""
    path = softphone_file()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(
            f"Server    {sip_address()}\n"
            f"User      {settings.SIP_USER}\n"
            f"Password  {settings.SIP_PASSWORD}\n"
            f"Dial      {demo.NUMBER}\n"
        )


def sip_address() -> str:
    host = f"[{settings.SIP_HOST}]" if ":" in settings.SIP_HOST else settings.SIP_HOST
    return f"{host}:{settings.SIP_PORT}"


@contextlib.contextmanager
def told(tell: Tell, what: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    tell(f"{what} ({time.monotonic() - began:.1f} s)")


# --- the processes ------------------------------------------------------------------------


def queue() -> Child:
    async def is_ready() -> bool:
        return not await asyncio.to_thread(store.why_silent)

    return Child("queue", store.argv(), is_ready=is_ready, ready_s=20, stop_s=1.5)


def manage(*arguments: str) -> list[str]:
    return [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments]


def web() -> Child:
    async def is_ready() -> bool:
        host = asterisk.from_here(settings.HTTP_HOST)
        try:
            _, writer = await asyncio.wait_for(
                asyncio.open_connection(host.strip("[]"), settings.HTTP_PORT), 2
            )
        except (OSError, TimeoutError):
            return False
        writer.close()
        return True

    return Child(
        "web", manage("serve"), env=_with_host(), is_ready=is_ready, ready_s=MODELS_S, stop_s=3
    )


def inference_socket() -> Path:
    return Path(settings.INFERENCE_SOCKET or settings.VAR_DIR / "inference.sock")


def _with_host() -> dict[str, str]:
    """Large models are loaded by the inference service, and not in this process."""
    return {"VOICEADMIN_INFERENCE_SOCKET": str(inference_socket())}


def inference() -> Child:
    async def is_ready() -> bool:
        try:
            async with asyncio.timeout(2):
                _, writer = await asyncio.open_unix_connection(inference_socket())
        except (OSError, TimeoutError):
            return False
        writer.close()
        return True

    argv = [sys.executable, "-m", "inference.host", str(inference_socket()), "1"]
    if settings.TRANSCRIBE_PORT or settings.TTS_PORT:
        argv = manage("serve_inference", "--private", "--drain", "1")
    return Child("inference", argv, env=_with_host(), is_ready=is_ready, stop_s=4)


def phone_line() -> Child:
    async def is_ready() -> bool:
        try:
            await asyncio.to_thread(asterisk.wait_booted, 1)
        except asterisk.AsteriskSilent:
            return False
        return True

    return Child("asterisk", asterisk.argv(), is_ready=is_ready, ready_s=60, stop_s=2)


def worker() -> Child:
    return Child("worker", manage("rqworker", "default"), env=_with_host(), stop_s=2.5)


def clock() -> Child:
    return Child("clock", manage("rqcron", "records.cron"), stop_s=1)


class Installation:
    """The running processes of one installation."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._supervisor = Supervisor(settings.VAR_DIR / "log", settings.BASE_DIR, tell)

    async def start(self) -> None:
        """Returns once a caller can be answered. Raises CannotStart and ChildFailed."""
        if store.is_embedded():
            await self._start(queue())
        elif why := await asyncio.to_thread(store.why_silent):
            raise CannotStart(
                f"The job queue that REDIS_URL names does not answer ({why}); start it, or unset"
                " REDIS_URL to use the one that comes with voiceadmin."
            )
        try:
            async with asyncio.TaskGroup() as group:  # in the order in which they end last
                for child in (worker(), clock(), inference(), web(), phone_line()):
                    group.create_task(self._start(child))
        except* ChildFailed as failures:
            raise failures.exceptions[0] from None

    async def _start(self, child: Child) -> None:
        began = time.monotonic()
        starting = asyncio.create_task(self._supervisor.start(child))
        try:
            while not starting.done():
                await asyncio.wait([starting], timeout=10)
                if not starting.done():
                    seconds = time.monotonic() - began
                    self._tell(f"{child.name} is still starting ({seconds:.0f} s)")
        finally:
            starting.cancel()
        await starting
        self._tell(f"{child.name} runs ({time.monotonic() - began:.1f} s)")

    async def stop(self) -> None:
        await self._supervisor.stop()
        settings.VALKEY_SOCKET.unlink(missing_ok=True)


async def run(login: Login, teller: Teller, *, once: bool) -> bool:
    """Start, call ourselves, tell how to go on, and stop when asked; whether all went well.

    Raises CannotStart and ChildFailed, with nothing left running.
    """
    stop_asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop_asked.set)  # a second one changes nothing
    installation = Installation(teller)
    showing = asyncio.create_task(_show(installation, teller))
    stopping = asyncio.create_task(stop_asked.wait())
    result: selfcall.SelfCallResult | None = None
    try:
        await asyncio.wait([showing, stopping], return_when=asyncio.FIRST_COMPLETED)
        if showing.done():
            result = showing.result()
            teller.plainly(f"\n{welcome(login, result.call_id)}\n")
            if not once:
                teller.plainly(f"{result.verdict()}\nCtrl-C stops everything.")
                await stopping
    finally:
        showing.cancel()
        stopping.cancel()
        await asyncio.gather(showing, stopping, return_exceptions=True)
        if login.password and result is None:
            teller.plainly(f"Login: {login}")  # it would never be shown again
        teller("stopping ...")
        await installation.stop()
        teller("stopped; nothing is left running")
    if once:
        teller.plainly(result.verdict() if result else "FAILED: stopped before the call was over")
    return not once or (result is not None and result.passed)


async def _show(installation: Installation, teller: Teller) -> selfcall.SelfCallResult:
    await installation.start()
    teller("ready; placing one call to ourselves\n")
    try:
        return await selfcall.place(tell=teller.plainly)
    except selfcall.SelfCallImpossible as impossible:
        return selfcall.SelfCallResult(problems=[f"no call could be placed: {impossible}"])


def welcome(login: Login, call_id: UUID | None) -> str:
    """Where everything is, for someone who has just started it."""
    lines = [
        ("Admin", settings.PUBLIC_URL + reverse("admin:index")),
        ("Login", str(login)),
        ("Phone", f"sip:{demo.NUMBER}@{sip_address()}   (account: {softphone_file()})"),
    ]
    if call_id:
        page = reverse("admin:records_call_change", args=[call_id])
        lines.append(("This call", settings.PUBLIC_URL + page))
    return "\n".join(f"{name:<11}{value}" for name, value in lines)
