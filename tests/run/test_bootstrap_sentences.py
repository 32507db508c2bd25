"""What pip's output and the disk are turned into."""

import errno
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from deploy import bootstrap


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("ERROR: ... OSError: [Errno 28] No space left on device", "The disk is full"),
        ("WARNING: ... NewConnectionError('<...>: [Errno 111]", "index cannot be reached"),
        ("Temporary failure in name resolution\nERROR: No matching", "index cannot be reached"),
        ("error: command '/usr/bin/x86_64-linux-gnu-gcc' failed", "no ready-made build"),
        ("  error: command 'gcc' failed: No such file or directory", "no ready-made build"),
        ("ERROR: Package 'x' requires a different Python", "requires a different Python"),
    ],
)
def test_pip_failures_become_one_sentence(tmp_path, said, told):
    path = tmp_path / "setup.log"
    path.write_text(said)
    with path.open("a+") as log:
        sentence = bootstrap.why_pip_failed(log)
    assert told in sentence
    assert "var/log/setup.log" in sentence


def test_a_disk_too_small_is_told_before_anything_is_written(monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=100_000_000))
    with pytest.raises(bootstrap.Failed, match="100 MB free and the set-up needs 1500 MB"):
        bootstrap.check_space(["requirements.txt"])


def test_a_disk_that_fills_while_probing_is_told_as_full(monkeypatch):
    def full(self):
        raise OSError(errno.ENOSPC, "No space left on device", str(self))

    monkeypatch.setattr(Path, "touch", full)
    with pytest.raises(OSError, match="No space left"):
        bootstrap.check_folder()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("Collecting Django==5.2.19 (from -r requirements.txt (line 2))\n", "finding Django"),
        ("Collecting six\n", "finding six"),
        (
            "  Downloading av-18.1.0-cp311-manylinux.whl (35.8 MB)\n",
            "downloading av (35.8 MB)",
        ),
        ("Installing collected packages: a, b, c\n", "unpacking 3 packages"),
        ("Requirement already satisfied: x\n", ""),
    ],
)
def test_pip_is_followed_in_words(line, told):
    assert bootstrap.progress_in(line) == told
