"""An inference service in numbers, for Prometheus: requests, times, what the engines do.

No label holds a name, a path, a language or a word; engines go by the key of their kind.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from inference.host.stages import EngineState, Kind, Stages

BUCKETS_MS = (10, 20, 40, 60, 80, 100, 150, 200, 300, 500, 1_000, 2_000, 5_000, 10_000)
OUTCOMES = ("answered", "refused", "busy", "failed", "cancelled")
KINDS: tuple[Kind, ...] = ("stt", "tts")

NOW = (
    ("processes", "Processes of the engine."),
    ("ready", "Processes that can work now."),
    ("waiting", "Jobs that wait for one."),
    ("working", "Jobs being done."),
)
SINCE = (
    ("done", "Jobs done."),
    ("failed", "Jobs that failed for good."),
    ("cancelled", "Jobs that nobody wanted any more."),
    ("retried", "Jobs begun again after their process failed."),
    ("restarts", "Processes started again."),
    ("batches", "Batches; jobs done a batch is how many shared one."),
    ("busy_ms", "Milliseconds that the engine worked."),
)


@dataclass(slots=True)
class Request:
    """One request being answered."""

    kind: Kind
    began_s: float = field(default_factory=time.monotonic)
    outcome: str = "answered"
    first_s: float | None = None  # when there was something to give out

    def has_first(self) -> None:
        if self.first_s is None:
            self.first_s = time.monotonic()


class Measures:
    """Of one service, both its sides together."""

    def __init__(self, stages: Stages) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._requests = Counter(
            "voiceadmin_inference_requests",
            "Requests, by what became of them.",
            ["stage", "outcome"],
            registry=self._registry,
        )
        self._first_ms = Histogram(
            "voiceadmin_inference_ms",
            "From a whole request to its words (stt) or first audio (tts), in milliseconds.",
            ["stage"],
            buckets=BUCKETS_MS,
            registry=self._registry,
        )
        for kind in KINDS:
            self._first_ms.labels(kind)
            for outcome in OUTCOMES:
                self._requests.labels(kind, outcome)  # there from the start, nothing counted
        self._registry.register(_Engines(stages))

    @contextmanager
    def request(self, kind: Kind) -> Iterator[Request]:
        """Counted when it ends; who answers says what became of it."""
        request = Request(kind)
        try:
            yield request
        finally:
            self._requests.labels(kind, request.outcome).inc()
            if request.first_s is not None:
                self._first_ms.labels(kind).observe((request.first_s - request.began_s) * 1000)

    def page(self) -> bytes:
        return generate_latest(self._registry)


class _Engines(Collector):
    """What is read off the engines when it is asked."""

    def __init__(self, stages: Stages) -> None:
        self._stages = stages

    def collect(self) -> Iterator[Metric]:
        states = self._stages.states()
        for name, about in NOW:
            gauge = GaugeMetricFamily(
                f"voiceadmin_engine_{name}", about, labels=["stage", "engine"]
            )
            for labels, value in _sums(states, name).items():
                gauge.add_metric(list(labels), value)
            yield gauge
        for name, about in SINCE:
            counter = CounterMetricFamily(
                f"voiceadmin_engine_{name}", about, labels=["stage", "engine"]
            )
            for labels, value in _sums(states, name).items():
                counter.add_metric(list(labels), value)
            yield counter


def _sums(states: tuple[EngineState, ...], name: str) -> dict[tuple[str, str], int]:
    """Engines of one key with different options count as one."""
    sums: dict[tuple[str, str], int] = {}
    for state in states:
        labels = (state.kind, state.key)
        sums[labels] = sums.get(labels, 0) + getattr(state, name)
    return sums
