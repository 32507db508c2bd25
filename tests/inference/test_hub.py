"""What a hub gives lies in one folder, whole, or the reason is told."""

from collections.abc import Iterator

import pytest

from inference import hub
from tests import hub_server

FILES = {"model.bin": b"weights", "config.json": b"{}", "README.md": b"much to say"}
WANTED, NEEDED = ("model.bin", "*.json"), ("model.bin", "config.json")
LARGE = bytes(range(250)) * 100_000  # the library writes ten megabytes at a time


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[hub_server.HubServer]:
    with hub_server.running("Owner/whisper", dict(FILES)) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.address)
        yield server


def test_the_wanted_files_come_and_no_others(server, tmp_path):
    model = hub.find("Owner/whisper", WANTED, NEEDED)
    assert (model.licence, model.is_free, model.size) == ("mit", True, 9)
    hub.fetch(model, tmp_path / "models" / "whisper")
    for name in NEEDED:
        assert (tmp_path / "models" / "whisper" / name).read_bytes() == FILES[name]
    assert not (tmp_path / "models" / "whisper" / "README.md").exists()


def test_what_is_here_is_not_fetched_again(server, tmp_path):
    for _ in range(2):
        hub.fetch(hub.find("Owner/whisper", WANTED, NEEDED), tmp_path)
    assert sorted(server.given) == [("config.json", 0), ("model.bin", 0)]


def test_a_file_that_broke_off_is_gone_on_with(server, tmp_path):
    server.files["model.bin"] = LARGE
    server.breaks_at["model.bin"] = 15_000_000
    hub.fetch(hub.find("Owner/whisper", ("model.bin",), ()), tmp_path)
    assert (tmp_path / "model.bin").read_bytes() == LARGE
    (_, first), (_, second) = server.given
    assert first == 0
    assert second >= 10_000_000


def test_a_model_that_the_engine_could_not_use_is_not_begun(server):
    with pytest.raises(hub.NotFetched, match=r"lacks model\.pth"):
        hub.find("Owner/whisper", ("*",), ("model.pth",))
    assert server.given == []


@pytest.mark.parametrize("name", ["Owner/other", "no name at all/"])
def test_a_name_that_the_hub_does_not_know(server, name):
    with pytest.raises(hub.NotFetched, match="OWNER/NAME"):
        hub.find(name, WANTED, NEEDED)


def test_a_disk_without_room_is_told_before_the_first_byte(server, tmp_path):
    huge = hub.HubModel("Owner/whisper", "main", "mit", (("model.bin", 10**18),))
    with pytest.raises(hub.NotFetched, match="another disk"):
        hub.fetch(huge, tmp_path)
    assert server.given == []


def test_a_hub_that_is_not_there(monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(hub.NotFetched, match="did not give it"):
        hub.find("Owner/whisper", WANTED, NEEDED)


@pytest.mark.parametrize("licence", ["", "other", "cc-by-nc-4.0", "llama3.2"])
def test_only_licences_that_allow_any_use_are_free(licence):
    assert not hub.HubModel("a/b", "main", licence, ()).is_free
    assert hub.HubModel("a/b", "main", "Apache-2.0", ()).is_free
