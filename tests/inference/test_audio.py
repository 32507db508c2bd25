import contextlib
import io
import itertools
import math
import wave

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.audio import (
    RATES,
    SILENT_DB,
    AudioFault,
    Resampler,
    from_floats,
    level_db,
    read_wav,
    resample,
    to_floats,
    wav_bytes,
    write_wav,
)

PAIRS = [(a, b) for a in RATES for b in RATES if a != b]
samples = st.lists(st.integers(-32768, 32767), max_size=600).map(
    lambda values: np.array(values, dtype="<i2").tobytes()
)


def tone(hz, rate, seconds=1.0, loudness=0.5):
    at = np.arange(int(rate * seconds)) / rate
    return from_floats(loudness * np.sin(2 * np.pi * hz * at))


def split(pcm, cuts):
    """The audio in pieces, cut at these sample positions."""
    edges = sorted({0, len(pcm), *(min(cut * 2, len(pcm)) for cut in cuts)})
    return [pcm[a:b] for a, b in itertools.pairwise(edges)]


def fit_sine(pcm, hz, rate):
    """The level of this tone and of all the rest, in dB against a tone at half scale."""
    heard = to_floats(pcm).astype(np.float64)
    middle = heard[len(heard) // 8 : -len(heard) // 8]
    at = 2 * np.pi * hz * np.arange(len(middle)) / rate
    basis = np.stack([np.cos(at), np.sin(at)], axis=1)
    weights = np.linalg.lstsq(basis, middle, rcond=None)[0]
    rest = middle - basis @ weights
    reference = 0.5 / math.sqrt(2)
    level = math.hypot(*weights) / math.sqrt(2)
    return (
        20 * math.log10(level / reference),
        20 * math.log10(math.sqrt(np.mean(rest**2)) / reference),
    )


@settings(max_examples=60, deadline=None)
@given(pair=st.sampled_from(PAIRS), pcm=samples, cuts=st.lists(st.integers(0, 600), max_size=12))
def test_how_the_stream_is_cut_never_changes_what_comes_out(pair, pcm, cuts):
    stream = Resampler(*pair)
    pieces = b"".join(stream.push(piece) for piece in split(pcm, cuts)) + stream.flush()
    assert pieces == resample(pcm, *pair)


@settings(max_examples=60, deadline=None)
@given(pair=st.sampled_from(PAIRS), pcm=samples)
def test_as_many_seconds_come_out_as_went_in(pair, pcm):
    from_hz, to_hz = pair
    assert len(resample(pcm, from_hz, to_hz)) // 2 == -(-(len(pcm) // 2) * to_hz // from_hz)


@pytest.mark.parametrize("pair", PAIRS)
def test_a_tone_keeps_its_level_and_its_images_are_60_db_down(pair):
    from_hz, to_hz = pair
    for part in (0.05, 0.4, 0.75):
        hz = part * min(pair) / 2
        level, rest = fit_sine(resample(tone(hz, from_hz), from_hz, to_hz), hz, to_hz)
        assert abs(level) < 0.1
        assert rest < -60


@pytest.mark.parametrize("pair", [pair for pair in PAIRS if pair[0] > pair[1] * 1.25])
def test_a_tone_too_high_for_the_lower_rate_does_not_come_back_as_an_alias(pair):
    from_hz, to_hz = pair
    heard = resample(tone(to_hz / 2 * 1.25, from_hz, 0.5), from_hz, to_hz)
    assert level_db(heard[400:-400]) < level_db(tone(1000, to_hz)) - 60


@pytest.mark.parametrize("pair", PAIRS)
def test_audio_is_held_back_for_one_millisecond_at_most(pair):
    from_hz, to_hz = pair
    given = from_hz // 50
    first = Resampler(from_hz, to_hz).push(bytes(given * 2))
    held_back = given / from_hz - len(first) / 2 / to_hz
    assert held_back <= 0.001 + 1 / to_hz


def test_the_resampled_tone_is_not_shifted_in_time():
    heard = to_floats(resample(tone(1000, 8000), 8000, 16000))
    expected = to_floats(tone(1000, 16000))
    assert np.abs(heard - expected)[100:-100].max() < 0.002


def test_the_same_rate_passes_untouched():
    assert resample(tone(440, 16000), 16000, 16000) == tone(440, 16000)


def test_an_unknown_rate_is_refused_by_name():
    with pytest.raises(AudioFault, match="12345"):
        Resampler(12345, 16000)


def test_a_full_scale_square_wave_is_clipped_and_does_not_wrap_around():
    loud = np.repeat(np.array([32767, -32768] * 50, dtype="<i2"), 80)
    heard = np.frombuffer(resample(loud.tobytes(), 8000, 16000), dtype="<i2").astype(int)
    steps = np.abs(np.diff(heard)) > 40_000
    assert heard.max() == 32767
    assert steps.sum() <= 99


def test_levels_in_db_below_full_scale():
    assert level_db(tone(440, 16000, loudness=1.0)) == pytest.approx(-3.01, abs=0.05)
    assert level_db(tone(440, 16000, loudness=0.1)) == pytest.approx(-23.01, abs=0.05)
    assert level_db(bytes(640)) == SILENT_DB
    assert level_db(b"") == SILENT_DB


@given(pcm=samples)
def test_samples_survive_the_way_to_floats_and_back(pcm):
    assert from_floats(to_floats(pcm)) == pcm


def test_what_is_not_a_number_becomes_silence():
    assert (
        from_floats(np.array([np.nan, 2.0, -2.0]))
        == np.array([0, 32767, -32768], dtype="<i2").tobytes()
    )


@given(pcm=samples, hz=st.sampled_from(RATES))
def test_a_wav_file_is_what_the_standard_library_takes_it_for(pcm, hz):
    with wave.open(io.BytesIO(wav_bytes(pcm, hz))) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (hz, 1, 2)
        assert file.readframes(file.getnframes()) == pcm
    assert read_wav(wav_bytes(pcm, hz)) == (pcm, hz)


def wav_of(kind, bits, body, channels=1, extra=b""):
    head = wav_bytes(b"", 8000, channels)
    form = kind.to_bytes(2, "little") + head[22:34] + bits.to_bytes(2, "little") + extra
    chunks = b"fmt " + len(form).to_bytes(4, "little") + form
    chunks += b"LIST" + (3).to_bytes(4, "little") + b"abc\0"  # odd, so padded
    chunks += b"data" + len(body).to_bytes(4, "little") + body
    return b"RIFF" + (len(chunks) + 4).to_bytes(4, "little") + b"WAVE" + chunks


def test_other_kinds_of_wav_hold_the_same_audio():
    pcm = np.array([0, 256, -256, 32512, -32768], dtype="<i2")
    wide = (pcm.astype("<i4") << 16).view(np.uint8).reshape(-1, 4)
    for file in (
        wav_of(1, 8, ((pcm >> 8) + 128).astype(np.uint8).tobytes()),
        wav_of(1, 16, pcm.tobytes()),
        wav_of(1, 24, wide[:, 1:].tobytes()),
        wav_of(1, 32, wide.tobytes()),
        wav_of(3, 32, (pcm / 32768).astype("<f4").tobytes()),
        wav_of(3, 64, (pcm / 32768).astype("<f8").tobytes()),
        wav_of(0xFFFE, 16, pcm.tobytes(), extra=bytes(8) + b"\x01\x00" + bytes(14)),
    ):
        assert read_wav(file) == (pcm.tobytes(), 8000)


def test_two_channels_are_mixed():
    both = np.array([1000, 3000, -500, 500], dtype="<i2")
    assert read_wav(wav_of(1, 16, both.tobytes(), channels=2))[0] == (
        np.array([2000, 0], dtype="<i2").tobytes()
    )


def test_a_file_cut_short_gives_the_audio_there_is(tmp_path):
    path = tmp_path / "cut.wav"
    write_wav(path, tone(440, 8000), 8000)
    path.write_bytes(path.read_bytes()[:-1001])
    assert read_wav(path)[0] == tone(440, 8000)[:-1002]


@pytest.mark.parametrize(
    "data", [b"", b"ID3 an mp3", b"RIFF\0\0\0\0WAVE", wav_of(85, 16, b"mp3 inside")]
)
def test_what_is_no_usable_wav_is_refused_with_the_way_out(data):
    with pytest.raises(AudioFault, match="WAV"):
        read_wav(data)


@given(at=st.integers(12, 43), byte=st.integers(0, 255))
def test_a_damaged_header_is_refused_and_never_crashes(at, byte):
    data = bytearray(wav_bytes(bytes(48), 8000))
    data[at] = byte
    with contextlib.suppress(AudioFault):
        read_wav(bytes(data))
