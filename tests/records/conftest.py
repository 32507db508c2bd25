from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def recordings_dir(tmp_path: Path, settings: Any) -> Path:
    """Every test has a recordings folder of its own."""
    settings.RECORDINGS_DIR = tmp_path / "recordings"
    return settings.RECORDINGS_DIR


@pytest.fixture
def no_queue(request: pytest.FixtureRequest, tmp_path: Path, settings: Any) -> None:
    """The queue's server is down, unless the test asks for a real one."""
    if "valkey" not in request.fixturenames:
        settings.REDIS_URL = f"unix://{tmp_path}/nobody-listens.sock"
