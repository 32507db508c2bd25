"""Each stage of a turn, for so many calls at a time, in each way it can be run."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

import torch
from torch import nn

from bench.gpu import shapes
from bench.gpu.llama import Answering, Llama
from bench.gpu.watch import Timed, held_mb, let_go, timed
from bench.gpu.whisper import Hearing, Whisper
from bench.gpu.xtts import Speaking, Vocoder, Xtts

HEAR = "stt: words"
FIRST_TOKEN_COLD = "llm: first token, nothing cached"
FIRST_TOKEN = "llm: first token"
SENTENCE = "llm: first sentence"
FIRST_PIECE = "tts: first piece"
NEXT_PIECE = "tts: next piece"
OWN_WAY = "torch, CUDA graph"  # this package's own layers

Model = TypeVar("Model", bound=nn.Module)


@dataclass(frozen=True, slots=True)
class Row:
    stage: str
    way: str
    streams: int
    timed: Timed
    model_mb: float = 0.0
    streams_mb: float = 0.0  # more, for these streams


@dataclass(frozen=True, slots=True)
class Skipped:
    way: str
    reason: str


@dataclass(frozen=True, slots=True)
class Sizes:
    whisper: shapes.WhisperShape = shapes.TURBO
    llama: shapes.LlamaShape = shapes.LLAMA_8B
    xtts: shapes.XttsShape = shapes.XTTS_V2
    work: shapes.Work = field(default_factory=shapes.Work)


TINY = Sizes(shapes.TINY_WHISPER, shapes.TINY_LLAMA, shapes.TINY_XTTS, shapes.TINY_WORK)


@dataclass(frozen=True, slots=True)
class Bench:
    sizes: Sizes
    device: torch.device
    streams: tuple[int, ...]
    runs: int

    def made(self, make: Callable[[], Model], dtype: torch.dtype) -> Model:
        """With random weights, made where they stay. A processor is given what it is quick in."""
        dtype = dtype if self.device.type == "cuda" else torch.float32
        usual = torch.get_default_dtype()
        torch.set_default_dtype(dtype)
        try:
            with self.device:
                return make().eval()
        finally:
            torch.set_default_dtype(usual)

    def each(
        self, way: str, model_mb: float, make: Callable[[int], dict[str, Callable[[], object]]]
    ) -> Iterator[Row]:
        """`make`: for so many streams, what each stage has to do."""
        for streams in self.streams:
            before_mb = held_mb(self.device)
            for stage, work in make(streams).items():
                took = timed(work, self.device, self.runs)
                more_mb = held_mb(self.device) - before_mb
                yield Row(stage, way, streams, took, model_mb, more_mb)


def own(bench: Bench) -> Iterator[Row | Skipped]:
    """All three stages through our own layers, one model after the other."""
    for stage in (hearing, answering, speaking):
        try:
            with torch.inference_mode():
                yield from stage(bench)
        except torch.OutOfMemoryError:
            yield Skipped(f"{OWN_WAY}: {stage.__name__}", "the card's memory does not hold it")
        let_go(bench.device)


def hearing(bench: Bench) -> Iterator[Row]:
    model = bench.made(lambda: Whisper(bench.sizes.whisper), torch.float16)

    def of(streams: int) -> dict[str, Callable[[], object]]:
        return {HEAR: Hearing(model, bench.sizes.work, streams)}

    yield from bench.each(OWN_WAY, held_mb(bench.device), of)


def answering(bench: Bench) -> Iterator[Row]:
    model = bench.made(lambda: Llama(bench.sizes.llama), torch.bfloat16)
    cached = bench.sizes.work.cached_tokens

    def of(streams: int) -> dict[str, Callable[[], object]]:
        answer = Answering(model, bench.sizes.work, streams)
        return {
            FIRST_TOKEN_COLD: lambda: answer.first_token(0),
            FIRST_TOKEN: lambda: answer.first_token(cached),
            SENTENCE: lambda: answer.sentence(cached),
        }

    yield from bench.each(OWN_WAY, held_mb(bench.device), of)


def speaking(bench: Bench) -> Iterator[Row]:
    model = bench.made(lambda: Xtts(bench.sizes.xtts), torch.float16)
    vocoder = bench.made(lambda: Vocoder(bench.sizes.xtts), torch.float32)

    def of(streams: int) -> dict[str, Callable[[], object]]:
        speak = Speaking(model, vocoder, bench.sizes.work, streams)
        return {FIRST_PIECE: speak.first_piece, NEXT_PIECE: speak.next_piece}

    yield from bench.each(OWN_WAY, held_mb(bench.device), of)
