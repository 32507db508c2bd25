"""How much memory an engine process took, and how many more of them fit.

Measured in the process itself: on the graphics card when the engine works there, else in the
machine's memory.
"""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

KEPT_FREE_BYTES = 2 << 30  # for the other models, and for what grows during calls
CARD_CONTEXT_BYTES = 500 << 20  # what CUDA takes beside what torch knows of


@dataclass(frozen=True, slots=True)
class Memory:
    own_bytes: int
    free_bytes: int


def measure(device: str) -> Memory:
    torch = sys.modules.get("torch")
    if device == "cuda" and torch is not None and torch.cuda.is_available():
        free, _ = torch.cuda.mem_get_info()
        return Memory(torch.cuda.max_memory_reserved() + CARD_CONTEXT_BYTES, free)
    return Memory(_resident_bytes(), _available_bytes())


def processes_that_fit(first: Memory, most: int) -> int:
    """Including the first, which is there already."""
    more = (first.free_bytes - KEPT_FREE_BYTES) // max(1, first.own_bytes)
    return max(1, min(most, 1 + more))


def _resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _available_bytes() -> int:
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return 0
