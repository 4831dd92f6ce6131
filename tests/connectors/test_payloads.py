"""Strict reading of JSON: the short way and the exact one agree, and each kind of poison has its reason."""

import json
import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.payloads import MAX_NAMES, read_exactly, read_object
from core.errors import BadMessage


def outcome(payload: bytes, *, exactly: bool) -> object:
    """Give what was read, or why it was refused."""
    try:
        return read_exactly(payload) if exactly else read_object(payload)
    except BadMessage as error:
        return error.reason


def agree(payload: bytes) -> None:
    """Hold both ways against each other; types count, and the sign of zero."""
    assert repr(outcome(payload, exactly=False)) == repr(outcome(payload, exactly=True))


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=True, allow_infinity=True)
    | st.text(max_size=12)
    | st.sampled_from(['":', '{"a":1}', "\\", '"', "15:11", "\u202e", "\x7f", "\ud800"])
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=15,
)
objects = st.dictionaries(st.text(max_size=4), values, max_size=5)
fragments = st.sampled_from(
    [
        *('"a":1', '"a" : 1', '"\\u0061":2', '"a"\t:\n3', '"b":"\\":"', '"c":{"a":1,"a":2}', '"d":[{"a":1}]'),
        *('"e":1e999', '"e":-0', '"e":-0.0', '"e":1E+400', '"e":1e-999', '"e":1.7976931348623159e308'),
        *('"e":9223372036854775808', '"e":-18446744073709551617', '"e":NaN', '"e":-Infinity', '"e":01'),
        *('"f":"\\u0000"', '"f":"\\ud800"', '"f":"\\ud83d\\ude00"', '"f":"\\udc00\\ud83d"', '"f":"\\u00e4"'),
        *(
            '"\\u0000":1',
            '"\\udfff":1',
            '"":1',
            '"g":"\\/"',
            '"g":"\\x"',
            '"g":"\t"',
            '"g":"\u2028"',
            '"h":tru',
        ),
        *(
            '"h":tru',
            '"i":[[[]]]',
            '"i":' + "[" * 19 + "]" * 19,
            '"i":' + "[" * 20 + "]" * 20,
            '"i":"[[[[{{{{"',
            "",
        ),
    ]
)


@given(st.binary(max_size=80))
def test_both_ways_agree_on_any_bytes(payload: bytes) -> None:
    agree(payload)


@given(objects, st.booleans(), st.sampled_from([None, 1, "\t"]))
def test_both_ways_agree_on_any_object(value: dict[str, object], escaped: bool, indent: int | str) -> None:
    agree(json.dumps(value, ensure_ascii=escaped, indent=indent).encode("utf-8", "surrogatepass"))


@given(st.lists(fragments, max_size=5), st.sampled_from(["", " ", "\ufeff", "\0", "\v", "x"]))
def test_both_ways_agree_on_poison(parts: list[str], around: str) -> None:
    agree(f"{around}{{{','.join(parts)}}}{around}".encode())


@given(objects, st.integers(0, 200), st.integers(0, 8), st.binary(max_size=4))
@example({"a": 1}, 0, 0, b"\xef\xbb\xbf")
def test_both_ways_agree_on_a_damaged_object(
    value: dict[str, object], place: int, cut: int, new: bytes
) -> None:
    good = json.dumps(value).encode()
    agree(good[:place] + new + good[place + cut :])


@given(objects.filter(lambda value: "nan" not in repr(value) and "inf" not in repr(value)))
def test_what_is_sound_is_read_as_it_was_written(value: dict[str, object]) -> None:
    payload = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
    reason = outcome(payload, exactly=False)

    assert reason == value or reason in {"not_utf8", "nul", "lone_surrogate"}


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        pytest.param(b'{"a":1,"a":1}', "duplicate_name", id="twins"),
        pytest.param(b'{"a" : 1, "a":1}', "duplicate_name", id="twins with space before the colon"),
        pytest.param(b'{"a":1,"\\u0061":1}', "duplicate_name", id="twins by escape"),
        pytest.param(b'{"b":[{"a":{"x":1,"x":2}}]}', "duplicate_name", id="twins below"),
        pytest.param(b'{"a":NaN}', "not_a_number", id="NaN"),
        pytest.param(b'{"a":Infinity}', "not_a_number", id="infinity"),
        pytest.param(b'{"a":[-Infinity]}', "not_a_number", id="negative infinity"),
        pytest.param(b'{"a":1e999}', "not_a_number", id="past all bounds"),
        pytest.param(b'{"a":"\\ud800"}', "lone_surrogate", id="lone surrogate"),
        pytest.param(b'{"\\udfff":1}', "lone_surrogate", id="lone surrogate in a name"),
        pytest.param(b'{"a":"\\u0000"}', "nul", id="NUL by escape"),
        pytest.param(b'{"a":"\0"}', "nul", id="raw NUL"),
        pytest.param('{"a":1}'.encode("utf-16-le"), "nul", id="UTF-16 without a mark"),
        pytest.param('{"a":1}'.encode("utf-16"), "not_utf8", id="UTF-16"),
        pytest.param(b'{"a":"\xed\xa0\x80"}', "not_utf8", id="surrogate in bytes"),
        pytest.param(b'{"a":' + b"[" * 20 + b"]" * 20 + b"}", "too_deep", id="21 levels"),
        pytest.param(b'{"a":' * 10_000, "too_deep", id="10,000 levels"),
        pytest.param(b'{"a":"' + b"x" * 65_536 + b'"}', "too_large", id="too large"),
        pytest.param(b"[]", "wrong_shape", id="no object"),
        pytest.param(b'{"a":1', "not_json", id="cut"),
        pytest.param(b'{"a":' + b"9" * 5_000 + b"}", "not_json", id="endless integer"),
    ],
)
def test_poison_is_named(payload: bytes, reason: str) -> None:
    assert outcome(payload, exactly=False) == outcome(payload, exactly=True) == reason


def test_names_are_counted_over_all_objects() -> None:
    most = {"list": [{f"{number}": number} for number in range(MAX_NAMES - 1)]}
    more = {**most, "one": "more"}

    assert outcome(json.dumps(most).encode(), exactly=False) == most
    assert outcome(json.dumps(more).encode(), exactly=False) == "too_many_names"
    assert outcome(json.dumps(more).encode(), exactly=True) == "too_many_names"


def test_words_that_look_like_names_are_no_names() -> None:
    payload = json.dumps({"a": '":' * MAX_NAMES}).encode()

    assert outcome(payload, exactly=False) == {"a": '":' * MAX_NAMES}


def test_numbers_keep_their_kind_and_sign() -> None:
    value = read_object(b'{"a":-0.0,"b":1,"c":1.0,"d":18446744073709551616}')

    assert [type(one) for one in value.values()] == [float, int, float, int]
    assert math.copysign(1, value["a"]) == -1  # type: ignore[arg-type]  # it is a float, as was just seen
    assert value["d"] == 2**64
