"""libespeak-ng, the one of this process.

The library keeps its voice and settings in globals, so every use holds one lock, and never
for longer than espeak computes: a thousandth of the time the audio plays.
"""

import ctypes
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from inference.engines.base import EngineFailed, EngineUnavailable

LOCK_SECONDS = 5.0
PIECE_MS = 40  # audio given to the callback at a time

# speak_lib.h
_SYNCHRONOUS = 2
_DONT_EXIT = 0x8000
_CHARS_UTF8 = 1
_POSITION_CHARACTER = 1
_RATE, _PITCH = 1, 3
_NORMAL_WORDS_PER_MINUTE = 175
_IPA = 2  # the second bit of a phoneme mode
_SEPARATED_BY_UNDERSCORE = ord("_") << 8

_SynthCallback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


def missing() -> str:
    if find_spec("espeakng_loader") is None:
        return "espeakng-loader is not installed here; run ./run setup"
    return ""


@lru_cache(maxsize=1)
def library() -> "Library":
    """Raises EngineUnavailable."""
    if problem := missing():
        raise EngineUnavailable(problem)
    return Library()


class Library:
    def __init__(self) -> None:
        import espeakng_loader

        data = Path(espeakng_loader.get_data_path())
        try:
            self._c = ctypes.CDLL(espeakng_loader.get_library_path())
        except OSError as error:
            raise EngineUnavailable(f"libespeak-ng does not load: {error}") from error
        self._c.espeak_TextToPhonemes.restype = ctypes.c_char_p
        self._lock = threading.Lock()
        self._voice = ""
        self.hz: int = self._c.espeak_Initialize(
            _SYNCHRONOUS, PIECE_MS, str(data.parent).encode(), _DONT_EXIT
        )
        if self.hz <= 0:
            raise EngineUnavailable(f"espeak-ng does not start with its data in {data}")

    def speak(
        self, text: str, voice: str, *, speed: float, pitch: int, hear: Callable[[bytes], bool]
    ) -> None:
        """Blocking. Hands audio to `hear` as it is made, until that says False.

        `voice` is a language with or without a variant, "en-us+f3". Raises EngineFailed.
        """

        def callback(wav: Any, count: int, _events: int | None) -> int:
            return 0 if not wav or hear(ctypes.string_at(wav, count * 2)) else 1

        kept_alive = _SynthCallback(callback)
        spoken = text.replace("\0", " ").encode() + b"\0"
        with self._held(voice):
            words_per_minute = round(_NORMAL_WORDS_PER_MINUTE * min(max(speed, 0.5), 2.5))
            self._c.espeak_SetParameter(_RATE, words_per_minute, 0)
            self._c.espeak_SetParameter(_PITCH, min(max(pitch, 0), 99), 0)
            self._c.espeak_SetSynthCallback(kept_alive)
            failure = self._c.espeak_Synth(
                spoken, len(spoken), 0, _POSITION_CHARACTER, 0, _CHARS_UTF8, None, None
            )
        if failure:
            raise EngineFailed(f"espeak-ng refused a text, error {failure}")

    def phonemes(self, word: str, voice: str) -> list[str]:
        """How a word sounds: IPA sounds, stress marks included. Raises EngineFailed."""
        text = ctypes.c_char_p(word.replace("\0", " ").encode())
        with self._held(voice):
            written: bytes = self._c.espeak_TextToPhonemes(
                ctypes.byref(text), _CHARS_UTF8, _IPA | _SEPARATED_BY_UNDERSCORE
            )
        return [sound for sound in written.decode().replace(" ", "_").split("_") if sound]

    @contextmanager
    def _held(self, voice: str) -> Iterator[None]:
        if not self._lock.acquire(timeout=LOCK_SECONDS):
            raise EngineFailed(f"espeak-ng was busy for {LOCK_SECONDS:.0f} s")
        try:
            if voice != self._voice:
                self._voice = ""
                if self._c.espeak_SetVoiceByName(voice.encode()):
                    raise EngineFailed(f"espeak-ng has no voice {voice!r}; see docs/voices.md")
                self._voice = voice
            yield
        finally:
            self._lock.release()
