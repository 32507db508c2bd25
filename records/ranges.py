"""Which bytes of a file an HTTP request asks for (RFC 9110, section 14), so players can seek."""

import re
from dataclasses import dataclass

ONE_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


class NotSatisfiable(Exception):
    """The range lies outside the file."""


@dataclass(frozen=True, slots=True)
class Span:
    start: int
    stop: int  # exclusive
    is_partial: bool

    @property
    def size_bytes(self) -> int:
        return self.stop - self.start

    def content_range(self, size_bytes: int) -> str:
        return f"bytes {self.start}-{self.stop - 1}/{size_bytes}"


def requested(header: str, size_bytes: int) -> Span:
    """What to send for a `Range` header; all of it when there is none that we serve.

    Several ranges at once, or other units, may be answered with the whole: so says the RFC.
    Raises NotSatisfiable.
    """
    asked = ONE_RANGE.fullmatch(header.strip())
    if not asked or asked.groups() == ("", ""):
        return Span(0, size_bytes, is_partial=False)
    first, last = asked.groups()
    if first == "":  # the last so many bytes
        start, stop = max(0, size_bytes - int(last)), size_bytes
    else:
        start = int(first)
        stop = min(int(last) + 1, size_bytes) if last else size_bytes
        if last and int(last) < start:
            return Span(0, size_bytes, is_partial=False)
    if start >= stop:
        raise NotSatisfiable
    return Span(start, stop, is_partial=True)
