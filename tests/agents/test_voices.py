"""Ines gives agents a voice: one that imitates somebody needs that person's consent."""

import hashlib
import io
import json
import os
import re
import shutil
import socket
import stat
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingUnixStreamServer
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client, TestCase
from django.utils import timezone

from agents import consents, demo, preview, specs
from agents.consent_wordings import WORDINGS
from agents.consents import Agreement, Standing
from agents.forms import VoiceForm
from agents.models import Agent, Voice, VoiceConsent
from inference.audio import read_wav, wav_bytes
from inference.engines import registry
from inference.engines.base import (
    SAMPLE_HZ,
    EngineFailed,
    EngineUnavailable,
    VoiceChoice,
)
from inference.host.stages import EngineBusy
from inference.phrases import Phrases
from tests.agents.recordings import encoded, speech
from tests.clinic import clinic, ines_office_manager, tom_reviewer

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()
AGREED = {
    "consent_speaker": "Anna Berg",
    "consent_given_on": f"{TODAY:%Y-%m-%d}",
    "consent_wording": "I agree that Clinic North imitates my voice.",
}
VOICE = {"name": "Anna", "language": "en", "engine": "xtts", "speed": "1.0"}
FOLDER = {"tts__xtts__path": "/models/xtts"}
ANNA = encoded(speech(5), "mp3", "libmp3lame", title="Anna Berg at home")
HELLO = "Clinic, hello."


@pytest.fixture(autouse=True)
def own_folders(settings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture(autouse=True)
def xtts_is_installed(monkeypatch) -> None:
    monkeypatch.setattr(registry, "missing", lambda _kind, _key: "")


@pytest.fixture
def ines() -> Client:
    client = Client()
    client.force_login(ines_office_manager())
    return client


def upload(content: bytes = ANNA, name: str = "Anna Berg.mp3") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def voice_form(recording: bytes | None = ANNA, **changes: Any) -> VoiceForm:
    files = {"sample": upload(recording)} if recording else {}
    if document := changes.pop("document", None):
        files["consent_document"] = SimpleUploadedFile("Berg, signed.pdf", document)
    return VoiceForm(VOICE | FOLDER | AGREED | changes, files)


def imitating(name: str = "Anna", has_consent: bool = True, **fields: Any) -> Voice:
    """A voice as it is after an upload, in the clinic's service."""
    voice = Voice.objects.create(name=name, engine="xtts", **fields)
    voice.sample.save("random.wav", ContentFile(wav_bytes(bytes(44_100), 22_050)))
    if has_consent:
        agreement = Agreement("Anna Berg", TODAY, "I agree.")
        consents.record(voice, agreement, by=None, now=timezone.now())
    return voice


def posted(client: Client, path: str, data: dict[str, Any]) -> str:
    """What the page says; the transaction's end is played too."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        answer = client.post(f"/admin/agents/{path}", data, follow=True)
    return answer.content.decode()


def answered_by(agent: str = demo.AGENT) -> VoiceChoice:
    assert Agent.objects.get(name=agent)
    return specs.spec_for(demo.NUMBER).voice


# Uploading


def test_a_voice_is_imitated_with_consent(ines: Client):
    page = posted(
        ines,
        "voice/add/",
        VOICE | FOLDER | AGREED | {"sample": upload(), "consent_document": upload(PDF, "Berg.pdf")},
    )

    voice = Voice.objects.get()
    consent = voice.consents.get()
    assert "was added successfully" in page
    assert (consent.speaker, consent.given_on) == ("Anna Berg", TODAY)
    assert consent.recorded_by.username == "ines"
    assert consent.sample_sha256 == hashlib.sha256(ANNA).hexdigest()
    assert consents.standing(voice) is Standing.AGREED
    _, hz = read_wav(Path(voice.sample.path))
    assert hz == 22_050


def test_what_is_stored_says_nothing_and_is_for_nobody_else(ines: Client, settings):
    data = {"sample": upload(), "consent_document": upload(PDF, "Berg.pdf")}
    posted(ines, "voice/add/", VOICE | FOLDER | AGREED | data)

    files = [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]
    assert len(files) == 2
    for path in files:
        assert re.fullmatch(r"[0-9a-f-]{36}\.(wav|pdf)", path.name)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        for address in (path.relative_to(settings.MEDIA_ROOT), f"media/{path.name}"):
            assert ines.get(f"/{address}").status_code == 404
    assert b"Anna" not in Path(Voice.objects.get().sample.path).read_bytes()


PDF = b"%PDF-1.7 signed"


@pytest.mark.parametrize(
    ("changes", "field", "told"),
    [
        ({"consent_speaker": " "}, "consent_speaker", "Nobody's is imitated unasked"),
        ({"consent_given_on": ""}, "consent_given_on", "Enter the day"),
        (
            {"consent_given_on": f"{TODAY + timedelta(days=1):%Y-%m-%d}"},
            "consent_given_on",
            "has not come yet",
        ),
        ({"consent_wording": ""}, "consent_wording", "Write what this person"),
        ({"consent_wording": WORDINGS["de"]}, "consent_wording", "in place of the words in brac"),
        ({"document": b"MZ an unpleasant program"}, "consent_document", "Upload a PDF, a photo"),
    ],
)
def test_no_voice_is_imitated_unasked(changes: dict[str, Any], field: str, told: str):
    assert told in voice_form(**changes).errors[field][0]


def test_a_document_that_is_too_large_is_refused(monkeypatch):
    monkeypatch.setattr("agents.consent_documents.LARGEST_BYTES", 10)

    assert "larger than" in voice_form(document=PDF).errors["consent_document"][0]


def test_a_recording_without_any_consent_is_refused():
    form = VoiceForm(VOICE | FOLDER, {"sample": upload()})

    assert set(form.errors) == {"consent_speaker", "consent_given_on", "consent_wording"}


def test_a_consent_without_a_recording_is_refused():
    assert "Upload it with the consent" in voice_form(recording=None).errors["sample"][0]


def test_a_voice_that_imitates_nobody_needs_nobodys_consent():
    form = VoiceForm({**VOICE, "engine": "espeak", "consent_wording": WORDINGS["en"]})

    assert form.is_valid(), form.errors
    assert form.agreement() is None


def test_a_recording_that_cannot_serve_is_refused_with_the_way_out():
    form = VoiceForm(VOICE | FOLDER, {"sample": upload(encoded(speech(1.5)))})

    assert "Use 10 to 30 seconds" in form.errors["sample"][0]
    assert "consent_speaker" in form.errors  # and what else is missing, in one go


@pytest.mark.parametrize("language", sorted(WORDINGS))
def test_the_wording_is_ready_in_the_voices_language(language: str):
    page = str(VoiceForm(instance=Voice(language=language))["consent_wording"])

    assert WORDINGS[language][:40].replace("'", "&#x27;") in page
    assert "[" in WORDINGS[language]


# Who agreed


def test_a_recording_from_before_is_named_until_a_consent_is_recorded(ines: Client):
    clinic()
    voice = imitating(has_consent=False)
    Agent.objects.update(voice=voice)

    assert "No consent is recorded" in ines.get(change(voice)).content.decode()
    assert "No consent recorded" in ines.get("/admin/agents/voice/").content.decode()
    assert "imitates somebody, and no consent is recorded" in checked()
    assert answered_by().sample_path == voice.sample.path  # calls go on

    posted(ines, f"voice/{voice.pk}/change/", VOICE | FOLDER | AGREED)

    assert "No consent" not in ines.get(change(voice)).content.decode()
    assert "no consent" not in checked()
    assert len(voice.consents.get().sample_sha256) == 64


def test_a_form_saved_without_a_word_on_consent_records_none(ines: Client):
    voice = imitating()
    ready = {"consent_wording": WORDINGS["en"]}

    posted(ines, f"voice/{voice.pk}/change/", VOICE | FOLDER | ready | {"name": "Anna B."})

    assert Voice.objects.get().name == "Anna B."
    assert voice.consents.count() == 1


def test_every_consent_of_a_voice_is_on_its_page(ines: Client):
    voice = imitating()
    posted(
        ines,
        f"voice/{voice.pk}/change/",
        VOICE | FOLDER | AGREED | {"consent_speaker": "Bert <b>Moe</b>", "sample": upload()},
    )

    page = ines.get(change(voice)).content.decode()

    assert "Anna Berg" in page
    assert "Bert &lt;b&gt;Moe&lt;/b&gt;" in page
    assert "for an earlier recording" in page
    assert "by ines" in page


def test_the_licence_stands_where_the_voice_is(ines: Client):
    voice = imitating()

    for page in ("/admin/agents/voice/", change(voice)):
        assert "may not answer its callers" in ines.get(page).content.decode()


def change(voice: Voice) -> str:
    return f"/admin/agents/voice/{voice.pk}/change/"


def checked() -> str:
    told = io.StringIO()
    call_command("check", stderr=told, stdout=told)
    return told.getvalue()


# Taking it back


class Speaks:
    """A synthesizer whose voice can be told from others by its samples."""

    hz = SAMPLE_HZ

    def synthesize(self, text: str, voice: VoiceChoice) -> Iterator[bytes]:
        yield bytes([len(voice.sample_path) % 256]) * 640


def made_ahead(voice: Voice, book: Phrases) -> VoiceChoice:
    choice = specs.voice_choice(voice)
    book.make(HELLO, choice, Speaks())
    return choice


@contextmanager
def inference_service(folder: Path) -> Iterator[list[dict[str, Any]]]:
    """What the engines are told."""
    told: list[dict[str, Any]] = []

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.append({"to": self.path, **json.loads(body)})
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

        def address_string(self) -> str:
            return "here"

    with ThreadingUnixStreamServer(str(folder / "inference.sock"), Answers) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield told
        server.shutdown()
        thread.join()


def test_withdrawing_deletes_the_recording_and_all_that_came_of_it(
    ines: Client, settings, short_tmp: Path
):
    settings.VAR_DIR = short_tmp
    clinic()
    stand_in = Voice.objects.create(name="Bert", engine="espeak", engine_options={"pitch": "30"})
    voice = imitating(stand_in=stand_in)
    Agent.objects.update(voice=voice)
    recording = Path(voice.sample.path)
    here, elsewhere = (Phrases(settings.VAR_DIR / "phrases") for _ in range(2))
    choice, other = made_ahead(voice, here), made_ahead(stand_in, here)
    assert elsewhere.recall(HELLO, choice)

    asked = ines.get(f"/admin/agents/voice/{voice.pk}/withdraw").content.decode()
    assert demo.AGENT in asked
    assert "the voice Bert" in asked
    assert recording.exists()
    with inference_service(settings.VAR_DIR) as told:
        page = posted(ines, f"voice/{voice.pk}/withdraw", {})

    assert "are deleted" in page
    assert "callers no longer hear this voice" in page
    assert not recording.exists()
    assert len(list((settings.VAR_DIR / "phrases").iterdir())) == 1
    for book in (here, elsewhere):
        assert book.find(HELLO, choice) is None
    assert here.find(HELLO, other)
    assert told == [{"to": "/voices/forget", "path": str(recording)}]
    consent = VoiceConsent.objects.get()
    assert consent.withdrawn_at
    assert consent.withdrawn_by.username == "ines"
    assert answered_by() == specs.voice_choice(stand_in)
    assert "has withdrawn consent" in checked()
    assert "Consent withdrawn: not used" in ines.get("/admin/agents/voice/").content.decode()


@pytest.fixture
def short_tmp(tmp_path_factory) -> Iterator[Path]:
    """A socket's path has room for a hundred letters."""
    folder = Path(tempfile.mkdtemp(prefix="va-"))
    yield folder
    shutil.rmtree(folder)


def test_an_inference_service_that_is_gone_does_not_stop_the_withdrawal(
    ines: Client, settings, short_tmp: Path
):
    settings.VAR_DIR = short_tmp
    with socket.socket(socket.AF_UNIX) as nobody:  # bound, and nobody listens
        nobody.bind(str(short_tmp / "inference.sock"))
        voice = imitating()
        assert "are deleted" in posted(ines, f"voice/{voice.pk}/withdraw", {})
    assert consents.standing(Voice.objects.get()) is Standing.WITHDRAWN


def test_a_recording_that_cannot_be_deleted_leaves_everything_and_says_so(
    ines: Client, monkeypatch
):
    voice = imitating()

    def refused(_path: str) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "remove", refused)
    page = posted(ines, f"voice/{voice.pk}/withdraw", {})

    assert "could not be deleted, so nothing was changed" in page
    assert Voice.objects.get().sample
    assert VoiceConsent.objects.get().withdrawn_at is None


def test_without_a_stand_in_the_callers_hear_espeak():
    clinic()
    voice = imitating(language="de")
    Agent.objects.update(voice=voice)

    consents.withdraw(voice, by=None, now=timezone.now())

    heard = answered_by()
    assert (heard.engine.key, heard.language, heard.sample_path) == ("espeak", "de", "")


def test_two_withdrawn_voices_that_stand_in_for_each_other_are_not_heard():
    clinic()
    one, other = imitating("Anna"), imitating("Bert", has_consent=False)
    consents.record(other, Agreement("Bert", TODAY, "Yes."), by=None, now=timezone.now())
    for voice, second in ((one, other), (other, one)):
        voice.stand_in = second
        voice.save()
        consents.withdraw(voice, by=None, now=timezone.now())
    Agent.objects.update(voice=one)

    assert answered_by().engine.key == "espeak"


def test_a_withdrawn_voice_speaks_again_with_another_recording_or_a_speaker_of_the_model():
    voice = imitating()
    consents.withdraw(voice, by=None, now=timezone.now())
    assert not consents.may_speak(Voice.objects.get())

    Voice.objects.update(speaker="Claribel")
    assert consents.may_speak(Voice.objects.get())

    form = VoiceForm(VOICE | FOLDER | AGREED, {"sample": upload()}, instance=Voice.objects.get())
    assert form.is_valid(), form.errors
    voice = form.save()
    consents.record(voice, form.agreement(), by=None, now=timezone.now())
    assert consents.standing(Voice.objects.get()) is Standing.AGREED


def test_withdrawing_twice_does_no_harm(ines: Client):
    voice = imitating()
    posted(ines, f"voice/{voice.pk}/withdraw", {})
    when = VoiceConsent.objects.get().withdrawn_at

    assert "no consent in force" in posted(ines, f"voice/{voice.pk}/withdraw", {})
    assert VoiceConsent.objects.get().withdrawn_at == when


# Replacing and deleting


def test_a_replaced_recording_goes_with_what_was_made_from_it(ines: Client, settings):
    voice = imitating()
    first = Path(voice.sample.path)
    book = Phrases(settings.VAR_DIR / "phrases")
    made_ahead(voice, book)

    posted(ines, f"voice/{voice.pk}/change/", VOICE | FOLDER | AGREED | {"sample": upload()})

    assert not first.exists()
    assert not list((settings.VAR_DIR / "phrases").iterdir())
    assert len(list(settings.MEDIA_ROOT.rglob("*.wav"))) == 1


def test_a_removed_recording_goes_with_what_was_made_from_it(ines: Client, settings):
    voice = imitating()
    made_ahead(voice, Phrases(settings.VAR_DIR / "phrases"))

    posted(ines, f"voice/{voice.pk}/change/", VOICE | FOLDER | {"sample-clear": "on"})

    assert not list(settings.MEDIA_ROOT.rglob("*.wav"))
    assert not list((settings.VAR_DIR / "phrases").iterdir())


@pytest.mark.parametrize("way", ["page", "list"])
def test_a_deleted_voice_leaves_nothing_but_the_consent(ines: Client, settings, way: str):
    voice = imitating()
    made_ahead(voice, Phrases(settings.VAR_DIR / "phrases"))

    if way == "page":
        posted(ines, f"voice/{voice.pk}/delete/", {"post": "yes"})
    else:
        chosen = {"action": "delete_selected", "_selected_action": [voice.pk], "post": "yes"}
        posted(ines, "voice/", chosen)

    assert not Voice.objects.exists()
    assert not list(settings.MEDIA_ROOT.rglob("*.wav"))
    assert not list((settings.VAR_DIR / "phrases").iterdir())
    consent = VoiceConsent.objects.get()
    assert (consent.voice, consent.voice_name) == (None, "Anna")


def test_a_consent_can_be_deleted_only_when_nothing_rests_on_it(admin_client: Client, settings):
    voice = imitating()
    consent = voice.consents.get()
    consent.document.save("a.pdf", ContentFile(PDF))
    path = f"voiceconsent/{consent.pk}/delete/"
    assert admin_client.get(f"/admin/agents/{path}").status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [consent.pk], "post": "yes"}
    posted(admin_client, "voiceconsent/", chosen)
    assert VoiceConsent.objects.exists()

    consents.withdraw(voice, by=None, now=timezone.now())
    posted(admin_client, path, {"post": "yes"})

    assert not VoiceConsent.objects.exists()
    assert not list(settings.MEDIA_ROOT.rglob("*.pdf"))


def test_consents_are_listed_and_never_changed(admin_client: Client):
    consent = imitating().consents.get()

    assert "Anna Berg" in admin_client.get("/admin/agents/voiceconsent/").content.decode()
    page = admin_client.get(f"/admin/agents/voiceconsent/{consent.pk}/change/").content.decode()
    assert "I agree." in page
    assert 'name="speaker"' not in page
    assert admin_client.get("/admin/agents/voiceconsent/add/").status_code == 403


# Hearing it


def test_ines_hears_the_voice_before_her_callers_do(ines: Client, settings):
    voice = Voice.objects.create(name="Robot", engine="espeak", speed=1.5)

    answer = ines.post(f"/admin/agents/voice/{voice.pk}/listen", {"text": "We open at 8."})

    pcm, hz = read_wav(answer.content)
    assert (answer.status_code, answer["Content-Type"], hz) == (200, "audio/wav", SAMPLE_HZ)
    assert 0.5 < len(pcm) / 2 / hz < 3
    assert "no-store" in answer["Cache-Control"]
    assert not list(settings.VAR_DIR.rglob("*"))  # nothing is kept


class Failing:
    hz = SAMPLE_HZ

    def __init__(self, error: Exception | None) -> None:
        self.error = error

    def synthesize(self, text: str, voice: VoiceChoice) -> Iterator[bytes]:
        if self.error:
            raise self.error
        yield b""


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (EngineBusy("9 wait"), "busy with calls. Try again"),
        (EngineFailed("Coqui failed: ValueError"), "The voice failed: Coqui failed"),
        (RuntimeError("cannot say Hello"), "The voice failed (RuntimeError)."),
        (None, "made no sound"),
    ],
)
def test_a_voice_that_fails_says_why(ines: Client, monkeypatch, error, told: str):
    voice = Voice.objects.create(name="Robot")
    monkeypatch.setattr(registry, "load", lambda *_: Failing(error))

    answer = ines.post(f"/admin/agents/voice/{voice.pk}/listen", {"text": "Hello"})

    assert answer.status_code == 503
    assert told in answer.content.decode()
    assert "Hello" not in answer.content.decode()


def test_a_voice_that_does_not_load_says_why(ines: Client, monkeypatch):
    def unavailable(*_: Any) -> None:
        raise EngineUnavailable("XTTS: no folder '/models'; bring an XTTS v2 model")

    monkeypatch.setattr(registry, "load", unavailable)
    voice = Voice.objects.create(name="Robot")
    answer = ines.post(f"/admin/agents/voice/{voice.pk}/listen", {"text": "Hello"})

    assert "cannot be loaded: XTTS: no folder" in answer.content.decode()


def test_a_voice_that_takes_for_ever_is_not_waited_for(ines: Client, monkeypatch):
    voice, may_end, has_ended = Voice.objects.create(name="Robot"), threading.Event(), []

    def loads_slowly(*_: Any) -> Any:
        may_end.wait()
        has_ended.append(True)
        raise EngineFailed("late")

    monkeypatch.setattr(registry, "load", loads_slowly)
    monkeypatch.setattr(preview, "DEADLINE_S", 0.05)
    path = f"/admin/agents/voice/{voice.pk}/listen"
    for _ in range(preview.SEATS):
        assert "nothing to hear after" in ines.post(path, {"text": "Hello"}).content.decode()
    assert "Others are trying" in ines.post(path, {"text": "Hello"}).content.decode()
    may_end.set()
    for _ in range(preview.SEATS):
        assert preview._seats.acquire(timeout=5)  # each seat is given back
    for _ in range(preview.SEATS):
        preview._seats.release()


@pytest.mark.parametrize(("text", "told"), [(" ", "Write a sentence"), ("a" * 201, "200 letters")])
def test_what_cannot_be_tried_is_said(ines: Client, text: str, told: str):
    voice = Voice.objects.create(name="Robot")

    answer = ines.post(f"/admin/agents/voice/{voice.pk}/listen", {"text": text})

    assert told in answer.content.decode()


def test_a_withdrawn_voice_is_heard_by_nobody(ines: Client, monkeypatch):
    voice = imitating()
    consents.withdraw(voice, by=None, now=timezone.now())
    monkeypatch.setattr(registry, "load", lambda *_: Failing(AssertionError()))

    answer = ines.post(f"/admin/agents/voice/{voice.pk}/listen", {"text": "Hello"})

    assert answer.status_code == 409
    assert 'class="voice-listen"' not in ines.get(change(voice)).content.decode()


def test_the_recording_and_the_document_are_for_those_who_look_after_voices(ines: Client):
    voice = imitating()
    consent = voice.consents.get()
    consent.document.save("a.pdf", ContentFile(PDF))
    pages = (
        f"/admin/agents/voice/{voice.pk}/sample.wav",
        f"/admin/agents/voice/consents/{consent.pk}/document",
    )

    recording, document = (ines.get(page) for page in pages)

    assert recording.content == Path(voice.sample.path).read_bytes()
    assert document.content == PDF
    assert document["Content-Disposition"].startswith("attachment")
    assert document["X-Content-Type-Options"] == "nosniff"
    tom = Client()
    tom.force_login(tom_reviewer())
    for page in (*pages, f"/admin/agents/voice/{voice.pk}/withdraw"):
        assert tom.get(page).status_code == 403
        assert Client().get(page).status_code == 302  # to the way in
    assert tom.post(f"/admin/agents/voice/{voice.pk}/listen").status_code == 403
    assert tom.post(f"/admin/agents/voice/{voice.pk}/withdraw").status_code == 403
    assert Path(voice.sample.path).exists()


def test_nothing_is_done_for_a_page_of_somebody_elses(ines: Client):
    voice = imitating()
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get(username="ines"))
    for deed in ("listen", "withdraw"):
        assert (
            strict.post(f"/admin/agents/voice/{voice.pk}/{deed}", {"text": "Hi"}).status_code == 403
        )
    assert ines.get(f"/admin/agents/voice/{voice.pk}/listen").status_code == 405
    assert Path(voice.sample.path).exists()


def test_what_a_file_that_is_gone_leaves_is_a_page_that_says_so(ines: Client):
    voice = imitating()
    Path(voice.sample.path).unlink()

    assert ines.get(f"/admin/agents/voice/{voice.pk}/sample.wav").status_code == 404
    assert ines.get(change(voice)).status_code == 200
