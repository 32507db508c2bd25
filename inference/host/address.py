"""Where an inference service is: a socket in the file system, or a URL."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from inference.engines.base import EngineUnavailable


@dataclass(frozen=True, slots=True)
class Address:
    url: str
    socket: str = ""  # then the URL's host is nobody's
    token: str = field(default="", repr=False)

    def __str__(self) -> str:
        return self.socket or self.url


def at(text: str, token: str = "") -> Address:
    """Of a path or an http(s) address. Raises EngineUnavailable."""
    text = text.strip()
    if text.startswith("/"):
        return Address("http://host", text, token)
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise EngineUnavailable(
            "inference service: give its address, such as http://192.0.2.20:6000"
        )
    if parts.username or parts.password:
        raise EngineUnavailable("inference service: leave the token out of the address")
    return Address(text.rstrip("/"), token=token)
