"""Engines that cost what they are told to, and know no more than a real one could.

The recogniser returns only words whose audio it was given: it looks for the frames of the
clips in the PCM. Every decode costs the same, however little there is to decode. The model
answers the text it was given and no other; its first piece comes after its cost, then a token
each TOKEN_MS. The voice's first audio comes after its cost, then ten times as fast as it is
spoken. What each did is written to a ledger, without a word of what was said.
"""

import asyncio
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from agents.spec import AgentSpec
from bench.clips import Clip, Word
from bench.tones import code_in, code_of, tone, word_of
from inference.conversation import Engines
from inference.engines import registry
from inference.engines.base import (
    FRAME_BYTES,
    FRAME_MS,
    SAMPLE_HZ,
    After,
    Knowledge,
    Transcript,
    Utterance,
    VoiceChoice,
)
from inference.voicing import Voice

TOKEN_MS = 10
PIECE_MS = 100
PIECE_COST_MS = 10
CHAR_MS = 65  # of speech
FEWEST_FRAMES = 5  # of a clip, one after another; fewer may be chance


class WordTimes(Enum):
    """When the recogniser has a word."""

    END = "end"  # once all of it was spoken
    KNOWN = "known"  # when a real recogniser had it: often earlier, at times later

    def have_ms(self, word: Word, *, is_last: bool) -> int:
        """Before the last word the recogniser that was timed took back what it knew; whoever
        has the last one is taken to have those before it."""
        if self is WordTimes.END:
            return word.end_ms
        return word.known_ms if is_last else min(word.known_ms, word.end_ms)


@dataclass(frozen=True, slots=True)
class Costs:
    stt_ms: int
    llm_ms: int
    tts_ms: int

    @classmethod
    def of(cls, text: str) -> "Costs":
        """From "170,81,84". Raises ValueError."""
        stt_ms, llm_ms, tts_ms = map(int, text.split(","))
        return cls(stt_ms, llm_ms, tts_ms)

    def __str__(self) -> str:
        return f"{self.stt_ms},{self.llm_ms},{self.tts_ms}"


@dataclass(frozen=True, slots=True)
class Work:
    """One engine's work for one request. `began_s` is the machine's monotonic clock."""

    engine: str  # "stt", "llm" or "tts"
    code: int
    began_s: float
    seconds: float
    cpu_s: float  # of the stand-in itself, in the process that is measured; only the recogniser's


class Ledger:
    """A file that any thread may add to."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def add(self, engine: str, code: int, began_s: float, cpu_s: float = 0.0) -> None:
        seconds = time.monotonic() - began_s
        line = f"{engine} {code} {began_s:.6f} {seconds:.6f} {cpu_s:.6f}\n"
        os.write(self._file, line.encode())

    @staticmethod
    def read(path: Path) -> list[Work]:
        lines = (line.split() for line in path.read_text().splitlines())
        return [
            Work(name, int(code), float(at), float(took), float(cpu_s))
            for name, code, at, took, cpu_s in lines
        ]


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Frames of one clip, in the order and at the distance in which the clip has them."""

    clip: Clip
    offset: int  # in the audio, of the clip's first frame
    found: frozenset[int]  # frames of the clip

    @property
    def begins(self) -> int:
        return self.offset + min(self.found)


class WordFinder:
    """Finds the words of known clips in audio, frame by frame. A frame is found or is not."""

    def __init__(self, clips: Iterable[Clip], times: WordTimes) -> None:
        self._times = times
        self._places: dict[bytes, list[tuple[Clip, int]]] = {}
        for clip in clips:
            for index, frame in enumerate(frames_of(clip.pcm)):
                if any(frame):
                    self._places.setdefault(frame, []).append((clip, index))

    def words(self, pcm: bytes) -> str:
        frames = frames_of(pcm)
        stretches = sorted(self._stretches(frames), key=lambda stretch: stretch.begins)
        begins = [stretch.begins for stretch in stretches] + [len(frames)]
        return " ".join(
            word.text
            for stretch, until in zip(stretches, begins[1:], strict=True)
            for word in self._heard(stretch, until)
        )

    def _stretches(self, frames: list[bytes]) -> Iterator[_Stretch]:
        left = {
            at: [(clip, index, at - index) for clip, index in places]
            for at, frame in enumerate(frames)
            if (places := self._places.get(frame))
        }
        while left:
            votes = Counter(
                (clip.name, offset) for found in left.values() for clip, _, offset in found
            )
            best, count = votes.most_common(1)[0]
            if count < FEWEST_FRAMES:
                return
            taken = {
                at: (clip, index)
                for at, found in left.items()
                for clip, index, offset in found
                if (clip.name, offset) == best
            }
            clip = next(iter(taken.values()))[0]
            yield _Stretch(clip, best[1], frozenset(index for _, index in taken.values()))
            for at in taken:
                del left[at]

    def _heard(self, stretch: _Stretch, until: int) -> Iterator[Word]:
        """A word counts when most of its frames are there and its time has come."""
        here_ms = (until - stretch.offset) * FRAME_MS
        words = stretch.clip.words
        for word in words:
            wanted = range(word.start_ms // FRAME_MS, -(-word.end_ms // FRAME_MS))
            if sum(index in stretch.found for index in wanted) * 2 < len(wanted):
                continue
            if self._times.have_ms(word, is_last=word is words[-1]) <= here_ms:
                yield word


def frames_of(pcm: bytes) -> list[bytes]:
    """Whole frames; the last is filled up with silence."""
    pcm += bytes(-len(pcm) % FRAME_BYTES)
    return [pcm[at : at + FRAME_BYTES] for at in range(0, len(pcm), FRAME_BYTES)]


class StandInTranscriber:
    def __init__(self, finder: WordFinder, cost_ms: int, ledger: Ledger) -> None:
        self._finder = finder
        self._cost_ms = cost_ms
        self._ledger = ledger

    def transcribe(self, pcm: bytes, knowledge: Knowledge) -> Transcript:
        began_s, cpu_from_s = time.monotonic(), time.thread_time()
        time.sleep(self._cost_ms / 1000)
        text = self._finder.words(pcm)
        self._ledger.add("stt", code_of(text), began_s, time.thread_time() - cpu_from_s)
        return Transcript(text)


class StandInModel:
    def __init__(self, cost_ms: int, token_ms: int, ledger: Ledger) -> None:
        self._cost_ms = cost_ms
        self._token_ms = token_ms
        self._ledger = ledger

    async def reply(
        self, history: tuple[Utterance, ...], knowledge: Knowledge
    ) -> AsyncIterator[str | After]:
        began_s = time.monotonic()
        code = code_of(history[-1].text)
        try:
            await asyncio.sleep(self._cost_ms / 1000)
            for token in _answer(word_of(code)).split(" "):
                yield f"{token} "
                await asyncio.sleep(self._token_ms / 1000)
        finally:
            self._ledger.add("llm", code, began_s)


def _answer(word: str) -> str:
    """Two sentences, each of which tells by itself what it answers."""
    return f"We have {word} for you. The rest of {word} follows whenever it suits you."


class StandInSynthesizer:
    hz = SAMPLE_HZ

    def __init__(self, cost_ms: int, piece_cost_ms: int, ledger: Ledger) -> None:
        self._cost_ms = cost_ms
        self._piece_cost_ms = piece_cost_ms
        self._ledger = ledger

    def synthesize(self, text: str, voice: VoiceChoice) -> Iterator[bytes]:
        began_s = time.monotonic()
        code = code_in(text)
        piece = tone(code, PIECE_MS)
        try:
            time.sleep(self._cost_ms / 1000)
            for _ in range(max(1, len(text) * CHAR_MS // PIECE_MS)):
                yield piece
                time.sleep(self._piece_cost_ms / 1000)
        finally:
            self._ledger.add("tts", code, began_s)


class StandIns:
    """One process's stand-in engines, shared by its calls as real ones are."""

    def __init__(self, costs: Costs, clips: Iterable[Clip], times: WordTimes, ledger: Path) -> None:
        kept = Ledger(ledger)
        is_free = costs == Costs(0, 0, 0)
        token_ms, piece_cost_ms = (0, 0) if is_free else (TOKEN_MS, PIECE_COST_MS)
        self._transcriber = StandInTranscriber(WordFinder(clips, times), costs.stt_ms, kept)
        self._model = StandInModel(costs.llm_ms, token_ms, kept)
        self._synthesizer = StandInSynthesizer(costs.tts_ms, piece_cost_ms, kept)

    def load_engines(self, spec: AgentSpec) -> Engines:
        return Engines(
            vad=registry.load("vad", spec.vad).stream(),
            transcriber=self._transcriber,
            model=self._model,
            voice=Voice(self._synthesizer, spec.voice),
        )
