"""smart-turn v3: a small network that hears whether a turn sounds over.

It judges the last eight seconds by melody and rhythm, knows no words, and errs often towards
"over": a hint beside silence and words, never the decision. Its features are Whisper's, computed
here in numpy; the shape and scale of each step is what the network was trained on.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from inference.audio import to_floats
from inference.engines.base import SAMPLE_HZ, EngineChoice, EngineFailed, EngineUnavailable
from inference.engines.folders import model_folder

SECONDS = 8
SAMPLES = SECONDS * SAMPLE_HZ
WINDOW = 400  # samples of one spectrum
HOP = 160  # from one spectrum to the next
FRAMES = SAMPLES // HOP
BANDS = 80

_LEAST_POWER = 1e-10
_LEAST_VARIANCE = 1e-7
_DYNAMIC_RANGE = 8.0  # powers of ten below the loudest that still count
_INPUT = "input_features"


def missing() -> str:
    if find_spec("onnxruntime") is None:
        return "onnxruntime is not installed here; run ./run setup"
    return ""


def load(choice: EngineChoice) -> "SmartTurn":
    if problem := missing():
        raise EngineUnavailable(problem)
    folder = model_folder(choice, "smart-turn", "its model: python3 deploy/get_smart_turn.py")
    files = sorted(folder.glob("*.onnx"))
    if len(files) != 1:
        raise EngineUnavailable(f"smart-turn: {folder} holds {len(files)} .onnx files, not one")
    return SmartTurn(files[0])


class SmartTurn:
    """The network, shared by all calls and threads: it remembers nothing between two questions."""

    def __init__(self, path: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.inter_op_num_threads = options.intra_op_num_threads = 1
        try:
            self._session: Any = onnxruntime.InferenceSession(
                str(path), sess_options=options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            raise EngineUnavailable(f"{path} does not load: {type(error).__name__}") from error
        _refuse_another_network(path, self._session)

    def warm(self) -> None:
        self.likelihood(bytes(2 * SAMPLE_HZ))

    def likelihood(self, pcm: bytes) -> float:
        """Blocking, one core for tens of ms. Only the last eight seconds count.

        Raises EngineFailed.
        """
        try:
            (likely,) = self._session.run(None, {_INPUT: features(pcm)[np.newaxis]})
        except Exception as error:
            raise EngineFailed(f"smart-turn failed: {type(error).__name__}") from None
        return float(np.clip(np.nan_to_num(likely.reshape(-1)[0], nan=0.5), 0, 1))


def _refuse_another_network(path: Path, session: Any) -> None:
    takes = {each.name: list(each.shape[1:]) for each in session.get_inputs()}
    if takes != {_INPUT: [BANDS, FRAMES]} or len(session.get_outputs()) != 1:
        raise EngineUnavailable(f"{path} is no smart-turn v3: it takes {takes}")


def features(pcm: bytes) -> NDArray[np.float32]:
    """Whisper's picture of the last eight seconds: BANDS by FRAMES. Less has silence before it."""
    heard = to_floats(pcm)[-SAMPLES:]
    silent = SAMPLES - len(heard)
    samples = np.concatenate((np.zeros(silent, dtype=np.float32), heard))
    samples = (samples - samples.mean()) / np.sqrt(samples.var() + _LEAST_VARIANCE)
    padded = np.pad(samples, WINDOW // 2, mode="reflect")

    # frames of the silence put before are all alike: one is enough
    alike = max(0, (silent - WINDOW // 2) // HOP)
    windows = sliding_window_view(padded, WINDOW)[alike * HOP :: HOP][: FRAMES - alike]
    power = np.abs(np.fft.rfft(windows * _HANN, axis=-1)) ** 2
    # not by `@`: OpenBLAS's other threads would spin on for longer than the network needs
    by_band = np.einsum("bl,fl->bf", _MEL, power)
    bands = np.log10(np.maximum(_LEAST_POWER, by_band))
    scaled = (np.maximum(bands, bands.max() - _DYNAMIC_RANGE) + 4) / 4
    return np.pad(scaled.astype(np.float32), ((0, 0), (alike, 0)), mode="edge")


def _mel_bands() -> NDArray[np.float64]:
    """Triangles of equal area, evenly spaced by ear up to 8 kHz: BANDS by spectrum lines."""
    edges = _hz(np.linspace(0, _mel(SAMPLE_HZ / 2), BANDS + 2))
    low, peak, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    lines = np.linspace(0, SAMPLE_HZ / 2, WINDOW // 2 + 1)
    triangles = np.minimum((lines - low) / (peak - low), (high - lines) / (high - peak))
    bands: NDArray[np.float64] = np.maximum(0, triangles) * 2 / (high - low)
    return bands


# Slaney's mel scale: straight up to 1 kHz, which is 15 mel, then by equal ratios, 27 to 6.4
_BEND_HZ = 1000.0
_BEND_MEL = 15.0
_RATIO = np.log(6.4) / 27


def _mel(hz: float) -> float:
    if hz < _BEND_HZ:
        return hz * _BEND_MEL / _BEND_HZ
    return float(_BEND_MEL + np.log(hz / _BEND_HZ) / _RATIO)


def _hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    bent = _BEND_HZ * np.exp(_RATIO * (mel - _BEND_MEL))
    return np.where(mel < _BEND_MEL, mel * _BEND_HZ / _BEND_MEL, bent)


# in 64 bits: a rounding in the sixth place moved the quantised network's answer by 0.07
_HANN = np.hanning(WINDOW + 1)[:-1]
_MEL = _mel_bands()
