"""How a word sounds in the phones pocketsphinx knows, when its dictionary lacks the word.

espeak says it in IPA (American English), and each IPA sound has a phone or two of CMU's.
"""

from inference.engines import espeak_library
from inference.engines.base import EngineFailed, EngineUnavailable

VOICE = "en-us"

_STRESS_AND_LENGTH = str.maketrans("", "", "ˈˌː̩ʲ̃‍ʰ|-")
_PHONES = {
    # consonants
    "b": "B", "d": "D", "f": "F", "h": "HH", "j": "Y", "k": "K", "l": "L", "m": "M", "n": "N",
    "p": "P", "s": "S", "t": "T", "v": "V", "w": "W", "z": "Z", "ɡ": "G", "g": "G", "ɹ": "R",
    "r": "R", "ɾ": "T", "ʔ": "T", "ð": "DH", "θ": "TH", "ŋ": "NG", "ʃ": "SH", "ʒ": "ZH",
    "dʒ": "JH", "tʃ": "CH", "x": "K", "ç": "HH", "ɬ": "L", "ts": "T S",
    # vowels
    "a": "AA", "æ": "AE", "ɐ": "AH", "ʌ": "AH", "ə": "AH", "ɑ": "AA", "ɒ": "AA", "ɔ": "AO",
    "ɛ": "EH", "e": "EH", "i": "IY", "ɪ": "IH", "ᵻ": "IH", "o": "OW", "u": "UW", "ʊ": "UH",
    "ɜ": "ER", "ɚ": "ER", "ɝ": "ER", "y": "Y UW", "ø": "ER", "œ": "ER",
    "aɪ": "AY", "aʊ": "AW", "eɪ": "EY", "oʊ": "OW", "əʊ": "OW", "ɔɪ": "OY", "iə": "IY AH",
    # vowels and a following l or r, which espeak writes as one
    "əl": "AH L", "ɪɹ": "IH R", "ɛɹ": "EH R", "ɔɹ": "AO R", "oɹ": "AO R", "ɑɹ": "AA R",
    "ʊɹ": "UH R", "aɪɚ": "AY ER", "aɪə": "AY AH", "əɹ": "ER", "ɜɹ": "ER",
}  # fmt: skip


def phones_of(word: str) -> str:
    """The phones with spaces between, or "" where there is no telling."""
    try:
        sounds = espeak_library.library().phonemes(word, VOICE)
    except (EngineUnavailable, EngineFailed):
        return ""
    phones = [_phones_of_sound(sound.translate(_STRESS_AND_LENGTH)) for sound in sounds]
    return " ".join(found for found in phones if found) if all(phones) else ""


def _phones_of_sound(sound: str) -> str:
    """The longest known beginning, then the rest."""
    for length in range(len(sound), 0, -1):
        if (found := _PHONES.get(sound[:length])) is not None:
            rest = sound[length:]
            return f"{found} {_phones_of_sound(rest)}".strip() if rest else found
    return ""
