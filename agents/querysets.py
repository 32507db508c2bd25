"""Which rows of what people configured."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Prefetch

if TYPE_CHECKING:
    from agents.models import PhoneNumber  # noqa: F401


class PhoneNumberQuerySet(models.QuerySet["PhoneNumber"]):
    def answered(self) -> Self:
        """Numbers in service, with all that one call needs of them.

        Three queries; one more for each voice that imitates somebody.
        """
        from agents.models import AgentLanguage  # it imports this module

        languages = AgentLanguage.objects.select_related("voice__stand_in")
        return (
            self.filter(is_active=True)
            .select_related("agent", "agent__voice__stand_in")
            .prefetch_related("agent__questions", Prefetch("agent__languages", languages))
        )
