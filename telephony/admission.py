"""How many calls are taken at a time.

A call beyond that is turned away before anything is begun for it, so that nobody's conversation
becomes slow: the dialplan rings the number's overflow at once. Asked on the audio path, so what
is in force is kept here and read from the database beside it.
"""

from functools import lru_cache

from django.conf import settings
from django.utils import timezone

from telephony.models import CapacityRun


class Room:
    """Places for calls. Between asking for one and having it nothing else can happen."""

    def __init__(self) -> None:
        self.limit: int | None = None  # as many as come
        self.taken = 0
        self.turned_away = 0
        self.since = timezone.now()

    def take(self) -> bool:
        """A place for one more call; whether there was one."""
        if self.limit is not None and self.taken >= self.limit:
            self.turned_away += 1
            return False
        self.taken += 1
        return True

    def give_back(self) -> None:
        self.taken -= 1


@lru_cache(maxsize=1)
def room() -> Room:
    """This process's."""
    return Room()


def refresh() -> None:
    """Blocking. From now on as many calls as the operator or the last measurement says."""
    room().limit = limit_in_force()


def limit_in_force() -> int | None:
    """The operator's own number, else what was measured, else none."""
    if settings.MAX_CALLS is not None:
        return settings.MAX_CALLS or None
    run = CapacityRun.objects.in_force()
    return run.calls if run else None
