"""What is kept of a call. What was said is read through `access`, written through `vault`."""

import uuid

from django.db import models

from agents.models import Agent, PhoneNumber
from records.querysets import CallQuerySet


class Call(models.Model):
    """One conversation on one leg. A call in progress has no ended_at and no purge_after."""

    class Direction(models.TextChoices):
        INBOUND = "in", "Inbound"
        OUTBOUND = "out", "Outbound"

    class Reason(models.TextChoices):
        CALLER_HUNG_UP = "caller", "The caller hung up"
        AGENT_HUNG_UP = "agent", "The agent said goodbye"
        HANDED_OVER = "handed over", "Put through to a person"
        IDLE = "idle", "The caller said nothing"
        TIME_UP = "time up", "The longest call time was reached"
        STAFF = "staff", "Ended by staff"
        TROUBLE = "trouble", "Something failed on our side"
        LOST = "lost", "The connection was lost"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    agent = models.ForeignKey(Agent, null=True, on_delete=models.SET_NULL, related_name="calls")
    number = models.ForeignKey(
        PhoneNumber, null=True, on_delete=models.SET_NULL, related_name="calls"
    )
    agent_name = models.CharField(max_length=80)
    direction = models.CharField(max_length=3, choices=Direction, default=Direction.INBOUND)
    caller = models.CharField(max_length=80, blank=True)
    channel = models.CharField(max_length=80, db_index=True)  # the caller's uniqueid in Asterisk
    worker = models.CharField(max_length=80, blank=True)  # host:pid that holds the call
    started_at = models.DateTimeField(db_index=True)  # newest first, in the list
    seen_at = models.DateTimeField()  # last sign of life, for the reconciler
    ended_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=12, choices=Reason, blank=True)
    detail = models.CharField(max_length=200, blank=True)  # what failed; never what was said
    record_audio = models.BooleanField(default=True)
    finished_at = models.DateTimeField(null=True, blank=True)  # transcript and recording made
    purge_after = models.DateTimeField(null=True, blank=True, db_index=True)  # purge_expired

    objects = CallQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return f"{self.agent_name}, {self.started_at:%d %b %Y %H:%M}"


class Turn(models.Model):
    """One side holding the floor. Times are ms since media start; a skipped stage is null."""

    class Speaker(models.TextChoices):
        CALLER = "caller", "Caller"
        AGENT = "agent", "Agent"

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="turns")
    index = models.PositiveIntegerField()
    speaker = models.CharField(max_length=6, choices=Speaker)
    text = models.TextField(blank=True)  # caller: recognised; agent: what the caller heard
    unheard_text = models.TextField(blank=True)  # agent: what was cut off
    was_interrupted = models.BooleanField(default=False)
    started_ms = models.PositiveIntegerField()
    ended_ms = models.PositiveIntegerField()
    endpointing_ms = models.PositiveIntegerField(null=True)  # last speech to end of turn
    stt_ms = models.PositiveIntegerField(null=True)
    llm_ms = models.PositiveIntegerField(null=True)  # to the first sentence
    tts_ms = models.PositiveIntegerField(null=True)  # to the first audio
    response_ms = models.PositiveIntegerField(null=True)  # last speech to first audio sent
    drafts = models.PositiveIntegerField(default=0)  # replies begun before the caller was done
    was_ahead = models.BooleanField(default=False)  # the reply that was heard is one of them
    stood_in = models.CharField(max_length=24, blank=True)  # stages done by their second choice

    class Meta:
        ordering = ["index"]
        constraints = [models.UniqueConstraint(fields=["call", "index"], name="one_turn_per_index")]

    def __str__(self) -> str:
        return f"turn {self.index}"


class Transcript(models.Model):
    """The whole conversation as plain text, made once the call is over."""

    call = models.OneToOneField(Call, on_delete=models.CASCADE, related_name="transcript")
    text = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"transcript of call {self.call_id}"


class Recording(models.Model):
    """The audio of one call: caller left, agent right."""

    class State(models.TextChoices):
        GROWING = "growing", "Being recorded"
        READY = "ready", "Ready"
        MISSING = "missing", "No audio was found"

    call = models.OneToOneField(Call, on_delete=models.CASCADE, related_name="recording")
    state = models.CharField(max_length=8, choices=State, default=State.GROWING)
    duration_ms = models.PositiveIntegerField(default=0)
    size_bytes = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"recording of call {self.call_id}"
