"""What the inference service offers, where it listens, and what it refuses to do."""

import pytest
from django.core.management import CommandError, call_command

from agents.models import PhoneNumber, Voice
from inference.engines.base import EngineChoice, Knowledge, VoiceChoice
from inference.host.offer import OfferedVoice
from inference.host.serving import Places
from tests.clinic import clinic
from voiceadmin import offering, startup
from voiceadmin.management.commands import serve_inference

WHISPER = "faster_whisper:path=/models/turbo,device=cuda"


@pytest.fixture
def started(monkeypatch):
    """What would be served, and where."""
    calls = []

    async def serve(self, offer, places, drain):
        calls.append((offer, places))

    monkeypatch.setattr(serve_inference.Command, "serve", serve)
    return calls


@pytest.mark.django_db
def test_its_agents_engines_and_voices_are_offered(settings):
    settings.INFERENCE_TOKEN = "secret"
    agent = clinic()
    hans = Voice.objects.create(name="Hans", language="de")
    agent.languages.create(language="de", voice=hans)
    offer = offering.of_agents()
    assert offer.transcriber == EngineChoice("pocketsphinx")
    assert offer.knowledge.language == "en"
    assert offer.knowledge.entries  # PocketSphinx hears only these
    assert offer.knowledge.instructions == ""
    assert [(voice.name, voice.choice.language) for voice in offer.voices] == [
        (agent.voice.name, "en"), ("Hans", "de"),
    ]  # fmt: skip
    assert offer.token == "secret"


@pytest.mark.django_db
def test_who_is_not_in_service_is_not_offered():
    clinic()
    PhoneNumber.objects.update(is_active=False)
    assert offering.of_agents().engines() == ()


@pytest.mark.django_db
def test_what_another_machine_does_is_not_offered_again(settings):
    settings.STT_URL, settings.TTS_URL = "http://10.0.0.10:6000", "http://10.0.0.10:5002"
    clinic()
    assert offering.of_agents().engines() == ()


def test_engines_are_named_without_a_database(tmp_path):
    (tmp_path / "anna.wav").write_bytes(b"")
    named = offering.Named(WHISPER, ("xtts:path=/models/xtts",), "en, de", str(tmp_path))
    offer = offering.of_options(named)
    xtts = EngineChoice.of("xtts", path="/models/xtts")
    assert offer.transcriber == EngineChoice.of(
        "faster_whisper", path="/models/turbo", device="cuda"
    )
    assert offer.knowledge == Knowledge("en", ("de",))
    assert offer.voices == (
        OfferedVoice("xtts", VoiceChoice(xtts, "en")),
        OfferedVoice("anna", VoiceChoice(xtts, "en", sample_path=str(tmp_path / "anna.wav"))),
    )


@pytest.mark.parametrize(
    ("named", "words"),
    [
        (offering.Named(stt="whisper:path=/x"), "choose one of: pocketsphinx, faster_whisper"),
        (offering.Named(stt="faster_whisper"), "name its path, as faster_whisper:path="),
        (offering.Named(stt=WHISPER + ",size=large"), "has no option size; it has compute_type"),
        (offering.Named(tts=("espeak",), samples="/nowhere"), "needs --tts xtts"),
        (offering.Named(tts=("espeak",), languages=" "), "--languages names none"),
    ],
)
def test_a_wrong_option_is_named_with_the_way_out(named, words):
    with pytest.raises(offering.NotOffered, match=words):
        offering.of_options(named)


def test_by_hand_it_listens_where_the_article_does(started):
    call_command("serve_inference", "--stt", WHISPER)
    assert started[0][1] == Places(None, "127.0.0.1", (6000, 5002))


def test_under_run_the_ports_stay_closed_until_they_are_named(started, settings):
    call_command("serve_inference", "--private", "--stt", WHISPER)
    settings.TTS_PORT = 5002
    call_command("serve_inference", "--private", "--stt", WHISPER)
    private = settings.VAR_DIR / "inference.sock"
    assert [places for _, places in started] == [Places(private), Places(private, ports=(5002,))]
    assert started[0][0].engines() == ()


def test_other_machines_need_a_token(started, settings):
    settings.INFERENCE_TOKEN = ""
    with pytest.raises(CommandError, match="set VOICEADMIN_INFERENCE_TOKEN"):
        call_command("serve_inference", "--host", "0.0.0.0", "--stt", WHISPER)
    settings.INFERENCE_TOKEN = "secret"
    call_command("serve_inference", "--host", "0.0.0.0", "--stt", WHISPER)
    assert started[0][0].token == "secret"


@pytest.mark.django_db
def test_with_nobody_in_service_there_is_nothing_to_offer(started, settings, capsys):
    with pytest.raises(CommandError, match="no agent is in service"):
        call_command("serve_inference")
    settings.TTS_PORT = 5002
    call_command("serve_inference", "--private")  # calls need its private side all the same
    assert started[0][1].ports == ()
    assert "The ports stay closed" in capsys.readouterr().err


def test_a_taken_port_is_told_with_the_way_out(settings):
    with startup.socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(CommandError, match=f"{port}.*stop what does"):
            call_command("serve_inference", "--stt", WHISPER, "--transcribe-port", str(port))


def test_the_processes_that_use_engines_know_where_the_service_is(settings):
    for child in (startup.web(), startup.worker()):
        assert child.env["VOICEADMIN_INFERENCE_SOCKET"] == str(settings.VAR_DIR / "inference.sock")


def test_without_ports_the_service_is_started_without_djangos_weight(settings):
    assert "inference.host" in startup.inference().argv
    settings.TTS_PORT = 5002
    assert "serve_inference" in startup.inference().argv
