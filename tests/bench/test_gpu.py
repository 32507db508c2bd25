"""The bench of graphics cards measures what it says it does, and leaves cleanly without one."""

import json
import sys

import pytest
import torch

from bench.gpu import command, llama, report, shapes, stages, whisper, xtts
from bench.gpu.stages import FIRST_PIECE, FIRST_TOKEN, HEAR, SENTENCE, Row, Skipped
from bench.gpu.watch import Timed
from inference.engines import coqui

pytestmark = pytest.mark.heavy

CPU = torch.device("cpu")
WHISPER, LLAMA, WORK = shapes.TINY_WHISPER, shapes.TINY_LLAMA, shapes.TINY_WORK


@pytest.fixture(scope="module", autouse=True)
def _library():
    coqui.prepare()  # transformers looks into torchaudio too


def whisper_of_library(shape):
    from transformers import WhisperConfig, WhisperForConditionalGeneration

    encoder, decoder = shape.encoder, shape.decoder
    return WhisperForConditionalGeneration(
        WhisperConfig(
            vocab_size=shape.vocabulary, num_mel_bins=shape.mels, d_model=encoder.width,
            encoder_layers=encoder.count, encoder_attention_heads=encoder.heads,
            encoder_ffn_dim=encoder.inner, decoder_layers=decoder.count,
            decoder_attention_heads=decoder.heads, decoder_ffn_dim=decoder.inner,
            max_source_positions=shape.positions,
            pad_token_id=0, bos_token_id=0, eos_token_id=0,
        )
    ).eval()  # fmt: skip


def llama_of_library(shape):
    from transformers import LlamaConfig, LlamaForCausalLM

    layers = shape.layers
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=shape.vocabulary, hidden_size=layers.width,
            intermediate_size=layers.inner, num_hidden_layers=layers.count,
            num_attention_heads=layers.heads, num_key_value_heads=layers.kv_heads,
            tie_word_embeddings=False, rms_norm_eps=1e-5,
            rope_parameters={"rope_type": "default", "rope_theta": 500_000.0},
            pad_token_id=0, bos_token_id=0, eos_token_id=0,
        )
    ).eval()  # fmt: skip


def parameters(model):
    return sum(parameter.numel() for parameter in model.parameters())


def test_the_models_are_as_large_as_the_libraries_make_them():
    with torch.device("meta"):
        ours = whisper.Whisper(shapes.TURBO), llama.Llama(shapes.LLAMA_8B)
        theirs = whisper_of_library(shapes.TURBO), llama_of_library(shapes.LLAMA_8B)
    assert [parameters(model) for model in ours] == [808_878_080, 8_030_261_248]
    assert [parameters(model) for model in theirs] == [808_878_080, 8_030_261_248]


def test_xtts_is_as_large_as_the_library_makes_it_but_for_a_few_biases():
    from TTS.tts.layers.xtts.gpt import GPT
    from TTS.tts.layers.xtts.hifigan_decoder import HifiDecoder

    shape = shapes.XTTS_V2
    with torch.device("meta"):
        gpt = GPT(
            layers=30, model_dim=1024, heads=16, max_text_tokens=402, max_mel_tokens=605,
            number_text_tokens=shape.text_tokens, num_audio_tokens=shape.audio_tokens,
            use_perceiver_resampler=True,
        )  # fmt: skip
        ours, vocoder = xtts.Xtts(shape), xtts.Vocoder(shape)
    theirs = HifiDecoder().waveform_decoder
    assert parameters(ours.stack) == pytest.approx(parameters(gpt.gpt), rel=1e-3)
    assert parameters(vocoder) == pytest.approx(parameters(theirs), rel=1e-3)
    assert ours.head.weight.shape == gpt.mel_head.weight.shape


# names of theirs -> names of ours
LLAMA_NAMES = (
    ("model.embed_tokens", "words"), ("lm_head", "head"), ("model.layers", "stack.layers"),
    ("model.norm", "stack.norm"), ("post_attention_layernorm", "feed_norm"),
    ("input_layernorm", "norm"), ("mlp.up_proj", "feed.up"), ("mlp.down_proj", "feed.down"),
    ("mlp.gate_proj", "feed.gate"), ("self_attn.q_proj", "attention.query"),
    ("self_attn.k_proj", "attention.key"), ("self_attn.v_proj", "attention.value"),
    ("self_attn.o_proj", "attention.out"),
)  # fmt: skip
WHISPER_NAMES = (
    ("model.", ""), ("encoder.conv1", "first"), ("encoder.conv2", "second"),
    ("encoder.embed_positions", "heard_at"), ("decoder.embed_positions", "written_at"),
    ("decoder.embed_tokens", "words"), ("encoder.layer_norm", "encoder.norm"),
    ("decoder.layer_norm", "decoder.norm"), ("encoder_attn_layer_norm", "cross_norm"),
    ("self_attn_layer_norm", "norm"), ("final_layer_norm", "feed_norm"),
    ("encoder_attn", "cross"), ("self_attn", "attention"), ("q_proj", "query"),
    ("k_proj", "key"), ("v_proj", "value"), ("out_proj", "out"), ("fc1", "feed.up"),
    ("fc2", "feed.down"),
)  # fmt: skip


def copy(theirs, ours, names):
    state = {}
    for key, value in theirs.state_dict().items():
        name = key
        for old, new in names:
            name = name.replace(old, new)
        state[name] = value
    lacking = ours.load_state_dict(state, strict=False)
    assert lacking.missing_keys == []
    assert [key for key in lacking.unexpected_keys if key != "proj_out.weight"] == []


def with_opinions(model):
    """Weights so large that every token before has its say in the next."""
    torch.manual_seed(0)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return model


@torch.inference_mode()
def test_our_llama_writes_what_the_library_s_writes_also_from_a_cache():
    theirs, ours = with_opinions(llama_of_library(LLAMA)), llama.Llama(LLAMA).eval()
    copy(theirs, ours, LLAMA_NAMES)
    answering = llama.Answering(ours, WORK, 3)
    tokens, at = answering._prompt, torch.arange(WORK.prompt_tokens)
    expected = theirs(tokens).logits
    torch.testing.assert_close(ours.write(tokens, at), expected[:, -1])
    for first in (WORK.cached_tokens, WORK.prompt_tokens - 1):  # the rest is read again
        torch.testing.assert_close(ours.write(tokens[:, first:], at[first:]), expected[:, -1])
    for _ in range(WORK.sentence_tokens):
        tokens = torch.cat((tokens, theirs(tokens).logits[:, -1:].argmax(-1)), dim=1)
    answering.sentence(WORK.cached_tokens)
    assert answering._writing.tokens() == tokens[:, -1].tolist()


@torch.inference_mode()
def test_our_whisper_hears_what_the_library_s_hears():
    theirs, ours = with_opinions(whisper_of_library(WHISPER)), whisper.Whisper(WHISPER).eval()
    copy(theirs, ours, WHISPER_NAMES)
    hearing = whisper.Hearing(ours, WORK, 2)
    mels = ours.spectrum(hearing._pcm)
    assert mels.shape == (2, WHISPER.mels, WHISPER.positions * 2)
    tokens = hearing._prompt
    expected = theirs(mels, decoder_input_ids=tokens)
    encoded = ours.encode(mels)
    torch.testing.assert_close(encoded, expected.encoder_last_hidden_state)
    ours.look_at(encoded)
    torch.testing.assert_close(ours.write(tokens, hearing._at), expected.logits[:, -1])
    for _ in range(WORK.heard_tokens):
        logits = theirs(mels, decoder_input_ids=tokens).logits
        tokens = torch.cat((tokens, logits[:, -1:].argmax(-1)), dim=1)
    hearing()
    assert hearing._writing.tokens() == tokens[:, -1].tolist()


@torch.inference_mode()
def test_a_piece_is_as_long_as_its_steps():
    made = []
    vocoder = xtts.Vocoder(shapes.TINY_XTTS).eval()
    vocoder.register_forward_hook(lambda *args: made.append(args[2].shape))
    speaking = xtts.Speaking(xtts.Xtts(shapes.TINY_XTTS).eval(), vocoder, WORK, 3)
    speaking.first_piece()
    speaking.next_piece()
    speaking.next_piece()
    step = 1024 * 24_000 / 22_050
    first, second, third = (shape[1] / step for shape in made)
    assert first == pytest.approx(WORK.first_steps, abs=0.3)
    assert second == third
    assert second == pytest.approx(WORK.piece_steps + WORK.first_steps, abs=0.3)


def test_all_ways_are_measured_and_told(capsys):
    command.main(["--tiny", "--device", "cpu", "--streams", "2", "--runs", "1"])
    told = capsys.readouterr().out
    (line,) = [line for line in told.splitlines() if line.startswith("{")]
    measured = json.loads(line)
    assert measured["skipped"] == []
    got = {(row["stage"], row["way"], row["streams"]) for row in measured["rows"]}
    for stage in (HEAR, FIRST_TOKEN, SENTENCE, FIRST_PIECE):
        assert (stage, "torch, CUDA graph", 2) in got
    assert (HEAR, "transformers", 2) in got
    assert (HEAR, "CTranslate2", 2) in got
    assert (FIRST_PIECE, "voiceadmin's engine (coqui)", 2) in got
    assert "| 2 | " in told
    assert "335 ms" in told


def test_a_library_that_is_not_here_is_skipped_with_its_name(monkeypatch):
    from bench.gpu import libraries

    for name in ("transformers", "ctranslate2", "TTS"):
        monkeypatch.setitem(sys.modules, name, None)
    bench = stages.Bench(stages.TINY, CPU, (1,), 1)
    skipped = list(libraries.through_libraries(bench))
    assert all(isinstance(each, Skipped) for each in skipped)
    assert [each.reason for each in skipped] == [
        "transformers is not installed here", "transformers is not installed here",
        "ctranslate2 is not installed here", "TTS is not installed here",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "why"),
    [([], "no graphics card"), (["--device", "cpu"], "want a graphics card")],
)
def test_without_a_card_it_says_so_and_leaves(capsys, monkeypatch, arguments, why):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    command.main(arguments)
    assert why in capsys.readouterr().out


def row(stage, way, p95_ms, streams=1):
    return Row(stage, way, streams, Timed(p95_ms / 2, p95_ms))


def test_the_modelled_turn_is_the_quickest_of_each_stage_added_up():
    rows = [
        row(HEAR, "a", 70.0), row(HEAR, "b", 50.0), row(FIRST_TOKEN, "b", 30.0),
        row(SENTENCE, "b", 90.0), row(FIRST_PIECE, "c", 40.0), row(HEAR, "b", 1.0, streams=4),
    ]  # fmt: skip
    (turn,) = report.turns(rows)  # for 4 at once not every stage was measured
    assert turn.streams == 1
    assert turn.total_ms == 120.0
    assert turn.until_sound_ms == 180.0
    assert turn.ways == ("b", "c")
    page = "\n".join(report.page(rows, [Skipped("a", "why")], shapes.Work()))
    assert "| 1 | 50 + 30 + 40 = 120 ms | 335 ms | 180 ms | b, c |" in page
    assert "Skipped: a: why." in page
