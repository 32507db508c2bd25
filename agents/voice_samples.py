"""Whether an uploaded recording can serve as a voice to clone."""

import wave
from typing import IO

SHORTEST_S = 3
LONGEST_S = 60
LARGEST_BYTES = 20 * 1024 * 1024  # a minute of 48 kHz stereo at 24 bit is 17 MB


class UnusableSample(Exception):
    """The text says what is wrong and what to upload instead."""


def check(file: IO[bytes], size_bytes: int) -> None:
    """Raises UnusableSample. Reads the header alone."""
    if size_bytes > LARGEST_BYTES:
        raise UnusableSample(
            f"This file is larger than {LARGEST_BYTES // 1024 // 1024} MB. "
            f"Cut it to {LONGEST_S} seconds or less."
        )
    try:
        with wave.open(file, "rb") as sample:
            seconds = sample.getnframes() / sample.getframerate()
            bits = sample.getsampwidth() * 8
            claimed_bytes = sample.getnframes() * sample.getnchannels() * sample.getsampwidth()
    except (wave.Error, EOFError, RuntimeError, ZeroDivisionError) as error:
        raise UnusableSample(
            "This is not a WAV file that can be read. Save the recording as WAV, PCM 16 bit."
        ) from error
    if claimed_bytes > size_bytes:
        raise UnusableSample("This file ends too early: it was cut off. Upload it again.")
    if bits not in (16, 24, 32):
        raise UnusableSample("This WAV is not 16 bit. Save the recording as WAV, PCM 16 bit.")
    if seconds < SHORTEST_S:
        raise UnusableSample(
            f"This recording is {seconds:.1f} seconds long. "
            f"Use {SHORTEST_S} to {LONGEST_S} seconds of one person speaking."
        )
    if seconds > LONGEST_S:
        raise UnusableSample(
            f"This recording is {seconds:.0f} seconds long. Cut it to {LONGEST_S} or less."
        )
