import shutil
from types import SimpleNamespace

import numpy as np
import pytest

from inference import audio
from inference.engines import faster_whisper
from inference.engines.base import EngineChoice, EngineFailed, EngineUnavailable, Knowledge
from tests import tiny_models

SENTENCE = "when are you open on saturday"
ENGLISH = Knowledge("en")


def hiss(db=-20, seconds=2):
    noise = np.random.default_rng(0).normal(0, 10 ** (db / 20), seconds * 16_000)
    return audio.from_floats(noise)


def load(folder, **options):
    return faster_whisper.load(
        EngineChoice.of("faster_whisper", path=str(folder), device="cpu", **options)
    )


@pytest.fixture(scope="module")
def engine(whisper_folder):
    return load(whisper_folder)


def test_the_model_is_loaded_from_its_folder_and_heard(engine):
    engine.warm()
    transcript = engine.transcribe(hiss(), ENGLISH)
    assert transcript.text == SENTENCE
    assert 0.9 < transcript.confidence <= 1


def test_the_precision_is_the_owners_choice(whisper_folder):
    assert load(whisper_folder, compute_type="int8").transcribe(hiss(), ENGLISH).text == SENTENCE
    with pytest.raises(EngineUnavailable, match="cannot load"):
        load(whisper_folder, compute_type="int3")


def test_a_regional_language_is_its_language(engine):
    assert engine.transcribe(hiss(), Knowledge("de-CH")).text == SENTENCE


def test_an_unknown_language_is_a_failure(engine):
    with pytest.raises(EngineFailed):
        engine.transcribe(hiss(), Knowledge("tlh"))


SWISS = Knowledge("en", languages=("de-CH",))


@pytest.fixture(scope="module")
def hears(models):
    """An engine that takes any sound for each language with that likelihood."""

    def engine(sentence=SENTENCE, **languages):
        name = "-".join([sentence, *(f"{code}{share}" for code, share in languages.items())])
        folder = models / name
        if not folder.exists():
            tiny_models.whisper(folder, sentence, languages=languages)
        return load(folder)

    return engine


def test_the_callers_change_of_language_is_noticed(hears):
    assert hears(en=0.1, de=0.9).transcribe(hiss(), SWISS).language == "de-CH"
    assert hears(en=0.9, de=0.1).transcribe(hiss(), SWISS).language == "en"


def test_in_doubt_the_present_language_is_kept(hears):
    either = hears(en=0.35, de=0.65)
    assert either.transcribe(hiss(), SWISS).language == "en"
    assert either.transcribe(hiss(), Knowledge("de", languages=("en",))).language == "de"


def test_a_language_the_agent_does_not_speak_is_not_heard(hears):
    assert hears(fr=0.8, de=0.16, en=0.04).transcribe(hiss(), SWISS).language == "de-CH"
    assert hears(fr=0.8, de=0.1, en=0.1).transcribe(hiss(), SWISS).language == "en"


def test_a_short_sound_is_no_reason_to_change_the_language(hears):
    german = hears(en=0.01, de=0.99)
    short = hiss(-20, 1)[: 900 * 32]
    assert german.transcribe(bytes(64_000) + short + bytes(64_000), SWISS).language == "en"
    assert german.transcribe(bytes(64_000) + hiss(-20, 2), SWISS).language == "de-CH"


def test_one_word_is_no_reason_to_change_the_language(hears):
    heard = hears("okay", en=0.01, de=0.99).transcribe(hiss(), SWISS)
    assert (heard.text, heard.language) == ("okay", "en")


def test_an_agent_of_one_language_is_not_told_of_any(hears):
    assert hears(en=0.01, de=0.99).transcribe(hiss(), ENGLISH).language == ""


def test_the_sound_is_encoded_once_for_language_and_words(hears, monkeypatch):
    engine = hears(en=0.1, de=0.9)
    encoded = []
    model = engine._model.model
    monkeypatch.setattr(engine._model, "model", SimpleNamespace(
        is_multilingual=True,
        device=model.device,
        device_index=model.device_index,
        detect_language=model.detect_language,
        generate=model.generate,
        encode=lambda *args, **how: encoded.append(1) or model.encode(*args, **how),
    ))  # fmt: skip
    assert engine.transcribe(hiss(), SWISS).text == SENTENCE
    assert len(encoded) == 1
    assert engine.transcribe(hiss(-20, 3), SWISS).text == SENTENCE
    assert len(encoded) == 2


@pytest.mark.parametrize("pcm", [b"", bytes(100), bytes(64_000), hiss(-70)])
def test_where_nobody_speaks_the_model_is_not_asked(engine, pcm):
    assert engine.transcribe(pcm, ENGLISH).text == ""


def test_a_short_word_in_a_long_silence_is_heard(engine):
    assert engine.transcribe(bytes(96_000) + hiss(-25, 1), ENGLISH).text == SENTENCE


def test_what_the_model_doubts_is_dropped(models):
    folder = tiny_models.whisper(models / "doubtful", "thank you for watching", certainty=0.3)
    engine = load(folder)
    assert engine.transcribe(hiss(), ENGLISH).text == ""


def test_what_repeats_itself_is_dropped(models):
    folder = tiny_models.whisper(models / "repeating", "thank you " * 6)
    assert load(folder).transcribe(hiss(), ENGLISH).text == ""


@pytest.mark.parametrize(
    ("text", "repeats"),
    [
        ("no no no I mean yes", False),
        ("no no no no", True),
        ("one two three one two three one two three one two three", True),
        ("five five five double zero", False),
        ("", False),
    ],
)
def test_four_times_the_same_is_no_speech(text, repeats):
    assert faster_whisper._repeats_itself(text) is repeats


@pytest.mark.parametrize(
    ("no_speech", "logprob", "compression", "believed"),
    [
        (0.9, -0.3, 1.0, True),
        (0.1, -1.2, 1.0, True),
        (0.9, -1.2, 1.0, False),
        (0.1, -1.6, 1.0, False),
        (0.1, -0.3, 2.5, False),
    ],
)
def test_the_limits_of_belief(no_speech, logprob, compression, believed):
    segment = SimpleNamespace(
        no_speech_prob=no_speech, avg_logprob=logprob, compression_ratio=compression, text="yes"
    )
    assert faster_whisper._is_believable(segment) is believed


@pytest.mark.parametrize("lacking", faster_whisper.FILES)
def test_a_folder_that_lacks_a_file_is_refused_and_no_hub_is_asked(
    whisper_folder, tmp_path, lacking
):
    folder = shutil.copytree(whisper_folder, tmp_path / "model")
    (folder / lacking).unlink()
    with pytest.raises(EngineUnavailable, match=lacking):
        load(folder)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(EngineUnavailable, match="nowhere"):
        load(tmp_path / "nowhere")
    with pytest.raises(EngineUnavailable, match="folder"):
        faster_whisper.load(EngineChoice("faster_whisper"))


def test_a_damaged_model_is_refused(whisper_folder, tmp_path):
    folder = shutil.copytree(whisper_folder, tmp_path / "model")
    (folder / "model.bin").write_bytes(b"not a model")
    with pytest.raises(EngineUnavailable, match="cannot load"):
        load(folder)


def test_a_device_that_does_not_exist_is_refused(whisper_folder):
    with pytest.raises(EngineUnavailable, match="device"):
        faster_whisper.load(
            EngineChoice.of("faster_whisper", path=str(whisper_folder), device="tpu")
        )
