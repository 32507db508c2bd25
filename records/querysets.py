"""Which rows of what is kept."""

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from records.models import Call  # noqa: F401


class CallQuerySet(models.QuerySet["Call"]):
    def live(self) -> Self:
        return self.filter(ended_at=None)

    def unfinished(self) -> Self:
        """Ended calls whose transcript and recording are still to be made."""
        return self.filter(ended_at__isnull=False, finished_at=None)

    def expired(self, now: datetime) -> Self:
        """Ended calls whose time is up. A call in progress has no purge_after."""
        return self.filter(purge_after__lte=now)
