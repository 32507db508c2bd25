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


def band(from_hz, to_hz, seconds=2):
    """Noise of only these frequencies."""
    spectrum = np.fft.rfft(np.random.default_rng(1).normal(0, 1, seconds * 16_000))
    at = np.fft.rfftfreq(seconds * 16_000, 1 / 16_000)
    noise = np.fft.irfft(np.where((at >= from_hz) & (at <= to_hz), spectrum, 0))
    return audio.from_floats(0.2 * noise / np.abs(noise).max())


LOW, HIGH = band(200, 1_000), band(3_000, 7_000)


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


def test_it_says_which_languages_it_hears(engine):
    assert {"en", "de", "yue"} <= set(engine.languages)


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


def spy(engine, monkeypatch, **instead):
    """The library's model, with some of its methods replaced."""
    model = engine._model.model
    names = ("is_multilingual", "device", "device_index", "detect_language", "generate", "encode")
    shown = {name: getattr(model, name) for name in names}
    monkeypatch.setattr(engine._model, "model", SimpleNamespace(**(shown | instead)))


def test_the_sound_is_encoded_once_for_language_and_words(hears, monkeypatch):
    engine, encoded = hears(en=0.1, de=0.9), []
    encode = engine._model.model.encode
    spy(engine, monkeypatch, encode=lambda *args, **how: encoded.append(1) or encode(*args, **how))
    heard = engine.transcribe(hiss(), SWISS)
    assert (heard.text, heard.language) == (SENTENCE, "de-CH")
    assert len(encoded) == 1


@pytest.fixture
def generated(listener, monkeypatch):
    """How many utterances the model was asked about, each time."""
    generate, sizes = listener._model.model.generate, []

    def note(encoded, prompts, **how):
        sizes.append(len(prompts))
        return generate(encoded, prompts, **how)

    spy(listener, monkeypatch, generate=note)
    return sizes


@pytest.fixture(scope="module")
def listener(models):
    """Hears one sentence in low sounds, another one in high sounds."""
    folder = tiny_models.whisper(
        models / "listener",
        "when are you open",
        high="i want a table",
        languages={"en": 0.9, "de": 0.1},
    )
    return load(folder)


def texts(heard):
    return [transcript.text for transcript in heard]


def test_utterances_heard_together_are_not_mixed(listener, generated):
    together = [(LOW, ENGLISH), (HIGH, ENGLISH), (HIGH, SWISS), (LOW, ENGLISH)]
    heard = listener.transcribe_together(together)
    assert texts(heard) == [
        "when are you open",
        "i want a table",
        "i want a table",
        "when are you open",
    ]
    assert [transcript.language for transcript in heard] == ["", "", "en", ""]
    assert generated == [4]


def test_company_changes_no_result(listener):
    alone = [listener.transcribe(pcm, ENGLISH) for pcm in (LOW, HIGH)]
    together = listener.transcribe_together([(LOW, ENGLISH), (HIGH, ENGLISH)])
    assert texts(together) == texts(alone)
    for one, other in zip(together, alone, strict=True):
        assert one.confidence == pytest.approx(other.confidence, rel=1e-5)


def test_more_than_a_batch_are_heard_in_several(listener, generated):
    heard = listener.transcribe_together([(LOW, ENGLISH)] * (listener.batch + 1))
    assert texts(heard) == ["when are you open"] * (listener.batch + 1)
    assert generated == [listener.batch, 1]


def test_a_long_utterance_is_heard_to_its_end(listener):
    long = LOW + bytes(28 * 32_000) + HIGH  # longer than what the model looks at
    assert listener.transcribe(long, ENGLISH).text == "when are you open i want a table"


def test_silence_in_a_batch_is_not_asked_about(listener, generated):
    heard = listener.transcribe_together([(bytes(64_000), ENGLISH), (LOW, ENGLISH)])
    assert texts(heard) == ["", "when are you open"]
    assert generated == [1]


def test_what_goes_wrong_with_one_is_no_trouble_of_the_others(listener, monkeypatch):
    unknown = Knowledge("tlh")
    failed, heard = listener.transcribe_together([(LOW, unknown), (HIGH, ENGLISH)])
    assert isinstance(failed, EngineFailed)
    assert heard.text == "i want a table"

    generate = listener._model.model.generate

    def fails_in_company(encoded, prompts, **how):
        if len(prompts) > 1:
            raise RuntimeError("no room")
        return generate(encoded, prompts, **how)

    spy(listener, monkeypatch, generate=fails_in_company)
    heard = listener.transcribe_together([(LOW, ENGLISH), (HIGH, ENGLISH)])
    assert texts(heard) == ["when are you open", "i want a table"]


def test_in_doubt_the_model_is_asked_once_and_not_five_times(models, monkeypatch):
    doubtful = load(tiny_models.whisper(models / "in doubt", "thank you for watching", 0.3))
    generate, asked = doubtful._model.model.generate, []
    spy(
        doubtful,
        monkeypatch,
        generate=lambda *args, **how: asked.append(1) or generate(*args, **how),
    )
    assert doubtful.transcribe(hiss(), ENGLISH).text == ""
    assert len(asked) == 1


CLINIC = Knowledge("en", vocabulary=("Meyer", "Basel"))


def test_a_recogniser_is_told_the_agents_own_words(models):
    folder = tiny_models.whisper(models / "told", SENTENCE, hint_tokens=3)
    told = load(folder)
    assert told._tokenizer("en").encode(" Basel, Meyer") == [0, 0, 0]  # a word it does not know
    assert told.transcribe(hiss(), CLINIC).text == SENTENCE
    assert told.transcribe(hiss(), ENGLISH).text != SENTENCE


def test_agents_with_other_words_still_go_together():
    eights = [faster_whisper._hint_tokens(Spelling(), "x" * count) for count in (0, 5, 12, 15, 500)]
    assert [len(tokens) for tokens in eights] == [0, 6, 8, 16, faster_whisper.HINT_TOKENS]
    assert eights[-1][-1] == ord("x")


class Spelling:
    def encode(self, text):
        return [ord(letter) for letter in text]


def test_the_hints_read_back_are_no_speech(models):
    folder = tiny_models.whisper(models / "reads back", "basel meyer clinic", hint_tokens=5)
    clinic = Knowledge("en", vocabulary=("Clinic", "Meyer", "Basel"))
    assert load(folder).transcribe(hiss(), clinic).text == ""


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
