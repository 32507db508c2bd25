"""Ines uploads recordings of a voice, good ones and bad ones."""

import subprocess
import sys
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents import sample_reading, voice_samples
from agents.voice_samples import UnusableSample
from inference import audio
from inference.engines.xtts import read_sample
from tests.agents.recordings import HZ, encoded, noise, silence, speech


def converted(content: bytes) -> tuple[bytes, int]:
    return audio.read_wav(voice_samples.convert(content))


def told(content: bytes) -> str:
    with pytest.raises(UnusableSample) as raised:
        sample_reading.usable(sample_reading.decoded(content))
    return str(raised.value)


@pytest.mark.parametrize(
    ("form", "codec", "hz"),
    [
        ("wav", "pcm_s16le", 48_000),
        ("wav", "pcm_s24le", 48_000),
        ("wav", "pcm_f32le", 44_100),
        ("wav", "pcm_u8", 16_000),
        ("mp3", "libmp3lame", 44_100),
        ("ipod", "aac", 44_100),  # .m4a, as telephones record
        ("mp4", "alac", 48_000),
        ("adts", "aac", 48_000),
        ("ogg", "libopus", 48_000),
        ("webm", "libopus", 48_000),  # as browsers record
        ("flac", "flac", 48_000),
        ("aiff", "pcm_s16be", 48_000),
        ("3gp", "libopencore_amrnb", 8_000),
    ],
)
def test_what_telephones_and_computers_record_becomes_what_the_engines_read(
    tmp_path, form, codec, hz
):
    wav = voice_samples.convert(encoded(speech(), form, codec, hz))

    (tmp_path / "sample.wav").write_bytes(wav)
    pcm, found_hz = audio.read_wav(wav)
    assert found_hz == sample_reading.HZ
    assert 6.5 < len(pcm) / 2 / found_hz < 8.5
    assert read_sample(tmp_path / "sample.wav")


def test_every_sample_is_equally_loud():
    quiet, loud = (converted(encoded(speech(peak=peak)))[0] for peak in (0.08, 0.9))

    assert abs(audio.level_db(quiet) - audio.level_db(loud)) < 0.5
    assert -24 < audio.level_db(quiet) < -18


def test_the_silence_at_both_ends_is_cut_off():
    pcm, hz = converted(encoded(np.concatenate((silence(20), speech(6), silence(50)))))

    assert 5 < len(pcm) / 2 / hz < 7.5


def test_two_channels_are_mixed():
    pcm, _ = converted(encoded(speech(), channels=2))

    assert -24 < audio.level_db(pcm) < -18


def test_nothing_the_file_said_of_itself_is_kept():
    content = encoded(speech(), "mp3", "libmp3lame", title="Anna Berg", comment="at home")
    assert b"Anna Berg" in content

    wav = voice_samples.convert(content)

    assert b"Anna" not in wav
    assert wav == audio.wav_bytes(wav[44:], sample_reading.HZ)


def test_a_picture_inside_the_file_does_no_harm():
    png = bytes.fromhex(
        "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
        "0000000c49444154789c63f8cfc000000301010018dd8db00000000049454e44ae426082"
    )
    picture = b"\x00image/png\x00\x03\x00" + png
    frame = b"APIC" + len(picture).to_bytes(4, "big") + b"\x00\x00" + picture
    size = len(frame)
    head = b"ID3\x03\x00\x00" + bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0))
    content = head + frame + encoded(speech(), "mp3", "libmp3lame")

    assert converted(content)


@pytest.mark.parametrize(
    ("samples", "says"),
    [
        (speech(2), "2.0 seconds long. Use 10 to 30 seconds"),
        (np.concatenate((silence(5), speech(2), silence(5))), "2.0 seconds of this recording"),
        (speech(70), "70 seconds long. Cut it to 60"),
        (silence(10), "silent. Look whether the right microphone"),
        (speech(peak=0.015), "too quiet. Record again closer"),
        (np.clip(speech(peak=3.0), -1, 1), "distorted: it was louder"),
        (np.clip(speech(peak=3.0), -1, 1) * 0.4, "distorted"),  # made quieter afterwards
        (noise(10, 0.1), "Nothing of this recording is speech"),
        (np.sin(np.arange(10 * HZ) * 0.05) * 0.3, "Nothing of this recording is speech"),
        (speech(8) + noise(8, 0.08), "too much noise in this recording"),
        (np.concatenate((speech(5), silence(15), speech(3))), "of this recording is speech. Cut"),
    ],
    ids=[
        "short", "short in silence", "long", "silent", "quiet", "clipped", "clipped before",
        "noise", "tone", "noisy", "pauses",
    ],
)  # fmt: skip
def test_a_recording_that_cannot_serve_is_refused_with_the_way_out(samples, says):
    assert says in told(encoded(samples))


@pytest.mark.parametrize(("form", "codec"), [("mp3", "libmp3lame"), ("ipod", "aac")])
def test_distortion_is_heard_through_compression(form, codec):
    assert "distorted" in told(encoded(np.clip(speech(peak=3.0), -1, 1), form, codec))
    assert sample_reading.usable(sample_reading.decoded(encoded(speech(), form, codec)))


@pytest.mark.parametrize(
    "content",
    [b"", b"%PDF-1.7 a letter", encoded(speech())[:30]],
    ids=["empty", "pdf", "header only"],
)
def test_what_is_no_recording_is_refused_with_the_way_out(content):
    assert "cannot be read as sound. Save the recording as WAV, MP3" in told(content)


def test_a_file_that_names_other_files_reaches_none_of_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret.wav").write_bytes(encoded(speech()))

    assert "cannot be read" in told(b"ffconcat version 1.0\nfile secret.wav\n")


def test_a_codec_nobody_records_with_is_not_tried():
    assert "cannot be read" in told(encoded(speech(), "wav", "adpcm_ms", 16_000))


def test_a_file_of_hours_is_given_up_early(monkeypatch):
    monkeypatch.setattr(sample_reading, "LONGEST_FILE_S", 5)

    assert "more than" in told(encoded(speech(8)))


def test_a_damaged_file_is_refused():
    content = bytearray(encoded(speech(), "flac", "flac"))
    for at in range(2_000, len(content), 3_000):
        content[at : at + 40] = bytes(40)

    assert "damaged" in told(bytes(content))


WAV = encoded(speech(4), hz=16_000)


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(st.tuples(st.integers(0, 80), st.integers(0, 255)), max_size=6), st.integers(0, 90))
def test_no_header_makes_the_reader_stumble(changes, length):
    content = bytearray(WAV[:length] if length < 80 else WAV)
    for at, value in changes:
        if at < len(content):
            content[at] = value
    with suppress(UnusableSample):  # and nothing else
        sample_reading.usable(sample_reading.decoded(bytes(content)))


# The process that reads it


def test_a_file_that_is_too_large_is_not_even_read(monkeypatch):
    monkeypatch.setattr(voice_samples, "LARGEST_BYTES", 1000)
    monkeypatch.setattr(voice_samples, "PROGRAM", ("/nonexistent",))

    with pytest.raises(UnusableSample, match="larger than"):
        voice_samples.convert(encoded(speech()))


@pytest.mark.parametrize("does", ["import os; os.abort()", "raise MemoryError", "pass"])
def test_a_decoder_that_falls_over_takes_nobody_with_it(monkeypatch, does):
    monkeypatch.setattr(voice_samples, "PROGRAM", (sys.executable, "-c", does))

    with pytest.raises(UnusableSample, match="could not be read"):
        voice_samples.convert(b"RIFF")


def test_a_decoder_that_finds_no_end_is_stopped(monkeypatch):
    endless = (sys.executable, "-c", "while True: pass")
    monkeypatch.setattr(voice_samples, "PROGRAM", endless)
    monkeypatch.setattr(voice_samples, "DEADLINE_S", 0.2)

    with pytest.raises(UnusableSample, match="too long to read"):
        voice_samples.convert(b"RIFF")


@pytest.mark.parametrize(
    "does", ["open('left', 'wb', 0).write(b'x')", f"bytes({sample_reading.MEMORY_BYTES})"]
)
def test_the_reader_can_neither_write_nor_grow(tmp_path, does):
    program = f"from agents.sample_reading import confine; confine(); {does}"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {sys.path!r}; {program}"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )

    assert done.returncode != 0
    assert not any(path.stat().st_size for path in tmp_path.iterdir())
