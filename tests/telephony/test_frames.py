"""Audio on its way past Daphne's parser; everything else is left to it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.frames import take_audio
from telephony.media_client import CLOSE, PING, TEXT, wire

FRAME = bytes(range(256)) * 2 + bytes(128)


def test_a_whole_frame_is_taken_and_unmasked():
    assert take_audio(wire(FRAME)) == ([FRAME], b"")


def test_several_frames_at_once_are_taken_in_order():
    other = b"\x07" * 320
    assert take_audio(wire(FRAME) + wire(other) + wire(FRAME)) == ([FRAME, other, FRAME], b"")


@pytest.mark.parametrize("kept", [1, 7, 8, 200, 647])
def test_a_frame_that_has_not_all_come_is_left(kept):
    whole = wire(FRAME)
    assert take_audio(whole + whole[:kept]) == ([FRAME], whole[:kept])


@pytest.mark.parametrize(
    "frame",
    [wire(b"x" * 200, TEXT), wire(b"", PING), wire(b"\x03\xe8", CLOSE), wire(b"short")],
    ids=["text", "ping", "close", "a short frame"],
)
def test_what_is_not_audio_is_left_with_all_that_follows(frame):
    rest = frame + wire(FRAME)
    assert take_audio(wire(FRAME) + rest) == ([FRAME], rest)


@pytest.mark.parametrize("first", [0x02, 0xC2], ids=["a fragment", "compressed"])
def test_audio_in_another_form_is_left(first):
    frame = bytes([first]) + wire(FRAME)[1:]
    assert take_audio(frame) == ([], frame)


@given(st.lists(st.binary(min_size=126, max_size=2_000)), st.binary(max_size=4, min_size=4))
def test_any_payload_under_any_mask_is_read_as_autobahn_reads_it(payloads, mask):
    data = b"".join(masked(payload, mask) for payload in payloads)
    assert take_audio(data) == (payloads, b"")


def masked(payload: bytes, mask: bytes) -> bytes:
    head = bytes([0x82, 0xFE]) + len(payload).to_bytes(2, "big") + mask
    return head + bytes(byte ^ mask[n % 4] for n, byte in enumerate(payload))
