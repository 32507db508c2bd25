"""Sentences the agent says often, kept as audio: they come at once, and without any model.

Only sentences that the agent's owner wrote belong here, never one made for a caller: they
stay on the disk. A file is named for the text and everything that decides how it sounds. What
its voice is cloned from is named behind that, so another recording in the same place is another
file; where the recording is gone, what was made from it is still good.
"""

import hashlib
import logging
import os
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import astuple, dataclass
from functools import lru_cache
from pathlib import Path

from inference.audio import Resampler, wav_bytes
from inference.engines.base import SAMPLE_HZ, EngineFailed, Synthesizer, VoiceChoice

log = logging.getLogger(__name__)

MEMORY_BYTES = 64_000_000  # half an hour of speech
DISK_BYTES = 512_000_000
MAX_SECONDS = 60  # of one sentence; then the voice has lost its way
_HEAD_BYTES = len(wav_bytes(b"", SAMPLE_HZ))


def pieces(line: str) -> tuple[str, ...]:
    """One of the agent's own lines as it is spoken: a piece for each line of text."""
    return tuple(piece for part in line.splitlines() if (piece := part.strip()))


class SilentVoice:
    """Stands in for a voice that cannot be loaded: what is on the disk can still be said."""

    hz = SAMPLE_HZ

    def synthesize(self, text: str, voice: VoiceChoice) -> Iterator[bytes]:  # noqa: ARG002
        raise EngineFailed("there is no voice; only what was made before can be said")


class Phrases:
    """Safe to use from any thread. `find` alone belongs on the event loop.

    `said` is the text as it is told to the voice, its numbers in words, where that differs.
    """

    def __init__(self, folder: Path, memory_bytes: int = MEMORY_BYTES) -> None:
        self._folder = folder
        self._memory_bytes = memory_bytes
        self._kept: OrderedDict[tuple[str, VoiceChoice], _Kept] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()  # never held while anything waits

    def find(self, text: str, voice: VoiceChoice) -> bytes | None:
        """The sentence at SAMPLE_HZ, if it is in memory."""
        with self._lock:
            kept = self._kept.get((text, voice))
            if kept is None:
                return None
            self._kept.move_to_end((text, voice))
            return kept.pcm

    def recall(self, text: str, voice: VoiceChoice, said: str = "") -> bytes | None:
        """Blocking. The sentence from memory or disk; None where it was never made."""
        name, mark = _name(said or text, voice), _mark(voice)
        with self._lock:
            kept = self._kept.get((text, voice))
        if kept and kept.name == name and mark in ("", kept.mark):
            return kept.pcm
        for path in self._paths(name, mark):
            if pcm := _read(path):
                self._keep(text, voice, _Kept(name, mark, pcm))
                return pcm
        return None

    def make(
        self, text: str, voice: VoiceChoice, synthesizer: Synthesizer, said: str = ""
    ) -> bytes:
        """Blocking. The sentence from memory, disk or the synthesizer. Raises EngineFailed.

        A disk that takes nothing costs only the keeping.
        """
        pcm = self.recall(text, voice, said)
        if pcm is None and (pcm := _synthesized(said or text, voice, synthesizer)):
            kept = _Kept(_name(said or text, voice), _mark(voice), pcm)
            self._keep(text, voice, kept)
            self._write(kept)
        return pcm or b""

    # Memory

    def _keep(self, text: str, voice: VoiceChoice, kept: "_Kept") -> None:
        with self._lock:
            before = self._kept.pop((text, voice), None)
            self._size += len(kept.pcm) - (len(before.pcm) if before else 0)
            self._kept[text, voice] = kept
            while self._size > self._memory_bytes:
                _, oldest = self._kept.popitem(last=False)
                self._size -= len(oldest.pcm)

    # Disk

    def _paths(self, name: str, mark: str) -> list[Path]:
        """Where the sentence may lie, the best first."""
        if mark:
            return [self._folder / f"{name}.{mark}.wav"]
        return sorted(self._folder.glob(f"{name}.*.wav"), key=_used_at, reverse=True)

    def _write(self, kept: "_Kept") -> None:
        new = self._folder / f".{kept.name}.{os.getpid()}.{threading.get_ident()}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with new.open("wb") as file:
                file.write(wav_bytes(kept.pcm, SAMPLE_HZ))
                file.flush()
                os.fsync(file.fileno())  # a power cut must not leave the name without the audio
            new.replace(self._folder / f"{kept.name}.{kept.mark or _NO_SOURCE}.wav")
            self._make_room()
        except OSError as error:
            log.warning("a sentence was not kept on the disk: %s", type(error).__name__)
            with suppress(OSError):
                new.unlink(missing_ok=True)

    def _make_room(self) -> None:
        """The least used go, and what a crash left half written."""
        files = sorted(self._folder.iterdir(), key=_used_at)
        size = sum(_size(path) for path in files)
        while size > DISK_BYTES and len(files) > 1:
            size -= _size(files[0])
            files.pop(0).unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class _Kept:
    name: str  # for the words and everything that decides how they sound
    mark: str  # of what the voice is cloned from
    pcm: bytes


_NO_SOURCE = hashlib.sha256(b"").hexdigest()[:16]


def _name(said: str, voice: VoiceChoice) -> str:
    return hashlib.sha256(repr((said, astuple(voice))).encode()).hexdigest()[:40]


def _mark(voice: VoiceChoice) -> str:
    """Of the recording the voice is cloned from; "" where that cannot be read any more."""
    if not voice.sample_path:
        return _NO_SOURCE
    path = Path(voice.sample_path)
    try:
        stat = path.stat()
        return _mark_of(path, stat.st_mtime_ns, stat.st_size)
    except OSError:
        return ""


@lru_cache(maxsize=256)
def _mark_of(path: Path, changed_ns: int, size: int) -> str:  # noqa: ARG001 (they say it is the same)
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def _read(path: Path) -> bytes:
    """The audio of a file we wrote; b"" where it is not whole."""
    try:
        data = path.read_bytes()
        os.utime(path)  # used now: the least used are the first to go
    except OSError:
        return b""
    pcm = data[_HEAD_BYTES:]
    return pcm if data == wav_bytes(pcm, SAMPLE_HZ) and len(pcm) % 2 == 0 else b""


def _synthesized(said: str, voice: VoiceChoice, synthesizer: Synthesizer) -> bytes:
    resampler, pcm = Resampler(synthesizer.hz, SAMPLE_HZ), bytearray()
    with closing(synthesizer.synthesize(said, voice)) as pieces:  # type: ignore[type-var]
        for piece in pieces:
            pcm += resampler.push(piece)
            if len(pcm) > MAX_SECONDS * SAMPLE_HZ * 2:
                raise EngineFailed(f"the voice did not end a sentence in {MAX_SECONDS} s")
    return bytes(pcm + resampler.flush())


def _used_at(path: Path) -> float:
    with suppress(OSError):
        return path.stat().st_mtime
    return 0.0


def _size(path: Path) -> int:
    with suppress(OSError):
        return path.stat().st_size
    return 0
