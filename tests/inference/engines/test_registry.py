import subprocess
import sys
import threading
from importlib import util
from types import SimpleNamespace

import pytest

from inference.engines import registry
from inference.engines.base import EngineChoice, EngineUnavailable

DOWNLOAD_FREE = [
    ("vad", "webrtc"),
    ("vad", "silero"),
    ("stt", "pocketsphinx"),
    ("llm", "questions"),
    ("tts", "espeak"),
]
HEAVY = "torch", "TTS", "faster_whisper", "ctranslate2", "onnxruntime", "openai", "ollama"


@pytest.fixture(autouse=True)
def nothing_loaded():
    registry.forget()
    yield
    registry.forget()


@pytest.mark.parametrize("info", registry.ENGINES, ids=lambda info: info.key)
def test_every_engine_can_be_shown_to_its_owner(info):
    assert info.title
    assert info.licence
    assert registry.info(info.kind, info.key) is info
    assert registry.missing(info.kind, info.key) == ""
    for option in info.options:
        assert option.label
        assert not (option.required and option.default)


def test_licences_that_bind_are_named_where_the_engine_is_chosen():
    assert "GPL-3" in registry.info("tts", "espeak").licence
    assert "non-commercial" in registry.info("tts", "xtts").licence
    assert "does not think" in registry.info("llm", "questions").title


@pytest.mark.parametrize("kind", ["vad", "stt", "llm", "tts"])
def test_keys_are_unique_and_one_needs_no_download(kind):
    keys = [info.key for info in registry.engines(kind)]
    assert len(set(keys)) == len(keys)
    assert any((kind, key) in DOWNLOAD_FREE for key in keys)


@pytest.mark.parametrize(("kind", "key"), DOWNLOAD_FREE)
def test_an_engine_is_loaded_once(kind, key):
    assert registry.load(kind, EngineChoice(key)) is registry.load(kind, EngineChoice(key))


def test_other_options_are_another_engine():
    low, high = EngineChoice.of("espeak", pitch="10"), EngineChoice.of("espeak", pitch="90")
    assert registry.load("tts", low) is not registry.load("tts", high)


def test_an_unknown_engine_is_refused_with_what_there_is():
    with pytest.raises(EngineUnavailable, match="espeak, xtts, vits"):
        registry.load("tts", EngineChoice("piper"))


@pytest.mark.parametrize("key", ["xtts", "vits"])
def test_a_missing_library_is_named_with_the_way_out(key, monkeypatch):
    find_spec = util.find_spec
    monkeypatch.setattr(
        "inference.engines.coqui.find_spec",
        lambda name: None if name == "TTS" else find_spec(name),
    )
    assert registry.missing("tts", key).startswith("Coqui is not installed here; run ./run setup")
    with pytest.raises(EngineUnavailable, match="Coqui is not installed"):
        registry.load("tts", EngineChoice.of(key, path="/"))


def test_asking_what_is_missing_imports_no_model_library():
    code = (
        "import sys\n"
        "from inference.engines import registry\n"
        "for info in registry.ENGINES: registry.missing(info.kind, info.key)\n"
        f"print([name for name in {HEAVY} if name in sys.modules])\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


@pytest.fixture
def counted(monkeypatch):
    """The espeak engine, replaced by one whose loading waits for a sign."""
    made = SimpleNamespace(count=0, begun=threading.Event(), go_on=threading.Event(), fails=0)

    def load(choice):
        made.count += 1
        made.begun.set()
        assert made.go_on.wait(10)
        if made.fails:
            made.fails -= 1
            raise EngineUnavailable("not now")
        return SimpleNamespace(warm=lambda: None)

    monkeypatch.setattr("inference.engines.espeak.load", load)
    return made


def load_in_threads(choices):
    engines = []
    threads = [
        threading.Thread(target=lambda c=choice: engines.append(registry.load("tts", c)))
        for choice in choices
    ]
    for thread in threads:
        thread.start()
    return engines, threads


def test_calls_that_come_at_once_load_an_engine_once(counted):
    engines, threads = load_in_threads([EngineChoice("espeak")] * 5)
    assert counted.begun.wait(10)
    counted.go_on.set()
    for thread in threads:
        thread.join(10)
    assert counted.count == 1
    assert len(engines) == 5
    assert len(set(map(id, engines))) == 1


def test_a_slow_load_does_not_keep_another_engine_waiting(counted):
    _, threads = load_in_threads([EngineChoice("espeak")])
    assert counted.begun.wait(10)
    assert registry.load("llm", EngineChoice("questions"))
    counted.go_on.set()
    threads[0].join(10)


def test_a_failed_load_is_tried_again(counted):
    counted.go_on.set()
    counted.fails = 1
    with pytest.raises(EngineUnavailable, match="not now"):
        registry.load("tts", EngineChoice("espeak"))
    assert registry.load("tts", EngineChoice("espeak"))
    assert counted.count == 2
