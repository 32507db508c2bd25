"""A recogniser or a voice on another machine, behind an inference service there."""

from typing import Any

from inference.engines.base import EngineChoice, EngineUnavailable
from inference.host import address, client
from inference.host.stages import Kind

PARALLEL = "4"


def load(kind: Kind, choice: EngineChoice) -> Any:
    told = choice.option("parallel") or PARALLEL
    if not told.isdecimal() or not 1 <= int(told) <= 1_000:
        raise EngineUnavailable("requests at a time is a number from 1 to 1000")
    where = address.at(choice.option("url"), choice.option("token"))
    return client.offered(kind, where, int(told))
