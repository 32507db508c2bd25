"""A signed or spoken consent, as a file: what is taken, and told by what is in it."""

from typing import Final

LARGEST_BYTES = 10 * 1024 * 1024

_BEGINNINGS: Final = (  # offset, bytes, extension
    (0, b"%PDF-", "pdf"),
    (0, b"\xff\xd8\xff", "jpg"),
    (0, b"\x89PNG\r\n\x1a\n", "png"),
    (4, b"ftypheic", "heic"),
    (4, b"ftypM4A", "m4a"),
    (8, b"WAVE", "wav"),
    (0, b"OggS", "ogg"),
    (0, b"fLaC", "flac"),
    (0, b"ID3", "mp3"),
    (0, b"\xff\xfb", "mp3"),
    (0, b"\xff\xf3", "mp3"),
)


class UnusableDocument(Exception):
    """The text says what is wrong and what to upload instead."""


def extension(beginning: bytes, size_bytes: int) -> str:
    """By what the file is, whatever it is called. Raises UnusableDocument."""
    if size_bytes > LARGEST_BYTES:
        raise UnusableDocument(
            f"This file is larger than {LARGEST_BYTES // 1024 // 1024} MB. Scan it in a lower "
            "resolution, or upload the page with the signature alone."
        )
    for offset, bytes_, name in _BEGINNINGS:
        if beginning[offset : offset + len(bytes_)] == bytes_:
            return name
    raise UnusableDocument(
        "This is neither a document nor a recording that is taken here. Upload a PDF, a photo "
        "(JPEG, PNG) or a recording (WAV, MP3, M4A, OGG, FLAC)."
    )
