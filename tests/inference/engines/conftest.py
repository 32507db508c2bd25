from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import model_servers, tiny_models


@pytest.fixture
def model_server() -> Iterator[model_servers.ModelServer]:
    with model_servers.running() as server:
        yield server


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="session")
def whisper_folder(models: Path) -> Path:
    return tiny_models.whisper(models / "whisper", "when are you open on saturday")


@pytest.fixture(scope="session")
def xtts_folder(models: Path) -> Path:
    return tiny_models.xtts(models / "xtts")


@pytest.fixture(scope="session")
def vits_folder(models: Path) -> Path:
    return tiny_models.vits(models / "vits")
