"""The same stages through the libraries, as they run them: each kernel launched by itself.

A library that is not here is skipped with its name. Voices run in processes of their own, one
stream each, through voiceadmin's engine; so does voiceadmin.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import torch

from bench.gpu import stages
from bench.gpu.shapes import Layers, WhisperShape
from bench.gpu.stages import Bench, Row, Skipped
from bench.gpu.watch import Timed, held_mb, let_go, percentile
from inference.engines import coqui

TRANSFORMERS, CTRANSLATE2, ENGINE = "transformers", "CTranslate2", "voiceadmin's engine (coqui)"


class Missing(Exception):
    """Why this way cannot be gone here."""


def through_libraries(bench: Bench) -> Iterator[Row | Skipped]:
    coqui.prepare()  # transformers looks into torchaudio too
    for way, measure in (
        (f"{TRANSFORMERS}: Whisper", transformers_whisper),
        (f"{TRANSFORMERS}: Llama", transformers_llama),
        (CTRANSLATE2, ctranslate2_whisper),
        (ENGINE, engine_xtts),
    ):
        try:
            with torch.inference_mode():
                yield from measure(bench)
        except ImportError as error:
            yield Skipped(way, f"{error.name or error} is not installed here")
        except Missing as missing:
            yield Skipped(way, str(missing))
        except Exception as error:  # a version that does not fit must not cost the other figures
            yield Skipped(way, f"failed: {type(error).__name__}: {str(error)[:200]}")
        let_go(bench.device)


# --- transformers -------------------------------------------------------------------------


def transformers_whisper(bench: Bench) -> Iterator[Row]:
    from transformers import WhisperConfig, WhisperForConditionalGeneration

    shape, work = bench.sizes.whisper, bench.sizes.work
    config = WhisperConfig(
        vocab_size=shape.vocabulary,
        num_mel_bins=shape.mels,
        d_model=shape.encoder.width,
        encoder_layers=shape.encoder.count,
        encoder_attention_heads=shape.encoder.heads,
        encoder_ffn_dim=shape.encoder.inner,
        decoder_layers=shape.decoder.count,
        decoder_attention_heads=shape.decoder.heads,
        decoder_ffn_dim=shape.decoder.inner,
        max_source_positions=shape.positions,
        **_NO_SPECIAL_TOKENS,
    )
    model = bench.made(lambda: WhisperForConditionalGeneration(config), torch.float16)
    prompt = torch.arange(shape.prompt, device=bench.device)

    def of(streams: int) -> dict[str, Callable[[], object]]:
        size = (streams, shape.mels, shape.positions * 2)
        sound = torch.randn(size, device=bench.device).to(model.dtype)

        def hear() -> object:
            encoded = model.get_encoder()(sound)
            return _write(
                lambda tokens, cache: model(
                    encoder_outputs=encoded,
                    decoder_input_ids=tokens,
                    past_key_values=cache,
                    use_cache=True,
                ),
                prompt.repeat(streams, 1),
                work.heard_tokens,
            )

        return {stages.HEAR: hear}

    yield from bench.each(TRANSFORMERS, held_mb(bench.device), of)


def transformers_llama(bench: Bench) -> Iterator[Row]:
    from transformers import LlamaConfig, LlamaForCausalLM

    shape, work = bench.sizes.llama, bench.sizes.work
    layers = shape.layers
    config = LlamaConfig(
        vocab_size=shape.vocabulary,
        hidden_size=layers.width,
        intermediate_size=layers.inner,
        num_hidden_layers=layers.count,
        num_attention_heads=layers.heads,
        num_key_value_heads=layers.kv_heads,
        tie_word_embeddings=False,
        **_NO_SPECIAL_TOKENS,
    )
    model = bench.made(lambda: LlamaForCausalLM(config), torch.bfloat16)

    def step(tokens: torch.Tensor, cache: Any) -> Any:
        return model(tokens, past_key_values=cache, use_cache=True, logits_to_keep=1)

    def of(streams: int) -> dict[str, Callable[[], object]]:
        size = (streams, work.prompt_tokens)
        prompt = torch.randint(shape.vocabulary, size, device=bench.device)
        return {
            stages.FIRST_TOKEN_COLD: lambda: _write(step, prompt, 1),
            f"{stages.SENTENCE}, nothing cached": lambda: _write(
                step, prompt, work.sentence_tokens
            ),
        }

    yield from bench.each(TRANSFORMERS, held_mb(bench.device), of)


_NO_SPECIAL_TOKENS: dict[str, Any] = dict.fromkeys(
    ("pad_token_id", "bos_token_id", "eos_token_id"), 0
)


def _write(step: Callable[[Any, Any], Any], tokens: torch.Tensor, count: int) -> list[int]:
    cache = None
    for _ in range(count):
        out = step(tokens, cache)
        cache, tokens = out.past_key_values, out.logits[:, -1:].argmax(-1)
    return [int(token) for token in tokens[:, 0].tolist()]


# --- CTranslate2 --------------------------------------------------------------------------

_SPECIAL = (
    "<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|transcribe|>", "<|notimestamps|>",
    "<|translate|>", "<|startoflm|>", "<|startofprev|>", "<|nospeech|>",
)  # fmt: skip
_PROMPT = _SPECIAL[1:5]
_TIMES = tuple(f"<|{at * 0.02:.2f}|>" for at in range(1501))


def ctranslate2_whisper(bench: Bench) -> Iterator[Row]:
    import ctranslate2
    import numpy as np

    shape, work = bench.sizes.whisper, bench.sizes.work
    device = bench.device.type
    if device == "cuda" and not ctranslate2.get_cuda_device_count():
        raise Missing("CTranslate2 sees no graphics card")
    words = [f"w{at}" for at in range(shape.vocabulary - len(_SPECIAL) - len(_TIMES))]
    end = len(words)  # of what is said
    with tempfile.TemporaryDirectory() as folder:
        _save_whisper(shape, [*words, *_SPECIAL, *_TIMES], folder)
        precision = "float16" if device == "cuda" else "float32"
        try:
            model = ctranslate2.models.Whisper(folder, device=device, compute_type=precision)
        except RuntimeError as error:  # where cuBLAS of CUDA 12 is not found, it says so
            raise Missing(str(error)) from None

    def of(streams: int) -> dict[str, Callable[[], object]]:
        size = (streams, shape.mels, shape.positions * 2)
        sound = np.random.default_rng(0).normal(size=size).astype(np.float32)

        def hear() -> list[list[int]]:
            results = model.generate(
                ctranslate2.StorageView.from_array(sound),
                [list(_PROMPT)] * streams,
                beam_size=1,
                max_length=len(_PROMPT) + work.heard_tokens,
                suppress_tokens=[end],
            )
            heard = [result.sequences_ids[0] for result in results]
            if {len(each) for each in heard} != {work.heard_tokens}:
                raise Missing(f"CTranslate2 wrote {len(heard[0])} tokens")
            return heard

        return {stages.HEAR: hear}

    yield from bench.each(CTRANSLATE2, 0.0, of)


def _save_whisper(shape: WhisperShape, vocabulary: list[str], folder: str) -> None:
    """With random weights, in CTranslate2's own format."""
    from ctranslate2.specs import whisper_spec

    width, encoder, decoder = shape.encoder.width, shape.encoder, shape.decoder
    spec = whisper_spec.WhisperSpec(encoder.count, encoder.heads, decoder.count, decoder.heads)
    for part, layers in ((spec.encoder, encoder), (spec.decoder, decoder)):
        _fill_norm(part.layer_norm, width)
        for layer in part.layer:
            _fill_layer(layer, layers)
    spec.encoder.conv1.weight, spec.encoder.conv1.bias = (
        _random(width, shape.mels, 3),
        _random(width),
    )
    spec.encoder.conv2.weight, spec.encoder.conv2.bias = _random(width, width, 3), _random(width)
    spec.encoder.position_encodings.encodings = _random(shape.positions, width)
    spec.decoder.position_encodings.encodings = _random(448, width)
    spec.decoder.embeddings.weight = _random(shape.vocabulary, width)
    spec.decoder.projection.weight = spec.decoder.embeddings.weight
    spec.register_vocabulary(vocabulary)
    spec.config.suppress_ids, spec.config.suppress_ids_begin = [], []
    spec.config.lang_ids = [vocabulary.index("<|en|>")]
    spec.config.alignment_heads = [(0, 0)]
    spec.validate()
    spec.save(folder)


def _fill_layer(layer: Any, shape: Layers) -> None:
    _fill_norm(layer.ffn.layer_norm, shape.width)
    _fill_linear(layer.ffn.linear_0, shape.inner, shape.width)
    _fill_linear(layer.ffn.linear_1, shape.width, shape.inner)
    across = (1, 2, 1)  # query; keys and values; out
    for attention, parts in (
        (layer.self_attention, (3, 1)),
        (getattr(layer, "attention", None), across),
    ):
        if attention is not None:
            _fill_norm(attention.layer_norm, shape.width)
            for linear, times in zip(attention.linear, parts, strict=True):
                _fill_linear(linear, shape.width * times, shape.width)


def _fill_linear(linear: Any, rows: int, columns: int) -> None:
    linear.weight, linear.bias = _random(rows, columns), _random(rows)


def _fill_norm(norm: Any, width: int) -> None:
    norm.gamma, norm.beta = _random(width) + 1, _random(width)


def _random(*size: int) -> Any:
    import numpy as np

    return np.random.default_rng(0).standard_normal(size, dtype=np.float32) * 0.02


# --- our engine, a process for each stream ------------------------------------------------


def engine_xtts(bench: Bench) -> Iterator[Row]:
    import TTS  # noqa: F401 (tells at once whether it is here)

    from bench.gpu import voice

    with tempfile.TemporaryDirectory() as name, ExitStack() as running:
        folder = voice.save(bench.sizes.xtts, Path(name))
        voices = [running.enter_context(_process(folder, bench)) for _ in range(max(bench.streams))]
        each_mb = max(_ready(process) for process in voices)
        for streams in bench.streams:
            took_ms = [ms for _ in range(bench.runs) for ms in _first_pieces(voices[:streams])]
            timed = Timed(percentile(took_ms, 0.5), percentile(took_ms, 0.95))
            more_mb = each_mb * (streams - 1)
            yield Row(stages.FIRST_PIECE, ENGINE, streams, timed, each_mb, more_mb)


@contextmanager
def _process(folder: Path, bench: Bench) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.gpu.voice", str(folder), bench.device.type],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        cwd=Path(__file__).parents[2], env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _ready(process: subprocess.Popen[str]) -> float:
    """What it holds on the card, in MB."""
    said, _, held_mb = _line(process).partition(" ")
    if said != "ready":
        raise Missing("a voice did not load; what it wrote above says why")
    return float(held_mb)


def _first_pieces(voices: list[subprocess.Popen[str]]) -> list[float]:
    """All at once; what each of them took, in ms."""
    for process in voices:
        assert process.stdin is not None
        process.stdin.write("speak\n")
        process.stdin.flush()
    return [float(_line(process)) for process in voices]


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()
