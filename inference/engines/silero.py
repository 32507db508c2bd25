"""Silero: a small network for voice activity, better in noise, 0.2 ms a frame.

The network comes inside faster-whisper. It judges 32 ms at a time, we ask every 20 ms: a
frame that completes no window repeats the last answer.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from inference.audio import to_floats
from inference.engines.base import EngineChoice, EngineUnavailable, VoiceActivity

WINDOW = 512  # samples judged at a time
CONTEXT = 64  # samples of the window before, seen again
STAYS_ABOVE = 0.15  # below the threshold by this much before speech is over


def missing() -> str:
    if find_spec("onnxruntime") is None:
        return "onnxruntime is not installed here; run ./run setup"
    if _network() is None:
        return "faster-whisper, which brings the Silero network, is not installed; run ./run setup"
    return ""


def _network() -> Path | None:
    found = find_spec("faster_whisper")  # finds, does not import
    folders = (found.submodule_search_locations or []) if found else []
    for folder in folders:
        for path in sorted(Path(folder, "assets").glob("silero_vad*.onnx"), reverse=True):
            return path
    return None


def load(choice: EngineChoice) -> "Silero":
    if problem := missing():
        raise EngineUnavailable(problem)
    try:
        threshold = float(choice.option("threshold") or "0.5")
    except ValueError:
        threshold = -1
    if not 0.05 <= threshold <= 0.95:
        raise EngineUnavailable("silero: threshold is a number from 0.05 to 0.95")
    return Silero(str(_network()), threshold)


class Silero:
    """The network, shared by all calls; what it remembers of a call is the stream's."""

    def __init__(self, path: str, threshold: float) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.inter_op_num_threads = options.intra_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 4
        try:
            self._session = onnxruntime.InferenceSession(
                path, sess_options=options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            raise EngineUnavailable(f"{path} does not load: {type(error).__name__}") from error
        self._threshold = threshold

    def warm(self) -> None:
        stream = self.stream()
        for _ in range(3):
            stream.is_speech(bytes(640))

    def stream(self) -> VoiceActivity:
        return _Stream(self._session, self._threshold)


class _Stream:
    hangover_ms = 20  # measured on seven prompts: none to 60

    def __init__(self, session: Any, threshold: float) -> None:
        self._session = session
        self._threshold = threshold
        self._h = np.zeros((1, 1, 128), dtype=np.float32)
        self._c = np.zeros((1, 1, 128), dtype=np.float32)
        self._heard = np.zeros(CONTEXT, dtype=np.float32)
        self._is_speech = False

    def is_speech(self, frame: bytes) -> bool:
        self._heard = np.concatenate((self._heard, to_floats(frame)))
        while len(self._heard) >= CONTEXT + WINDOW:
            likely, self._h, self._c = self._session.run(
                None,
                {"input": self._heard[None, : CONTEXT + WINDOW], "h": self._h, "c": self._c},
            )
            self._heard = self._heard[WINDOW:]
            bar = self._threshold - (STAYS_ABOVE if self._is_speech else 0)
            self._is_speech = float(likely.reshape(-1)[0]) >= bar
        return self._is_speech
