"""Children are started, kept, and ended with all they started."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from voiceadmin import supervisor
from voiceadmin.supervisor import Child, ChildFailed, Supervisor, session_members

BUSY = "import time\nwhile True: time.sleep(60)\n"
DEAF = f"import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nopen('up', 'w')\n{BUSY}"
PARENT = (
    "import subprocess, sys\n"
    "deaf = 'import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)'\n"
    "subprocess.Popen([sys.executable, '-c', deaf], start_new_session=False)\n"
    f"open('up', 'w')\n{BUSY}"
)

pytestmark = pytest.mark.asyncio


class Told(list):
    def __call__(self, line: str) -> None:
        self.append(line)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def supervise(tmp_path, told):
    return Supervisor(tmp_path / "log", tmp_path, told)


def child(code: str, name: str = "web", **options) -> Child:
    return Child(name, [sys.executable, "-c", code], **options)


def appears(path: Path):
    async def is_ready() -> bool:
        return path.exists()

    return is_ready


async def until(condition, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.02)


def is_alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def pid_of(keeper_of: Supervisor, name: str) -> int:
    return keeper_of._keepers[name]._process.pid


async def test_a_child_that_ends_while_starting_is_named_with_its_last_words(supervise, tmp_path):
    dying = child(
        "import sys; sys.exit('no model at /nowhere')", is_ready=appears(tmp_path / "never")
    )
    with pytest.raises(ChildFailed, match="web ended with exit code 1") as caught:
        await supervise.start(dying)
    assert "no model at /nowhere" in str(caught.value)
    await supervise.stop()


async def test_a_child_that_is_never_ready_is_given_up(supervise, tmp_path):
    with pytest.raises(ChildFailed, match="not ready after 0 s"):
        await supervise.start(child(BUSY, is_ready=appears(tmp_path / "never"), ready_s=0.3))
    pid = pid_of(supervise, "web")
    await supervise.stop()
    assert not is_alive(pid)


async def test_a_child_that_dies_is_started_again_and_named(supervise, tmp_path, told):
    await supervise.start(child(f"open('up', 'w')\n{BUSY}", is_ready=appears(tmp_path / "up")))
    first = pid_of(supervise, "web")
    os.kill(first, signal.SIGKILL)
    await until(lambda: supervise.is_running("web") and pid_of(supervise, "web") != first)
    assert "web was ended by SIGKILL; starting it again in 0.5 s" in told[0]
    await supervise.stop()


async def test_a_child_that_keeps_dying_is_started_ever_later(supervise, told, monkeypatch):
    monkeypatch.setattr(supervisor, "FIRST_PAUSE_S", 0.01)
    await supervise.start(child("pass"))
    await until(lambda: len(told) >= 3)
    await supervise.stop()
    assert [line.partition(" in ")[2].split(";")[0] for line in told[:3]] == [
        "0.01 s",
        "0.02 s",
        "0.04 s",
    ]


async def test_what_a_child_started_is_ended_even_if_deaf(supervise, tmp_path):
    await supervise.start(child(PARENT, is_ready=appears(tmp_path / "up")))
    members = session_members(pid_of(supervise, "web"))
    assert len(members) == 2
    started = time.monotonic()
    await supervise.stop()
    assert time.monotonic() - started < 5
    assert not [pid for pid in members if is_alive(pid)]


async def test_a_deaf_child_is_killed_after_its_time(supervise, tmp_path):
    await supervise.start(child(DEAF, is_ready=appears(tmp_path / "up"), stop_s=0.2))
    pid = pid_of(supervise, "web")
    await supervise.stop()
    assert not is_alive(pid)


async def test_the_last_started_is_ended_first(supervise, tmp_path):
    note = textwrap.dedent("""
        import signal, sys, time
        def end(*_):
            open("end", "a").write("{0} ")
            sys.exit()
        signal.signal(signal.SIGTERM, end)
        open("{0}", "w")
        while True: time.sleep(60)
    """)
    for name in ("store", "web", "asterisk"):
        await supervise.start(child(note.format(name), name, is_ready=appears(tmp_path / name)))
    await supervise.stop()
    assert (tmp_path / "end").read_text().split() == ["asterisk", "web", "store"]


async def test_a_killed_supervisor_leaves_no_child(tmp_path):
    script = f"""
        import asyncio, sys
        from pathlib import Path
        from voiceadmin.supervisor import Child, Supervisor

        async def main():
            here = Path({str(tmp_path)!r})
            supervise = Supervisor(here, here, print)
            await supervise.start(Child("web", [sys.executable, "-c", {BUSY!r}]))
            (here / "pid").write_text(str(supervise._keepers["web"]._process.pid))
            await asyncio.sleep(60)

        asyncio.run(main())
    """
    root = Path(__file__).resolve().parents[2]
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], cwd=root)
    try:
        await until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
        pid = int((tmp_path / "pid").read_text())
        assert is_alive(pid)
    finally:
        process.kill()
        process.wait(10)
    await until(lambda: not is_alive(pid))


async def test_children_do_not_hear_ctrl_c(supervise, tmp_path):
    await supervise.start(child(f"open('up', 'w')\n{BUSY}", is_ready=appears(tmp_path / "up")))
    assert os.getsid(pid_of(supervise, "web")) != os.getsid(0)
    await supervise.stop()


async def test_a_long_log_is_put_aside(supervise, tmp_path, monkeypatch):
    monkeypatch.setattr(supervisor, "LOG_BYTES", 10)
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "web.log").write_text("a log of an earlier start\n")
    await supervise.start(child(f"print('now', flush=True)\n{BUSY}"))
    await supervise.stop()
    assert (tmp_path / "log" / "web.log.1").read_text() == "a log of an earlier start\n"
