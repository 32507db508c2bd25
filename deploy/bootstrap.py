"""What ./run does before anything is installed: the standard library only.

Makes the virtual environment, fills it when a requirements file changed, gets Asterisk, and
hands over to manage.py inside it. Every failure is one sentence with the way out.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator

HELP = """\
usage: ./run [COMMAND]

  ./run               set up what is missing, start everything, place one call to itself
  ./run --once        the same, then stop; exit status 0 only if that call went well
  ./run setup         only set up; with --tts also Coqui XTTS and VITS, with --ray also Ray
                      Serve (both large)
  ./run call ...      another call to a running voiceadmin (./run call --help)
  ./run manage ...    a Django command, e.g. ./run manage changepassword admin
  ./run check         what the tools and the installation say
  ./run test ...      the checks, then all tests; what follows is given to pytest
  ./run bench ...     measurements, into bench/results/

Settings come from the environment: docs/settings.md.
"""

BASE_DIR = Path(__file__).resolve().parent.parent
VENV = BASE_DIR / ".venv"
PYTHON = VENV / "bin" / "python"
SHOWN_LOG = "var/log/setup.log"
LOG = BASE_DIR / SHOWN_LOG
OLDEST_PYTHON = (3, 11)
OLDEST_ASTERISK = (22, 8)
OLDEST_PIP = (22, 3)  # the first with --python

RUN = ("requirements.txt",)
TTS = "requirements-tts.txt"
RAY = "requirements-ray.txt"
TEST = ("requirements.txt", "requirements-test.txt", TTS, RAY)
# what pip downloads and unpacks, generously; only asked for where it is not installed yet
NEEDED_MB = {"requirements.txt": 1500, "requirements-test.txt": 300, TTS: 4000, RAY: 600}

NO_NETWORK = re.compile(
    r"NewConnectionError|NameResolutionError|Temporary failure in name resolution|ProxyError"
    r"|Network is unreachable|Connection refused|ConnectTimeout|ReadTimeout|Read timed out"
    r"|SSLError|Failed to establish a new connection|Connection aborted|Could not fetch URL"
    r"|\(from versions: none\)"  # with PIP_RETRIES=0 pip says no more than that
)
NO_WHEEL = re.compile(
    r"(?:error: command '[^']*(?:gcc|cc|c\+\+|clang|cmake)'|metadata-generation-failed"
    r"|Failed building wheel|failed-wheel-build|Failed to build)"
)


class Failed(Exception):
    """One sentence for the person at the terminal: what is wrong and the way out."""


def main(arguments: list[str]) -> int:
    # some images set it, and then each of our processes compiles Django, torch ... anew
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    command, rest = (arguments[0], arguments[1:]) if arguments else ("up", [])
    if command in ("-h", "--help", "help"):
        print(HELP, end="")
        return 0
    if command in ("--once", "up"):
        set_up(RUN)
        return manage("up", *(["--once"] if command == "--once" else []), *rest)
    if command == "setup":
        chosen = [file for flag, file in (("--tts", TTS), ("--ray", RAY)) if flag in rest]
        set_up((*RUN, *chosen))
        return run_to_end([str(PYTHON), "manage.py", "migrate", "--verbosity", "0"])
    if command in ("manage", "call"):
        set_up(RUN, quiet=True)
        return manage(*(["call"] if command == "call" else []), *rest)
    if command == "bench":
        set_up(TEST)
        return replace_by([str(PYTHON), "-m", "bench", *rest])
    if command == "check":
        set_up(TEST)
        return check()
    if command == "test":
        set_up(TEST)
        return check() or test(rest)
    raise Failed(f"./run knows no {command!r}; ./run --help lists what it knows.")


def manage(*arguments: str) -> int:
    return replace_by([str(PYTHON), "manage.py", *arguments])


def replace_by(command: list[str]) -> int:
    """Become `command`, so that Ctrl-C and signals reach it and nothing else."""
    sys.stdout.flush()
    os.execv(command[0], command)


# --- setting up ---------------------------------------------------------------------------


def set_up(files: tuple[str, ...], *, quiet: bool = False) -> None:
    """Make the environment hold `files`, and Asterisk be there. Quick when nothing is missing."""
    check_folder()
    with only_one() as log:
        make_environment(log)
        install(files, log)
        if not quiet:
            get_asterisk(log)


def check_folder() -> None:
    probe = BASE_DIR / f".writable-{os.getpid()}"
    try:
        probe.touch()
        probe.unlink()
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise
        raise Failed(
            f"{error.filename or BASE_DIR} cannot be written ({error.strerror}). Run ./run as the"
            " owner of this folder, or copy the folder to a place of your own."
        ) from None


@contextlib.contextmanager
def only_one() -> Iterator[TextIO]:
    """The set-up log, locked. Whatever writes .venv holds it too, so a pip that outlived a
    killed ./run is waited for."""
    LOG.parent.mkdir(parents=True, exist_ok=True)
    with LOG.open("a+") as log:
        try:
            fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another ./run is setting up; waiting for it ...", flush=True)
            fcntl.flock(log, fcntl.LOCK_EX)
        log.truncate(0)
        yield log


def make_environment(log: TextIO) -> None:
    """A .venv that works with this Python, made anew where an installation was cut off."""
    wanted = ".".join(map(str, sys.version_info[:2]))
    if is_whole(wanted):
        return
    if VENV.exists():
        if not (VENV / "pyvenv.cfg").exists() and any(VENV.iterdir()):
            raise Failed(f"{VENV} is not a virtual environment; move it away and run ./run again.")
        shutil.rmtree(VENV)
    with Stage("Making the virtual environment"):
        command = [sys.executable, "-m", "venv", "--without-pip", str(VENV)]
        if run_logged(command, log):
            raise Failed(
                "Python cannot make a virtual environment here; see"
                f" {SHOWN_LOG}. On Debian or Ubuntu: apt install python3-venv"
            )


def is_whole(wanted: str) -> bool:
    if not PYTHON.exists() or (VENV / "installing").exists():
        return False
    # asked of the file tree: starting an interpreter to learn its version costs more
    return (VENV / "lib" / f"python{wanted}" / "site-packages").is_dir()


def install(files: tuple[str, ...], log: TextIO) -> None:
    stamp = VENV / "installed.json"
    installed: dict[str, str] = {}
    with contextlib.suppress(FileNotFoundError, ValueError):
        installed = json.loads(stamp.read_text())
    # files installed earlier stay in the set, so that one change cannot break the other
    every = [name for name in TEST if name in files or name in installed]
    wanted = {name: digest(BASE_DIR / name) for name in every}
    if wanted == installed:
        return
    check_space([name for name in every if name not in installed])
    requirements = [argument for name in every for argument in ("--requirement", name)]
    mark = VENV / "installing"
    mark.touch()
    with Stage("Installing Python packages") as stage:
        pip(["install", "--no-input", "--no-compile", "--prefer-binary", *requirements], log, stage)
    mark.unlink()
    stamp.write_text(json.dumps(wanted, indent=1))


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def check_space(names: list[str]) -> None:
    needed_mb = sum(NEEDED_MB[name] for name in names)
    free_mb = shutil.disk_usage(BASE_DIR).free // 1_000_000
    if free_mb < needed_mb:
        raise Failed(
            f"The disk of {BASE_DIR} has {free_mb} MB free and the set-up needs {needed_mb} MB;"
            " free some space and run ./run again."
        )


def pip(arguments: list[str], log: TextIO, stage: Stage) -> None:
    environment = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_RETRIES": "2"} | os.environ
    with subprocess.Popen(
        [*pip_command(log), *arguments],
        cwd=BASE_DIR,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        pass_fds=[log.fileno()],  # the lock
    ) as process:
        assert process.stdout
        for line in process.stdout:
            log.write(line)
            log.flush()
            stage.show(progress_in(line))
    if process.returncode:
        raise Failed(why_pip_failed(log))


def pip_command(log: TextIO) -> list[str]:
    """A pip that fills .venv: the machine's own, or the one that comes with Python."""
    probe = subprocess.run(
        [sys.executable, "-m", "pip", "--version"], capture_output=True, text=True, check=False
    )
    found = re.match(r"pip (\d+)\.(\d+)", probe.stdout)
    if found and (int(found[1]), int(found[2])) >= OLDEST_PIP:
        return [sys.executable, "-m", "pip", "--python", str(PYTHON)]
    if run_logged([str(PYTHON), "-m", "ensurepip"], log) == 0:
        return [str(PYTHON), "-m", "pip"]
    raise Failed(
        "This Python has no pip (22.3 or newer), which installs what voiceadmin needs."
        " On Debian or Ubuntu, as root: apt install python3-pip"
    )


def progress_in(line: str) -> str:
    """What a line of pip's output says to someone who waits, or nothing."""
    if found := re.match(r"Collecting (\S+?)[=<>~!;\[ \n]", line + " "):
        return f"finding {found[1]}"
    if found := re.match(r"\s+Downloading (\S+?)-\d\S* \(([\d.]+ [kMG]B)\)", line):
        return f"downloading {found[1]} ({found[2]})"
    if line.startswith("Installing collected packages:"):
        return f"unpacking {line.count(',') + 1} packages"
    return ""


def why_pip_failed(log: TextIO) -> str:
    log.seek(0)
    said = log.read()
    where = f"The whole story is in {SHOWN_LOG}."
    if "No space left on device" in said:
        return f"The disk is full; free some space and run ./run again. {where}"
    if NO_NETWORK.search(said):
        return (
            "The Python package index cannot be reached; check the network (behind a proxy set"
            f" https_proxy, for a mirror PIP_INDEX_URL) and run ./run again. {where}"
        )
    if NO_WHEEL.search(said):
        return (
            "A package has no ready-made build for this machine and this Python, and cannot be"
            " compiled here; use Python 3.11 to 3.13 on x86-64 or arm64 (PYTHON=/path ./run)."
            f" {where}"
        )
    errors = [line for line in said.splitlines() if line.startswith("ERROR:")]
    return f"pip failed ({errors[-1][7:] if errors else 'no reason given'}). {where}"


def get_asterisk(log: TextIO) -> None:
    version = installed_asterisk()
    if version >= OLDEST_ASTERISK:
        return
    dest = Path(os.environ.get("VOICEADMIN_ASTERISK_DIST") or BASE_DIR / "var" / "asterisk-dist")
    command = [sys.executable, "asterisk/get", str(dest.absolute())]
    if (dest / "asterisk-version").exists():
        if run_logged(command, log):
            raise Failed(last_line(log))
        return
    if version:
        print(f"Asterisk {'.'.join(map(str, version))} is installed here, older than 22.8.")
    if run_to_end(command):
        raise Failed("Asterisk could not be had, for the reason above.")


def installed_asterisk() -> tuple[int, ...]:
    path = shutil.which("asterisk", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if not path:
        return ()
    try:
        said = subprocess.run([path, "-V"], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    found = re.search(r"Asterisk (?:certified/)?(\d+)\.(\d+)", said.stdout)
    return (int(found[1]), int(found[2])) if found else ()


# --- checks and tests ---------------------------------------------------------------------

CHECKS = {
    "ruff": ["-m", "ruff", "check", "--quiet"],
    "ruff format": ["-m", "ruff", "format", "--check", "--quiet"],
    "mypy": ["-m", "mypy", "--no-error-summary"],
    "imports": ["-c", "from importlinter.cli import lint_imports_command as c; c(['--no-logo'])"],
    "migrations": ["manage.py", "makemigrations", "--check", "--dry-run", "--verbosity", "0"],
    "settings and installation": ["manage.py", "check", "--deploy", "--fail-level", "WARNING"],
}


def check() -> int:
    """Each tool once, all of them even after a failure."""
    failed = 0
    for name, arguments in CHECKS.items():
        with Stage(f"Checking: {name}") as stage:
            done = subprocess.run(
                [str(PYTHON), *arguments], cwd=BASE_DIR, capture_output=True, text=True, check=False
            )
            if done.returncode:
                failed += 1
                stage.failed(done.stdout + done.stderr)
    return 1 if failed else 0


# Tests that measure time or whose calls are heard in real time: these have the machine alone.
ALONE = (
    "tests/bench/test_conversation.py",
    "tests/e2e/test_calls.py",
    "tests/e2e/test_interruptions.py",
    "tests/e2e/test_overflow.py",
    "tests/e2e/test_pool.py",
    "tests/e2e/test_ray.py",
    "tests/run/test_up.py",
)
MOST_WORKERS = 4  # each may load torch
INTERRUPTED = 2  # of pytest: by Ctrl-C, or by a file that cannot be read


def test(arguments: list[str]) -> int:
    """The tests named; without any all of them, most side by side, then those of ALONE."""
    if arguments:
        return pytest(arguments)
    workers = min(MOST_WORKERS, len(os.sched_getaffinity(0)))
    side_by_side = [f"--numprocesses={workers}", "--dist=loadfile"]
    first = pytest([*side_by_side, *(f"--ignore={path}" for path in ALONE)])
    if first == INTERRUPTED:
        return first
    return pytest([*ALONE]) or first


def pytest(arguments: list[str]) -> int:
    started = time.monotonic()
    code = run_to_end([str(PYTHON), "-m", "pytest", "--durations=8", *arguments])
    print(f"Tests: {time.monotonic() - started:.0f} s", flush=True)
    return code


# --- telling ------------------------------------------------------------------------------


class Stage:
    """One named piece of work and its seconds; on a terminal with what it is at."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_terminal = sys.stdout.isatty()
        self.problem: str | None = None

    def __enter__(self) -> Stage:  # noqa: PYI034  typing.Self is newer than what must be told it is too old
        self.started = time.monotonic()
        if self.is_terminal:
            self.show("...")
        else:
            print(f"{self.name} ...", flush=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        outcome = "failed" if kind or self.problem is not None else "done"
        start = "\r\033[K" if self.is_terminal else ""
        print(f"{start}{self.name}: {outcome}, {self.seconds():.1f} s", flush=True)
        if self.problem:
            print(self.problem.rstrip(), flush=True)

    def show(self, what: str) -> None:
        if what and self.is_terminal:
            width = shutil.get_terminal_size().columns - 1
            line = f"{self.name}, {self.seconds():.0f} s: {what}"
            print(f"\r\033[K{line[:width]}", end="", flush=True)

    def failed(self, output: str) -> None:
        self.problem = output

    def seconds(self) -> float:
        return time.monotonic() - self.started


def run_logged(command: list[str], log: TextIO) -> int:
    log.write(f"$ {' '.join(command)}\n")
    log.flush()
    return subprocess.run(
        command, cwd=BASE_DIR, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False
    ).returncode


def run_to_end(command: list[str]) -> int:
    """Run `command` on our terminal. It hears Ctrl-C itself, so we wait for its answer."""
    sys.stdout.flush()
    with subprocess.Popen(command, cwd=BASE_DIR) as process:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue


def last_line(log: TextIO) -> str:
    log.seek(0)
    return (log.read().strip().splitlines() or ["no reason given"])[-1]


if __name__ == "__main__":
    if sys.version_info < OLDEST_PYTHON:
        sys.exit(f"voiceadmin needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
    os.chdir(BASE_DIR)
    try:
        sys.exit(main(sys.argv[1:]))
    except Failed as failed:
        sys.exit(str(failed))
    except KeyboardInterrupt:
        sys.exit("\nInterrupted; run ./run again to go on.")
    except OSError as error:
        if error.errno == errno.ENOSPC:
            sys.exit("The disk is full; free some space and run ./run again.")
        sys.exit(f"{error.filename or 'the system'}: {error.strerror}.")
