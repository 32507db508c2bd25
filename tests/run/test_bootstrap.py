"""./run on machines that lack something: one clear sentence, the way out, and no harm.

A small copy of the repository with packages of its own, so that pip really runs and needs no
network.
"""

import base64
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# The machine's, as a person's ./run would find it: it mostly has a pip, our environment's never.
BASE_PYTHON = Path(sys.executable).resolve()
MANAGE = "import sys\nprint('manage.py', *sys.argv[1:])\n"
GET = """
import pathlib, sys
dest = pathlib.Path(sys.argv[1])
dest.mkdir(parents=True, exist_ok=True)
(dest / "asterisk-version").write_text("22.10.1")
print("Asterisk was fetched")
"""


@pytest.fixture
def checkout():
    """A folder as after `git clone`; its path has a space."""
    parent = Path(tempfile.mkdtemp(prefix="va run "))
    parent.chmod(0o755)
    folder = parent / "voice admin"
    (folder / "deploy").mkdir(parents=True)
    (folder / "asterisk").mkdir()
    shutil.copy(ROOT / "run", folder)
    shutil.copy(ROOT / "deploy" / "bootstrap.py", folder / "deploy")
    (folder / "manage.py").write_text(MANAGE)
    (folder / "asterisk" / "get").write_text(GET)
    (folder / "wheels").mkdir()
    wheel(folder / "wheels", "firstpart")
    wheel(folder / "wheels", "secondpart")
    (folder / "requirements.txt").write_text("firstpart\n")
    (folder / "requirements-test.txt").write_text("")
    (folder / "requirements-tts.txt").write_text("")
    (folder / "requirements-ray.txt").write_text("")
    yield folder
    shutil.rmtree(parent)


def wheel(folder: Path, name: str) -> None:
    """A package with one empty module, as pip likes it."""
    info = f"{name}-1.0.dist-info"
    files = {
        f"{name}.py": "",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest())
            record += f"{path},sha256={digest.rstrip(b'=').decode()},{len(text)}\n"
        archive.writestr(f"{info}/RECORD", f"{record}{info}/RECORD,,\n")


def environment(folder: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": (folder / "wheels").as_uri()}
    mine = {"PIP_CONFIG_FILE": os.devnull, "PYTHON": str(BASE_PYTHON), "HOME": str(folder)}
    return kept | mine | offline | more


def run(folder: Path, *arguments: str, user: int | None = None, **env: str):
    return subprocess.run(
        ["./run", *arguments],
        cwd=folder,
        env=environment(folder, **env),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        user=user,
    )


def has(folder: Path, module: str) -> bool:
    command = [folder / ".venv/bin/python", "-c", f"import {module}"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_a_first_run_sets_up_and_starts_and_a_second_one_only_starts(checkout):
    first = run(checkout)
    assert first.returncode == 0, first.stdout + first.stderr
    assert "Installing Python packages: done" in first.stdout
    assert "Asterisk was fetched" in first.stdout
    assert first.stdout.endswith("manage.py up\n")
    assert has(checkout, "firstpart")
    second = run(checkout, "--once")
    assert second.stdout == "manage.py up --once\n"


def test_a_changed_requirement_is_installed_and_nothing_else_is_asked(checkout):
    run(checkout, "setup")
    (checkout / "requirements.txt").write_text("firstpart\nsecondpart\n")
    again = run(checkout, "manage", "migrate", "--plan")
    assert "Installing Python packages: done" in again.stdout
    assert again.stdout.endswith("manage.py migrate --plan\n")
    assert has(checkout, "secondpart")


def test_a_set_up_that_was_cut_off_is_made_anew(checkout):
    run(checkout, "setup")
    (checkout / ".venv" / "installing").touch()  # as a kill in the middle leaves it
    leftover = checkout / ".venv" / "half-written"
    leftover.touch()
    assert run(checkout, "setup").returncode == 0
    assert not leftover.exists()
    assert has(checkout, "firstpart")


def test_a_pip_that_outlives_a_killed_run_is_waited_for(checkout):
    silent = socket.create_server(("127.0.0.1", 0))  # an index that takes the call and is mute
    index = f"http://127.0.0.1:{silent.getsockname()[1]}/simple"
    env = environment(checkout, PIP_INDEX_URL=index, PIP_DEFAULT_TIMEOUT="30")
    del env["PIP_NO_INDEX"], env["PIP_FIND_LINKS"]
    killed = subprocess.Popen(["./run", "setup"], cwd=checkout, env=env, start_new_session=True)
    waiting = None
    try:
        silent.settimeout(60)
        silent.accept()  # pip asks
        killed.kill()
        killed.wait(10)
        waiting = subprocess.Popen(
            ["./run", "setup"],
            cwd=checkout,
            env=environment(checkout),
            stdout=subprocess.PIPE,
            text=True,
        )
        assert "Another ./run is setting up" in waiting.stdout.readline()
        os.killpg(killed.pid, signal.SIGKILL)
        waiting.communicate(timeout=60)
        assert waiting.returncode == 0
        assert has(checkout, "firstpart")
    finally:
        silent.close()
        for process in filter(None, (waiting,)):
            process.kill()
            process.wait(10)


def test_ctrl_c_leaves_no_lock(checkout):
    silent = socket.create_server(("127.0.0.1", 0))
    index = f"http://127.0.0.1:{silent.getsockname()[1]}/simple"
    env = environment(checkout, PIP_INDEX_URL=index, PIP_DEFAULT_TIMEOUT="30")
    del env["PIP_NO_INDEX"], env["PIP_FIND_LINKS"]
    interrupted = subprocess.Popen(
        ["./run"],
        cwd=checkout,
        env=env,
        start_new_session=True,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    silent.settimeout(60)
    silent.accept()
    os.killpg(interrupted.pid, signal.SIGINT)  # as the terminal does
    _, told = interrupted.communicate(timeout=30)
    silent.close()
    assert interrupted.returncode != 0
    assert told.strip() == "Interrupted; run ./run again to go on."
    started = time.monotonic()
    assert run(checkout, "setup").returncode == 0
    assert time.monotonic() - started < 60


@pytest.mark.parametrize("retries", ["0", "1"])
def test_no_network_is_said_in_one_sentence(checkout, retries):
    closed = socket.create_server(("127.0.0.1", 0))
    port = closed.getsockname()[1]
    closed.close()
    env = {"PIP_NO_INDEX": "0", "PIP_FIND_LINKS": "", "PIP_RETRIES": retries}
    failed = run(checkout, PIP_INDEX_URL=f"http://127.0.0.1:{port}/simple", **env)
    assert failed.returncode == 1
    assert failed.stderr.startswith("The Python package index cannot be reached; check the network")
    assert failed.stderr.count("\n") == 1
    assert "manage.py" not in failed.stdout


def test_a_package_that_would_need_a_compiler_is_said_in_one_sentence(checkout):
    source = checkout / "needscompiler"
    source.mkdir()
    (source / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "maker"\nbackend-path = ["."]\n'
        '[project]\nname = "needscompiler"\nversion = "1"\n'
    )
    (source / "maker.py").write_text(
        "def build_wheel(*_, **__):\n    raise SystemExit(\"error: command 'gcc' failed\")\n"
    )
    (checkout / "requirements.txt").write_text("./needscompiler\n")
    failed = run(checkout)
    assert failed.returncode == 1
    assert "no ready-made build for this machine" in failed.stderr
    assert failed.stderr.count("\n") == 1


def test_a_folder_of_somebody_else_is_said_in_one_sentence(checkout):
    if os.getuid() == 0:
        failed = run(checkout, user=65534, PYTHON="/usr/bin/python3")
    else:
        checkout.chmod(0o555)
        failed = run(checkout)
        checkout.chmod(0o755)
    assert failed.returncode == 1
    assert "cannot be written" in failed.stderr
    assert "copy the folder to a place of your own" in failed.stderr
    assert "Traceback" not in failed.stderr


def test_an_old_python_is_told_what_is_needed(checkout, tmp_path):
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.18" && exit 0\nexit 1\n')
    old.chmod(0o755)
    failed = run(checkout, PYTHON=str(old))
    assert failed.returncode == 1
    assert failed.stderr.startswith("voiceadmin needs Python 3.11 or newer; here is Python 3.9.18")
    assert failed.stderr.count("\n") == 1


def test_a_python_without_pip_brings_its_own(checkout, tmp_path):
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bare)], check=True)
    python = str(bare / "bin" / "python")
    brings_pip = subprocess.run([python, "-c", "import ensurepip"], check=False).returncode == 0
    done = run(checkout, "setup", PYTHON=python)
    if brings_pip:
        assert done.returncode == 0, done.stderr
        assert has(checkout, "firstpart")
    else:
        assert "apt install python3-pip" in done.stderr


def test_something_else_named_venv_is_left_alone(checkout):
    (checkout / ".venv").mkdir()
    (checkout / ".venv" / "mine").touch()
    failed = run(checkout, "setup")
    assert failed.returncode == 1
    assert "not a virtual environment; move it away" in failed.stderr
    assert (checkout / ".venv" / "mine").exists()


def test_an_unknown_command_names_help(checkout):
    failed = run(checkout, "stat")
    assert failed.returncode == 1
    assert "--help" in failed.stderr
    assert "./run --once" in run(checkout, "--help").stdout
