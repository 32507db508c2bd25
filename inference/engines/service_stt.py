"""Recognition by an inference service elsewhere."""

from typing import TYPE_CHECKING

from inference.engines.base import EngineChoice

if TYPE_CHECKING:
    from inference.host.client import DistantTranscriber


def missing() -> str:
    return ""


def load(choice: EngineChoice) -> "DistantTranscriber":
    from inference.engines import service

    engine: DistantTranscriber = service.load("stt", choice)
    return engine
