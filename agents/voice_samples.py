"""An uploaded recording of a voice becomes a sample that the engines can imitate.

The work is done by agents.sample_reading, in a process of its own with little memory, little
time and no files to write: what comes from outside must not be able to hurt the calls.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from agents.sample_reading import UnusableSample

LARGEST_BYTES = 25 * 1024 * 1024  # a minute and a half of 48 kHz stereo at 24 bit
DEADLINE_S = 40.0
ROOT = Path(__file__).resolve().parents[1]
PROGRAM = (sys.executable, "-m", "agents.sample_reading")

__all__ = ["LARGEST_BYTES", "UnusableSample", "convert", "too_large"]


def too_large() -> str:
    return (
        f"This file is larger than {LARGEST_BYTES // 1024 // 1024} MB. "
        "Cut it to a minute or less, or save it as MP3 or M4A."
    )


def convert(content: bytes) -> bytes:
    """Blocking. The sample as a WAV, without anything else the file held. Raises UnusableSample."""
    if len(content) > LARGEST_BYTES:
        raise UnusableSample(too_large())
    try:
        done = subprocess.run(  # noqa: S603 (this program, without a shell)
            PROGRAM,
            input=content,
            capture_output=True,
            timeout=DEADLINE_S,
            cwd=ROOT,
            env={"PATH": os.environ.get("PATH", ""), "OPENBLAS_NUM_THREADS": "1"},
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UnusableSample(
            "This file took too long to read. Save the recording as WAV, or try again when "
            "fewer calls are on the line."
        ) from error
    head, _, wav = done.stdout.partition(b"\n")
    if done.returncode != 0 or not head:  # a decoder fell over: this file's doing
        raise UnusableSample(
            "This file could not be read. Save the recording as WAV or MP3, and upload that."
        )
    if told := json.loads(head)["told"]:
        raise UnusableSample(told)
    return wav
