"""The page of one voice: hearing it, who agreed to it, its licence, and taking it back."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from unfold.admin import ModelAdmin

from agents import consents, preview, specs
from agents.consents import Standing
from agents.forms import language_name
from agents.models import Voice, VoiceConsent
from agents.translations import ENGLISH, sentences_in
from inference.engines import registry
from inference.engines.base import EngineUnavailable

TONES = {
    Standing.IMITATES_NOBODY.name: "info",
    Standing.AGREED.name: "success",
    Standing.UNRECORDED.name: "warning",
    Standing.WITHDRAWN.name: "danger",
}
MIME = {
    "pdf": "application/pdf",
    "jpg": "image/jpeg",
    "png": "image/png",
    "heic": "image/heic",
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "ogg": "audio/ogg",
    "flac": "audio/flac",
}


def made_by(voice: Voice) -> tuple[str, str]:
    """The engine's name and its licence."""
    try:
        engine = registry.info("tts", voice.engine)
    except EngineUnavailable:
        return voice.engine, ""
    return engine.title.partition(":")[0], engine.licence


def spoken_by(voice: Voice) -> list[str]:
    """The agents, and in which other language where it is not their first one."""
    speaking = [agent.name for agent in voice.agents.all()]
    speaking += [
        f"{other.agent.name} ({language_name(other.language)})"
        for other in voice.other_languages.all()
    ]
    return speaking


def instead(voice: Voice) -> str:
    """Who speaks where this voice may not."""
    stand_in = specs.instead_of(voice)
    return f"the voice {stand_in.name}" if stand_in else "espeak-ng, which sounds like a machine"


@dataclass(frozen=True, slots=True)
class Panel:
    """What stands above the voice's form."""

    voice: Voice
    standing: Standing
    licence: str
    agents: list[str]
    instead: str
    consents: list[VoiceConsent]
    sentence: str
    may_change: bool

    @property
    def tone(self) -> str:
        return TONES[self.standing.name]

    @property
    def longest_text(self) -> int:
        return preview.LONGEST_TEXT


def panel(voice: Voice, may_change: bool) -> Panel:
    return Panel(
        voice=voice,
        standing=consents.standing(voice),
        licence=made_by(voice)[1],
        agents=spoken_by(voice),
        instead=instead(voice),
        consents=list(voice.consents.select_related("recorded_by", "withdrawn_by")),
        sentence=(sentences_in(voice.language) or ENGLISH).fallback_sentence,
        may_change=may_change,
    )


# What the page asks for


def _voice(request: HttpRequest, voice_id: int, model_admin: ModelAdmin) -> Voice:
    """For those who may change it: hearing somebody's recording is more than seeing a list."""
    voice = get_object_or_404(Voice, pk=voice_id)
    if not model_admin.has_change_permission(request, voice):
        raise PermissionDenied
    return voice


def listen(request: HttpRequest, *, voice_id: int, model_admin: ModelAdmin) -> HttpResponse:
    """A sentence in this voice, made now."""
    voice = _voice(request, voice_id, model_admin)
    if not consents.may_speak(voice):
        return _told("The speaker has withdrawn consent, so this voice is not used any more.", 409)
    try:
        wav = preview.heard(request.POST.get("text", ""), specs.voice_heard(voice))
    except preview.NotHeard as reason:
        return _told(str(reason), 503)
    return _private(wav, "audio/wav")


def sample(request: HttpRequest, *, voice_id: int, model_admin: ModelAdmin) -> HttpResponse:
    """The recording that is imitated."""
    voice = _voice(request, voice_id, model_admin)
    return _private(_content(voice.sample), "audio/wav")


def document(request: HttpRequest, *, consent_id: int, model_admin: ModelAdmin) -> HttpResponse:
    """The signed or spoken consent, as a download: what strangers made is not shown in here."""
    if not model_admin.has_change_permission(request):
        raise PermissionDenied
    consent = get_object_or_404(VoiceConsent, pk=consent_id)
    content = _content(consent.document)
    extension = str(consent.document.name).rpartition(".")[2]
    response = _private(content, MIME.get(extension, "application/octet-stream"))
    response["Content-Disposition"] = f'attachment; filename="consent-{consent.pk}.{extension}"'
    return response


def _content(file: Any) -> bytes:
    if not file:
        raise Http404("There is no such file.")
    try:
        with file.open("rb") as opened:
            content: bytes = opened.read()
    except OSError as error:
        raise Http404("The file is gone.") from error
    return content


def _private(content: bytes, kind: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _told(why: str, status: int) -> HttpResponse:
    return HttpResponse(why, status=status, content_type="text/plain; charset=utf-8")


def withdraw(request: HttpRequest, *, voice_id: int, model_admin: ModelAdmin) -> HttpResponse:
    """Asks first, then deletes the recording and all that came of it."""
    voice = _voice(request, voice_id, model_admin)
    if consents.standing(voice) is not Standing.AGREED:
        messages.info(request, "There is no consent in force that could be withdrawn.")
        return redirect("admin:agents_voice_change", voice.pk)
    if request.method == "POST":
        return _withdraw(request, voice, model_admin)
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": f"Withdraw consent: {voice.name}",
        "panel": panel(voice, may_change=True),
        "back_url": reverse("admin:agents_voice_change", args=[voice.pk]),
    }
    return TemplateResponse(request, "agents/withdraw.html", context)


def _withdraw(request: HttpRequest, voice: Voice, model_admin: ModelAdmin) -> HttpResponse:
    try:
        consents.withdraw(voice, by=request.user, now=timezone.now())
    except OSError:
        messages.error(
            request,
            "The recording could not be deleted, so nothing was changed. Look at the permissions "
            "of the folder var/media/voices, and try again.",
        )
        return redirect("admin:agents_voice_change", voice.pk)
    model_admin.log_change(request, voice, "Withdrew the speaker's consent.")
    messages.success(
        request,
        "The recording, what was computed from it and the sentences made with it are deleted.",
    )
    return redirect("admin:agents_voice_change", voice.pk)


URLS = (
    ("<int:voice_id>/listen", "agents_voice_listen", require_POST(listen)),
    ("<int:voice_id>/sample.wav", "agents_voice_sample", require_safe(sample)),
    (
        "<int:voice_id>/withdraw",
        "agents_voice_withdraw",
        require_http_methods(["GET", "POST"])(withdraw),
    ),
    (
        "consents/<int:consent_id>/document",
        "agents_voice_consent_document",
        require_safe(document),
    ),
)
