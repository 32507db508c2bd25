"""python -m inference.host SOCKET DRAIN_S: the private side alone, as ./run starts it.

`manage.py serve_inference` does the same and more; without Django it is there in a third of the
time and needs half the memory.
"""

import asyncio
import logging
import os
import sys
from functools import partial
from pathlib import Path

from inference.host.host_stages import HostStages
from inference.host.offer import Offer
from inference.host.serving import Places, serve

LINE = "{asctime} {levelname:<7} {name}: {message}"  # as in voiceadmin/settings.py


def main(socket: str, drain_s: str) -> None:
    level = os.environ.get("VOICEADMIN_LOG_LEVEL") or "INFO"
    logging.basicConfig(level=level, format=LINE, style="{")
    tell = partial(print, flush=True)
    places = Places(private=Path(socket))
    asyncio.run(serve(HostStages(), Offer(is_private=True), places, float(drain_s), tell))


if __name__ == "__main__":
    main(*sys.argv[1:])
