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
PIECE_MS = 60  # of audio for the callback at a time

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
        self._voice: tuple[str, str] | None = None
        self.hz: int = self._c.espeak_Initialize(
            _SYNCHRONOUS, PIECE_MS, str(data.parent).encode(), _DONT_EXIT
        )
        if self.hz <= 0:
            raise EngineUnavailable(f"espeak-ng does not start with its data in {data}")

    def speak(
        self,
        text: str,
        language: str,
        variant: str = "",
        *,
        speed: float,
        pitch: int,
        hear: Callable[[bytes], bool],
    ) -> None:
        """Blocking. Hands audio to `hear` as it is made, until that says False.

        A region espeak does not know is left out of the language, and so is an unknown
        variant. Raises EngineFailed.
        """

        def callback(wav: Any, count: int, _events: int | None) -> int:
            return 0 if not wav or hear(ctypes.string_at(wav, count * 2)) else 1

        kept_alive = _SynthCallback(callback)
        spoken = text.replace("\0", " ").encode() + b"\0"
        with self._held(language, variant):
            words_per_minute = round(_NORMAL_WORDS_PER_MINUTE * min(max(speed, 0.5), 2.5))
            self._c.espeak_SetParameter(_RATE, words_per_minute, 0)
            self._c.espeak_SetParameter(_PITCH, min(max(pitch, 0), 99), 0)
            self._c.espeak_SetSynthCallback(kept_alive)
            failure = self._c.espeak_Synth(
                spoken, len(spoken), 0, _POSITION_CHARACTER, 0, _CHARS_UTF8, None, None
            )
        if failure:
            raise EngineFailed(f"espeak-ng refused a text, error {failure}")

    def phonemes(self, word: str, language: str) -> list[str]:
        """How a word sounds: IPA sounds, stress marks included. Raises EngineFailed."""
        text = ctypes.c_char_p(word.replace("\0", " ").encode())
        with self._held(language):
            written: bytes = self._c.espeak_TextToPhonemes(
                ctypes.byref(text), _CHARS_UTF8, _IPA | _SEPARATED_BY_UNDERSCORE
            )
        return [sound for sound in written.decode().replace(" ", "_").split("_") if sound]

    @contextmanager
    def _held(self, language: str, variant: str = "") -> Iterator[None]:
        if not self._lock.acquire(timeout=LOCK_SECONDS):
            raise EngineFailed(f"espeak-ng was busy for {LOCK_SECONDS:.0f} s")
        try:
            if (language, variant) != self._voice:
                self._voice = None
                self._choose(language, variant)
                self._voice = language, variant
            yield
        finally:
            self._lock.release()

    def _choose(self, language: str, variant: str) -> None:
        whole = language.lower().replace("_", "-")
        for name in (whole, whole.partition("-")[0]):
            voice = f"{name}+{variant}" if variant else name
            if not self._c.espeak_SetVoiceByName(voice.encode()):
                return
        raise EngineFailed(f"espeak-ng does not speak {language!r}; choose another voice")
