"""The forms of what people configure, for someone who has never read the code."""

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html
from django.utils.translation import get_language_info
from unfold.forms import PaginationInlineFormSet
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminTextInputWidget

from agents import pronunciations, translations
from agents.engine_fields import EngineChoiceForm, Slot, option_fields
from agents.imitation import AUDIO_FILES, ImitationForm, RecordingInput
from agents.models import Agent, AgentLanguage, PhoneNumber, Question, Voice
from agents.translations import sentences_in

NOBODY_HEARS = "No other: the caller is asked to say it again"
NOBODY_ANSWERS = "No other: the caller hears an apology"
AGENT_SLOTS = (
    Slot("vad", "vad_engine"),
    Slot("stt", "stt_engine", "stt_options"),
    Slot("llm", "llm_engine", "llm_options"),
    Slot("stt", "second_stt_engine", "second_stt_options", without=NOBODY_HEARS, is_second=True),
    Slot("llm", "second_llm_engine", "second_llm_options", without=NOBODY_ANSWERS, is_second=True),
    Slot("turn", "turn_end_engine", "turn_end_options", without="Silence and words alone"),
)
VOICE_SLOTS = (Slot("tts", "engine", "engine_options"),)
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?")
KEYS = "0123456789*#"
LANGUAGE_HELP = "Two letters: en, de, es, fr … A voice and a recogniser know only some."
ENGLISH_ONLY = ("pocketsphinx",)  # recognisers
PATIENCE_IN_WORDS = {
    Agent.Patience.BRISK: (
        "answers at once. Right for short questions and hurried callers; cuts off people who "
        "stop to think."
    ),
    Agent.Patience.BALANCED: "right for most callers. Begin here.",
    Agent.Patience.PATIENT: (
        "waits while people think. Right for older callers, long numbers and spelling; feels "
        "slow to everyone else."
    ),
    Agent.Patience.OWN: "the numbers under Advanced.",
}
INTERRUPTIONS_IN_WORDS = {
    Agent.Interruptions.EASILY: (
        "half a second of talking stops the agent. Polite, but noise on the line stops it too."
    ),
    Agent.Interruptions.NORMALLY: ("a word does; a cough, “mm-hm” or a door does not. Begin here."),
    Agent.Interruptions.HARDLY: (
        "takes several words or a second and a half. Right for noisy places; callers may have "
        "to insist."
    ),
    Agent.Interruptions.NEVER: (
        "callers hear every answer to its end. Right only for very short answers."
    ),
    Agent.Interruptions.OWN: "the numbers under Advanced.",
}


def language_name(code: str) -> str:
    """As people say it, "German"; the code itself where nobody knows it."""
    try:
        return str(get_language_info(code)["name"])
    except KeyError:
        return f"“{code}”"


def lines(text: str) -> str:
    """What is written one a line, without empty ones."""
    stripped = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in stripped if line)


class WordsField(forms.ChoiceField):
    """A choice that is made by reading: each word with a sentence of what it means."""

    def __init__(self, choices: Iterable[tuple[Any, Any]], words: dict[Any, str], **kwargs: Any):
        explained = [
            (value, format_html("<b>{}</b>: {}", label, words[value])) for value, label in choices
        ]
        super().__init__(choices=explained, widget=UnfoldAdminRadioSelectWidget(), **kwargs)


def clean_language(value: str) -> str:
    if not LANGUAGE.fullmatch(value):
        raise ValidationError('Write the language as two letters, for example "en" or "de".')
    return value


class AgentFields(EngineChoiceForm):
    slots = AGENT_SLOTS
    patience = WordsField(
        Agent.Patience.choices,
        PATIENCE_IN_WORDS,
        label="While the caller thinks",
        help_text=(
            "How long the agent waits before it answers. It waits less after a complete “yes” "
            "and more after “and” or “my number is”, whatever you choose."
        ),
    )
    interruptions = WordsField(
        Agent.Interruptions.choices,
        INTERRUPTIONS_IN_WORDS,
        label="While the agent talks",
        help_text=(
            "How readily callers can interrupt. When it was nothing after all, the agent goes "
            "on where it stopped."
        ),
    )

    class Meta:
        model = Agent
        exclude = (
            "stt_options",
            "llm_options",
            "turn_end_options",
            "second_stt_options",
            "second_llm_options",
        )
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
            "type_it": "When a secret must be typed, not spoken",
            "fillers": "While an answer takes long",
            "pronunciations": "How words are said",
            "stop_words": "Words that always stop the agent",
            "notices": "Sentences always heard to the end",
            "work_ahead": "Prepare answers while the caller is still talking",
            "done_ms": "Pause after a complete answer",
            "endpoint_ms": "Pause that ends the caller's turn",
            "hanging_ms": "Pause after words that want more",
            "barge_in_ms": "Speech that interrupts the agent",
            "barge_in_words": "Words that interrupt the agent",
            "idle_seconds": "Silence before the agent asks",
            "max_call_minutes": "Longest call",
            "vad_engine": "Telling speech from silence",
            "stt_engine": "Understanding speech",
            "llm_engine": "Finding the answer",
            "second_stt_engine": "If it fails: understanding speech",
            "second_llm_engine": "If it fails: finding the answer",
            "turn_end_engine": "Hearing that the caller is done",
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
            "type_it": (
                "Said when a caller speaks a PIN or card number aloud that only the keys keep "
                "secret."
            ),
            "fillers": (
                "One a line, taken in turn when an answer takes longer than about a second. "
                "Three or more do not sound worn. Empty, callers hear silence and may think the "
                "line is dead."
            ),
            "pronunciations": (
                "One a line: the word, the sign = and how to say it, as in “Nguyen = win”. For "
                "names and abbreviations the voice gets wrong. In writing nothing changes."
            ),
            "stop_words": (
                "One a line. Said by the caller, they stop the agent at once, however short. "
                "Choose words that callers do not use in passing, or the agent falls silent "
                "for no reason. Empty: none."
            ),
            "notices": (
                "One a line, exactly as the agent says them: what the law wants heard, prices, "
                "emergencies. Nothing interrupts these. Few and short: callers cannot get past "
                "them."
            ),
            "work_ahead": (
                "On, answers come up to half a second sooner, and now and then one is made for "
                "nothing. Off saves computing, and money where a language model is paid by use."
            ),
            "done_ms": (
                "Milliseconds of silence after words that are complete, like “yes” or “no, thank "
                "you”. Too short, and “yes … but” is cut in two; too long gains nothing."
            ),
            "endpoint_ms": (
                "Milliseconds of silence after any other words; after a whole sentence it is a "
                "fifth of the way up from the number before. Too short interrupts people who "
                "think; too long feels deaf. 500 to 1200 is usual."
            ),
            "hanging_ms": (
                "Milliseconds of silence after words that no sentence ends with, like “and” or "
                "“my number is”, and in the middle of numbers and spelling. Too short cuts "
                "people off; too long is hard on those who forgot what they wanted to say."
            ),
            "barge_in_ms": (
                "Milliseconds of talking after which the agent gives way, whatever was said. Too "
                "short, and a cough or “mm-hm” silences it; too long, and it talks over people."
            ),
            "barge_in_words": (
                "So many understood words make the agent give way sooner; “mm-hm” and the like "
                "do not count. 1 is quick; 3 is hard to stop."
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
            "second_stt_engine": (
                "Hears the same words again, in the same turn, when the one above fails or needs "
                "more than a second and a half: a smaller model, or one on another machine. Both "
                "stay loaded, which costs memory. If the one above usually takes that long, "
                "choose none, or this one will do the work. "
            ),
            "second_llm_engine": (
                "Answers in the same turn when the one above fails or has not begun after a "
                "second and a half. A smaller model, or your questions and answers: they need no "
                "other machine and answer at once, but only what is written there. "
            ),
            "turn_end_engine": (
                "Silence and words are enough for most. A model that hears it in the voice "
                "waits better for people who pause, and costs some computing at each pause. "
            ),
            "record_audio": (
                "Off, no sound is stored, from the next call on. The written conversation still is."
            ),
            "retention_days": (
                "Days a call is kept, with its text and audio. Too short, and a complaint finds "
                "nothing; too long may break the law on personal data. A change reaches earlier "
                "calls the same night. 0 deletes every call the night after."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now_in_language = False  # ready sentences were changed for those of another one

    def clean_language(self) -> str:
        return clean_language(self.cleaned_data["language"])

    def clean_fillers(self) -> str:
        return lines(self.cleaned_data["fillers"])

    def clean_notices(self) -> str:
        return lines(self.cleaned_data["notices"])

    def clean_stop_words(self) -> str:
        return lines(self.cleaned_data["stop_words"])

    def clean_pronunciations(self) -> str:
        try:
            pairs = pronunciations.parse(self.cleaned_data["pronunciations"])
        except pronunciations.UnreadableLine as error:
            raise ValidationError(str(error)) from error
        return pronunciations.written(pairs)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("patience") == Agent.Patience.OWN:
            self._check_order("done_ms", "endpoint_ms")
            self._check_order("endpoint_ms", "hanging_ms")
        self._check_second_choices(cleaned)
        self._follow_language(cleaned)
        return cleaned

    def _check_second_choices(self, cleaned: dict[str, Any]) -> None:
        for stage in ("stt", "llm"):
            first, second = cleaned.get(f"{stage}_engine"), cleaned.get(f"second_{stage}_engine")
            options = getattr(self.instance, f"{stage}_options")
            second_options = getattr(self.instance, f"second_{stage}_options")
            if second and (second, second_options) == (first, options):
                self.add_error(
                    f"second_{stage}_engine",
                    "This is the same as the first choice and fails with it. Choose another "
                    "engine, another model or another address.",
                )
        language = cleaned.get("language", "")
        if cleaned.get("second_stt_engine") in ENGLISH_ONLY and _primary(language) != "en":
            self.add_error(
                "second_stt_engine",
                "PocketSphinx understands English only, and this agent speaks "
                f"{language_name(language)}. Choose another engine, or none.",
            )

    def _check_order(self, shorter: str, longer: str) -> None:
        shorter_ms, longer_ms = (self.cleaned_data.get(name) for name in (shorter, longer))
        if shorter_ms and longer_ms and shorter_ms > longer_ms:
            self.add_error(
                longer,
                f"This is shorter than “{self.fields[shorter].label}” ({shorter_ms}). "
                "Make it as long or longer.",
            )

    def _follow_language(self, cleaned: dict[str, Any]) -> None:
        """Sentences that nobody has changed are changed for those of the agent's new language."""
        before = sentences_in(self.initial.get("language") or "en")
        after = sentences_in(cleaned.get("language", ""))
        if before is None or after is None or before is after:
            return
        for name in translations.FIELDS:
            if cleaned.get(name) == before.written(name):
                cleaned[name] = after.written(name)
                self.now_in_language = True


# One form class with the engines' own fields; admin looks for them on the class.
AgentForm = type("AgentForm", (AgentFields,), option_fields(*AGENT_SLOTS))


class VoiceFields(ImitationForm):
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
        labels = {
            "engine": "Speech engine",
            "sample": "Recording to imitate",
            "stand_in": "If it fails: another voice",
        }
        help_texts = {
            "name": "What you call this voice when you choose it for an agent.",
            "stand_in": (
                "Speaks on in the same turn when this voice fails or has made no sound after two "
                "and a half seconds. Choose one of another engine, or on another machine; two "
                "voices may stand in for each other. Empty, espeak-ng speaks, where it is "
                "installed: callers understand it, but hear a machine."
            ),
            "engine": "Makes speech from text. ",
            "language": LANGUAGE_HELP,
            "speaker": (
                "For engines with several speakers, the name of one. Empty takes the first."
            ),
            "sample": (
                "10 to 30 seconds of one person reading aloud, in a quiet room, close to the "
                "microphone; WAV, MP3, M4A, OGG or FLAC. Shorter ones sound less like the person; "
                "beyond 30 seconds nothing is gained. Whose voice it is must have agreed."
            ),
        }
        widgets = {"sample": RecordingInput(attrs={"accept": AUDIO_FILES})}

    def clean_language(self) -> str:
        return clean_language(self.cleaned_data["language"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if stand_in := cleaned.get("stand_in"):
            self._check_stand_in(stand_in, cleaned)
        return cleaned

    def _check_stand_in(self, stand_in: Voice, cleaned: dict[str, Any]) -> None:
        language = cleaned.get("language", "")
        if stand_in.pk == self.instance.pk:
            self.add_error("stand_in", "This is the same voice. Choose another one, or none.")
        elif language and _primary(stand_in.language) != _primary(language):
            self.add_error(
                "stand_in",
                f"That voice speaks {language_name(stand_in.language)}. Choose one that speaks "
                f"{language_name(language)}.",
            )
        elif (stand_in.engine, stand_in.engine_options) == (
            cleaned.get("engine"),
            self.instance.engine_options,
        ):
            self.add_error(
                "stand_in",
                "That voice is made by the same engine and fails with it. Choose a voice of "
                "another engine, another model or another machine.",
            )


VoiceForm = type("VoiceForm", (VoiceFields,), option_fields(*VOICE_SLOTS))


class DialledField(forms.CharField):
    """A number as people write it; kept as it is dialled."""

    def to_python(self, value: Any) -> str:
        return re.sub(r"[\s()./-]", "", super().to_python(value) or "")


class PhoneNumberForm(forms.ModelForm):
    class Meta:
        model = PhoneNumber
        fields = ("number", "agent", "human", "overflow", "is_active")
        field_classes = dict.fromkeys(("number", "human", "overflow"), DialledField)
        labels = {
            "human": "Person to hand over to",
            "overflow": "When all lines are busy",
            "is_active": "In service",
        }
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
            "overflow": (
                "The number or extension that rings at once when more people call than this "
                "machine can talk to without growing slow (see Capacity): a colleague, a queue, "
                "another office. Empty, or when nobody answers there, the person above is "
                "called; without one, callers hear that all lines are busy."
            ),
            "is_active": "Off, callers hear that the number is not in service.",
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for field in ("human", "overflow"):
            self._refuse_circle(field, cleaned.get("number"), cleaned.get(field))
        human, overflow = cleaned.get("human"), cleaned.get("overflow")
        if overflow and human and _is_same(overflow, human):
            self.add_error(
                "overflow", "This is the person above, who is called anyway. Leave it empty."
            )
        return cleaned

    def _refuse_circle(self, field: str, number: str | None, other: str | None) -> None:
        if number and other and _is_same(number, other):
            self.add_error(
                field, "This is the same number: the call would come back. Name another one."
            )
        if other and PhoneNumber.objects.filter(number=other).exists():
            self.add_error(
                field,
                "An agent answers this number, so callers would go round in a circle. "
                "Name a person's own number.",
            )


def _is_same(number: str, other: str) -> bool:
    return number.lstrip("+") == other.lstrip("+")


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
            "answer": (
                "What the agent says. Numbers, dates, times and addresses are said as a person "
                "would say them."
            ),
            "after": (
                "What happens once the answer has been heard. For secret digits, let the answer "
                "ask for them: they are typed, and nobody hears or stores them."
            ),
            "digit": "A key, 0 to 9, * or #, that asks the same. May stay empty.",
            "position": "Place in this list; callers do not notice.",
        }

    def clean_wordings(self) -> str:
        return lines(self.cleaned_data["wordings"])

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


# what a language may word in its own way; stop words come with the ready sentences
AGENT_SENTENCES = tuple(name for name in translations.FIELDS if name != "stop_words")


class AgentLanguageForm(forms.ModelForm):
    class Meta:
        model = AgentLanguage
        fields = ("language", "voice", *AGENT_SENTENCES)
        labels = {name: AgentFields.Meta.labels[name] for name in AGENT_SENTENCES}
        help_texts = {
            "language": (
                "Two letters. Once a caller speaks it, the agent goes on in it. The answers to "
                "your questions stay as you wrote them; a language model answers in the "
                "caller's language."
            ),
            "voice": "One that speaks this language. Voices are made under Voices.",
            "fallback_sentence": (
                "Empty, this and the sentences below are the ready ones, shown in grey once saved."
            ),
            "fillers": "One a line.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ready = sentences_in(self.instance.language)
        if ready:
            for name in AGENT_SENTENCES:
                self.fields[name].widget.attrs["placeholder"] = ready.written(name)

    def clean_language(self) -> str:
        return clean_language(self.cleaned_data["language"])

    def clean_fillers(self) -> str:
        return lines(self.cleaned_data["fillers"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        language, voice = cleaned.get("language"), cleaned.get("voice")
        if language and voice and _primary(voice.language) != _primary(language):
            self.add_error(
                "voice",
                f"This voice speaks {language_name(voice.language)}. Make one that speaks "
                f"{language_name(language)} under Voices, and choose it here.",
            )
        if language and not sentences_in(language):
            self._ask_for_every_sentence(language)
        return cleaned

    def _ask_for_every_sentence(self, language: str) -> None:
        for name in AGENT_SENTENCES:
            if name != "fillers" and not self.cleaned_data.get(name):
                self.add_error(
                    name, f"There is no ready sentence in {language_name(language)} yet. Write it."
                )


def _primary(language: str) -> str:
    return language.partition("-")[0]


class AgentLanguageFormSet(PaginationInlineFormSet):
    """Sees the agent as the form above it leaves it."""

    def clean(self) -> None:
        super().clean()
        taken = {self.instance.language: "the agent's main language"}
        for form in self.forms:
            language = getattr(form, "cleaned_data", {}).get("language")
            if not language or form in self.deleted_forms:
                continue
            if language in taken:
                form.add_error(
                    "language",
                    f"{language_name(language)} is {taken[language]} already. Remove this one.",
                )
            elif self.instance.stt_engine in ENGLISH_ONLY and _primary(language) != "en":
                form.add_error(
                    "language",
                    "PocketSphinx understands English only, so the agent would never notice "
                    f"that a caller speaks {language_name(language)}. Choose Whisper under "
                    "Engines, or remove this language.",
                )
            taken.setdefault(language, "in this list")

    def validate_unique(self) -> None:
        """Looked at in `clean`, which says it in words and next to the language."""
