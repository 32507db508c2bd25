"""XTTS and VITS: the real classes, with tiny random weights."""

import logging
import shutil
import threading
from types import SimpleNamespace

import numpy as np
import pytest

from inference import audio
from inference.engines import coqui, vits, wanted, xtts, xtts_decoder
from inference.engines.base import EngineChoice, EngineFailed, EngineUnavailable, VoiceChoice
from inference.engines.xtts_decoder import Decoder
from tests import tiny_models

pytestmark = pytest.mark.heavy

SENTENCE = "We are open from Monday to Friday."


def voice(**options):
    return VoiceChoice(EngineChoice("xtts"), **({"speaker": tiny_models.SPEAKER} | options))


def load_xtts(folder):
    with tiny_models.narrow_decoder():
        return xtts.load(EngineChoice.of("xtts", path=str(folder)))


@pytest.fixture(scope="module")
def cloner(xtts_folder):
    return load_xtts(xtts_folder)


@pytest.fixture(scope="module")
def reader(vits_folder):
    return vits.load(EngineChoice.of("vits", path=str(vits_folder)))


def hum(seconds, hz=22_050, loudness=0.3):
    at = np.arange(int(seconds * hz)) / hz
    return audio.from_floats(loudness * np.sin(2 * np.pi * 150 * at) * np.sin(2 * np.pi * 3 * at))


@pytest.fixture
def sample(tmp_path):
    path = tmp_path / "voice.wav"
    audio.write_wav(path, hum(4, hz=16_000), 16_000)
    return path


def test_xtts_streams_pieces_that_make_a_whole(cloner):
    assert cloner.hz == 24_000
    assert cloner.speakers == (tiny_models.SPEAKER,)
    pieces = list(cloner.synthesize(SENTENCE, voice()))
    assert len(pieces) >= 2
    assert 1.5 < len(b"".join(pieces)) / 2 / cloner.hz < 2.2
    assert audio.level_db(b"".join(pieces)) > -50


def test_the_unpatched_xtts_class_loads_and_streams(models):
    folder = tiny_models.xtts(models / "xtts whole", narrow=False)
    engine = xtts.load(EngineChoice.of("xtts", path=str(folder)))
    stream = engine.synthesize("Yes.", voice())
    assert len(next(stream)) > 5_000
    stream.close()


@pytest.fixture(scope="module")
def thoughts():
    import torch

    torch.manual_seed(3)
    return list(torch.randn(40, 1, 64))


def in_pieces(cloner, thoughts, speed, steps=4):
    import torch

    decoder = Decoder(cloner._model.hifigan_decoder, cloner._voice(voice())[1], speed)
    with torch.inference_mode():
        pieces = [decoder.push(thoughts[at : at + steps]) for at in range(0, 40, steps)]
        return torch.cat([*pieces, decoder.rest([])])


def difference(one, other):
    assert len(one) == len(other)
    return float((one - other).abs().max() / other.abs().max())


@pytest.mark.parametrize("speed", [1.0, 0.8])
@pytest.mark.parametrize("steps", [4, 7])
def test_pieces_sound_like_the_librarys_whole_sentence(cloner, thoughts, steps, speed):
    import torch
    from torch.nn.functional import interpolate

    with torch.inference_mode():
        latents = torch.cat(thoughts)[None].transpose(1, 2)
        if speed != 1:
            latents = interpolate(latents, scale_factor=1 / speed, mode="linear")
        speaker = cloner._voice(voice())[1]
        whole = cloner._model.hifigan_decoder(latents.transpose(1, 2), g=speaker).flatten()
    assert difference(in_pieces(cloner, thoughts, speed, steps), whole) < 0.05


def test_a_piece_hears_as_much_of_what_came_before_as_matters(cloner, thoughts, monkeypatch):
    enough = in_pieces(cloner, thoughts, 1.0)
    monkeypatch.setattr(xtts_decoder, "FRAMES_BEFORE", 10_000)
    assert difference(enough, in_pieces(cloner, thoughts, 1.0)) < 1e-5
    monkeypatch.setattr(xtts_decoder, "FRAMES_BEFORE", 2)
    assert difference(enough, in_pieces(cloner, thoughts, 1.0)) > 1e-3


def test_an_unwanted_stream_ends_within_one_step(cloner, monkeypatch):
    unwanted, steps = threading.Event(), []
    thoughts = cloner._thoughts

    def hang_up_at_the_second_step(*args):
        for thought in thoughts(*args):
            steps.append(thought)
            if len(steps) == 2:
                unwanted.set()
            yield thought

    monkeypatch.setattr(cloner, "_thoughts", hang_up_at_the_second_step)
    with wanted.until(unwanted):
        assert list(cloner.synthesize(SENTENCE, voice())) == []
    assert len(steps) == 2
    monkeypatch.undo()
    assert next(cloner.synthesize(SENTENCE, voice()))


@pytest.mark.parametrize("speed", [0.5, 0.8, 1.25, 2.0])
def test_xtts_speaks_at_the_voices_speed(cloner, speed):
    plain = b"".join(cloner.synthesize(SENTENCE, voice()))
    other = b"".join(cloner.synthesize(SENTENCE, voice(speed=speed)))
    assert len(other) == pytest.approx(len(plain) / speed, rel=0.1)


def test_xtts_speaks_the_voices_language(cloner, monkeypatch):
    asked = []
    stream = cloner._stream

    def note(text, language, *args):
        asked.append(language)
        return stream(text, language, *args)

    monkeypatch.setattr(cloner, "_stream", note)
    next(cloner.synthesize("Ja.", voice(language="de-CH")))
    next(cloner.synthesize("Yes.", voice()))
    assert asked == ["de", "en"]


def test_a_recording_is_cloned_once_and_again_when_it_changes(cloner, sample, monkeypatch):
    reads = []
    read_sample = xtts.read_sample
    monkeypatch.setattr(xtts, "read_sample", lambda path: reads.append(path) or read_sample(path))

    def speak():
        return next(cloner.synthesize("Yes.", voice(sample_path=str(sample))))

    assert speak()
    assert speak()
    assert len(reads) == 1
    audio.write_wav(sample, hum(5), 22_050)
    assert speak()
    assert len(reads) == 2


def test_a_voice_that_is_withdrawn_is_forgotten(cloner, sample):
    next(cloner.synthesize("Yes.", voice(sample_path=str(sample))))
    cloner.forget_voice(str(sample.with_name("another.wav")))
    assert any(str(sample) in key for key in cloner._latents)
    cloner.forget_voice(str(sample))
    assert not any(str(sample) in key for key in cloner._latents)


def test_the_recordings_in_memory_are_bounded(cloner, tmp_path, monkeypatch):
    monkeypatch.setattr(xtts, "VOICES", 1)
    for name in ("a.wav", "b.wav"):
        audio.write_wav(tmp_path / name, hum(2.5), 22_050)
        next(cloner.synthesize("Yes.", voice(sample_path=str(tmp_path / name))))
    assert len(cloner._latents) == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (audio.wav_bytes(hum(1), 22_050), "seconds"),
        (audio.wav_bytes(bytes(22_050 * 8), 22_050), "silent"),
        (b"ID3 an mp3", "WAV"),
        (None, "read"),
    ],
)
def test_a_recording_of_no_use_is_named_as_such(cloner, tmp_path, content, reason):
    path = tmp_path / "voice.wav"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(EngineFailed, match=reason):
        next(cloner.synthesize("Yes.", voice(sample_path=str(path))))


def test_unknown_speakers_and_languages_are_named(cloner):
    with pytest.raises(EngineFailed, match="'nobody'"):
        next(cloner.synthesize("Yes.", voice(speaker="nobody")))
    with pytest.raises(EngineFailed, match="'sw'"):
        next(cloner.synthesize("Yes.", voice(language="sw")))
    assert next(cloner.synthesize("Yes.", voice(language="en-GB")))


def test_one_stream_at_a_time_and_the_wait_has_an_end(cloner, monkeypatch):
    monkeypatch.setattr(coqui, "QUEUE_SECONDS", 0.05)
    first = cloner.synthesize(SENTENCE, voice())
    next(first)
    with pytest.raises(EngineFailed, match="busy"):
        next(cloner.synthesize(SENTENCE, voice()))
    first.close()
    assert next(cloner.synthesize(SENTENCE, voice()))


def test_the_next_caller_gets_the_voice_when_the_first_is_done(cloner):
    first = cloner.synthesize(SENTENCE, voice())
    next(first)
    heard = []
    waiting = threading.Thread(
        target=lambda: heard.append(b"".join(cloner.synthesize("Yes.", voice())))
    )
    waiting.start()
    assert not heard
    first.close()
    waiting.join(30)
    assert len(heard) == 1


def test_a_model_that_has_lost_its_way_is_cut(cloner, monkeypatch):
    monkeypatch.setattr(xtts, "max_seconds", lambda text: 0.5)
    pcm = b"".join(cloner.synthesize(SENTENCE, voice()))
    assert len(pcm) / 2 / cloner.hz == pytest.approx(0.5, abs=0.001)


def test_a_long_sentence_is_spoken_in_parts_the_model_can_hold(cloner, monkeypatch):
    parts = []
    stream = cloner._stream

    def note(text, *args):
        parts.append(text)
        return stream("yes", *args)

    monkeypatch.setattr(cloner, "_stream", note)
    long = "We are open on Monday and on Tuesday and " * 12
    assert len(b"".join(cloner.synthesize(long, voice()))) / 2 / cloner.hz > 3
    assert " ".join(parts) == long.strip()
    assert max(map(len, parts)) <= xtts.PART_CHARACTERS


def test_numbers_that_grow_into_too_many_words_are_spoken_in_more_parts(cloner):
    parts = list(cloner._parts("171 " * 50, "en", xtts.PART_CHARACTERS))
    assert len(parts) > 1
    assert " ".join(parts) == ("171 " * 50).strip()
    assert next(cloner.synthesize("171 " * 50, voice()))


def test_a_failing_model_is_a_failure_that_does_not_quote(cloner, monkeypatch):
    def fail(text, *args):
        raise RuntimeError(f"cannot say {text}")

    monkeypatch.setattr(cloner, "_stream", fail)
    with pytest.raises(EngineFailed) as caught:
        next(cloner.synthesize("my number is 0171", voice()))
    assert "0171" not in str(caught.value)
    monkeypatch.undo()
    assert next(cloner.synthesize("Yes.", voice()))  # and the lock is free


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_nothing_to_say_is_no_audio(cloner, reader, text):
    assert list(cloner.synthesize(text, voice())) == []
    assert list(reader.synthesize(text, voice())) == []


def test_what_they_say_is_not_logged(cloner, reader, caplog):
    long = "my number is 0171 " * 20
    with caplog.at_level(logging.INFO):
        next(cloner.synthesize(long, voice()))
        next(reader.synthesize(long, VoiceChoice(EngineChoice("vits"))))
    assert "0171" not in caplog.text


@pytest.mark.parametrize("lacking", xtts.FILES)
def test_an_xtts_folder_that_lacks_a_file_is_refused(xtts_folder, tmp_path, lacking):
    folder = shutil.copytree(xtts_folder, tmp_path / "model")
    (folder / lacking).unlink()
    with pytest.raises(EngineUnavailable, match=lacking):
        load_xtts(folder)


def test_a_damaged_xtts_is_refused(xtts_folder, tmp_path):
    folder = shutil.copytree(xtts_folder, tmp_path / "model")
    (folder / "model.pth").write_bytes(b"not a model")
    with pytest.raises(EngineUnavailable, match="cannot load"):
        load_xtts(folder)


def test_vits_speaks_in_pieces(reader):
    pieces = list(reader.synthesize(SENTENCE, VoiceChoice(EngineChoice("vits"))))
    assert len(pieces) > 1
    assert len(pieces[0]) / 2 / reader.hz == pytest.approx(vits.PIECE_SECONDS, abs=0.001)
    assert audio.level_db(b"".join(pieces)) > -60


def test_vits_speaks_at_the_voices_speed(reader):
    def seconds(speed):
        choice = VoiceChoice(EngineChoice("vits"), speed=speed)
        return len(b"".join(reader.synthesize(SENTENCE, choice))) / 2 / reader.hz

    plain = seconds(1.0)
    assert seconds(2.0) == pytest.approx(plain / 2, rel=0.1)
    assert seconds(0.5) == pytest.approx(plain * 2, rel=0.1)


class SpeaksTwo:
    """What the library shows of a model of two languages."""

    languages = ("en", "de")
    speakers = None

    def __init__(self):
        self.asked = []
        self.synthesizer = SimpleNamespace(tts_model=SimpleNamespace(length_scale=1.0))

    def tts(self, text, *, speaker, language, split_sentences):
        self.asked.append(language)
        return [0.5] * 100


def test_vits_speaks_the_voices_language(reader, monkeypatch):
    two = SpeaksTwo()
    monkeypatch.setattr(reader, "_tts", two)
    for language in ("en", "de-CH"):
        assert list(reader.synthesize("Ja.", voice(language=language)))
    assert two.asked == ["en", "de"]
    with pytest.raises(EngineFailed, match="'fr'"):
        next(reader.synthesize("Oui.", voice(language="fr")))


def test_vits_stops_between_sentences(reader, monkeypatch):
    unwanted, made = threading.Event(), []
    make = reader._made
    monkeypatch.setattr(reader, "_made", lambda *args: made.append(args) or make(*args))
    text = "We are open from Monday to Friday, from nine to five o'clock. " * 3
    with wanted.until(unwanted):
        stream = reader.synthesize(text, VoiceChoice(EngineChoice("vits")))
        next(stream)
        unwanted.set()
        assert list(stream)
    assert len(made) == 1


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 0),
        ("Yes.", 1),
        ("Dr. Meyer is in. Shall I put you through?", 1),
        ("We are open from Monday to Friday, from nine to five o'clock. And you?", 2),
        ("no full stop " * 30, 1),
    ],
)
def test_only_long_sentences_are_spoken_one_by_one(text, parts):
    assert len(vits.sentences(text.strip())) == parts
    assert " ".join(vits.sentences(text.strip())) == text.strip()


@pytest.mark.parametrize("lacking", ["config.json", "model.pth"])
def test_a_vits_folder_that_lacks_a_file_is_refused(vits_folder, tmp_path, lacking):
    folder = shutil.copytree(vits_folder, tmp_path / "model")
    (folder / lacking).unlink()
    with pytest.raises(EngineUnavailable, match=r"model\.pth"):
        vits.load(EngineChoice.of("vits", path=str(folder)))


@pytest.mark.parametrize("module", [xtts, vits])
def test_a_name_is_never_taken_for_a_hub(module):
    with pytest.raises(EngineUnavailable, match="folder"):
        module.load(EngineChoice.of("x", path="tts_models/multilingual/multi-dataset/xtts_v2"))
    with pytest.raises(EngineUnavailable, match="folder"):
        module.load(EngineChoice("x"))
