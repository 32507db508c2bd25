import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.ranges import NotSatisfiable, Span, requested

WHOLE = Span(0, 1000, is_partial=False)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", WHOLE),
        ("bytes=0-499", Span(0, 500, True)),
        ("bytes=500-", Span(500, 1000, True)),
        ("bytes=-200", Span(800, 1000, True)),
        ("bytes=-5000", Span(0, 1000, True)),
        ("bytes=900-5000", Span(900, 1000, True)),
        ("bytes=999-999", Span(999, 1000, True)),
        ("bytes=0-1,5-9", WHOLE),  # several ranges: the whole is a valid answer
        ("bytes=9-1", WHOLE),  # not a range at all
        ("bytes=-", WHOLE),
        ("pages=1-2", WHOLE),
        ("bytes=a-b", WHOLE),
    ],
)
def test_what_a_range_header_asks_for(header: str, expected: Span):
    assert requested(header, 1000) == expected


@pytest.mark.parametrize("header", ["bytes=1000-", "bytes=1000-1001", "bytes=-0"])
def test_a_range_outside_the_file_is_refused(header: str):
    with pytest.raises(NotSatisfiable):
        requested(header, 1000)


@given(st.from_regex(r"bytes=\d{0,4}-\d{0,4}", fullmatch=True), st.integers(1, 5_000))
def test_no_header_reaches_outside_the_file(header: str, size: int):
    try:
        span = requested(header, size)
    except NotSatisfiable:
        return
    assert 0 <= span.start < span.stop <= size
