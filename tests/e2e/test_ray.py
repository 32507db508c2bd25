"""The inference service on a Ray cluster of two nodes, one of which is killed."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from tests import tiny_models
from tests.e2e.callers import SENTENCE, calling
from tests.e2e.ray_cluster import WORKER, RayCluster, ray_cluster

DEADLINE_S = 90
SHARE_OF_A_CARD = 0.25
AT_FIRST = 4  # replicas: two that hear, two that speak


@pytest.fixture(scope="module")
def cluster(tmp_path_factory) -> Iterator[RayCluster]:
    whisper = tiny_models.whisper(tmp_path_factory.mktemp("models") / "whisper", SENTENCE)

    def tiny_and_quick(application: dict[str, Any]) -> None:
        hears = {"engine": "faster_whisper", "path": str(whisper), "device": "cpu"}
        application["args"] |= {"transcriber": hears, "synthesizer": {"engine": "espeak"}}
        for part in application["deployments"]:
            if scaling := part.get("autoscaling_config"):
                part["ray_actor_options"]["num_gpus"] = SHARE_OF_A_CARD
                scaling |= {"upscale_delay_s": 1, "look_back_period_s": 2, "max_replicas": 3}
                scaling["target_ongoing_requests"] = 1

    with ray_cluster(tiny_and_quick) as running:
        yield running


async def until(is_so: Any) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not await asyncio.to_thread(is_so):
            await asyncio.sleep(0.2)


def test_each_engine_has_its_share_of_a_card(cluster):
    asyncio.run(until(lambda: len(cluster.engines()) >= AT_FIRST))  # readiness may ask for more
    cards = {engine.environ().get("CUDA_VISIBLE_DEVICES") for engine in cluster.engines()}
    assert cards == {"0"}


def test_more_work_starts_more_replicas(cluster):
    async def calls() -> list[str]:
        async with calling(6, cluster.url, cluster.url) as callers:
            await until(lambda: len(cluster.engines()) > AT_FIRST)
        return callers.lost

    assert asyncio.run(calls()) == []


def test_a_machine_that_dies_under_load_loses_no_turn(cluster):
    async def calls() -> list[str]:
        async with calling(4, cluster.url, cluster.url) as callers:
            await callers.more(8)
            assert await asyncio.to_thread(cluster.engines, WORKER)
            await asyncio.to_thread(cluster.kill, WORKER)
            await callers.more(16)
            await until(lambda: len(cluster.engines()) >= AT_FIRST)  # replaced
            await callers.more(8)
        return callers.lost

    assert asyncio.run(calls()) == []
