"""python -m bench.gpu.voice FOLDER DEVICE: one voice, which speaks when a line comes in.

It says "ready" when it is, with the megabytes it holds on the card, and after each line how many
milliseconds its first piece took.
"""

import sys
import time
from contextlib import closing
from pathlib import Path

import torch

from bench.gpu.shapes import XttsShape
from bench.gpu.watch import WARM_UPS, held_mb
from inference.engines import coqui, xtts
from inference.engines.base import EngineChoice, VoiceChoice

SENTENCE = "We are open from eight to six today."
SPEAKER = "Random"
LONGEST = 64  # steps; random weights never say that they are done


def save(shape: XttsShape, folder: Path) -> Path:
    """An XTTS v2 of this shape with random weights, as the library loads it."""
    coqui.prepare()
    from tokenizers import Tokenizer, models, pre_tokenizers
    from TTS.tts.configs.xtts_config import XttsArgs, XttsConfig
    from TTS.tts.models.xtts import Xtts

    special = ["[STOP]", "[UNK]", "[SPACE]", "[START]", "[en]"]
    letters = [*special, *"abcdefghijklmnopqrstuvwxyz.,!?'-"]
    unused = [f"[unused{at}]" for at in range(shape.text_tokens - len(letters))]
    vocabulary = {token: at for at, token in enumerate([*letters, *unused])}
    tokenizer = Tokenizer(models.BPE(vocabulary, [], unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.add_special_tokens(special)
    tokenizer.save(str(folder / "vocab.json"))

    width = shape.layers.width
    config = XttsConfig(
        model_args=XttsArgs(
            gpt_layers=shape.layers.count,
            gpt_n_model_channels=width,
            gpt_n_heads=shape.layers.heads,
            gpt_use_perceiver_resampler=True,
            gpt_max_audio_tokens=LONGEST,
            gpt_num_audio_tokens=shape.audio_tokens,
            gpt_start_audio_token=shape.audio_tokens - 2,
            gpt_stop_audio_token=shape.audio_tokens - 1,
            decoder_input_dim=width,
        )
    )
    config.save_json(str(folder / "config.json"))
    model = Xtts(config)
    model.tokenizer.tokenizer = tokenizer
    model.init_models()
    torch.save({"model": model.state_dict()}, folder / "model.pth")
    speaker = {
        "gpt_cond_latent": torch.randn(1, shape.conditions, width),
        "speaker_embedding": torch.randn(1, shape.speaker, 1),
    }
    torch.save({SPEAKER: speaker}, folder / "speakers_xtts.pth")
    return folder


def speak(engine: xtts.Xtts) -> float:
    """How long the first piece took, in ms. Nobody wants the rest."""
    voice = VoiceChoice(EngineChoice("xtts"), speaker=SPEAKER)
    began_s = time.perf_counter()
    with closing(engine.synthesize(SENTENCE, voice)) as pieces:
        next(pieces)
        return (time.perf_counter() - began_s) * 1000


def main(folder: str, device: str) -> None:
    engine = xtts.load(EngineChoice.of("xtts", path=folder, device=device))
    engine.warm()  # after which the engine knows how short its first piece may be
    for _ in range(WARM_UPS):
        speak(engine)
    print(f"ready {held_mb(torch.device(device)):.0f}", flush=True)
    for _ in sys.stdin:
        print(f"{speak(engine):.2f}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
