import threading

import numpy as np
import pytest

from inference import audio
from inference.engines import espeak, espeak_library
from inference.engines.base import EngineChoice, EngineFailed, EngineUnavailable, VoiceChoice

VOICE = VoiceChoice(EngineChoice("espeak"))
SENTENCE = "We are open from Monday to Friday, from eight to six."


@pytest.fixture(scope="module")
def engine():
    return espeak.load(EngineChoice("espeak"))


def speak(engine, text=SENTENCE, **voice):
    return b"".join(engine.synthesize(text, VoiceChoice(EngineChoice("espeak"), **voice)))


def seconds(engine, pcm):
    return len(pcm) / 2 / engine.hz


def pitch_hz(engine, pcm):
    """The strongest period between 60 and 400 Hz."""
    samples = audio.to_floats(pcm)[: engine.hz]
    repeats = np.correlate(samples, samples, "full")[len(samples) - 1 :]
    shortest, longest = engine.hz // 400, engine.hz // 60
    return engine.hz / (shortest + int(np.argmax(repeats[shortest:longest])))


def test_a_sentence_is_as_long_as_a_sentence_and_loud(engine):
    pcm = speak(engine)
    assert 2 < seconds(engine, pcm) < 5
    assert -35 < audio.level_db(pcm) < -8


def test_audio_comes_in_small_pieces(engine):
    pieces = list(engine.synthesize(SENTENCE, VOICE))
    assert len(pieces) > 40
    assert max(len(piece) for piece in pieces) / 2 / engine.hz <= 0.061


def test_speed_language_speaker_and_pitch_are_heard(engine):
    plain = speak(engine)
    for speed in (0.5, 0.8, 1.25, 2.0):
        slower = seconds(engine, speak(engine, speed=speed)) / seconds(engine, plain)
        assert slower == pytest.approx(1 / speed, rel=0.15)
    assert speak(engine, language="de") != plain
    assert speak(engine, speaker="f3") != plain
    deep = espeak.load(EngineChoice.of("espeak", pitch="10"))
    high = espeak.load(EngineChoice.of("espeak", pitch="90"))
    assert pitch_hz(deep, speak(deep)) < pitch_hz(engine, plain) < pitch_hz(high, speak(high))


def test_a_speaker_of_another_engine_does_not_silence_the_agent(engine):
    assert seconds(engine, speak(engine, speaker="Claribel Dervla")) > 2


def test_an_unknown_language_is_named(engine):
    with pytest.raises(EngineFailed, match="'tlh'"):
        speak(engine, language="tlh")
    assert speak(engine)  # and the next sentence is spoken


@pytest.mark.parametrize(
    "text", ["", " ", "\0", "🙂", "a\0b", "<speak>&amp;</speak>", "[[h@l'oU]]"]
)
def test_odd_texts_are_survived(engine, text):
    speak(engine, text)


def test_a_very_long_text_is_cut(engine):
    assert seconds(engine, speak(engine, "a " * 100_000)) < 60 * 20


def test_stopping_ends_espeaks_work():
    heard = []

    def hear_three(piece):
        heard.append(piece)
        return len(heard) < 3

    library = espeak_library.library()
    library.speak(SENTENCE * 20, "en", speed=1, pitch=50, hear=hear_three)
    assert len(heard) == 3


def test_closing_stops_espeak_and_frees_it_for_the_next_call(engine, monkeypatch):
    answers = []
    speaking = engine._library.speak

    def speak_and_tell(*args, hear, **kwargs):
        speaking(*args, hear=lambda piece: answers.append(hear(piece)) or answers[-1], **kwargs)

    monkeypatch.setattr(engine._library, "speak", speak_and_tell)
    long = engine.synthesize(SENTENCE * 75, VOICE)
    next(long)
    long.close()
    assert next(engine.synthesize("Next.", VOICE))
    assert answers.count(False) >= 1


def test_a_listener_who_does_not_listen_keeps_nobody_waiting(engine):
    idle = engine.synthesize(SENTENCE * 10, VOICE)
    next(idle)
    assert speak(engine, "Another call.")
    idle.close()


def test_calls_at_once_do_not_mix_their_sentences(engine):
    texts = {count: "Please hold the line. " * count for count in (1, 2, 4)}
    alone = {count: len(speak(engine, text)) for count, text in texts.items()}
    heard = []

    def call(count):
        heard.extend((count, len(speak(engine, texts[count]))) for _ in range(5))

    threads = [threading.Thread(target=call, args=(count,)) for count in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(heard) == 15
    for count, size in heard:  # espeak never says a sentence twice in just the same way
        assert size == pytest.approx(alone[count], rel=0.03)


def test_an_unknown_region_is_left_out_of_the_language(engine):
    german = seconds(engine, speak(engine, language="de"))
    assert seconds(engine, speak(engine, language="de-CH")) == pytest.approx(german, rel=0.03)
    assert german != pytest.approx(seconds(engine, speak(engine)), rel=0.03)


def test_phonemes_are_separate_sounds():
    sounds = espeak_library.library().phonemes("judge", "en-us")
    assert [sound.strip("ˈˌ") for sound in sounds] == ["dʒ", "ʌ", "dʒ"]


def test_a_busy_library_is_a_failure_after_its_deadline(engine, monkeypatch):
    monkeypatch.setattr(espeak_library, "LOCK_SECONDS", 0.05)
    library = espeak_library.library()
    with library._lock, pytest.raises(EngineFailed, match="busy"):
        speak(engine)


@pytest.mark.parametrize("pitch", ["high", "-1", "100"])
def test_a_wrong_pitch_is_refused(pitch):
    with pytest.raises(EngineUnavailable, match="pitch"):
        espeak.load(EngineChoice.of("espeak", pitch=pitch))
