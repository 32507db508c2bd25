"""What comes from a caller's end while the agent talks: a hundred interjections that are no
reason to stop, and a hundred interruptions that are.

Interjections are made by code from a seed (bench/foley.py), the small words by espeak, echo from
what the agent says. Interruptions are a person's: Asterisk's prompts of two words and more.
All of it as a telephone gives it, at 16 kHz.
"""

import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from functools import cache

import numpy as np

from bench import foley
from bench.acoustics import Path, echo, hiss, louder, mix, over_mu_law
from bench.clips import BYTES_PER_MS, STEP_MS, levels_db, trimmed
from bench.noise import in_band
from inference.audio import level_db, resample
from inference.engines import registry
from inference.engines.base import SAMPLE_HZ, EngineChoice, VoiceChoice
from telephony import human_voice
from tests.e2e import prompts

SEED = 3
VOICE_DB = -22.0  # a caller's, of full scale
LINE_DB = -65.0  # the hiss of a good line
FAINT_DB = 20.0  # below the loudest
TAIL_MS = 1_000
SILENT_AFTER_MS = 200
INTERRUPTIONS = 100
SHORTEST_MS, LONGEST_MS = 600, 3_000
NOT_SAID = ("silence/", "letters/", "phonetic/", "spy-", "astcc")  # alphabets, and cut to pieces
POLITE = {"thank you", "i'm sorry", "we're sorry"}  # said without wanting the floor


class Kind(Enum):
    HUM = "hum"
    SMALL_WORD = "small word"
    COUGH = "cough"
    SNEEZE = "sneeze"
    BREATHING = "breathing"
    DOOR = "door"
    KEYBOARD = "keyboard"
    BARK = "bark"
    LINE_NOISE = "line noise"
    MUSIC = "music"
    ECHO = "echo"
    INTERRUPTION = "interruption"


@dataclass(frozen=True, slots=True)
class Sound:
    """`words` is what a perfect recogniser makes of it: none of a cough."""

    name: str
    kind: Kind
    words: str
    pcm: bytes = field(repr=False)

    @property
    def spoken_ms(self) -> int:
        """Until its last loud step; a word's end may be fainter."""
        levels = levels_db(self.pcm)
        return (int(np.nonzero(levels > levels.max() - FAINT_DB)[0][-1]) + 1) * STEP_MS

    def words_at(self, ms: int) -> str:
        """What a perfect recogniser has of them so far: all words take as long."""
        words = self.words.split()
        return " ".join(words[: round(max(0, ms) / self.spoken_ms * len(words))])

    def over(self, ours: bytes, at_ms: int) -> bytes:
        """All that comes from the caller while we say `ours`, the sound from `at_ms` on."""
        long_ms = max(len(ours), len(self.pcm) + at_ms * BYTES_PER_MS) // BYTES_PER_MS + TAIL_MS
        return mix((hiss(long_ms, LINE_DB), 0), (self.pcm, at_ms))


@dataclass(frozen=True, slots=True)
class Echo:
    name: str
    delay_ms: int
    path: Path
    kind: Kind = Kind.ECHO
    words: str = ""

    def words_at(self, ms: int) -> str:
        return ""

    def over(self, ours: bytes, at_ms: int) -> bytes:
        """What comes back of `ours`, all along."""
        back = echo(ours, self.delay_ms, path=self.path)
        return mix((hiss(len(back) // BYTES_PER_MS + TAIL_MS, LINE_DB), 0), (back, 0))


@dataclass(frozen=True, slots=True)
class OverEcho:
    """A caller on a line that returns our voice, until we fall silent."""

    sound: Sound
    echo: Echo
    kind: Kind = Kind.INTERRUPTION

    @property
    def words(self) -> str:
        return self.sound.words

    def words_at(self, ms: int) -> str:
        return self.sound.words_at(ms)

    def over(self, ours: bytes, at_ms: int) -> bytes:
        heard = ours[: (at_ms + SILENT_AFTER_MS) * BYTES_PER_MS]
        return mix((self.sound.over(ours, at_ms), 0), (self.echo.over(heard, at_ms), 0))


MADE: tuple[tuple[Kind, int, float, str, Callable[[foley.Random], foley.Samples]], ...] = (
    (Kind.HUM, 12, VOICE_DB, "mm-hm", foley.hum),
    (Kind.HUM, 8, VOICE_DB, "uh-huh", foley.grunt),
    (Kind.COUGH, 12, -20, "", foley.cough),
    (Kind.SNEEZE, 4, -20, "", foley.sneeze),
    (Kind.BREATHING, 6, -38, "", foley.breathing),
    (Kind.DOOR, 6, -22, "", foley.slam),
    (Kind.KEYBOARD, 6, -36, "", foley.keyboard),
    (Kind.BARK, 6, -28, "", foley.bark),
    (Kind.LINE_NOISE, 6, -38, "", foley.crackle),
    (Kind.MUSIC, 4, -32, "", foley.music),
)
SMALL_WORDS = ("mm hm", "uh huh", "yeah", "okay", "right")
SPEAKERS = ("", "f2", "m3")
ECHOES = (
    *((Path.LINE, delay_ms) for delay_ms in range(50, 401, 70)),
    *((Path.SPEAKERPHONE, delay_ms) for delay_ms in range(50, 401, 70)),
    *((Path.HALL, delay_ms) for delay_ms in (100, 250, 400)),
)


@cache
def interjections() -> tuple[Sound | Echo, ...]:
    """A hundred; the same on every machine with the same espeak."""
    made = [
        Sound(f"{draw.__name__} {number}", kind, words, _at_level(draw(_random(draw, number)), db))
        for kind, count, db, words, draw in MADE
        for number in range(1, count + 1)
    ]
    words = [
        Sound(f"{text} {speaker or 'm1'}", Kind.SMALL_WORD, _written(text), _spoken(text, speaker))
        for text in SMALL_WORDS
        for speaker in SPEAKERS
    ]
    echoes = [Echo(f"{path.name.lower()} {ms} ms", ms, path) for path, ms in ECHOES]
    return (*made, *words, *echoes)


@cache
def interruptions() -> tuple[Sound, ...]:
    """A hundred, by a person. Raises NoHumanVoice."""
    found = []
    for name in prompts.names():
        words = prompts.words(name)
        if name.startswith(NOT_SAID) or len(words.split()) < 2 or words in POLITE:
            continue
        try:
            pcm = trimmed(human_voice.speak(name))
        except human_voice.NoHumanVoice:
            continue  # published, but not among the files
        if SHORTEST_MS <= len(pcm) // BYTES_PER_MS <= LONGEST_MS:
            found.append(Sound(name, Kind.INTERRUPTION, words, _on_the_telephone(pcm, VOICE_DB)))
    return tuple(random.Random(SEED).sample(found, INTERRUPTIONS))


def interruptions_over_echo() -> tuple[OverEcho, ...]:
    echoes = [sound for sound in interjections() if isinstance(sound, Echo)]
    pairs = zip(interruptions(), itertools.cycle(echoes), strict=False)
    return tuple(OverEcho(sound, echo) for sound, echo in pairs)


def agents_voice(text: str) -> bytes:
    """At 16 kHz. What the agent says in these measurements."""
    return _espeak(text, "m7")


def _random(draw: Callable[[foley.Random], foley.Samples], number: int) -> foley.Random:
    name = int.from_bytes(draw.__name__.encode())
    return np.random.default_rng((SEED, name % 2**31, number))


def _at_level(samples: foley.Samples, db: float) -> bytes:
    loudest = np.abs(samples).max()
    pcm = (samples / loudest * 20_000).astype("<i2").tobytes()
    return _on_the_telephone(pcm, db)


def _spoken(text: str, speaker: str) -> bytes:
    return _on_the_telephone(trimmed(_espeak(text, speaker)), VOICE_DB)


def _written(text: str) -> str:
    """As recognisers write it."""
    return {"mm hm": "mm-hm", "uh huh": "uh-huh"}.get(text, text)


def _on_the_telephone(pcm: bytes, db: float) -> bytes:
    narrow = in_band(np.frombuffer(pcm, dtype="<i2").astype(float)).astype("<i2").tobytes()
    return over_mu_law(louder(narrow, db - level_db(narrow)))


@cache
def _espeak(text: str, speaker: str) -> bytes:
    engine = registry.load("tts", EngineChoice.of("espeak"))
    voice = VoiceChoice(EngineChoice("espeak"), speaker=speaker)
    return resample(b"".join(engine.synthesize(text, voice)), engine.hz, SAMPLE_HZ)
