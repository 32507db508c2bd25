"""What people configure: agents, their voices, the numbers they answer, what they know."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from agents.querysets import PhoneNumberQuerySet
from agents.translations import ENGLISH

DIALABLE = RegexValidator(
    r"^\+?[0-9]{2,20}$", "Use digits only, with + in front for an international number."
)
PAUSE_MS = [MinValueValidator(100), MaxValueValidator(5000)]


class Voice(models.Model):
    """How an agent sounds: a synthesizer and its settings."""

    name = models.CharField(max_length=80, unique=True)
    engine = models.CharField(max_length=40, default="espeak")
    engine_options = models.JSONField(default=dict, blank=True)
    language = models.CharField(max_length=12, default="en")
    speaker = models.CharField(max_length=80, blank=True)
    sample = models.FileField(upload_to="voices/", blank=True)
    speed = models.FloatField(default=1.0)
    stand_in = models.ForeignKey(  # speaks when this one fails
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="stands_in_for"
    )

    def __str__(self) -> str:
        return self.name


class VoiceConsent(models.Model):
    """That a person agreed to have their voice cloned; kept after they take it back."""

    voice = models.ForeignKey(Voice, null=True, on_delete=models.SET_NULL, related_name="consents")
    voice_name = models.CharField(max_length=80)
    sample_sha256 = models.CharField(max_length=64, blank=True)  # of the recording as uploaded
    speaker = models.CharField(max_length=120)
    given_on = models.DateField()
    wording = models.TextField()
    document = models.FileField(upload_to="consents/", blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    recorded_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["-recorded_at"]

    def __str__(self) -> str:
        return f"{self.speaker}, {self.given_on}"


class Agent(models.Model):
    """Who answers: its words, its patience, its engines, and how long its calls are kept."""

    class Patience(models.TextChoices):
        BRISK = "brisk", "Brisk"
        BALANCED = "balanced", "Balanced"
        PATIENT = "patient", "Patient"
        OWN = "own", "Own numbers"

    class Interruptions(models.TextChoices):
        EASILY = "easily", "Easily"
        NORMALLY = "normally", "Normally"
        HARDLY = "hardly", "Hardly"
        NEVER = "never", "Never"
        OWN = "own", "Own numbers"

    name = models.CharField(max_length=80, unique=True)
    language = models.CharField(max_length=12, default="en")
    voice = models.ForeignKey(Voice, on_delete=models.PROTECT, related_name="agents")
    greeting = models.TextField()
    greeting_may_be_interrupted = models.BooleanField(default=True)
    instructions = models.TextField(blank=True)
    fallback_sentence = models.TextField(default=ENGLISH.fallback_sentence)
    first_idle_prompt = models.TextField(default=ENGLISH.first_idle_prompt)
    second_idle_prompt = models.TextField(default=ENGLISH.second_idle_prompt)
    goodbye = models.TextField(default=ENGLISH.goodbye)
    time_is_up = models.TextField(default=ENGLISH.time_is_up)
    say_again = models.TextField(default=ENGLISH.say_again)
    trouble = models.TextField(default=ENGLISH.trouble)
    type_it = models.TextField(default=ENGLISH.type_it)
    fillers = models.TextField(blank=True, default=ENGLISH.written("fillers"))  # one a line
    pronunciations = models.TextField(blank=True)  # agents.pronunciations

    patience = models.CharField(max_length=10, choices=Patience, default=Patience.BALANCED)
    interruptions = models.CharField(
        max_length=10, choices=Interruptions, default=Interruptions.NORMALLY
    )
    stop_words = models.TextField(blank=True, default=ENGLISH.written("stop_words"))  # one a line
    notices = models.TextField(blank=True)  # sentences that nothing interrupts, one a line
    work_ahead = models.BooleanField(default=True)
    # from here to barge_in_words: in force where the choice above is OWN
    done_ms = models.PositiveIntegerField(default=200, validators=PAUSE_MS)
    endpoint_ms = models.PositiveIntegerField(default=700, validators=PAUSE_MS)
    hanging_ms = models.PositiveIntegerField(default=1400, validators=PAUSE_MS)
    barge_in_ms = models.PositiveIntegerField(
        default=800, validators=[MinValueValidator(40), MaxValueValidator(5000)]
    )
    barge_in_words = models.PositiveIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(10)]
    )
    idle_seconds = models.PositiveIntegerField(
        default=8, validators=[MinValueValidator(2), MaxValueValidator(120)]
    )
    max_call_minutes = models.PositiveIntegerField(
        default=30, validators=[MinValueValidator(1), MaxValueValidator(240)]
    )

    vad_engine = models.CharField(max_length=40, default="webrtc")
    stt_engine = models.CharField(max_length=40, default="pocketsphinx")
    stt_options = models.JSONField(default=dict, blank=True)
    llm_engine = models.CharField(max_length=40, default="questions")
    llm_options = models.JSONField(default=dict, blank=True)
    second_stt_engine = models.CharField(max_length=40, blank=True)  # when the first one fails
    second_stt_options = models.JSONField(default=dict, blank=True)
    second_llm_engine = models.CharField(max_length=40, blank=True)
    second_llm_options = models.JSONField(default=dict, blank=True)
    turn_end_engine = models.CharField(max_length=40, blank=True)  # "": silence and words alone
    turn_end_options = models.JSONField(default=dict, blank=True)

    record_audio = models.BooleanField(default=True)
    retention_days = models.PositiveIntegerField(
        default=30, validators=[MinValueValidator(0), MaxValueValidator(3650)]
    )

    def __str__(self) -> str:
        return self.name


class AgentLanguage(models.Model):
    """Another language of the agent, once the caller speaks it. Empty sentences: the ready ones."""

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="languages")
    language = models.CharField(max_length=12)
    voice = models.ForeignKey(Voice, on_delete=models.PROTECT, related_name="other_languages")
    fallback_sentence = models.TextField(blank=True)
    first_idle_prompt = models.TextField(blank=True)
    second_idle_prompt = models.TextField(blank=True)
    goodbye = models.TextField(blank=True)
    time_is_up = models.TextField(blank=True)
    say_again = models.TextField(blank=True)
    trouble = models.TextField(blank=True)
    type_it = models.TextField(blank=True)
    fillers = models.TextField(blank=True)  # one a line

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["agent", "language"], name="one_row_per_language")
        ]

    def __str__(self) -> str:
        return self.language


class Question(models.Model):
    """One thing the agent can answer."""

    class After(models.TextChoices):
        LISTEN = "listen", "go on with the call"
        HANG_UP = "hang up", "end the call"
        HAND_OVER = "hand over", "put the caller through to a person"
        SECRET_KEYS = "secret keys", "let the caller type secret digits (PIN, card)"

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="questions")
    wordings = models.TextField()  # one a line
    answer = models.TextField()
    digit = models.CharField(max_length=1, blank=True)
    after = models.CharField(max_length=12, choices=After, default=After.LISTEN)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["agent", "digit"],
                condition=~models.Q(digit=""),
                name="one_question_per_digit",
            )
        ]

    def __str__(self) -> str:
        return self.wordings.partition("\n")[0]


class PhoneNumber(models.Model):
    """A number callers dial (DID), who answers it, and who does when the agent cannot."""

    number = models.CharField(max_length=24, unique=True, validators=[DIALABLE])
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="numbers")
    human = models.CharField(max_length=24, blank=True, validators=[DIALABLE])
    overflow = models.CharField(  # who takes calls beyond what the machine can hold; "": human
        max_length=24, blank=True, validators=[DIALABLE]
    )
    is_active = models.BooleanField(default=True)

    objects = PhoneNumberQuerySet.as_manager()

    def __str__(self) -> str:
        return self.number
