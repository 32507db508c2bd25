"""PocketSphinx: recognises an agent's own questions without any download. English only.

Dictation over a telephone is beyond it (two words of three wrong), so it listens with a
language model of the agent's questions, and of the most frequent English words, so that other
speech comes out as other words. Figures: bench/results/.
"""

import hashlib
import tempfile
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from inference.engines import arpa, cmu_phones
from inference.engines.base import (
    SAMPLE_HZ,
    EngineFailed,
    EngineUnavailable,
    Knowledge,
    Transcript,
    without_region,
)
from inference.engines.questions import AFTER_HIDDEN_KEYS, words

PIECE_BYTES = SAMPLE_HZ // 20 * 2  # the decoder holds Python's lock while it takes one piece
_QUESTIONS, _ONE_WORD = "_default", "one word"  # the decoder's two searches
_CHEAPEST_GRAMMAR = "#JSGF V1.0;\ngrammar one;\npublic <one> = yes;\n"
_START_FRAMES = 500  # CMN_WIN in pocketsphinx' cmn.h
KNOWLEDGES = 8  # kept ready, the least used goes first

# Understood by every agent, whatever it was told.
ALWAYS = (
    "yes", "no", "yes please", "no thank you", "thank you", "thanks", "okay", "hello", "hi",
    "goodbye", "bye", "please", "help", "what", "sorry", "repeat that please", "say that again",
    "i don't know", "nothing else", "that's all", "that's all thank you",
    "can i talk to a person", "i want to speak to someone", "one moment please",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Listening:
    """How firmly the questions are expected. Chosen by bench/stt_embedded.py."""

    everyday_words: int = 1000
    everyday_share: float = 0.8
    discount: float = 0.7
    language_weight: float = 6.5


def missing() -> str:
    if find_spec("pocketsphinx") is None:
        return "pocketsphinx is not installed here; run ./run setup"
    return ""


def unknown_words(knowledge: Knowledge) -> tuple[str, ...]:
    """The words of the questions that it can never hear, for the admin to show."""
    return tuple(sorted(_vocabulary(knowledge, ()).unpronounceable))


class PocketSphinx:
    """For one call at a time; `pocketsphinx_process` holds one a process."""

    def __init__(self, listening: Listening | None = None) -> None:
        self._listening = listening or Listening()
        self._decoders: OrderedDict[str, Any] = OrderedDict()
        everyday_words(self._listening.everyday_words)  # read now, not in a call

    def prepare(self, knowledge: Knowledge) -> None:
        """Blocking. Makes the language model now, so that no caller waits for it."""
        self._decoder_for(knowledge)

    def transcribe(self, pcm: bytes, knowledge: Knowledge) -> Transcript:
        return _decode(self._decoder_for(knowledge), pcm)

    def _decoder_for(self, knowledge: Knowledge) -> Any:
        if without_region(knowledge.language) != "en":
            raise EngineUnavailable(
                f"PocketSphinx knows English only, not {knowledge.language!r};"
                " choose faster-whisper for this agent"
            )
        name = _fingerprint(knowledge)
        if name not in self._decoders:
            self._decoders[name] = _new_decoder(knowledge, self._listening)
        self._decoders.move_to_end(name)
        while len(self._decoders) > KNOWLEDGES:
            self._decoders.popitem(last=False)
        return self._decoders[name]


def _decode(decoder: Any, pcm: bytes) -> Transcript:
    """Two passes: over the telephone, two words of three are lost without the first."""
    try:
        if not _listen_to_the_line(decoder, pcm):
            return Transcript("")
        _feed(decoder, pcm)
        found = decoder.hyp()
    except RuntimeError as error:
        raise EngineFailed("PocketSphinx could not decode") from error
    return Transcript(found.hypstr if found is not None else "")


def _listen_to_the_line(decoder: Any, pcm: bytes) -> bool:
    """Tell the decoder how this line colours sound: the mean of the utterance's spectrum.

    Also makes it forget the caller before. False where there is too little to hear.
    """
    start = decoder.get_config().get_string("cmninit")
    decoder.set_cmn(start)
    decoder.activate_search(_ONE_WORD)
    _feed(decoder, pcm)
    frames = decoder.n_frames()
    mean = _numbers(decoder.get_cmn(True))
    decoder.activate_search(_QUESTIONS)
    if frames == 0:
        return False
    # the library weighs in the start as if that were 500 frames old; take it out again
    first = (*_numbers(start), *[0.0] * len(mean))
    true_mean = [
        (value * (_START_FRAMES + frames) - begun * _START_FRAMES) / frames
        for value, begun in zip(mean, first, strict=False)
    ]
    decoder.set_cmn(",".join(f"{value:.4f}" for value in true_mean))
    return True


def _feed(decoder: Any, pcm: bytes) -> None:
    decoder.start_utt()
    for at in range(0, len(pcm), PIECE_BYTES):
        decoder.process_raw(pcm[at : at + PIECE_BYTES])
    decoder.end_utt()


def _numbers(text: str) -> list[float]:
    return [float(number) for number in text.split(",")]


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    sentences: tuple[tuple[str, ...], ...]
    pronunciations: dict[str, tuple[str, ...]]
    unpronounceable: frozenset[str]


def _new_decoder(knowledge: Knowledge, listening: Listening) -> Any:
    from pocketsphinx import Decoder

    everyday = everyday_words(listening.everyday_words)
    vocabulary = _vocabulary(knowledge, tuple(everyday))
    model = arpa.trigrams(
        vocabulary.sentences,
        everyday,
        everyday_share=listening.everyday_share,
        discount=listening.discount,
    )
    with tempfile.TemporaryDirectory(prefix="voiceadmin-stt-") as folder:
        lm, dictionary = Path(folder, "questions.lm"), Path(folder, "questions.dict")
        lm.write_text(model)
        dictionary.write_text(_dictionary(vocabulary.pronunciations))
        try:
            decoder = Decoder(
                lm=str(lm),
                dict=str(dictionary),
                lw=listening.language_weight,
                fwdflat=False,  # a third pass, all at once at the end: Python would stand still
                loglevel="FATAL",
            )
            decoder.add_jsgf_string(_ONE_WORD, _CHEAPEST_GRAMMAR)
            return decoder
        except RuntimeError as error:
            raise EngineFailed("PocketSphinx did not take the agent's questions") from error


def _vocabulary(knowledge: Knowledge, everyday: tuple[str, ...]) -> _Vocabulary:
    asked = [
        words(wording)
        for entry in knowledge.entries
        for wording in entry.questions
        if wording != AFTER_HIDDEN_KEYS
    ]
    sentences = [*asked, *(words(line) for line in ALWAYS)]
    known = _pronunciations()
    pronunciations: dict[str, tuple[str, ...]] = {}
    unpronounceable = set()
    for word in {word for sentence in sentences for word in sentence}.union(everyday):
        sounds = known.get(word) or tuple(filter(None, [cmu_phones.phones_of(word)]))
        if sounds:
            pronunciations[word] = sounds
        else:
            unpronounceable.add(word)
    return _Vocabulary(
        tuple(
            tuple(word for word in sentence if word in pronunciations)
            for sentence in sentences
            if any(word in pronunciations for word in sentence)
        ),
        pronunciations,
        frozenset(unpronounceable),
    )


def _dictionary(pronunciations: dict[str, tuple[str, ...]]) -> str:
    return "".join(
        f"{word}{f'({number})' if number > 1 else ''} {phones}\n"
        for word in sorted(pronunciations)
        for number, phones in enumerate(pronunciations[word], 1)
    )


@lru_cache(maxsize=1)
def _pronunciations() -> dict[str, tuple[str, ...]]:
    """CMU's dictionary as it comes with the library."""
    from pocketsphinx import get_model_path

    found: dict[str, tuple[str, ...]] = {}
    text = Path(get_model_path("en-us/cmudict-en-us.dict")).read_text()
    for line in text.splitlines():
        word, _, phones = line.partition(" ")
        plain = word.partition("(")[0]
        found[plain] = (*found.get(plain, ()), phones)
    return found


@lru_cache(maxsize=4)
def everyday_words(count: int) -> dict[str, float]:
    """The most frequent English words and their shares, from the library's own model."""
    from pocketsphinx import Config, LogMath, NGramModel, get_model_path

    logs = LogMath()
    model = NGramModel(Config(loglevel="FATAL"), logs, get_model_path("en-us/en-us.lm.bin"))
    by_chance = sorted(((model.prob([word]), word) for word in _pronunciations()), reverse=True)
    return {word: logs.exp(chance) for chance, word in by_chance[:count]}


def _fingerprint(knowledge: Knowledge) -> str:
    wordings = "\n".join(wording for entry in knowledge.entries for wording in entry.questions)
    return hashlib.sha256(wordings.encode()).hexdigest()
