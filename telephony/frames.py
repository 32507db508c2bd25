"""Audio out of a WebSocket's bytes and into them, without what Asterisk never sends or needs.

Only whole binary frames of a length that takes two bytes, masked as they come and unmasked as
they go; whoever owns the socket leaves everything else to a proper library.
"""

_BINARY = 0x82  # whole, not compressed
_MASKED_16 = 0xFE  # masked, its length in the next two bytes
_UNMASKED_16 = 0x7E
_HEAD_BYTES = 8
_SHORTEST, _LONGEST = 126, 0xFFFF  # beyond them the length has to be written otherwise


def take_audio(data: bytes) -> tuple[list[bytes], bytes]:
    """The payloads of whole, masked binary frames that `data` begins with, and the rest of it."""
    found = []
    at = 0
    while len(data) - at >= _HEAD_BYTES and data[at] == _BINARY and data[at + 1] == _MASKED_16:
        size = data[at + 2] << 8 | data[at + 3]
        begins = at + _HEAD_BYTES
        if size < _SHORTEST or begins + size > len(data):
            break
        found.append(_unmasked(data[begins : begins + size], data[at + 4 : begins]))
        at = begins + size
    return found, data[at:] if at else data


def audio_frame(pcm: bytes) -> bytes | None:
    """The frame that carries this to Asterisk; None where it takes another form."""
    size = len(pcm)
    if not _SHORTEST <= size <= _LONGEST:
        return None
    return bytes((_BINARY, _UNMASKED_16, size >> 8, size & 0xFF)) + pcm


def _unmasked(payload: bytes, mask: bytes) -> bytes:
    size = len(payload)
    masks = (mask * (size // 4 + 1))[:size]
    plain = int.from_bytes(payload, "little") ^ int.from_bytes(masks, "little")
    return plain.to_bytes(size, "little")
