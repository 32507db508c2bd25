"""The real engine process, but XTTS' decoder is built as narrow as `tiny_models.xtts` makes it."""

import sys
from contextlib import nullcontext
from typing import Any

from inference.engines import coqui, registry
from inference.engines.base import EngineChoice
from inference.host import engine_child
from tests import tiny_models


def load(kind: Any, choice: EngineChoice) -> Any:
    with _narrow() if choice.key == "xtts" else nullcontext():
        return registry.load(kind, choice)


def _narrow() -> Any:
    coqui.prepare()
    return tiny_models.narrow_decoder()


if __name__ == "__main__":
    engine_child.serve(int(sys.argv[1]), load)
