"""Whisper through CTranslate2, from a folder the owner brings.

Whisper invents sentences where nobody speaks. So what is too quiet is not asked about, and
an answer that the model itself doubts, or that repeats itself, is dropped.

Utterances that come together are encoded and decoded together: the decoder, above all, takes
hardly longer for eight than for one. One alone goes the same way, so company changes no result.

Where the agent speaks several languages, the caller's is told from the sound. One word is no
reason to change it: names and "okay" are the same everywhere.
"""

import logging
import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.audio import from_floats, level_db, to_floats
from inference.engines import vocabulary
from inference.engines.base import (
    FRAME_BYTES,
    FRAME_MS,
    SAMPLE_HZ,
    EngineChoice,
    EngineFailed,
    EngineUnavailable,
    Knowledge,
    Transcript,
    without_region,
)
from inference.engines.folders import model_folder, refuse_without
from inference.engines.poison import is_poison

FILES = ("model.bin", "config.json", "tokenizer.json")  # without the last it asks a hub
DEVICES = ("auto", "cpu", "cuda")
QUIET_DB = -50.0  # the loudest tenth of an utterance below this holds no words
NO_SPEECH = 0.6  # Whisper's own limits, see its paper's section 4.5
LOW_LOGPROB = -1.0
HOPELESS_LOGPROB = -1.5
REPETITIVE = 2.4  # compressed this well, a text says the same over and over
MAX_SECONDS = 60
WINDOW_BYTES = 30 * 50 * FRAME_BYTES  # what the model looks at
BATCH_ON_CARD, BATCH = 16, 4
OTHER_LANGUAGE = 0.7  # likelier than this among the agent's languages, and it is spoken now
LANGUAGE_MS = 1_000  # of speech; in less, Whisper's guess is worth little
LANGUAGE_WORDS = 2
HINT_TOKENS, HINT_STEP = 64, 8
SPEECH_DB = 20.0  # so far below an utterance's loud frames there is still speech


def missing() -> str:
    if find_spec("faster_whisper") is None:
        return "faster-whisper is not installed here; run ./run setup"
    return ""


def load(choice: EngineChoice) -> "FasterWhisper":
    if problem := missing():
        raise EngineUnavailable(problem)
    folder = model_folder(choice, "faster-whisper", "a CTranslate2 Whisper model")
    refuse_without(folder, "faster-whisper", FILES)
    device = choice.option("device") or "auto"
    if device not in DEVICES:
        raise EngineUnavailable(f"faster-whisper: device is one of {', '.join(DEVICES)}")
    return FasterWhisper(folder, device, choice.option("compute_type") or "default")


@dataclass(slots=True)
class _Utterance:
    """One job on its way through the model."""

    place: int  # among those asked about together
    pcm: bytes
    knowledge: Knowledge
    speech_ms: int
    hints: tuple[int, ...]  # tokens of the words to listen for
    language: str = ""  # as told from the sound; before that the agent's present one
    segments: list["_Segment"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Segment:
    text: str
    avg_logprob: float
    no_speech_prob: float
    compression_ratio: float


class FasterWhisper:
    slots = 1  # in one process nothing goes together: every thread asks for itself

    def __init__(self, folder: Path, device: str, compute_type: str) -> None:
        # below this they tell what was said
        logging.getLogger("faster_whisper").setLevel(logging.WARNING)
        from faster_whisper import WhisperModel

        try:
            self._model: Any = WhisperModel(
                str(folder), device=device, compute_type=compute_type, local_files_only=True
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise EngineUnavailable(f"faster-whisper cannot load {folder}: {error}") from error
        self.batch = BATCH_ON_CARD if self._model.model.device == "cuda" else BATCH
        self._tokenizers: dict[str, Any] = {}

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(self._model.supported_languages)

    def warm(self) -> None:
        hiss = from_floats(np.random.default_rng(0).normal(0, 0.01, SAMPLE_HZ))
        self.transcribe(hiss, Knowledge("en"))

    def transcribe(self, pcm: bytes, knowledge: Knowledge) -> Transcript:
        (heard,) = self.transcribe_together([(pcm, knowledge)])
        if isinstance(heard, EngineFailed):
            raise heard
        return heard

    def transcribe_together(
        self, utterances: Sequence[tuple[bytes, Knowledge]]
    ) -> list[Transcript | EngineFailed]:
        heard: list[Transcript | EngineFailed] = [Transcript("")] * len(utterances)
        groups: dict[int, list[_Utterance]] = {}
        for place, (pcm, knowledge) in enumerate(utterances):
            try:
                utterance = self._utterance(place, pcm[: MAX_SECONDS * 50 * FRAME_BYTES], knowledge)
            except (RuntimeError, ValueError) as error:
                heard[place] = _failure(error)
                continue
            if utterance is not None:  # the library wants prompts of one length in a batch
                groups.setdefault(len(utterance.hints), []).append(utterance)
        for group in groups.values():
            for utterance, transcript in self._group(group):
                heard[utterance.place] = transcript
        return heard

    def _utterance(self, place: int, pcm: bytes, knowledge: Knowledge) -> _Utterance | None:
        """None where nobody speaks: then the model is not asked."""
        levels = _levels(pcm)
        if not _is_loud_enough(levels):
            return None
        tokenizer = self._tokenizer(knowledge.language)
        return _Utterance(
            place,
            pcm,
            knowledge,
            _speech_ms(levels),
            _hint_tokens(tokenizer, vocabulary.hints(knowledge)),
            knowledge.language,
        )

    def _group(self, group: list[_Utterance]) -> list[tuple[_Utterance, Transcript | EngineFailed]]:
        try:
            self._decode(group)
        except (RuntimeError, ValueError) as error:
            if len(group) == 1 or is_poison(error):
                return [(utterance, _failure(error)) for utterance in group]
            return [alone for utterance in group for alone in self._group([utterance])]
        return [(utterance, _transcript(utterance)) for utterance in group]

    def _decode(self, group: list[_Utterance]) -> None:
        for utterance in group:
            utterance.segments = []
        rows = [
            (utterance, utterance.pcm[at : at + WINDOW_BYTES])
            for utterance in group
            for at in range(0, len(utterance.pcm), WINDOW_BYTES)
        ]
        for at in range(0, len(rows), self.batch):
            self._decode_rows(rows[at : at + self.batch])

    def _decode_rows(self, rows: list[tuple[_Utterance, bytes]]) -> None:
        from faster_whisper.transcribe import get_suppressed_tokens

        encoded = self._model.encode(np.stack([self._features(pcm) for _, pcm in rows]))
        self._tell_languages([utterance for utterance, _ in rows], encoded)
        tokenizers = [self._tokenizer(utterance.language) for utterance, _ in rows]
        results = self._model.model.generate(
            encoded,
            [
                _prompt(tokenizer, utterance.hints)
                for tokenizer, (utterance, _) in zip(tokenizers, rows, strict=True)
            ],
            beam_size=1,
            sampling_temperature=0.0,  # the library would try again up to five times when in doubt
            max_length=self._model.max_length,
            return_scores=True,
            return_no_speech_prob=True,
            suppress_blank=True,
            suppress_tokens=get_suppressed_tokens(tokenizers[0], [-1]),
        )
        for (utterance, _), tokenizer, result in zip(rows, tokenizers, results, strict=True):
            segment = _segment(tokenizer, result)
            if segment.text and _is_believable(segment):
                utterance.segments.append(segment)

    def _features(self, pcm: bytes) -> NDArray[np.float32]:
        frames = self._model.feature_extractor.nb_max_frames
        features: NDArray[np.float32] = self._model.feature_extractor(to_floats(pcm))[:, :-1]
        features = features[:, :frames]
        return np.pad(features, ((0, 0), (0, frames - features.shape[1])))

    def _tell_languages(self, utterances: list[_Utterance], encoded: Any) -> None:
        """For those whose caller may change it; an utterance's first window decides."""
        unsure = {
            row: utterance
            for row, utterance in reversed(list(enumerate(utterances)))
            if utterance.knowledge.languages
            and utterance.speech_ms >= LANGUAGE_MS
            and not utterance.segments
        }
        if not unsure or not self._model.model.is_multilingual:
            return
        found = self._model.model.detect_language(encoded)
        for row, utterance in unsure.items():
            likelihoods = {token[2:-2]: likely for token, likely in found[row]}
            utterance.language = _likeliest(likelihoods, utterance.knowledge)

    def _tokenizer(self, language: str) -> Any:
        """Raises ValueError for a language the model does not know."""
        code = without_region(language) if self._model.model.is_multilingual else "en"
        if code not in self._tokenizers:
            from faster_whisper.tokenizer import Tokenizer

            self._tokenizers[code] = Tokenizer(
                self._model.hf_tokenizer,
                self._model.model.is_multilingual,
                task="transcribe",
                language=code,
            )
        return self._tokenizers[code]


def _failure(error: Exception) -> EngineFailed:
    failure = EngineFailed(f"faster-whisper failed: {type(error).__name__}")
    failure.__cause__ = error
    return failure


def _hint_tokens(tokenizer: Any, hints: str) -> tuple[int, ...]:
    """In eights, so that agents with different words still fit into one batch."""
    if not hints:
        return ()
    tokens = tokenizer.encode(f" {hints}")[-HINT_TOKENS:]  # the likeliest stand last
    return tuple(tokens[len(tokens) % HINT_STEP if len(tokens) > HINT_STEP else 0 :])


def _prompt(tokenizer: Any, hints: tuple[int, ...]) -> list[int]:
    before = [tokenizer.sot_prev, *hints] if hints else []
    return [*before, *tokenizer.sot_sequence, tokenizer.no_timestamps]


def _segment(tokenizer: Any, result: Any) -> _Segment:
    tokens = result.sequences_ids[0]
    text = tokenizer.decode(tokens).strip()
    return _Segment(
        text=text,
        avg_logprob=result.scores[0] * len(tokens) / (len(tokens) + 1),
        no_speech_prob=result.no_speech_prob,
        compression_ratio=_compression(text),
    )


def _compression(text: str) -> float:
    plain = text.encode()
    return len(plain) / len(zlib.compress(plain))


def _transcript(utterance: _Utterance) -> Transcript:
    kept = utterance.segments
    text = " ".join(segment.text for segment in kept)
    knowledge = utterance.knowledge
    if not kept or vocabulary.is_echo(text, knowledge):
        return Transcript("")
    confidence = math.exp(sum(segment.avg_logprob for segment in kept) / len(kept))
    spoken = utterance.language
    if len(text.split()) < LANGUAGE_WORDS:
        spoken = knowledge.language
    return Transcript(text, min(1.0, confidence), spoken if knowledge.languages else "")


def _likeliest(likelihoods: dict[str, float], knowledge: Knowledge) -> str:
    """The one of the agent's languages that is spoken; the present one in doubt."""
    mine = {without_region(code): code for code in (*knowledge.languages, knowledge.language)}
    likely = {code: likelihoods[code] for code in mine if code in likelihoods}
    likeliest = max(likely, key=likely.__getitem__, default="")
    if not likeliest or likely[likeliest] < OTHER_LANGUAGE * sum(likely.values()):
        return knowledge.language
    return mine[likeliest]


def _levels(pcm: bytes) -> list[float]:
    """How loud each frame is, the quietest first."""
    return sorted(
        level_db(pcm[at : at + FRAME_BYTES])
        for at in range(0, len(pcm) - FRAME_BYTES + 1, FRAME_BYTES)
    )


def _is_loud_enough(levels: list[float]) -> bool:
    return bool(levels) and _loud(levels) > QUIET_DB


def _speech_ms(levels: list[float]) -> int:
    return sum(level > _loud(levels) - SPEECH_DB for level in levels) * FRAME_MS


def _loud(levels: list[float]) -> float:
    """What the loudest tenth of the frames is above."""
    return levels[len(levels) * 9 // 10]


def _is_believable(segment: _Segment) -> bool:
    if segment.no_speech_prob > NO_SPEECH and segment.avg_logprob < LOW_LOGPROB:
        return False
    if segment.avg_logprob < HOPELESS_LOGPROB or segment.compression_ratio > REPETITIVE:
        return False
    return not _repeats_itself(segment.text)


def _repeats_itself(text: str) -> bool:
    """Whether one to four words come four times in a row, "thank you thank you …"."""
    said = text.casefold().split()
    return any(
        said[at : at + size] * 4 == said[at : at + size * 4]
        for size in range(1, 5)
        for at in range(len(said) - size * 4 + 1)
    )
