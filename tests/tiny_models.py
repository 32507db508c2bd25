"""Tiny models that drive the real loading and streaming code of the large engines.

Their weights are random, or wired to say one sentence whatever they hear. They prove that our
code and the libraries fit together; about speech and its speed they say nothing.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

SPEAKER = "Test Voice"
_ONE_HOT = 63 / 63**0.5  # a one among 63 zeros, after a layer's norm


def whisper(
    folder: Path,
    sentence: str,
    certainty: float = 3.0,
    *,
    languages: dict[str, float] | None = None,
    high: str = "",
    hint_tokens: int = 0,
) -> Path:
    """A Whisper for CTranslate2 that hears this sentence in any sound.

    It takes the sound for each of the `languages` with that likelihood; for English otherwise.
    With `high`, of as many words, it hears that instead in sounds above 2 kHz. With
    `hint_tokens` it hears the sentence only when it is told so many words to listen for.

    The decoder has no thoughts but its position: at each one a single word is likely. With
    a low `certainty` it hardly prefers it, as Whisper does when it invents.
    """
    from ctranslate2.specs import whisper_spec
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    words, high_words = sentence.split(), high.split()
    text = ["", *sorted(set(words + high_words))]  # "" makes CTranslate2 take it for multilingual
    special = [
        "<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|de|>", "<|fr|>", "<|translate|>",
        "<|transcribe|>", "<|startoflm|>", "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>",
    ]  # fmt: skip
    vocabulary = text + special + [f"<|{i * 0.02:.2f}|>" for i in range(1501)]
    ids = {token: i for i, token in enumerate(vocabulary)}

    dim, mels, first = 64, 80, 4  # words begin after <|startoftranscript|> and three more
    first += hint_tokens + 1 if hint_tokens else 0  # <|startofprev|>
    assert len(words) + first < dim - 2
    assert not high or len(words) == len(high_words)
    spec = whisper_spec.WhisperSpec(1, 1, 1, 1)
    _fill(spec.encoder, dim)
    _fill(spec.decoder, dim)
    spec.encoder.conv1.weight = _zeros(dim, mels, 3)
    spec.encoder.conv2.weight = _zeros(dim, dim, 3)
    spec.encoder.conv1.bias = spec.encoder.conv2.bias = _zeros(dim)
    spec.encoder.position_encodings.encodings = _zeros(1500, dim)
    positions = _zeros(448, dim)
    positions[:dim, :dim] = np.eye(dim, dtype=np.float32)
    spec.decoder.position_encodings.encodings = positions
    spec.decoder.embeddings.weight = _zeros(len(vocabulary), dim)
    projection = _zeros(len(vocabulary), dim)
    for at, word in enumerate([*words, "<|endoftext|>"], first - 1):
        projection[ids[word], at] = certainty
    if high:
        _hear_pitch(spec, dim)
        for at, word in enumerate(high_words, first - 1):
            projection[ids[word], at] = certainty
        for word in ["<|endoftext|>", *words]:
            projection[ids[word], dim + LOW] = certainty
        for word in ["<|endoftext|>", *high_words]:
            projection[ids[word], dim + HIGH] = certainty
    for code, likelihood in (languages or {"en": 1.0, "de": 1e-9}).items():
        projection[ids[f"<|{code}|>"], 0] = np.log(likelihood) / _ONE_HOT
    spec.decoder.projection.weight = projection
    spec.register_vocabulary(vocabulary)
    spec.config.suppress_ids = []
    spec.config.suppress_ids_begin = [ids["<|endoftext|>"]]
    spec.config.lang_ids = [ids[f"<|{code}|>"] for code in ("en", "de", "fr")]
    spec.config.alignment_heads = [(0, 0)]
    spec.validate()

    folder.mkdir(parents=True)
    spec.save(str(folder))
    tokenizer = Tokenizer(models.WordLevel({token: ids[token] for token in ids}, unk_token=""))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.decoder = decoders.WordPiece(prefix="##", cleanup=False)
    tokenizer.add_special_tokens(special)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


LOW, HIGH = -2, -1  # the dimensions that say what the sound was like


def _hear_pitch(spec: Any, dim: int) -> None:
    """The encoder tells low sounds from high ones, and the decoder is shown the mean of it."""
    low, high = dim + LOW, dim + HIGH
    for conv, inputs in ((spec.encoder.conv1, 80), (spec.encoder.conv2, dim)):
        conv.weight = _zeros(dim, inputs, 3)
    half = np.repeat([1.0, -1.0], 40).astype(np.float32) / 40  # mel bands below and above 2 kHz
    spec.encoder.conv1.weight[low, :, 1] = half
    spec.encoder.conv1.weight[high, :, 1] = -half
    spec.encoder.conv2.weight[low, low, 1] = spec.encoder.conv2.weight[high, high, 1] = 1
    for layer in spec.decoder.layer:
        _, values, output = layer.attention.linear
        for at in (low, high):
            values.weight[dim + at, at] = 2  # 30 s are looked at, two of them are sound
            output.weight[at, at] = 1


def _zeros(*shape: int) -> "np.ndarray[Any, Any]":
    return np.zeros(shape, dtype=np.float32)


def _fill(spec: Any, dim: int) -> None:
    """Layers that leave what passes through as it is."""
    layers = [spec.layer_norm]
    for layer in spec.layer:
        layers.append(layer.ffn.layer_norm)
        layer.ffn.linear_0.weight, layer.ffn.linear_0.bias = _zeros(dim, dim), _zeros(dim)
        layer.ffn.linear_1.weight, layer.ffn.linear_1.bias = _zeros(dim, dim), _zeros(dim)
        for attention in (layer.self_attention, getattr(layer, "attention", None)):
            if attention is None:
                continue
            layers.append(attention.layer_norm)
            wide = {2: (3, 1), 3: (1, 2, 1)}[len(attention.linear)]
            for linear, times in zip(attention.linear, wide, strict=True):
                linear.weight, linear.bias = _zeros(dim * times, dim), _zeros(dim * times)
    for norm in layers:
        norm.gamma, norm.beta = np.ones(dim, dtype=np.float32), _zeros(dim)


NEVER = -1e4  # as a token's logit


def xtts(folder: Path, *, narrow: bool = True) -> Path:
    """An XTTS v2 with random weights: 1.9 seconds of hum for any text.

    `narrow` builds the decoder with 32 channels, ten times quicker; it has to be loaded
    inside `narrow_decoder()` too. Without it every class is the library's own.
    """
    import torch

    from inference.engines import coqui

    coqui.prepare()
    from TTS.tts.configs.xtts_config import XttsArgs, XttsConfig
    from TTS.tts.models.xtts import Xtts

    folder.mkdir(parents=True)
    _letters_of_xtts(folder / "vocab.json")
    config = XttsConfig(
        model_args=XttsArgs(
            gpt_layers=2,
            gpt_n_model_channels=64,
            gpt_n_heads=4,
            gpt_use_perceiver_resampler=True,
            gpt_max_audio_tokens=43,
            decoder_input_dim=64,
            gpt_num_audio_tokens=1026,
            gpt_start_audio_token=1024,
            gpt_stop_audio_token=1025,
        )
    )
    config.save_json(str(folder / "config.json"))
    torch.manual_seed(0)
    with narrow_decoder() if narrow else _as_it_is():
        model = Xtts(config)
        model.tokenizer.tokenizer = _tokenizer(folder / "vocab.json")
        model.init_models()
    with torch.no_grad():  # else one sentence in thirty ends early, by the luck of the draw
        model.gpt.mel_head.bias[config.model_args.gpt_stop_audio_token] = NEVER
    torch.save({"model": model.state_dict()}, folder / "model.pth")
    speaker = {
        "gpt_cond_latent": torch.randn(1, 32, 64),
        "speaker_embedding": torch.randn(1, 512, 1),
    }
    torch.save({SPEAKER: speaker}, folder / "speakers_xtts.pth")
    return folder


def narrow_decoder() -> Any:
    """While open, XTTS' decoder is built with 32 channels instead of 512."""
    from unittest import mock

    from TTS.tts.layers.xtts import hifigan_decoder

    whole = hifigan_decoder.HifiDecoder.__init__

    def narrow(self: Any, *args: Any, **kwargs: Any) -> None:
        whole(self, *args, **kwargs, upsample_initial_channel_decoder=32)

    return mock.patch.object(hifigan_decoder.HifiDecoder, "__init__", narrow)


def _as_it_is() -> Any:
    from contextlib import nullcontext

    return nullcontext()


def _letters_of_xtts(path: Path) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers

    special = ["[STOP]", "[UNK]", "[SPACE]", "[START]", "[en]", "[de]"]
    letters = list("abcdefghijklmnopqrstuvwxyzäöüß0123456789.,!?'-")
    vocabulary = {token: i for i, token in enumerate([*special, *letters])}
    tokenizer = Tokenizer(models.BPE(vocabulary, [], unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.add_special_tokens(special)
    tokenizer.save(str(path))


def _tokenizer(path: Path) -> Any:
    from tokenizers import Tokenizer

    return Tokenizer.from_file(str(path))


def vits(folder: Path) -> Path:
    """A VITS with random weights, one speaker, letters for sounds, each of four frames."""
    import torch

    from inference.engines import coqui

    coqui.prepare()
    from TTS.tts.configs.vits_config import VitsConfig
    from TTS.tts.models.vits import Vits, VitsArgs

    folder.mkdir(parents=True)
    config = VitsConfig(
        model_args=VitsArgs(
            hidden_channels=32,
            hidden_channels_ffn_text_encoder=64,
            num_layers_text_encoder=1,
            num_layers_posterior_encoder=1,
            num_layers_flow=1,
            upsample_initial_channel_decoder=32,
            use_sdp=False,
        ),
        text_cleaner="english_cleaners",
        use_phonemes=False,
    )
    torch.manual_seed(0)
    model = Vits(config)
    with torch.no_grad():
        model.duration_predictor.proj.weight.zero_()
        model.duration_predictor.proj.bias.fill_(float(np.log(3.9)))
    config.save_json(str(folder / "config.json"))
    torch.save({"model": model.state_dict()}, folder / "model.pth")
    return folder


def describe(folder: Path) -> str:
    """For a look by hand: the files and their sizes."""
    return json.dumps({p.name: p.stat().st_size for p in sorted(folder.iterdir())})
