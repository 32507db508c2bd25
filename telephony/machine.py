"""What this machine is and how busy, as far as a Linux kernel tells."""

import os
import platform
from dataclasses import dataclass
from functools import cache
from pathlib import Path

CARDS = Path("/proc/driver/nvidia/gpus")


@cache
def describe() -> str:
    """Processor, cores, memory and graphics cards, in one line."""
    cores = len(os.sched_getaffinity(0))
    parts = [
        _after(Path("/proc/cpuinfo"), "model name") or platform.machine(),
        f"{cores} core{'' if cores == 1 else 's'}",
        f"{_memory_gb()} GB memory",
        *_cards(),
    ]
    return ", ".join(parts)[:200]


def _memory_gb() -> int:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9)


def _cards() -> list[str]:
    models = [_after(card, "Model") for card in sorted(CARDS.glob("*/information"))]
    return [model for model in models if model]


def _after(path: Path, name: str) -> str:
    """The value of "name : value" in a file of the kernel's, "" if there is none."""
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return ""
    found = (line.partition(":")[2].strip() for line in lines if line.startswith(name))
    return next(found, "")


@dataclass(frozen=True, slots=True)
class Busy:
    """Ticks since the kernel began, over all cores."""

    working: int
    all: int

    @classmethod
    def now(cls) -> "Busy":
        user, nice, system, idle, waiting, *others = (
            int(ticks) for ticks in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]
        )
        working = user + nice + system + sum(others)
        return cls(working, working + idle + waiting)

    def share_since(self, before: "Busy") -> float:
        return (self.working - before.working) / max(1, self.all - before.all)
