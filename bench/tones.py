"""Which request an answer answers, told from its sound.

Every request has a code, and the answer to it a word of that code; the voice says the word as
a tone. So whoever hears 20 ms of an answer knows which text it answers. A tone of whole
cycles a frame stays the same however the frames are cut.
"""

import re
import zlib
from functools import cache, lru_cache

import numpy as np

from inference.engines.base import FRAME_MS, SAMPLE_HZ

STEP_HZ = 2 * 1000 // FRAME_MS
LOW_HZ, HIGH_HZ = 400, 4_200  # the lowest of each tone
TONES = 36  # as many of each
CODES = TONES**2
LINE_HZ = 250  # the agent's own lines: greeting, filler, "are you still there?"
LINE = -1  # their code
LOUD = 5_000
FAINT = 500  # a frame without a louder sample is silence
SYLLABLES = (
    "ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe",
    "qui", "ro", "su", "ta", "ve", "wi", "xo", "zu", "bra", "cle", "dri", "flo",
    "gru", "pla", "que", "kri", "slo", "tru", "sna", "pre", "smi", "sto", "blu", "gla",
)  # fmt: skip

_SYLLABLE = "|".join(sorted(SYLLABLES, key=len, reverse=True))
_WORD = re.compile(rf"\bvox({_SYLLABLE})({_SYLLABLE})\b")
_EMPTY = frozenset(("um", "uh", "er", "erm", "please", "thanks"))  # change no request


def code_of(request: str) -> int:
    words = [word for word in re.findall(r"\w+", request.lower()) if word not in _EMPTY]
    return zlib.crc32(" ".join(words).encode()) % CODES


def word_of(code: int) -> str:
    """A word that nothing between model and voice takes for another."""
    low, high = divmod(code, TONES)
    return f"vox{SYLLABLES[low]}{SYLLABLES[high]}"


def code_in(text: str) -> int:
    """The code whose word a sentence holds; LINE when it holds none."""
    found = _WORD.search(text.lower())
    if found is None:
        return LINE
    low, high = (SYLLABLES.index(syllable) for syllable in found.groups())
    return low * TONES + high


@cache
def tone(code: int, ms: int) -> bytes:
    times = np.arange(SAMPLE_HZ * ms // 1000) / SAMPLE_HZ
    waves = sum(np.sin(2 * np.pi * hz * times) for hz in _tones_hz(code))
    return (LOUD * waves).astype("<i2").tobytes()


def _tones_hz(code: int) -> tuple[int, ...]:
    if code == LINE:
        return (LINE_HZ,)
    low, high = divmod(code, TONES)
    return LOW_HZ + low * STEP_HZ, HIGH_HZ + high * STEP_HZ


@lru_cache(maxsize=4096)
def code_heard(frame: bytes) -> int | None:
    """The code of a frame of the agent's audio; None of silence."""
    samples = np.frombuffer(frame, dtype="<i2").astype(float)
    if np.abs(samples).max(initial=0) < FAINT:
        return None
    levels = np.abs(np.fft.rfft(samples))
    bin_hz = SAMPLE_HZ / len(samples)
    middle = int((HIGH_HZ - STEP_HZ) / bin_hz)
    low_hz = int(levels[:middle].argmax()) * bin_hz
    high_hz = (middle + int(levels[middle:].argmax())) * bin_hz
    if low_hz < LOW_HZ - STEP_HZ / 2:
        return LINE
    low, high = round((low_hz - LOW_HZ) / STEP_HZ), round((high_hz - HIGH_HZ) / STEP_HZ)
    return low * TONES + high
