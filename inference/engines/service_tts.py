"""The voices of an inference service elsewhere."""

from typing import TYPE_CHECKING

from inference.engines.base import EngineChoice

if TYPE_CHECKING:
    from inference.host.client import DistantSynthesizer


def missing() -> str:
    return ""


def load(choice: EngineChoice) -> "DistantSynthesizer":
    from inference.engines import service

    engine: DistantSynthesizer = service.load("tts", choice)
    return engine
