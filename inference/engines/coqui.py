"""What XTTS and VITS share: finding and importing the coqui-tts library."""

import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from inference.engines.base import EngineChoice, EngineFailed, EngineUnavailable

DEVICES = ("cpu", "cuda")
QUEUE_SECONDS = 15.0  # behind the sentences of other calls
_WAY_OUT = "run ./run setup --tts, which takes about 2 GB"


def missing() -> str:
    for name, title in (("TTS", "Coqui"), ("torch", "torch"), ("torchaudio", "torchaudio")):
        if find_spec(name) is None:
            return f"{title} is not installed here; {_WAY_OUT}"
    return ""


def check() -> None:
    if problem := missing():
        raise EngineUnavailable(problem)


def device(choice: EngineChoice) -> str:
    name = choice.option("device") or "cpu"
    if name not in DEVICES:
        raise EngineUnavailable(f"Coqui: device is one of {', '.join(DEVICES)}")
    return name


def prepare() -> None:
    """Before anything of TTS is imported."""
    import torch

    logging.getLogger("TTS").setLevel(logging.ERROR)  # even its warnings quote the sentence
    if torch.version.cuda is None and "torchaudio" not in sys.modules:
        # torchaudio's wheel is built for CUDA only, and its extension does not load without;
        # nothing that is used here needs it
        sys.modules.setdefault("torchaudio._extension", _no_extension())


def _no_extension() -> ModuleType:
    def fail_if_no_align(_function: Callable[..., Any]) -> Callable[..., Any]:
        def fail(*_args: Any, **_kwargs: Any) -> Any:
            raise RuntimeError("forced alignment needs torchaudio's extension")

        return fail

    module = ModuleType("torchaudio._extension")
    module.__dict__.update(
        _IS_TORCHAUDIO_EXT_AVAILABLE=False,
        _IS_ALIGN_AVAILABLE=False,
        fail_if_no_align=fail_if_no_align,
    )
    return module


@contextmanager
def turn(lock: threading.Lock) -> Iterator[None]:
    """One sentence at a time: two at once mix their audio or crash the graphics card."""
    if not lock.acquire(timeout=QUEUE_SECONDS):
        raise EngineFailed(f"the voice was busy for {QUEUE_SECONDS:.0f} s")
    try:
        yield
    finally:
        lock.release()


def failure(error: Exception) -> EngineFailed:
    """The engine's failure, without the library's words: they may quote the sentence."""
    return EngineFailed(f"Coqui failed: {type(error).__name__}")
