"""The part of a voice's form that is about imitating somebody: the recording and the consent."""

import hashlib
import json
from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.urls import reverse
from django.utils import timezone
from unfold.widgets import (
    INPUT_CLASSES,
    UnfoldAdminFileFieldWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from agents import consent_documents, consents, voice_samples
from agents.consent_wordings import ENGLISH, WORDINGS, wording_in
from agents.consents import Agreement
from agents.engine_fields import EngineChoiceForm

CONSENT_FIELDS = ("consent_speaker", "consent_given_on", "consent_wording", "consent_document")
IMITATION_SHOWN_WHEN = dict.fromkeys(
    ("sample", *CONSENT_FIELDS), " || ".join(f"engine == '{key}'" for key in consents.IMITATING)
)
AUDIO_FILES = "audio/*,.wav,.mp3,.m4a,.aac,.ogg,.opus,.flac,.webm,.aiff,.3gp,.amr"
DOCUMENTS = ".pdf,.jpg,.jpeg,.png,.heic,.wav,.mp3,.m4a,.ogg,.flac"


class DayInput(forms.DateInput):
    """The browser's own calendar: by keyboard, and on a telephone."""

    input_type = "date"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(attrs={"class": " ".join(INPUT_CLASSES)}, **kwargs)


class RecordingInput(UnfoldAdminFileFieldWidget):
    """A stored recording is reached through a view that asks who wants it."""

    stored_at = ""

    def format_value(self, value: Any) -> Any:
        return {"url": self.stored_at} if self.is_initial(value) else None


class ImitationForm(EngineChoiceForm):
    consent_speaker = forms.CharField(
        label="Whose voice it is",
        required=False,
        max_length=120,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text="First and last name of the person who is heard in the recording.",
    )
    consent_given_on = forms.DateField(
        label="Agreed on",
        required=False,
        widget=DayInput(format="%Y-%m-%d"),
        help_text="The day on which this person agreed.",
    )
    consent_wording = forms.CharField(
        label="What was agreed",
        required=False,
        max_length=5000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 6}),
        help_text=(
            "The words this person agreed to. Put your organisation's name in place of the "
            "brackets; if other words were used, write those. Have it checked by someone who "
            "knows the law where you are."
        ),
    )
    consent_document = forms.FileField(
        label="Signed or spoken consent",
        required=False,
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": DOCUMENTS}),
        help_text=(
            "A scan, a photo or a recording of it, up to 10 MB. May stay empty, but then you can "
            "only say that there was one."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._sample_sha256 = ""
        ready = {"data-ready": json.dumps(WORDINGS), "data-otherwise": ENGLISH}
        wording = self.fields["consent_wording"]
        wording.initial = wording_in(self.instance.language)
        wording.widget.attrs |= {"data-follows": "language", **ready}
        if self.instance.pk and "sample" in self.fields:
            self.fields["sample"].widget.stored_at = reverse(  # type: ignore[attr-defined]
                "admin:agents_voice_sample", args=[self.instance.pk]
            )

    def clean_sample(self) -> Any:
        sample = self.cleaned_data["sample"]
        if not isinstance(sample, UploadedFile):
            return sample
        if (sample.size or 0) > voice_samples.LARGEST_BYTES:
            raise ValidationError(voice_samples.too_large())
        content = sample.read()
        try:
            wav = voice_samples.convert(content)
        except voice_samples.UnusableSample as error:
            raise ValidationError(str(error)) from error
        self._sample_sha256 = hashlib.sha256(content).hexdigest()
        # a file's own name may hold a person's
        return SimpleUploadedFile(f"{uuid4()}.wav", wav, "audio/wav")

    def clean_consent_given_on(self) -> Any:
        day = self.cleaned_data["consent_given_on"]
        if day and day > timezone.localdate():
            raise ValidationError("This day has not come yet. Enter the day it was agreed.")
        return day

    def clean_consent_wording(self) -> str:
        return str(self.cleaned_data["consent_wording"]).strip()

    def clean_consent_document(self) -> Any:
        document = self.cleaned_data["consent_document"]
        if not isinstance(document, UploadedFile):
            return document
        try:
            kind = consent_documents.extension(document.read(16), document.size or 0)
        except consent_documents.UnusableDocument as error:
            raise ValidationError(str(error)) from error
        document.seek(0)
        return ContentFile(document.read(), f"{uuid4()}.{kind}")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        is_uploaded = bool(self.files.get(self.add_prefix("sample")))
        if is_uploaded or self._has_consent(cleaned):
            self._check_consent(cleaned)
        if self._has_consent(cleaned) and not is_uploaded and not cleaned.get("sample"):
            self.add_error(
                "sample", "There is no recording this consent is about. Upload it with the consent."
            )
        return cleaned

    def _has_consent(self, cleaned: dict[str, Any]) -> bool:
        """Whether somebody has begun to fill it in."""
        return any(
            cleaned.get(name) or name in self.errors
            for name in ("consent_speaker", "consent_given_on", "consent_document")
        )

    def _check_consent(self, cleaned: dict[str, Any]) -> None:
        needed = {
            "consent_speaker": "Write whose voice this is. Nobody's is imitated unasked.",
            "consent_given_on": "Enter the day on which this person agreed.",
            "consent_wording": "Write what this person has agreed to.",
        }
        for name, told in needed.items():
            if not cleaned.get(name) and name not in self.errors:
                self.add_error(name, told)
        if "[" in cleaned.get("consent_wording", ""):
            self.add_error(
                "consent_wording",
                "Put the name of your organisation in place of the words in brackets.",
            )

    def agreement(self) -> Agreement | None:
        """What the valid form says was agreed, if it says so."""
        cleaned = self.cleaned_data
        if not self._has_consent(cleaned):
            return None
        return consents.Agreement(
            speaker=cleaned["consent_speaker"],
            given_on=cleaned["consent_given_on"],
            wording=cleaned["consent_wording"],
            document=cleaned.get("consent_document"),
            sample_sha256=self._sample_sha256,
        )
