"""Agents and voices in the admin. Numbers are registered by telephony, which tells Asterisk."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db import transaction
from django.forms import BaseModelFormSet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin, StackedInline
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldBooleanSwitchWidget

from agents import consents, voice_page
from agents.forms import (
    AGENT_SENTENCES,
    AGENT_SLOTS,
    VOICE_SLOTS,
    AgentForm,
    AgentLanguageForm,
    AgentLanguageFormSet,
    PhoneNumberForm,
    QuestionForm,
    QuestionFormSet,
    VoiceForm,
    language_name,
)
from agents.imitation import CONSENT_FIELDS, IMITATION_SHOWN_WHEN
from agents.models import Agent, AgentLanguage, PhoneNumber, Question, Voice, VoiceConsent
from agents.specs import INTERRUPTIONS, PATIENCE, knowledge_of
from agents.translations import ENGLISH, FIELDS, sentences_in
from inference.engines import pocketsphinx

SWITCHES = ("greeting_may_be_interrupted", "work_ahead", "record_audio", "is_active")
LONG_TEXTS = {
    "greeting": 2,
    "instructions": 6,
    "fallback_sentence": 2,
    "wordings": 6,
    "answer": 3,
    "stop_words": 3,
    "notices": 3,
    "fillers": 3,
    "pronunciations": 4,
}


def presets() -> SafeString:
    """What the words under Patience stand for, for those who choose numbers of their own."""
    pauses = format_html_join(
        "; ",
        "<b>{}</b> {} / {} / {} ms",
        (
            (Agent.Patience(word).label, preset.done_ms, preset.endpoint_ms, preset.hanging_ms)
            for word, preset in PATIENCE.items()
        ),
    )
    interrupting = format_html_join(
        "; ",
        "<b>{}</b> {} ms or {}",
        (
            (Agent.Interruptions(word).label, preset.barge_in_ms, _words(preset.barge_in_words))
            for word, preset in INTERRUPTIONS.items()
            if preset.can_interrupt
        ),
    )
    return format_html(
        "<p>These numbers count only where “Own numbers” is chosen under Patience. The words "
        "there stand for:</p><p>The three pauses: {}.</p><p>Interrupting: {}.</p>",
        pauses,
        interrupting,
    )


def _words(count: int) -> str:
    return "1 word" if count == 1 else f"{count} words"


def _with_options(engine_field: str) -> tuple[str, ...]:
    slot = next(slot for slot in AGENT_SLOTS if slot.engine_field == engine_field)
    return (engine_field, *slot.option_names())


class PlainFormMixin:
    """Text areas as long as what goes into them, switches for yes and no."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        if field and db_field.get_internal_type() == "TextField":
            rows = LONG_TEXTS.get(db_field.name, 1)
            field.widget = UnfoldAdminTextareaWidget(attrs={"rows": rows})
        elif field and db_field.name in SWITCHES:
            field.widget = UnfoldBooleanSwitchWidget()
        return field


class QuestionInline(PlainFormMixin, StackedInline):
    model = Question
    form = QuestionForm
    formset = QuestionFormSet
    extra = 0
    tab = True
    verbose_name_plural = "Questions and answers"
    fieldsets = ((None, {"fields": ("wordings", "answer", "after", ("digit", "position"))}),)


class AgentLanguageInline(PlainFormMixin, StackedInline):
    model = AgentLanguage
    form = AgentLanguageForm
    formset = AgentLanguageFormSet
    extra = 0
    tab = True
    verbose_name = "language"
    verbose_name_plural = "Other languages"
    fieldsets = ((None, {"fields": (("language", "voice"), *AGENT_SENTENCES)}),)


@admin.register(Agent)
class AgentAdmin(PlainFormMixin, ModelAdmin):
    form = AgentForm
    inlines = (QuestionInline, AgentLanguageInline)
    list_display = ("name", "voice", "language", "answers", "kept")
    list_select_related = ("voice",)
    warn_unsaved_form = True
    compressed_fields = True
    conditional_fields = {
        name: condition for slot in AGENT_SLOTS for name, condition in slot.shown_when().items()
    }
    fieldsets = (
        (
            "Who answers",
            {
                "description": "Changes count from the next call on.",
                "fields": (
                    "name",
                    ("language", "voice"),
                    "greeting",
                    "greeting_may_be_interrupted",
                ),
            },
        ),
        (
            "Patience",
            {
                "classes": ("tab",),
                "fields": (
                    "patience",
                    "interruptions",
                    "stop_words",
                    "notices",
                    ("idle_seconds", "max_call_minutes"),
                    "work_ahead",
                ),
            },
        ),
        (
            "Sentences",
            {
                "classes": ("tab",),
                "fields": (
                    "fallback_sentence",
                    "say_again",
                    "fillers",
                    "first_idle_prompt",
                    "second_idle_prompt",
                    "goodbye",
                    "time_is_up",
                    "trouble",
                    "type_it",
                    "pronunciations",
                ),
            },
        ),
        (
            "Engines",
            {
                "classes": ("tab",),
                "fields": (
                    "vad_engine",
                    *_with_options("stt_engine"),
                    *_with_options("second_stt_engine"),
                    *_with_options("llm_engine"),
                    "instructions",
                    *_with_options("second_llm_engine"),
                    *_with_options("turn_end_engine"),
                ),
            },
        ),
        ("What is kept", {"classes": ("tab",), "fields": ("record_audio", "retention_days")}),
        (
            "Advanced",
            {
                "classes": ("tab",),
                "description": presets(),
                "fields": (
                    "done_ms",
                    "endpoint_ms",
                    "hanging_ms",
                    "barge_in_ms",
                    "barge_in_words",
                ),
            },
        ),
    )

    @display(description="Answers")
    def answers(self, agent: Agent) -> str:
        numbers = [number.number for number in agent.numbers.all() if number.is_active]
        return ", ".join(numbers) or "no number yet"

    @display(description="Calls kept", ordering="retention_days")
    def kept(self, agent: Agent) -> str:
        return f"{agent.retention_days} days"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("numbers")

    def save_formset(
        self, request: HttpRequest, form: forms.ModelForm, formset: BaseModelFormSet, change: bool
    ) -> None:
        """Keys are taken off first, so that two questions can swap theirs."""
        if formset.model is not Question:
            formset.save()
            return
        with transaction.atomic():
            saved = [row.instance.pk for row in formset.initial_forms if row.has_changed()]
            Question.objects.filter(pk__in=saved).update(digit="")
            formset.save()

    def save_related(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().save_related(request, *args, **kwargs)
        form = args[0] if args else kwargs["form"]
        _tell_of_sentences(request, form)
        _warn_of_nobody(request, form.instance)
        _warn_of_unknown_words(request, form.instance)


def _tell_of_sentences(request: HttpRequest, form: Any) -> None:
    """The ready sentences follow the agent's language, where somebody has translated them."""
    agent = form.instance
    language = language_name(agent.language)
    if form.now_in_language:
        messages.info(
            request,
            f"The ready sentences that you had not changed are in {language} now: look at them "
            "under Sentences.",
        )
    elif not sentences_in(agent.language) and any(
        getattr(agent, name) == ENGLISH.written(name) for name in FIELDS
    ):
        messages.warning(
            request,
            f"There are no ready sentences in {language}. Write those under Sentences yourself, "
            "or callers hear them in English.",
        )


def _warn_of_nobody(request: HttpRequest, agent: Agent) -> None:
    """Tells of callers who would be promised a person where there is none."""
    if not agent.questions.filter(after=Question.After.HAND_OVER).exists():
        return
    alone = agent.numbers.filter(human="", is_active=True).values_list("number", flat=True)
    if alone:
        messages.warning(
            request,
            f"Some answers put the caller through to a person, but {', '.join(alone)} has none. "
            "Name one under Numbers, or those callers hear an apology.",
        )


def _warn_of_unknown_words(request: HttpRequest, agent: Agent) -> None:
    """Tells of words of the questions that the small recogniser can never hear."""
    if "pocketsphinx" not in (agent.stt_engine, agent.second_stt_engine):
        return
    unknown = pocketsphinx.unknown_words(knowledge_of(agent))
    if unknown:
        messages.warning(
            request,
            f"PocketSphinx does not know how these words sound: {', '.join(unknown)}. It will "
            "not hear them; word those questions differently, or choose Whisper under Engines.",
        )


@admin.register(Voice)
class VoiceAdmin(PlainFormMixin, ModelAdmin):
    form = VoiceForm
    list_display = ("name", "made_by", "language", "consent", "used_by")
    list_before_template = "agents/voices_before.html"
    change_form_outer_before_template = "agents/voice_panel.html"
    custom_urls = voice_page.URLS
    warn_unsaved_form = True
    conditional_fields = VOICE_SLOTS[0].shown_when() | IMITATION_SHOWN_WHEN
    fieldsets = (
        ("Voice", {"fields": ("name", "language")}),
        (
            "How it is made",
            {
                "fields": (
                    "engine",
                    *VOICE_SLOTS[0].option_names(),
                    "speaker",
                    "sample",
                    "speed",
                )
            },
        ),
        ("Consent of the person who is imitated", {"fields": CONSENT_FIELDS}),
        ("When it fails", {"fields": ("stand_in",)}),
    )

    class Media:
        css = {"all": ("agents/voice.css",)}
        js = ("agents/voice.js",)

    @display(description="Made by")
    def made_by(self, voice: Voice) -> str:
        return format_html(
            '{}<br><small class="voice-licence">{}</small>', *voice_page.made_by(voice)
        )

    @display(description="Consent", label=voice_page.TONES)
    def consent(self, voice: Voice) -> tuple[str, str]:
        found = consents.standing(voice)
        return (found.name, found.value)

    @display(description="Used by")
    def used_by(self, voice: Voice) -> str:
        return ", ".join(voice_page.spoken_by(voice)) or "no agent"

    def get_queryset(self, request: HttpRequest) -> Any:
        voices = super().get_queryset(request)
        return voices.prefetch_related("agents", "other_languages__agent", "consents")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        voice = self.get_object(request, unquote(object_id))
        if voice and self.has_view_permission(request, voice):
            panel = voice_page.panel(voice, self.has_change_permission(request, voice))
            extra_context = {**(extra_context or {}), "panel": panel}
        return super().change_view(request, object_id, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: Voice, form: Any, change: bool) -> None:
        """The consent is kept with what it is about; a recording that is replaced goes."""
        replaced = form.initial.get("sample") if "sample" in form.changed_data else None
        super().save_model(request, obj, form, change)
        if agreement := form.agreement():
            consents.record(obj, agreement, by=request.user, now=timezone.now())
        if replaced:
            transaction.on_commit(partial(consents.delete_recording, replaced.name))

    def delete_model(self, request: HttpRequest, obj: Voice) -> None:
        _delete_with_recording(obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for voice in queryset:
            _delete_with_recording(voice)


def _delete_with_recording(voice: Voice) -> None:
    recording = voice.sample.name
    voice.delete()
    if recording:
        transaction.on_commit(partial(consents.delete_recording, recording))


@admin.register(VoiceConsent)
class VoiceConsentAdmin(ModelAdmin):
    """All consents, those to deleted voices too. Only what no voice rests on may be deleted."""

    list_display = ("speaker", "voice_name", "given_on", "recorded_at", "state")
    search_fields = ("speaker", "voice_name")
    fields = (
        "speaker",
        "voice_name",
        "given_on",
        "wording",
        "file",
        "sample_sha256",
        "recorded_by",
        "recorded_at",
        "withdrawn_by",
        "withdrawn_at",
    )
    readonly_fields = ("file",)

    @display(description="State", label={"in force": "success", "over": "info"})
    def state(self, consent: VoiceConsent) -> str:
        return "in force" if consents.is_needed(consent) else "over"

    @display(description="Document")
    def file(self, consent: VoiceConsent) -> str:
        if not consent.document:
            return "none"
        url = reverse("admin:agents_voice_consent_document", args=[consent.pk])
        return format_html('<a href="{}">Download</a>', url)

    def get_queryset(self, request: HttpRequest) -> Any:
        found = super().get_queryset(request)
        return found.select_related("voice").prefetch_related("voice__consents")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: VoiceConsent | None = None) -> bool:
        is_needed = obj is not None and consents.is_needed(obj)
        return not is_needed and super().has_delete_permission(request, obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        deleted, counts, lacking, protected = super().get_deleted_objects(objs, request)
        needed = [f"{one}: a voice rests on it" for one in objs if consents.is_needed(one)]
        return deleted, counts, lacking, [*protected, *needed]

    def delete_model(self, request: HttpRequest, obj: VoiceConsent) -> None:
        consents.delete(obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for consent in queryset:
            consents.delete(consent)


class PhoneNumberAdmin(PlainFormMixin, ModelAdmin):
    form = PhoneNumberForm
    list_display = ("number", "agent", "person", "when_full", "in_service")
    list_select_related = ("agent",)
    list_filter = (("agent", RelatedDropdownFilter),)
    list_filter_submit = True
    warn_unsaved_form = True
    fieldsets = (
        ("Number", {"fields": ("number", "agent")}),
        ("When a person is needed", {"fields": ("human", "overflow")}),
        ("Service", {"fields": ("is_active",)}),
    )

    @display(description="Person to hand over to")
    def person(self, number: PhoneNumber) -> str:
        return number.human or "nobody"

    @display(description="When all lines are busy")
    def when_full(self, number: PhoneNumber) -> str:
        return number.overflow or number.human or "an apology"

    @display(description="In service", label={"yes": "success", "no": "warning"})
    def in_service(self, number: PhoneNumber) -> tuple[str, str]:
        return ("yes", "In service") if number.is_active else ("no", "Switched off")
