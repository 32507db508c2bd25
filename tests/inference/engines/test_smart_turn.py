"""smart-turn with a network made by hand: our features, its loading, and how it fails."""

import threading
from pathlib import Path

import numpy as np
import pytest

from inference.engines import registry, smart_turn
from inference.engines.base import EngineChoice, EngineFailed, EngineUnavailable
from tests.inference.engines.tiny_onnx import mean_network


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    mean_network(tmp_path / "tiny.onnx")
    return tmp_path


@pytest.fixture
def model(folder: Path) -> smart_turn.SmartTurn:
    return smart_turn.load(EngineChoice.of("smart_turn", path=str(folder)))


def tone(ms: int, hz: float = 440, loudness: int = 8_000) -> bytes:
    times = np.arange(ms * 16) / 16_000
    return (loudness * np.sin(2 * np.pi * hz * times)).astype("<i2").tobytes()


def by_the_book(pcm: bytes) -> np.ndarray:
    """Whisper's features one frame and one band at a time, as the papers have them."""
    samples = np.zeros(128_000)
    heard = np.frombuffer(pcm, "<i2")[-128_000:] / 32_768
    samples[len(samples) - len(heard) :] = heard
    samples = (samples - samples.mean()) / np.sqrt(samples.var() + 1e-7)
    padded = np.concatenate((samples[200:0:-1], samples, samples[-2:-202:-1]))
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)

    def mel(hz: float) -> float:
        return hz * 3 / 200 if hz < 1000 else 15 + 27 * np.log(hz / 1000) / np.log(6.4)

    def hz(mel: float) -> float:
        return mel * 200 / 3 if mel < 15 else 1000 * 6.4 ** ((mel - 15) / 27)

    edges = [hz(mel(8000) * at / 81) for at in range(82)]
    weights = np.zeros((80, 201))
    for band in range(80):
        low, peak, high = edges[band : band + 3]
        for line in range(201):
            at = line * 40
            height = min((at - low) / (peak - low), (high - at) / (high - peak))
            weights[band, line] = max(0, height) * 2 / (high - low)
    spectra = [
        np.abs(np.fft.rfft(padded[at * 160 : at * 160 + 400] * window)) ** 2 for at in range(800)
    ]
    bands = np.log10(np.maximum(1e-10, weights @ np.array(spectra).T))
    return (np.maximum(bands, bands.max() - 8) + 4) / 4


@pytest.mark.parametrize("ms", [0, 20, 640, 7_987, 8_000, 9_500])
def test_the_features_are_whispers(ms):
    noise = np.random.default_rng(ms).normal(0, 500, ms * 16)
    pcm = (np.frombuffer(tone(ms), "<i2") + noise).astype("<i2").tobytes()
    made = smart_turn.features(pcm)
    assert made.shape == (80, 800)
    assert made.dtype == np.float32
    assert np.abs(made - by_the_book(pcm)).max() < 1e-5


def test_only_the_last_eight_seconds_count():
    end = tone(8_000)
    assert np.array_equal(smart_turn.features(tone(3_000, 900) + end), smart_turn.features(end))


def test_the_network_is_asked_about_the_features(model):
    pcm = tone(1_500)
    asked = 1 / (1 + np.exp(-smart_turn.features(pcm).mean()))
    assert model.likelihood(pcm) == pytest.approx(asked, abs=1e-5)


def test_silence_and_nothing_have_a_likelihood_too(model):
    assert 0 <= model.likelihood(b"") <= 1
    assert 0 <= model.likelihood(bytes(64_000)) <= 1


def test_many_calls_share_one_network(model):
    calls = [tone(ms) for ms in (200, 900, 1_700, 2_600)]
    alone = [model.likelihood(pcm) for pcm in calls]
    together: dict[int, float] = {}
    threads = [
        threading.Thread(target=lambda at=at, pcm=pcm: together.update({at: model.likelihood(pcm)}))
        for at, pcm in enumerate(calls)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [together[at] for at in range(4)] == alone


def test_the_registry_loads_it_warm_and_once(folder):
    choice = EngineChoice.of("smart_turn", path=str(folder))
    assert registry.missing("turn", "smart_turn") == ""
    assert registry.load("turn", choice) is registry.load("turn", choice)
    registry.forget()


def test_its_licence_is_named_where_it_is_chosen():
    assert "BSD-2-Clause" in registry.info("turn", "smart_turn").licence


def test_without_a_folder_its_owner_learns_where_the_model_comes_from():
    with pytest.raises(EngineUnavailable, match=r"get_smart_turn\.py"):
        smart_turn.load(EngineChoice.of("smart_turn", path="/nowhere"))


def test_a_folder_without_a_model_or_with_two_is_refused(folder):
    mean_network(folder / "another.onnx")
    with pytest.raises(EngineUnavailable, match=r"2 \.onnx files"):
        smart_turn.load(EngineChoice.of("smart_turn", path=str(folder)))
    for path in folder.iterdir():
        path.unlink()
    with pytest.raises(EngineUnavailable, match=r"0 \.onnx files"):
        smart_turn.load(EngineChoice.of("smart_turn", path=str(folder)))


def test_a_file_that_is_no_network_is_named(tmp_path):
    (tmp_path / "broken.onnx").write_bytes(b"not a network")
    with pytest.raises(EngineUnavailable, match=r"broken\.onnx does not load"):
        smart_turn.load(EngineChoice.of("smart_turn", path=str(tmp_path)))


def test_a_network_for_something_else_is_refused(tmp_path):
    mean_network(tmp_path / "other.onnx", frames=3_000)
    with pytest.raises(EngineUnavailable, match="no smart-turn v3"):
        smart_turn.load(EngineChoice.of("smart_turn", path=str(tmp_path)))


def test_a_failure_says_nothing_of_the_audio(model):
    with pytest.raises(EngineFailed, match="smart-turn failed: ValueError"):
        model.likelihood(b"\x01")  # half a sample
