"""Sentences that come without any model, because they were made before."""

import errno
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from inference import phrases
from inference.audio import wav_bytes
from inference.engines.base import SAMPLE_HZ, EngineChoice, EngineFailed, VoiceChoice
from inference.phrases import Phrases, SilentVoice

HELLO = "Clinic, hello."
VOICE = VoiceChoice(EngineChoice.of("fake", pitch="50"))


class Synthesizer:
    hz = SAMPLE_HZ

    def __init__(self, pieces: int = 3) -> None:
        self.said: list[str] = []
        self.pieces = pieces
        self.fails = False

    def synthesize(self, text: str, voice: VoiceChoice) -> Iterator[bytes]:
        self.said.append(text)
        for number in range(self.pieces):
            yield bytes([number % 256]) * 640
        if self.fails:
            raise EngineFailed("fell over")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "phrases"


@pytest.fixture
def synthesizer() -> Synthesizer:
    return Synthesizer()


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix == ".wav")


def test_a_sentence_is_made_once_and_then_found(folder, synthesizer):
    kept = Phrases(folder)
    assert kept.find(HELLO, VOICE) is None
    pcm = kept.make(HELLO, VOICE, synthesizer)
    assert len(pcm) == 3 * 640
    assert kept.find(HELLO, VOICE) == kept.make(HELLO, VOICE, synthesizer) == pcm
    assert synthesizer.said == [HELLO]


def test_the_next_process_has_it_from_the_disk_though_the_voice_is_gone(folder, synthesizer):
    pcm = Phrases(folder).make(HELLO, VOICE, synthesizer)
    later = Phrases(folder)
    assert later.find(HELLO, VOICE) is None  # to find is not to read
    assert later.make(HELLO, VOICE, SilentVoice()) == pcm
    assert later.find(HELLO, VOICE) == pcm


def test_a_silent_voice_says_nothing_new(folder):
    with pytest.raises(EngineFailed):
        Phrases(folder).make(HELLO, VOICE, SilentVoice())
    assert Phrases(folder).recall(HELLO, VOICE) is None


@pytest.mark.parametrize(
    "other",
    [
        replace(VOICE, language="de"),
        replace(VOICE, speaker="f3"),
        replace(VOICE, speed=1.1),
        replace(VOICE, engine=EngineChoice.of("fake", pitch="51")),
        replace(VOICE, engine=EngineChoice.of("other", pitch="50")),
    ],
)
def test_another_voice_says_it_anew(folder, synthesizer, other):
    kept = Phrases(folder)
    kept.make(HELLO, VOICE, synthesizer)
    assert kept.find(HELLO, other) is None
    kept.make(HELLO, other, synthesizer)
    assert len(synthesizer.said) == len(files(folder)) == 2


def test_another_recording_in_the_same_place_is_another_voice(folder, synthesizer, tmp_path):
    sample = tmp_path / "voice.wav"
    cloned = replace(VOICE, sample_path=str(sample))
    sample.write_bytes(b"Anna")
    kept = Phrases(folder)
    kept.make(HELLO, cloned, synthesizer)
    sample.write_bytes(b"Bert")
    synthesizer.pieces = 5
    for each in (kept, Phrases(folder)):
        assert len(each.make(HELLO, cloned, synthesizer)) == 5 * 640
    assert len(synthesizer.said) == 2


@pytest.fixture
def cloned(tmp_path: Path) -> VoiceChoice:
    sample = tmp_path / "voice.wav"
    sample.write_bytes(b"Anna")
    return replace(VOICE, sample_path=str(sample))


def take_back(voice: VoiceChoice) -> None:
    Path(voice.sample_path).unlink()


def test_what_was_made_from_a_recording_is_not_said_once_it_is_gone(folder, synthesizer, cloned):
    here, elsewhere = Phrases(folder), Phrases(folder)  # two processes
    for book in (here, elsewhere):
        book.make(HELLO, cloned, synthesizer)
        assert book.find(HELLO, cloned)
    take_back(cloned)
    for book in (here, elsewhere, Phrases(folder)):
        assert book.find(HELLO, cloned) is None
        assert book.recall(HELLO, cloned) is None
        with pytest.raises(EngineFailed):
            book.make(HELLO, cloned, SilentVoice())


def test_what_was_made_from_a_recording_is_deleted_with_it_and_nothing_else(
    folder, synthesizer, cloned, tmp_path
):
    other = replace(cloned, sample_path=str(tmp_path / "other.wav"))
    (tmp_path / "other.wav").write_bytes(b"Bert")
    book = Phrases(folder)
    for voice in (VOICE, other, cloned):
        book.make(HELLO, voice, synthesizer)
    before = files(folder)
    (folder / f".half.{phrases._mark(cloned)}.17.42").write_bytes(b"half written")
    take_back(cloned)

    assert phrases.forget_all_but(folder, [tmp_path / "other.wav"]) == 2

    assert len(list(folder.iterdir())) == len(before) - 1
    assert book.find(HELLO, VOICE)
    assert book.find(HELLO, other)
    assert {voice for _, voice in book._kept} == {VOICE, other}
    assert book._size == 2 * 3 * 640


def test_it_is_enough_that_no_voice_has_the_recording_any_more(folder, synthesizer, cloned):
    Phrases(folder).make(HELLO, cloned, synthesizer)
    assert phrases.forget_all_but(folder, []) == 1
    assert not files(folder)


def test_a_folder_that_was_never_made_has_nothing_to_forget(folder):
    assert phrases.forget_all_but(folder, []) == 0


def test_a_recording_taken_back_while_a_sentence_is_made_leaves_nothing(folder, cloned):
    class TakenBack(Synthesizer):
        def synthesize(self, text: str, voice: VoiceChoice) -> Iterator[bytes]:
            yield from super().synthesize(text, voice)
            take_back(voice)

    book = Phrases(folder)
    assert book.make(HELLO, cloned, TakenBack())  # this caller had begun to hear it
    assert book.find(HELLO, cloned) is None
    assert not folder.exists()


def test_a_recording_taken_back_while_a_sentence_is_written_leaves_nothing(
    folder, synthesizer, cloned, monkeypatch
):
    sync = os.fsync

    def taken_back(descriptor: int) -> None:
        sync(descriptor)
        take_back(cloned)

    monkeypatch.setattr(os, "fsync", taken_back)
    Phrases(folder).make(HELLO, cloned, synthesizer)
    assert not list(folder.iterdir())


WHOLE = wav_bytes(bytes(640), SAMPLE_HZ)


@pytest.mark.parametrize(
    "left",
    [b"", b"RIFF", WHOLE[:-100], wav_bytes(bytes(640), 8_000), wav_bytes(b"", SAMPLE_HZ)],
)
def test_a_broken_file_is_made_anew(folder, synthesizer, left):
    pcm = Phrases(folder).make(HELLO, VOICE, synthesizer)
    (path,) = files(folder)
    path.write_bytes(left)
    assert Phrases(folder).make(HELLO, VOICE, synthesizer) == pcm
    assert Phrases(folder).make(HELLO, VOICE, SilentVoice()) == pcm


def test_a_voice_at_another_rate_is_resampled(folder, synthesizer):
    synthesizer.hz = 8_000
    pcm = Phrases(folder).make(HELLO, VOICE, synthesizer)
    assert len(pcm) == 2 * 3 * 640


def test_agents_who_say_one_text_differently_do_not_hear_each_other(folder, synthesizer):
    kept = Phrases(folder)
    one = kept.make("Doctor win.", VOICE, synthesizer)
    synthesizer.pieces = 5
    other = kept.make("Doctor en-goo-yen.", VOICE, synthesizer)
    assert len(one) != len(other)
    assert kept.find("Doctor win.", VOICE) == one
    assert kept.find("Doctor en-goo-yen.", VOICE) == other


def test_a_sentence_that_broke_off_is_not_kept(folder, synthesizer):
    synthesizer.fails = True
    with pytest.raises(EngineFailed):
        Phrases(folder).make(HELLO, VOICE, synthesizer)
    synthesizer.fails = False
    assert Phrases(folder).make(HELLO, VOICE, synthesizer)


def test_a_voice_that_finds_no_end_is_stopped(folder):
    with pytest.raises(EngineFailed, match="did not end"):
        Phrases(folder).make(HELLO, VOICE, Synthesizer(pieces=10**9))


def test_a_voice_that_makes_no_sound_leaves_no_file(folder):
    assert Phrases(folder).make(HELLO, VOICE, Synthesizer(pieces=0)) == b""
    assert not folder.exists()


def test_a_full_disk_costs_the_keeping_only(folder, synthesizer, monkeypatch, caplog):
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(os, "fsync", full)
    kept = Phrases(folder)
    assert kept.make(HELLO, VOICE, synthesizer)
    assert kept.find(HELLO, VOICE)
    assert not list(folder.iterdir())
    assert "not kept" in caplog.text
    assert HELLO not in caplog.text


def test_a_folder_that_cannot_be_made_costs_the_keeping_only(tmp_path, synthesizer):
    (tmp_path / "file").write_text("")
    assert Phrases(tmp_path / "file" / "phrases").make(HELLO, VOICE, synthesizer)


def test_memory_is_bounded_and_the_least_used_goes(folder, synthesizer):
    kept = Phrases(folder, memory_bytes=2 * 3 * 640)
    kept.make("one", VOICE, synthesizer)
    kept.make("two", VOICE, synthesizer)
    kept.find("one", VOICE)
    kept.make("three", VOICE, synthesizer)
    assert [kept.find(text, VOICE) is None for text in ("one", "two", "three")] == [
        False, True, False,
    ]  # fmt: skip
    assert kept.recall("two", VOICE)  # the disk has it still
    assert len(synthesizer.said) == 3


def test_the_disk_is_bounded_and_the_least_used_goes(folder, synthesizer, monkeypatch):
    monkeypatch.setattr(phrases, "DISK_BYTES", 2 * (3 * 640 + 44))
    kept = Phrases(folder)
    for text in ("one", "two"):
        kept.make(text, VOICE, synthesizer)
    one = next(path for path in files(folder) if phrases._name("one", VOICE) in path.name)
    os.utime(one, (1, 1))
    kept.make("three", VOICE, synthesizer)
    assert one not in files(folder)
    assert len(files(folder)) == 2


def test_a_folder_deleted_under_it_is_made_again(folder, synthesizer):
    kept = Phrases(folder)
    kept.make(HELLO, VOICE, synthesizer)
    shutil.rmtree(folder)
    kept.make("Goodbye.", VOICE, synthesizer)
    assert len(files(folder)) == 1
