"""Which bytes of a file a request asks for, by RFC 9110."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.byte_range import Stretch, none_match, stretch_of
from core.errors import Invalid

TAG = '"abc"'


def asked(text: str | None, condition: str | None = None, size: int = 1_000) -> Stretch:
    return stretch_of(text, condition, tag=TAG, size=size)


@pytest.mark.parametrize(
    ("text", "first", "end"),
    [
        ("bytes=0-499", 0, 500),
        ("bytes=500-", 500, 1_000),
        ("bytes=0-", 0, 1_000),
        ("bytes=999-999", 999, 1_000),
        ("bytes=0-5000", 0, 1_000),
        ("bytes=-1", 999, 1_000),
        ("bytes=-5000", 0, 1_000),
        ("Bytes= 1-2 ", 1, 3),
    ],
)
def test_a_range_is_a_part(text: str, first: int, end: int) -> None:
    assert asked(text) == Stretch(first, end, part=True)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=2-1",
        "bytes=0-1,3-4",
        "lines=0-1",
        "bytes=a-b",
        "bytes=1-٢",
    ],
)
def test_what_is_no_range_is_the_whole(text: str | None) -> None:
    assert asked(text) == Stretch(0, 1_000, part=False)


@pytest.mark.parametrize("text", ["bytes=1000-", "bytes=1000-1001", "bytes=-0", f"bytes={'9' * 18}-"])
def test_what_lies_outside_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        asked(text)


@pytest.mark.parametrize("condition", ['"abd"', 'W/"abc"', "abc", "Wed, 21 Oct 2026 07:28:00 GMT", ""])
def test_a_part_of_another_file_is_the_whole_of_this_one(condition: str) -> None:
    assert asked("bytes=0-1", condition) == Stretch(0, 1_000, part=False)
    assert asked("bytes=0-1", TAG) == Stretch(0, 2, part=True)


@given(st.text(max_size=30), st.integers(0, 2**40))
def test_nothing_asked_for_is_more_than_the_file(text: str, size: int) -> None:
    for one in (text, f"bytes={text}"):
        try:
            found = asked(one, size=size)
        except Invalid:
            continue
        assert 0 <= found.first <= found.end <= size
        assert found.length or not found.part


@given(st.integers(0, 2**50), st.integers(0, 2**50), st.integers(1, 2**40))
def test_a_range_gives_these_bytes_and_no_others(first: int, last: int, size: int) -> None:
    try:
        found = asked(f"bytes={first}-{last}", size=size)
    except Invalid:
        assert first >= size
        return
    if last < first:
        assert found == Stretch(0, size, part=False)
    else:
        assert found.first == first
        assert found.end == min(last + 1, size)


@pytest.mark.parametrize(
    ("text", "known"),
    [(None, False), (TAG, True), ('"x", "abc"', True), ('W/"abc"', True), ("*", True), ('"x"', False)],
)
def test_who_has_the_file_is_sent_nothing(text: str | None, known: bool) -> None:
    assert none_match(text, tag=TAG) is known
