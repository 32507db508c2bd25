"""Why a request is not answered, in words for whoever wrote the client."""

from collections.abc import Mapping
from typing import Any

RETRY_AFTER_S = 1


class Refused(Exception):
    """The request cannot be answered. The sentence names the field and the way out, never what
    was said."""

    def __init__(
        self, status: int, sentence: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.headers = dict(headers or {})

    def as_json(self) -> dict[str, Any]:
        return {"detail": self.sentence}


def not_understood(sentence: str) -> Refused:
    return Refused(422, sentence)


def too_much(sentence: str) -> Refused:
    return Refused(413, sentence)


def busy() -> Refused:
    return Refused(
        503,
        "all engines are busy; try again in a second, or another host",
        {"Retry-After": str(RETRY_AFTER_S)},
    )


def stranger() -> Refused:
    return Refused(
        401,
        "this service wants a token; send the header Authorization: Bearer TOKEN",
        {"WWW-Authenticate": "Bearer"},
    )
