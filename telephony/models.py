"""What was measured of this machine: how many calls it holds."""

from django.db import models, transaction


class CapacityRunQuerySet(models.QuerySet["CapacityRun"]):
    def in_force(self) -> "CapacityRun | None":
        """The run whose figure admission keeps to."""
        return self.filter(is_in_force=True).first()

    @transaction.atomic
    def keep_to(self, run: "CapacityRun | None") -> None:
        """From now on this run's figure, or with None no measured one."""
        self.filter(is_in_force=True).update(is_in_force=False)
        if run is not None:
            self.filter(pk=run.pk, calls__gt=0).update(is_in_force=True)


class CapacityRun(models.Model):
    """One measurement of how many calls these engines hold inside the latency budget."""

    measured_at = models.DateTimeField()
    machine = models.CharField(max_length=200)  # processor, cores, memory, graphics card
    engines = models.JSONField()  # of each stage, its key and options
    budget_ms = models.PositiveIntegerField()  # p95 from the caller's last word to first audio
    levels = models.JSONField()  # list of {"calls", "p50_ms", "p95_ms", "late_share", "cpu_share"}
    calls = models.PositiveIntegerField()  # the most that stayed inside the budget
    broken = models.CharField(max_length=200, blank=True)  # which budget broke, and where
    is_in_force = models.BooleanField(default=False)  # admission keeps to it

    objects = CapacityRunQuerySet.as_manager()

    class Meta:
        ordering = ["-measured_at"]
        verbose_name = "measurement"
        verbose_name_plural = "capacity"

    def __str__(self) -> str:
        return f"{self.calls} calls, {self.measured_at:%d %b %Y %H:%M}"
