"""Human speech from the prompts that come with Asterisk, whose words are published with them.

A recogniser is not to be judged by a synthetic voice. The prompts are G.722, 16 kHz.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np

from inference.engines.base import SAMPLE_HZ
from telephony import asterisk
from telephony.phone_codecs import CLOCK_PER_PACKET, G722

PAUSE_MS = 60  # between prompts put together to a sentence


class NoHumanVoice(Exception):
    """The prompts are not on this machine."""


def speak(*prompts: str, pause_ms: int = PAUSE_MS) -> bytes:
    """The prompts one after another, as 16 kHz mono. Blocking; raises NoHumanVoice."""
    pause = bytes(SAMPLE_HZ * pause_ms // 1000 * 2)
    return pause.join(_prompt(name) for name in prompts)


@cache
def _prompt(name: str) -> bytes:
    return decode(_folder().joinpath(f"{name}.g722"))


def decode(path: Path) -> bytes:
    """A file of G.722 as 16 kHz mono. Raises NoHumanVoice."""
    try:
        payload = path.read_bytes()
    except OSError as error:
        raise NoHumanVoice(
            f"no prompt {path.name} with Asterisk; install asterisk-core-sounds-en-g722"
        ) from error
    codec = G722()
    step = CLOCK_PER_PACKET
    frames = [codec.decode(payload[at : at + step]) for at in range(0, len(payload), step)]
    return np.concatenate(frames).astype("<i2").tobytes() if frames else b""


def _folder() -> Path:
    try:
        return asterisk.find().data_dir / "sounds" / "en"
    except asterisk.AsteriskUnusable as error:
        raise NoHumanVoice(str(error)) from error


def has(prompts: Sequence[str]) -> bool:
    try:
        return bool(speak(*prompts))
    except NoHumanVoice:
        return False
