"""Time and memory on a card, which works on after the call that asked it has returned."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

WARM_UPS = 3


@dataclass(frozen=True, slots=True)
class Timed:
    p50_ms: float
    p95_ms: float


def timed(work: Callable[[], object], device: torch.device, runs: int) -> Timed:
    """From an idle card to an idle card, as a caller waits."""
    took_ms = [_once(work, device) for _ in range(WARM_UPS + runs)][WARM_UPS:]
    return Timed(percentile(took_ms, 0.5), percentile(took_ms, 0.95))


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


def _once(work: Callable[[], object], device: torch.device) -> float:
    wait(device)
    began_s = time.perf_counter()
    work()
    wait(device)
    return (time.perf_counter() - began_s) * 1000


def wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


def held_mb(device: torch.device) -> float:
    """What the card's tensors take now; 0 on a processor."""
    return torch.cuda.memory_allocated() / 1e6 if device.type == "cuda" else 0.0


def let_go(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.empty_cache()
