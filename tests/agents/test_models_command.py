"""`manage.py models`: what is there, whether it works, bringing more."""

import asyncio
import os
import signal
import threading
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from agents.models import Agent, Voice
from inference import ollama_models
from inference.engines import registry
from inference.host.offer import Offer
from tests import hub_server, model_servers, tiny_models
from tests.inference.host.services import WHISPER, ScriptedStages, served
from tests.model_servers import dies_after, ollama_with, refuses, sends

pytestmark = pytest.mark.django_db


@pytest.fixture
def ollama():
    registry.forget()
    with model_servers.running() as server:
        server.script = ollama_with(tiny=2_019_393_189)
        yield server


@pytest.fixture
def clinic(ollama):
    """An agent that hears and speaks with what comes with voiceadmin, and thinks in Ollama."""
    voice = Voice.objects.create(name="Receptionist")
    return Agent.objects.create(
        name="Clinic",
        greeting="Clinic, hello.",
        voice=voice,
        llm_engine="ollama",
        llm_options={"model": "tiny", "host": ollama.address},
    )


def models(*arguments):
    told = StringIO()
    call_command("models", *arguments, stdout=told)
    return told.getvalue()


def failing(*arguments):
    """What was told, the reason, and the exit status."""
    told = StringIO()
    with pytest.raises(CommandError) as failed:
        call_command("models", *arguments, stdout=told)
    return told.getvalue(), str(failed.value), failed.value.returncode


# --- list ---------------------------------------------------------------------------------


def test_every_model_is_listed_with_its_place_its_licence_and_who_uses_it(clinic, ollama):
    told = models("list")
    assert "recogniser: PocketSphinx, for Clinic\n    comes with voiceadmin\n" in told
    assert f"language model: Ollama, for Clinic\n    tiny at {ollama.address}\n" in told
    assert "voice: espeak-ng, for voice Receptionist" in told
    assert told.count("    licence: ") == 4
    assert f"Ollama at {ollama.address} has tiny (2.0 GB)" in told


def test_an_engine_that_two_agents_share_is_listed_once(clinic):
    Agent.objects.create(name="Hotel", greeting="Hello.", voice=clinic.voice)
    assert "recogniser: PocketSphinx, for Clinic, Hotel\n" in models("list")


def test_second_choices_are_listed_too(clinic):
    Agent.objects.filter(pk=clinic.pk).update(
        second_llm_engine="openai",
        second_llm_options={"base_url": "http://gpu:8000/v1", "model": "m", "api_key": "s3cret"},
    )
    told = models("list")
    assert "    m at http://gpu:8000/v1\n" in told
    assert "s3cret" not in told


def test_a_setting_that_sends_a_stage_elsewhere_is_what_is_listed(clinic, settings):
    settings.STT_URL, settings.STT_TOKEN = "http://gpu:6000", "s3cret"
    told = models("list")
    assert "    at http://gpu:6000\n" in told
    assert "PocketSphinx" not in told
    assert "s3cret" not in told


def test_a_folder_is_listed_with_its_size_or_as_missing(clinic, tmp_path):
    (tmp_path / "model.bin").write_bytes(bytes(3_500_000))
    clinic.stt_engine, clinic.stt_options = "faster_whisper", {"path": str(tmp_path)}
    clinic.save()
    assert f"    {tmp_path}, 3.5 MB\n" in models("list")
    (tmp_path / "model.bin").unlink()
    tmp_path.rmdir()
    assert f"    {tmp_path}, which is not there\n" in models("list")


def test_an_ollama_that_is_not_there_is_said_to_be(clinic, ollama):
    ollama.server_close()
    assert f"Ollama does not answer at {ollama.address}" in models("list")


# --- check --------------------------------------------------------------------------------


def test_each_engine_does_one_word_and_is_timed(clinic):
    told = models("check")
    for kind in ("voice activity webrtc", "recogniser", "language model ollama", "voice espeak"):
        assert f"ok      {kind}" in told
    assert "one word in" in told
    assert "All 4 can be used" in told


def test_a_whisper_folder_is_loaded_and_asked(clinic, tmp_path):
    folder = tiny_models.whisper(tmp_path / "whisper", "yes please")
    clinic.stt_engine, clinic.stt_options = "faster_whisper", {"path": str(folder)}
    clinic.save()
    assert "ok      recogniser faster_whisper, for Clinic" in models("check")
    (folder / "tokenizer.json").unlink()
    registry.forget()
    told, why, status = failing("check")
    assert f"FAILED  recogniser faster_whisper, for Clinic: faster-whisper: {folder} lacks" in told
    assert status == 1
    assert why.startswith("1 of 4 cannot be used")


@pytest.mark.django_db(transaction=True)
def test_where_the_inference_service_runs_it_is_asked(clinic, settings, tmp_path):
    settings.VAR_DIR = tmp_path
    clinic.stt_engine, clinic.stt_options = "faster_whisper", {"path": "/models/whisper"}
    clinic.save()
    stages = ScriptedStages()

    async def check():
        async with served(stages, Offer(is_private=True), at=tmp_path / "inference.sock"):
            return await asyncio.to_thread(models, "check")

    try:
        told = asyncio.run(check())
    finally:
        registry.forget()
    assert "ok      recogniser faster_whisper, for Clinic" in told
    assert [choice for _, _, choice in stages.heard] == [WHISPER]


def test_a_model_that_was_not_pulled_is_named_with_the_way_out(clinic, ollama):
    ollama.script = refuses(404, "model 'tiny' not found")
    told, _, status = failing("check")
    assert "./run manage models pull ollama tiny" in told
    assert "ok      voice espeak" in told  # one that fails does not hide the others
    assert status == 1


def test_a_model_that_says_nothing_is_no_use(clinic, ollama):
    whole = ollama.script

    def nothing(call):
        (model_servers.says("") if call.wants_stream else whole)(call)

    ollama.script = nothing
    assert "no words to speak" in failing("check")[0]


# --- pull ---------------------------------------------------------------------------------


def test_a_model_is_pulled_into_ollama_shown_its_licence_and_warmed(ollama, capsys):
    told = models("pull", "ollama", "tiny", "--host", ollama.address)
    assert "licence: Llama Community License" in told
    assert "loaded, and stays so" in told
    assert "with tiny as its model" in told
    bars = capsys.readouterr().err
    assert "pulling a" in bars
    assert "100%" in bars
    chats = [request for request in ollama.requests if "messages" in request]
    assert [request["keep_alive"] for request in chats] == [-1, -1]


def test_ollama_s_refusal_is_told(ollama):
    def unknown(call):
        call.begin()
        call.raw(b'{"error": "pull model manifest: file does not exist"}\n')
        call.wfile.write(b"0\r\n\r\n")

    ollama.script = unknown
    _, why, _ = failing("pull", "ollama", "tinny", "--host", ollama.address)
    assert why == f"Ollama at {ollama.address} refused: pull model manifest: file does not exist"


@pytest.mark.parametrize("halfway", [dies_after(), sends(b'{"status": "pulling"}\n')])
def test_a_pull_that_breaks_off_says_how_to_go_on(ollama, halfway):
    ollama.script = halfway
    _, why, status = failing("pull", "ollama", "tiny", "--host", ollama.address)
    assert "the same command goes on with it" in why
    assert status == 1


def test_a_pull_that_stands_still_is_given_up(ollama, monkeypatch):
    monkeypatch.setattr(ollama_models, "PROGRESS_SECONDS", 0.1)

    def stands_still(call):
        call.begin()
        call.pulls("pulling a", "a", 1_000, 400)
        call.wait_for_close()

    ollama.script = stands_still
    _, why, _ = failing("pull", "ollama", "tiny", "--host", ollama.address)
    assert "the same command goes on with it" in why
    assert ollama.closed.wait(5)


def test_ctrl_c_ends_the_pull_at_the_server_too(ollama):
    def is_interrupted(call):
        call.begin()
        call.pulls("pulling a", "a", 1_000, 400)
        os.kill(os.getpid(), signal.SIGINT)
        call.wait_for_close()

    assert threading.current_thread() is threading.main_thread()
    ollama.script = is_interrupted
    _, why, status = failing("pull", "ollama", "tiny", "--host", ollama.address)
    assert why.startswith("Stopped.")
    assert status == 130
    assert ollama.closed.wait(5)


@pytest.fixture
def whisper_hub(tmp_path: Path, monkeypatch):
    """The hub has a real tiny Whisper under the name of a large one."""
    folder = tiny_models.whisper(tmp_path / "made", "yes please")
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    with hub_server.running("Systran/faster-whisper-small", files) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.address)
        yield server


def test_a_whisper_is_brought_and_works(whisper_hub, clinic, tmp_path):
    folder = tmp_path / "here"
    told = models("pull", "whisper", "small", "--folder", str(folder))
    assert "Systran/faster-whisper-small, 1." in told
    assert "licence: mit" in told
    assert f"It is in {folder}" in told
    clinic.stt_engine, clinic.stt_options = "faster_whisper", {"path": str(folder)}
    clinic.save()
    assert "ok      recogniser faster_whisper" in models("check")


def test_without_a_folder_it_goes_where_models_are_kept(whisper_hub, settings, tmp_path):
    settings.VAR_DIR = tmp_path
    models("pull", "whisper", "small")
    assert (tmp_path / "models" / "faster-whisper-small" / "model.bin").is_file()


def test_a_licence_that_does_not_allow_every_use_has_to_be_accepted(whisper_hub, tmp_path):
    whisper_hub.licence = "cc-by-nc-4.0"
    pull = ("pull", "whisper", "small", "--folder", str(tmp_path / "here"))
    told, why, _ = failing(*pull)
    assert "cc-by-nc-4.0" in told
    assert "--accept-licence" in why
    assert whisper_hub.given == []
    models(*pull, "--accept-licence")
    assert (tmp_path / "here" / "model.bin").is_file()


def test_xtts_is_non_commercial_whatever_the_hub_says(tmp_path, monkeypatch):
    files = dict.fromkeys(("config.json", "model.pth", "vocab.json", "LICENSE.txt"), b"x")
    with hub_server.running("coqui/XTTS-v2", files, "mit") as server:
        monkeypatch.setenv("HF_ENDPOINT", server.address)
        told, why, _ = failing("pull", "xtts", "--folder", str(tmp_path))
        assert "non-commercial use only" in told
        assert "--accept-licence" in why
        told = models("pull", "xtts", "--accept-licence", "--folder", str(tmp_path))
    assert "Choose Coqui XTTS on the voice's page" in told
    assert {name for name in files if (tmp_path / name).is_file()} == set(files)
