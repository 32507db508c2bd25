"""espeak-ng: speech by rule, without a model. It sounds like a machine and never keeps waiting."""

import queue
import threading
from collections.abc import Iterator

from inference.engines import espeak_library
from inference.engines.base import EngineChoice, EngineFailed, EngineUnavailable, VoiceChoice

MAX_CHARACTERS = 4_000  # of one text; more is no sentence
FIRST_AUDIO_SECONDS = 8.0  # longer than the wait for espeak's lock

missing = espeak_library.missing


def load(choice: EngineChoice) -> "Espeak":
    pitch = choice.option("pitch") or "50"
    if not pitch.isdecimal() or int(pitch) > 99:
        raise EngineUnavailable(f"espeak-ng: pitch is a number from 0 to 99, not {pitch!r}")
    return Espeak(espeak_library.library(), int(pitch))


class Espeak:
    def __init__(self, library: espeak_library.Library, pitch: int = 50) -> None:
        self.hz = library.hz
        self._library = library
        self._pitch = pitch

    def warm(self) -> None:
        for _ in self.synthesize("Ready.", VoiceChoice(EngineChoice("espeak"))):
            pass

    def synthesize(self, text: str, voice: VoiceChoice) -> Iterator[bytes]:
        """The speaker is a variant of espeak's ("f3", "m1"); one it does not know is left out."""
        pieces: queue.SimpleQueue[bytes | EngineFailed | None] = queue.SimpleQueue()
        closed = threading.Event()

        def hear(piece: bytes) -> bool:
            pieces.put(piece)
            return not closed.is_set()

        def work() -> None:
            try:
                self._library.speak(
                    text[:MAX_CHARACTERS],
                    voice.language,
                    voice.speaker,
                    speed=voice.speed,
                    pitch=self._pitch,
                    hear=hear,
                )
                pieces.put(None)
            except EngineFailed as failure:
                pieces.put(failure)

        # its own thread: who listens slowly must not hold espeak's lock meanwhile
        threading.Thread(target=work, name="espeak", daemon=True).start()
        try:
            while (piece := _next(pieces)) is not None:
                yield piece
        finally:
            closed.set()


def _next(pieces: "queue.SimpleQueue[bytes | EngineFailed | None]") -> bytes | None:
    try:
        piece = pieces.get(timeout=FIRST_AUDIO_SECONDS)
    except queue.Empty:
        raise EngineFailed(f"espeak-ng made no audio in {FIRST_AUDIO_SECONDS:.0f} s") from None
    if isinstance(piece, EngineFailed):
        raise piece
    return piece
