"""The inference service as its own process, with tiny models, and plain clients of it."""

import io
import os
import re
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from django.conf import settings

from inference.audio import level_db, write_wav
from inference.engines import registry
from inference.engines.base import SAMPLE_HZ, EngineChoice, Knowledge
from inference.host import connection
from inference.host.client import DistantTranscriber
from tests import model_servers, tiny_models
from tests.e2e.asterisk import free_port
from tests.inference.host.services import tone

TINY = "tests/e2e/serve_tiny_inference.py"
READY_S = 180
STOP_S = 30
SENTENCE = "when are you open on saturday"


@contextmanager
def serving(*arguments: str, **environment: str) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """The command, told to stop in the end; it has to do that by itself."""
    own = {"DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONPATH": str(settings.BASE_DIR)}
    with tempfile.TemporaryDirectory(prefix="va-inference-") as folder:
        output = Path(folder) / "output"
        with output.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=settings.BASE_DIR,
                env={**os.environ, **own, **environment},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
            )
        try:
            yield process, output
        finally:
            process.terminate()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(STOP_S)
                raise AssertionError("the service did not stop") from None
        assert "Stopped" in output.read_text()


def wait_until(is_so, process, output):
    give_up = time.monotonic() + READY_S
    while not is_so():
        if process.poll() is not None or time.monotonic() > give_up:
            raise AssertionError(f"the service is not ready:\n{output.read_text()[-4000:]}")
        time.sleep(0.05)


def is_ready(address):
    try:
        return requests.get(f"{address}/readyz", timeout=5).ok
    except requests.ConnectionError:
        return False


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def whisper_folder(folder):
    return tiny_models.whisper(folder / "whisper", SENTENCE)


@pytest.fixture(scope="module")
def service(folder, whisper_folder):
    """Addresses as in the article: one to transcribe at, one to speak at."""
    voices = folder / "voices"
    voices.mkdir()
    write_wav(voices / "agent.wav", tone(3.0), SAMPLE_HZ)
    ports = free_port(), free_port()
    arguments = (
        "--stt", f"faster_whisper:path={whisper_folder},device=cpu",
        "--tts", f"xtts:path={tiny_models.xtts(folder / 'xtts')}",
        "--samples", str(voices),
        "--transcribe-port", str(ports[0]), "--tts-port", str(ports[1]),
    )  # fmt: skip
    with serving(TINY, *arguments) as (process, output):
        hears, speaks = (f"http://127.0.0.1:{port}" for port in ports)
        wait_until(lambda: is_ready(hears), process, output)
        yield hears, speaks


@pytest.mark.heavy
def test_the_articles_script_gets_a_spoken_answer(service, tmp_path):
    hears, speaks = service
    question = tmp_path / "question.wav"
    write_wav(question, tone(1.5), SAMPLE_HZ)

    with question.open("rb") as audio_file:
        heard = requests.post(f"{hears}/transcribe", files={"audio_file": audio_file}, timeout=60)
    text = heard.json()["text"]
    assert text == SENTENCE

    with model_servers.running() as ollama:
        ollama.script = model_servers.says("On Saturday we open at nine.")
        prompt = {"model": "tiny", "stream": False, "messages": [{"role": "user", "content": text}]}
        reply = requests.post(f"{ollama.address}/api/chat", json=prompt, timeout=60)
    answer = reply.json()["message"]["content"]

    order = {"text": answer, "language": "en", "speaker_wav": "voices/agent.wav"}
    spoken = requests.post(f"{speaks}/tts", json=order, timeout=120)
    (tmp_path / "answer.wav").write_bytes(spoken.content)
    with wave.open(str(tmp_path / "answer.wav")) as played:
        assert played.getnframes() / played.getframerate() > 0.5
        assert level_db(played.readframes(played.getnframes())) > -60


@pytest.mark.heavy
def test_other_voices_of_the_service_are_chosen_by_name(service):
    _, speaks = service
    offered = requests.get(f"{speaks}/offer", timeout=30).json()["tts"]["voices"]
    assert [voice["name"] for voice in offered] == ["xtts", "agent"]
    for name in ("xtts", tiny_models.SPEAKER):
        spoken = requests.post(f"{speaks}/tts", json={"text": "Yes.", "voice": name}, timeout=120)
        with wave.open(io.BytesIO(spoken.content)) as played:
            assert played.getnframes()


@pytest.mark.heavy
def test_what_its_engines_did_is_told_in_numbers(service):
    hears, _ = service
    page = requests.get(f"{hears}/metrics", timeout=30).text
    labels = '{engine="faster_whisper",stage="stt"}'
    done = re.search(rf"voiceadmin_engine_done_total{re.escape(labels)} (\S+)", page)
    assert float(done[1]) >= 1
    assert "saturday" not in page


def test_this_installations_own_service_is_private_and_loads_what_a_call_needs(whisper_folder):
    path = settings.VAR_DIR / "inference.sock"
    registry.forget()
    connection.to.cache_clear()
    try:
        with serving("-m", "inference.host", str(path), "1") as (process, output):
            wait_until(path.exists, process, output)
            assert path.stat().st_mode & 0o777 == 0o600
            registry.use_host(str(path), READY_S)
            choice = EngineChoice.of("faster_whisper", path=str(whisper_folder), device="cpu")
            transcriber = registry.load("stt", choice)
            assert isinstance(transcriber, DistantTranscriber)
            assert transcriber.transcribe(tone(1.0), Knowledge("en")).text == SENTENCE
        assert not path.exists()
    finally:
        registry.forget()
        connection.to.cache_clear()
