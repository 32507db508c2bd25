"""WebRTC's voice activity detector: no model, 3 microseconds a frame, fooled by music."""

from importlib.util import find_spec
from typing import Any

from inference.audio import level_db
from inference.engines.base import SAMPLE_HZ, EngineChoice, EngineUnavailable, VoiceActivity

SETTLES = 5  # frames of any line's noise, hiss too, that it takes for speech at first
BEGINNING = 25  # frames of a call; a line silent until then has no noise
NOISE_DB = -40.0  # what is louder in them is no line's noise


def missing() -> str:
    if find_spec("webrtcvad") is None:
        return "webrtcvad-wheels is not installed here; run ./run setup"
    return ""


def load(choice: EngineChoice) -> "WebRtc":
    if problem := missing():
        raise EngineUnavailable(problem)
    strictness = choice.option("strictness") or "2"
    if strictness not in {"0", "1", "2", "3"}:
        raise EngineUnavailable(f"webrtc: strictness is 0, 1, 2 or 3, not {strictness!r}")
    return WebRtc(int(strictness))


class WebRtc:
    def __init__(self, strictness: int) -> None:
        self._strictness = strictness

    def warm(self) -> None:
        self.stream().is_speech(bytes(640))

    def stream(self) -> VoiceActivity:
        import webrtcvad

        return _Stream(webrtcvad.Vad(self._strictness))


class _Stream:
    hangover_ms = 100  # measured on seven prompts: 100 to 120

    def __init__(self, vad: Any) -> None:
        self._vad = vad
        self._unsettled = SETTLES
        self._beginning = BEGINNING

    def is_speech(self, frame: bytes) -> bool:
        speech = bool(self._vad.is_speech(frame, SAMPLE_HZ))
        if self._beginning == 0:
            return speech
        self._beginning -= 1
        if self._unsettled and any(frame):
            self._unsettled -= 1
            return speech and level_db(frame) > NOISE_DB
        return speech
