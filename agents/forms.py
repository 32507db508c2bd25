"""The forms of what people configure, for someone who has never read the code."""

import re
from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from unfold.forms import PaginationInlineFormSet
from unfold.widgets import UnfoldAdminTextInputWidget

from agents import voice_samples
from agents.engine_fields import EngineChoiceForm, Slot, option_fields
from agents.models import Agent, PhoneNumber, Question, Voice

AGENT_SLOTS = (
    Slot("vad", "vad_engine"),
    Slot("stt", "stt_engine", "stt_options"),
    Slot("llm", "llm_engine", "llm_options"),
)
VOICE_SLOTS = (Slot("tts", "engine", "engine_options"),)
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?")
KEYS = "0123456789*#"
LANGUAGE_HELP = "Two letters: en, de, es, fr … A voice and a recogniser know only some."


def clean_language(value: str) -> str:
    if not LANGUAGE.fullmatch(value):
        raise ValidationError('Write the language as two letters, for example "en" or "de".')
    return value


class AgentFields(EngineChoiceForm):
    slots = AGENT_SLOTS

    class Meta:
        model = Agent
        exclude = ("stt_options", "llm_options")
        labels = {
            "greeting_may_be_interrupted": "Callers may interrupt the greeting",
            "instructions": "Instructions",
            "fallback_sentence": "When nothing fits",
            "first_idle_prompt": "First time the caller is silent",
            "second_idle_prompt": "Second time the caller is silent",
            "goodbye": "Before hanging up on a silent caller",
            "time_is_up": "When the longest call time is reached",
            "say_again": "When something was not understood",
            "trouble": "When something is broken",
            "endpoint_ms": "Pause that ends the caller's turn",
            "barge_in_ms": "Speech that interrupts the agent",
            "idle_seconds": "Silence before the agent asks",
            "max_call_minutes": "Longest call",
            "vad_engine": "Telling speech from silence",
            "stt_engine": "Understanding speech",
            "llm_engine": "Finding the answer",
            "record_audio": "Record the audio",
            "retention_days": "Delete calls after",
        }
        help_texts = {
            "name": "Shown in the list of calls. Callers never hear it.",
            "language": LANGUAGE_HELP,
            "voice": "How it sounds. Voices are made under Voices.",
            "greeting": (
                "The first thing callers hear. Say that it is an automated assistant; in many "
                "places the law asks for it. Keep it under ten seconds."
            ),
            "greeting_may_be_interrupted": (
                "Off, the greeting is always heard to its end: right where the law wants a "
                "notice heard, tiresome for people who call every day."
            ),
            "instructions": (
                "For language models only: who the agent is, what it may promise, what it must "
                "never say. The question-and-answer engine does not read this."
            ),
            "fallback_sentence": (
                "Said when the agent has no answer. Say what callers can ask about."
            ),
            "second_idle_prompt": "Still silent after this, the caller hears the next sentence.",
            "trouble": (
                "Said before the caller is put through to the number's person, or let go when "
                "there is none."
            ),
            "endpoint_ms": (
                "Silence, in milliseconds, after which the caller's turn is over. Too short "
                "interrupts people who think; too long feels deaf. 400 to 900 is usual."
            ),
            "barge_in_ms": (
                "Milliseconds of talking after which the agent stops and listens. Too short, and "
                'a cough or "mm-hm" silences it; too long, and it talks over people.'
            ),
            "idle_seconds": (
                "Seconds without a word. Too short hurries people who look something up; too "
                "long keeps the line busy after someone has left."
            ),
            "max_call_minutes": (
                "Minutes. Too short ends real conversations; too long lets a forgotten line run."
            ),
            "vad_engine": ("Decides, fifty times a second, whether the caller is speaking. "),
            "stt_engine": "Turns what the caller says into text. ",
            "llm_engine": "Decides what the agent says. ",
            "record_audio": (
                "Off, no sound is stored, from the next call on. The written conversation still is."
            ),
            "retention_days": (
                "Days a call is kept, with its text and audio. Too short, and a complaint finds "
                "nothing; too long may break the law on personal data. A change reaches earlier "
                "calls the same night. 0 deletes every call the night after."
            ),
        }

    def clean_language(self) -> str:
        return clean_language(self.cleaned_data["language"])


# One form class with the engines' own fields; admin looks for them on the class.
AgentForm = type("AgentForm", (AgentFields,), option_fields(*AGENT_SLOTS))


class VoiceFields(EngineChoiceForm):
    slots = VOICE_SLOTS
    speed = forms.FloatField(
        initial=1.0,
        min_value=0.5,
        max_value=2.0,
        widget=UnfoldAdminTextInputWidget(),
        help_text=(
            "1 is the voice's own pace, 0.5 half, 2 double. Too fast loses older callers; too "
            "slow makes everyone interrupt."
        ),
    )

    class Meta:
        model = Voice
        exclude = ("engine_options",)
        labels = {"engine": "Speech engine", "sample": "Recording to imitate"}
        help_texts = {
            "name": "What you call this voice when you choose it for an agent.",
            "engine": "Makes speech from text. ",
            "language": LANGUAGE_HELP,
            "speaker": (
                "For engines with several speakers, the name of one. Empty takes the first."
            ),
            "sample": (
                "For engines that imitate a voice: a WAV file, 3 to 60 seconds of one person "
                "speaking without noise or music. Upload only voices whose owner has agreed."
            ),
        }

    def clean_language(self) -> str:
        return clean_language(self.cleaned_data["language"])

    def clean_sample(self) -> Any:
        sample = self.cleaned_data["sample"]
        if isinstance(sample, UploadedFile):
            try:
                voice_samples.check(sample, sample.size or 0)
            except voice_samples.UnusableSample as error:
                raise ValidationError(str(error)) from error
            sample.seek(0)
            sample.name = f"{uuid4()}.wav"  # a file's own name may hold a person's
        return sample


VoiceForm = type("VoiceForm", (VoiceFields,), option_fields(*VOICE_SLOTS))


class DialledField(forms.CharField):
    """A number as people write it; kept as it is dialled."""

    def to_python(self, value: Any) -> str:
        return re.sub(r"[\s()./-]", "", super().to_python(value) or "")


class PhoneNumberForm(forms.ModelForm):
    class Meta:
        model = PhoneNumber
        fields = ("number", "agent", "human", "is_active")
        field_classes = {"number": DialledField, "human": DialledField}
        labels = {"human": "Person to hand over to", "is_active": "In service"}
        help_texts = {
            "number": (
                "The number callers dial, as your provider delivers it, for example "
                "+493012345678. It works as soon as it is saved."
            ),
            "agent": "Who answers.",
            "human": (
                "The number or extension of someone who takes over when a caller asks for a "
                "person, or when the agent cannot be reached. Empty, such callers hear an "
                "apology and are let go."
            ),
            "is_active": "Off, callers hear that the number is not in service.",
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        number, human = cleaned.get("number"), cleaned.get("human")
        if number and human and number.lstrip("+") == human.lstrip("+"):
            self.add_error(
                "human", "This is the same number: the call would come back. Name another one."
            )
        if human and PhoneNumber.objects.filter(number=human).exists():
            self.add_error(
                "human",
                "An agent answers this number, so callers would go round in a circle. "
                "Name a person's own number.",
            )
        return cleaned


class QuestionForm(forms.ModelForm):
    class Meta:
        model = Question
        fields = ("wordings", "answer", "after", "digit", "position")
        labels = {
            "wordings": "What callers ask",
            "after": "Then",
            "digit": "Key",
            "position": "Order",
        }
        help_texts = {
            "wordings": (
                "One wording a line, as people say it aloud, without abbreviations. Four or more "
                "are understood far better than one."
            ),
            "answer": "What the agent says. Write numbers and times as they are spoken.",
            "after": "What happens once the answer has been heard.",
            "digit": "A key, 0 to 9, * or #, that asks the same. May stay empty.",
            "position": "Place in this list; callers do not notice.",
        }

    def clean_wordings(self) -> str:
        lines = (line.strip() for line in self.cleaned_data["wordings"].splitlines())
        return "\n".join(line for line in lines if line)

    def clean_digit(self) -> str:
        digit: str = self.cleaned_data["digit"]
        if digit and digit not in KEYS:
            raise ValidationError("Use one key of the telephone: 0 to 9, * or #.")
        return digit


class QuestionFormSet(PaginationInlineFormSet):
    def clean(self) -> None:
        super().clean()
        taken: set[str] = set()
        for form in self.forms:
            if form in self.deleted_forms or not hasattr(form, "cleaned_data"):
                continue
            digit = form.cleaned_data.get("digit")
            if digit and digit in taken:
                form.add_error("digit", f"Another question has the key {digit}. Choose another.")
            elif digit:
                taken.add(digit)
