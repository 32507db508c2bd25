"""Whether anybody still waits for what an engine is making.

A loop that takes long asks between two steps. Where nobody said anything, it is wanted.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_unwanted: ContextVar[threading.Event | None] = ContextVar("unwanted", default=None)


def is_wanted() -> bool:
    event = _unwanted.get()
    return event is None or not event.is_set()


@contextmanager
def until(unwanted: threading.Event) -> Iterator[None]:
    """While it is open, the work of this thread is wanted until the event is set."""
    token = _unwanted.set(unwanted)
    try:
        yield
    finally:
        _unwanted.reset(token)
