"""Sentences the agent says often, kept as audio: they come at once, and without any model.

Only sentences that the agent's owner wrote belong here, never one made for a caller: they
stay on the disk. A file is named for what is said and everything that decides how it sounds.
What its voice is cloned from is named behind that, so another recording in the same place is
another file. Where the recording is gone, its speaker may have taken it back: what was made from
it is not said any more, and `forget_all_but` deletes it.
"""

import hashlib
import logging
import os
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import astuple, dataclass
from functools import lru_cache
from pathlib import Path
from weakref import WeakSet

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

    `said` is the text as it is told to the voice, its numbers in words: agents that share a
    voice may have one text said differently.
    """

    def __init__(self, folder: Path, memory_bytes: int = MEMORY_BYTES) -> None:
        self._folder = folder
        self._memory_bytes = memory_bytes
        self._kept: OrderedDict[tuple[str, VoiceChoice], _Kept] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()  # never held while anything waits
        _in_this_process.add(self)

    def find(self, said: str, voice: VoiceChoice) -> bytes | None:
        """The sentence at SAMPLE_HZ, if it is in memory."""
        is_lost = _is_lost(voice)  # asked of the disk, in microseconds, before the lock
        with self._lock:
            if is_lost:
                self._drop((said, voice))
            kept = self._kept.get((said, voice))
            if kept is None:
                return None
            self._kept.move_to_end((said, voice))
            return kept.pcm

    def recall(self, said: str, voice: VoiceChoice) -> bytes | None:
        """Blocking. The sentence from memory or disk; None where it was never made."""
        mark = _mark(voice)
        with self._lock:
            kept = self._kept.get((said, voice))
        if kept and kept.mark == mark:
            return kept.pcm
        if mark and (pcm := _read(self._path(_name(said, voice), mark))):
            self._keep(said, voice, _Kept(mark, pcm))
            return pcm
        return None

    def make(self, said: str, voice: VoiceChoice, synthesizer: Synthesizer) -> bytes:
        """Blocking. The sentence from memory, disk or the synthesizer. Raises EngineFailed.

        A disk that takes nothing costs only the keeping.
        """
        pcm = self.recall(said, voice)
        if pcm is None:
            mark = _mark(voice)
            pcm = _synthesized(said, voice, synthesizer)
            if pcm and mark and mark == _mark(voice):  # not taken back meanwhile
                self._keep(said, voice, _Kept(mark, pcm))
                self._write(said, voice, _Kept(mark, pcm))
        return pcm

    # Memory

    def _keep(self, said: str, voice: VoiceChoice, kept: "_Kept") -> None:
        with self._lock:
            self._drop((said, voice))
            self._size += len(kept.pcm)
            self._kept[said, voice] = kept
            while self._size > self._memory_bytes:
                self._drop(next(iter(self._kept)))

    def _drop(self, key: "tuple[str, VoiceChoice]") -> None:
        """With the lock held."""
        if kept := self._kept.pop(key, None):
            self._size -= len(kept.pcm)

    def forget_lost(self) -> None:
        """Blocking. What was made from recordings that are gone leaves memory."""
        with self._lock:
            voices = {voice for _, voice in self._kept}
        lost = {voice for voice in voices if _is_lost(voice)}
        with self._lock:
            for key in [key for key in self._kept if key[1] in lost]:
                self._drop(key)

    # Disk

    def _path(self, name: str, mark: str) -> Path:
        return self._folder / f"{name}.{mark}.wav"

    def _write(self, said: str, voice: VoiceChoice, kept: "_Kept") -> None:
        name = _name(said, voice)
        path = self._path(name, kept.mark)
        new = self._folder / f".{name}.{kept.mark}.{os.getpid()}.{threading.get_ident()}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with new.open("wb") as file:
                file.write(wav_bytes(kept.pcm, SAMPLE_HZ))
                file.flush()
                os.fsync(file.fileno())  # a power cut must not leave the name without the audio
            new.replace(path)
            if _is_lost(voice):  # taken back while it was written
                path.unlink(missing_ok=True)
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


def forget_all_but(folder: Path, recordings: Iterable[Path]) -> int:
    """Blocking. How many sentences in the folder came from other recordings; they are deleted.

    So is what this process has in memory. Other processes say nothing of it any more.
    """
    marks = {_NO_SOURCE, *filter(None, map(_mark_at, recordings))}
    others = [path for path in folder.glob("*.*") if _mark_in(path) not in marks]
    for path in others:
        path.unlink(missing_ok=True)
    for book in list(_in_this_process):
        book.forget_lost()
    return len(others)


_in_this_process: WeakSet[Phrases] = WeakSet()


@dataclass(frozen=True, slots=True)
class _Kept:
    mark: str  # of what the voice is cloned from
    pcm: bytes


_NO_SOURCE = hashlib.sha256(b"").hexdigest()[:16]


def _name(said: str, voice: VoiceChoice) -> str:
    return hashlib.sha256(repr((said, astuple(voice))).encode()).hexdigest()[:40]


def _is_lost(voice: VoiceChoice) -> bool:
    return bool(voice.sample_path) and not Path(voice.sample_path).exists()


def _mark(voice: VoiceChoice) -> str:
    """Of the recording the voice is cloned from; "" where that cannot be read any more."""
    return _mark_at(Path(voice.sample_path)) if voice.sample_path else _NO_SOURCE


def _mark_at(recording: Path) -> str:
    try:
        stat = recording.stat()
        return _mark_of(recording, stat.st_mtime_ns, stat.st_size)
    except OSError:
        return ""


def _mark_in(path: Path) -> str:
    """In the name of a file of ours, finished or not: [.]name.mark.whatever"""
    parts = path.name.lstrip(".").split(".")
    return parts[1] if len(parts) > 2 else ""


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
