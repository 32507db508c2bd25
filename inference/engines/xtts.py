"""Coqui's XTTS: speaks in the voice of a short recording, in pieces as they are made."""

import textwrap
import threading
import time
from collections import OrderedDict
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from inference import audio
from inference.engines import coqui, wanted
from inference.engines.base import (
    EngineChoice,
    EngineFailed,
    EngineUnavailable,
    VoiceChoice,
)
from inference.engines.folders import model_folder, refuse_without
from inference.engines.pacing import Pacing
from inference.engines.xtts_decoder import Decoder

FILES = ("config.json", "model.pth", "vocab.json")
MAX_CHARACTERS = 1_000  # of one text
PART_CHARACTERS = 200  # given to the model at a time; longer ones lose their end
SAMPLE_HZ = 22_050  # what the model listens to a recording in
SAMPLE_SECONDS = (2.0, 30.0)  # shorter is not enough, longer is not used
QUIET_DB = -50.0
VOICES = 64  # kept ready, about 130 kB each, the least used goes first

missing = coqui.missing

Latents = tuple[Any, Any]


def load(choice: EngineChoice) -> "Xtts":
    coqui.check()
    folder = model_folder(choice, "XTTS", "an XTTS v2 model")
    refuse_without(folder, "XTTS", FILES)
    return Xtts(folder, coqui.device(choice))


def max_seconds(text: str) -> float:
    """Longer than anyone takes for it: then the model has lost its way."""
    return 4 + len(text) / 5


class Xtts:
    slots = 1

    def __init__(self, folder: Path, device: str) -> None:
        coqui.prepare()
        from TTS.tts.configs.xtts_config import XttsConfig
        from TTS.tts.models.xtts import Xtts as Model

        self._lock = threading.Lock()
        self._latents: OrderedDict[tuple[str, int, int], Latents] = OrderedDict()
        self._step_ms: float | None = None
        try:
            config = XttsConfig()
            config.load_json(str(folder / "config.json"))
            self._model = Model(config)
            self._model.load_checkpoint(config, checkpoint_dir=str(folder), eval=True)
            self._model.to(device)
        except Exception as error:
            raise EngineUnavailable(f"XTTS cannot load {folder}: {error}") from error
        self.hz = int(config.audio.output_sample_rate)

    @property
    def speakers(self) -> tuple[str, ...]:
        manager = self._model.speaker_manager
        return tuple(manager.speaker_names) if manager is not None else ()

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(self._model.config.languages)

    def forget_voice(self, sample_path: str) -> None:
        """Every version of the recording that this path ever held."""
        for key in [key for key in self._latents if key[0] == sample_path]:
            del self._latents[key]

    def warm(self) -> None:
        if self.speakers:
            voice = VoiceChoice(EngineChoice("xtts"), self.languages[0], self.speakers[0])
            for _ in self.synthesize("Yes.", voice):
                pass

    def synthesize(self, text: str, voice: VoiceChoice) -> Iterator[bytes]:
        """The voice is the recording's if there is one, else the named speaker's."""
        language = self._language(voice)
        with coqui.turn(self._lock):
            try:
                latents = self._voice(voice)
                for part in self._parts(text[:MAX_CHARACTERS], language, PART_CHARACTERS):
                    yield from self._part(part, language, latents, voice.speed)
            except EngineFailed:
                raise
            except Exception as error:
                raise coqui.failure(error) from None

    def _parts(self, text: str, language: str, characters: int) -> Iterator[str]:
        """What the model can hold at a time: numbers grow when they are written as words."""
        most = self._model.args.gpt_max_text_tokens - 3
        for part in textwrap.wrap(text, characters):
            tokens = len(self._model.tokenizer.encode(part.lower(), lang=language))
            if tokens <= most or len(part) < 2:
                yield part
            else:
                yield from self._parts(part, language, len(part) // 2)

    def _part(self, text: str, language: str, latents: Latents, speed: float) -> Iterator[bytes]:
        samples_left = int(max_seconds(text) * self.hz / max(speed, 0.25))
        with closing(self._stream(text, language, latents, speed)) as stream:
            for piece in stream:
                samples = piece.numpy()[:samples_left]
                samples_left -= len(samples)
                yield audio.from_floats(samples)
                if samples_left <= 0:
                    return

    def _stream(
        self, text: str, language: str, latents: Latents, speed: float
    ) -> Generator[Any, None, None]:
        """Samples as they are made; ends within one step when nobody wants them any more."""
        import torch

        conditions, speaker = (part.to(self._model.device) for part in latents)
        decoder = Decoder(self._model.hifigan_decoder, speaker, speed)
        pacing = Pacing(self._step_ms, time.monotonic())
        thoughts: list[Any] = []
        with closing(self._thoughts(text, language, conditions)) as steps:
            for thought in steps:
                if not wanted.is_wanted():
                    return
                thoughts.append(thought)
                if pacing.step(time.monotonic()):
                    with torch.inference_mode():
                        piece = decoder.push(thoughts)
                    pacing.given(len(piece) / self.hz, time.monotonic())
                    thoughts = []
                    yield piece.to("cpu")
        self._step_ms = pacing.step_ms
        with torch.inference_mode():
            piece = decoder.rest(thoughts)
        yield piece.to("cpu")

    def _thoughts(self, text: str, language: str, conditions: Any) -> Generator[Any, None, None]:
        """The language model's inner state for each 46 ms of speech."""
        import torch

        with torch.inference_mode():
            tokens = self._model.tokenizer.encode(text.strip().lower(), lang=language)
            tokens = torch.IntTensor(tokens)[None].to(self._model.device)
            start = self._model.gpt.compute_embeddings(conditions, tokens)
        steps = self._model.gpt.get_generator(
            fake_inputs=start,
            do_sample=True,
            top_k=50,
            top_p=0.85,
            temperature=0.75,
            num_beams=1,
            num_return_sequences=1,
            length_penalty=1.0,
            repetition_penalty=10.0,
            output_attentions=False,
            output_hidden_states=True,
            return_dict_in_generate=True,
        )
        for _, thought in steps:
            yield thought

    def _language(self, voice: VoiceChoice) -> str:
        language = voice.language.lower().replace("_", "-")
        known = self.languages
        for name in (language, language.partition("-")[0]):
            if name in known:
                return name
        raise EngineFailed(f"XTTS speaks {', '.join(known)}; not {voice.language!r}")

    def _voice(self, voice: VoiceChoice) -> Latents:
        if voice.sample_path:
            return self._cloned(Path(voice.sample_path))
        if not self.speakers:
            raise EngineFailed("this XTTS model has no speakers; upload a recording to clone")
        name = voice.speaker or self.speakers[0]
        if name not in self.speakers:
            raise EngineFailed(f"XTTS has no speaker {name!r}; it has {', '.join(self.speakers)}")
        found = self._model.speaker_manager.speakers[name]
        return found["gpt_cond_latent"], found["speaker_embedding"]

    def _cloned(self, path: Path) -> Latents:
        """What the model needs to know of a recording; computed once for each file's content."""
        import torch

        try:
            stat = path.stat()
            key = (str(path), stat.st_mtime_ns, stat.st_size)
            if key not in self._latents:
                sample = torch.from_numpy(audio.to_floats(read_sample(path)))[None, :]
                with torch.inference_mode():
                    sample = sample.to(self._model.device)
                    self._latents[key] = (
                        self._model.get_gpt_cond_latents(sample, SAMPLE_HZ, 6, 6),
                        self._model.get_speaker_embedding(sample, SAMPLE_HZ),
                    )
        except OSError as error:
            raise EngineFailed("the recording to clone cannot be read") from error
        except audio.AudioFault as error:
            raise EngineFailed(f"the recording to clone is of no use: {error}") from error
        self._latents.move_to_end(key)
        while len(self._latents) > VOICES:
            self._latents.popitem(last=False)
        return self._latents[key]


def read_sample(path: Path) -> bytes:
    """A recording to clone, at SAMPLE_HZ. Raises AudioFault where a voice cannot be heard."""
    shortest, longest = SAMPLE_SECONDS
    pcm, hz = audio.read_wav(path)
    pcm = audio.resample(pcm[: int(longest * hz) * 2], hz, SAMPLE_HZ)
    if len(pcm) < shortest * SAMPLE_HZ * 2:
        raise audio.AudioFault(f"a voice needs {shortest:.0f} seconds or more; 6 to 30 are good")
    if audio.level_db(pcm) < QUIET_DB:
        raise audio.AudioFault("the recording is almost silent")
    return pcm
