"""The sizes of the models, and of what they are asked to do."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Layers:
    """A stack of transformer layers."""

    count: int
    width: int
    heads: int
    inner: int  # width of the feed-forward part
    kv_heads: int = 0  # 0: as many as heads
    is_llama: bool = False  # rotary positions, RMS norms, a gate, no biases; else as in GPT-2
    has_cross: bool = False  # looks at an encoder's output too


@dataclass(frozen=True, slots=True)
class WhisperShape:
    encoder: Layers
    decoder: Layers
    vocabulary: int
    mels: int = 128
    positions: int = 1_500  # of 30 s, which every utterance is filled up to
    prompt: int = 4  # tokens: begin, language, task, no timestamps


@dataclass(frozen=True, slots=True)
class LlamaShape:
    layers: Layers
    vocabulary: int


@dataclass(frozen=True, slots=True)
class XttsShape:
    layers: Layers
    text_tokens: int
    audio_tokens: int = 1_026
    conditions: int = 32  # positions that hold the voice
    speaker: int = 512
    channels: int = 512  # of the vocoder's first stage


@dataclass(frozen=True, slots=True)
class Work:
    """One turn of one call."""

    utterance_s: float = 3.0
    heard_tokens: int = 12
    prompt_tokens: int = 600
    cached_tokens: int = 540  # of them, from the turn before
    sentence_tokens: int = 14  # until the first sentence can be spoken
    text_tokens: int = 40  # XTTS writes nearly every letter
    first_steps: int = 4  # of 46 ms of speech, before the first piece: inference/engines/pacing.py
    piece_steps: int = 20  # of a later piece


TURBO = WhisperShape(
    encoder=Layers(32, 1_280, 20, 5_120),
    decoder=Layers(4, 1_280, 20, 5_120, has_cross=True),
    vocabulary=51_866,
)
LLAMA_8B = LlamaShape(Layers(32, 4_096, 32, 14_336, kv_heads=8, is_llama=True), 128_256)
XTTS_V2 = XttsShape(Layers(30, 1_024, 16, 4_096), text_tokens=6_681)

TINY_WHISPER = WhisperShape(
    encoder=Layers(2, 32, 2, 64),
    decoder=Layers(1, 32, 2, 64, has_cross=True),
    vocabulary=1_600,
    positions=50,
)
TINY_LLAMA = LlamaShape(Layers(2, 32, 4, 64, kv_heads=2, is_llama=True), 100)
TINY_XTTS = XttsShape(Layers(2, 32, 2, 64), text_tokens=60, channels=32)
TINY_WORK = Work(
    utterance_s=0.5, heard_tokens=3, prompt_tokens=24, cached_tokens=16, sentence_tokens=3,
    text_tokens=6, first_steps=2, piece_steps=4,
)  # fmt: skip
