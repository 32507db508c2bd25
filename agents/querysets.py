"""Which rows of what people configured."""

from typing import Self

from django.db import models


class PhoneNumberQuerySet(models.QuerySet):
    def answered(self) -> Self:
        """Numbers in service, with all that one call needs of them in two queries."""
        return (
            self.filter(is_active=True)
            .select_related("agent", "agent__voice")
            .prefetch_related("agent__questions")
        )
