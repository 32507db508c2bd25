"""What people configure: agents, their voices, the numbers they answer, what they know."""

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from agents.querysets import PhoneNumberQuerySet

DIALABLE = RegexValidator(
    r"^\+?[0-9]{2,20}$", "Use digits only, with + in front for an international number."
)


class Voice(models.Model):
    """How an agent sounds: a synthesizer and its settings."""

    name = models.CharField(max_length=80, unique=True)
    engine = models.CharField(max_length=40, default="espeak")
    engine_options = models.JSONField(default=dict, blank=True)
    language = models.CharField(max_length=12, default="en")
    speaker = models.CharField(max_length=80, blank=True)
    sample = models.FileField(upload_to="voices/", blank=True)
    speed = models.FloatField(default=1.0)

    def __str__(self) -> str:
        return self.name


class Agent(models.Model):
    """Who answers: its words, its patience, its engines, and how long its calls are kept."""

    name = models.CharField(max_length=80, unique=True)
    language = models.CharField(max_length=12, default="en")
    voice = models.ForeignKey(Voice, on_delete=models.PROTECT, related_name="agents")
    greeting = models.TextField()
    greeting_may_be_interrupted = models.BooleanField(default=True)
    instructions = models.TextField(blank=True)
    fallback_sentence = models.TextField(
        default="I'm sorry, I can't help with that. Is there something else?"
    )
    first_idle_prompt = models.TextField(default="Are you still there?")
    second_idle_prompt = models.TextField(default="I can't hear you. Please say something.")
    goodbye = models.TextField(default="Goodbye.")
    time_is_up = models.TextField(default="Our time is up, so I have to end this call. Goodbye.")
    say_again = models.TextField(default="I'm sorry, could you say that again?")
    trouble = models.TextField(default="I'm sorry, something is wrong on our side.")

    endpoint_ms = models.PositiveIntegerField(
        default=600, validators=[MinValueValidator(100), MaxValueValidator(5000)]
    )
    barge_in_ms = models.PositiveIntegerField(
        default=240, validators=[MinValueValidator(40), MaxValueValidator(3000)]
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

    record_audio = models.BooleanField(default=True)
    retention_days = models.PositiveIntegerField(
        default=30, validators=[MinValueValidator(0), MaxValueValidator(3650)]
    )

    def __str__(self) -> str:
        return self.name


class Question(models.Model):
    """One thing the agent can answer."""

    class After(models.TextChoices):
        LISTEN = "listen", "go on with the call"
        HANG_UP = "hang up", "end the call"
        HAND_OVER = "hand over", "put the caller through to a person"

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="questions")
    wordings = models.TextField()  # one a line
    answer = models.TextField()
    digit = models.CharField(max_length=1, blank=True)
    after = models.CharField(max_length=10, choices=After, default=After.LISTEN)
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
    is_active = models.BooleanField(default=True)

    objects = PhoneNumberQuerySet.as_manager()

    def __str__(self) -> str:
        return self.number
