"""Reading JSON from strangers: size, strict UTF-8, depth, no twins, no NaN, no lone surrogates.

The standard library's parser accepts NaN, 1e999, lone surrogates and duplicate names (the last wins), and
msgspec's accepts duplicate names; so both run, the first with hooks that refuse, the second on its result.
"""

import json
from collections.abc import Iterator
from typing import Final, Never, TypeVar

import msgspec

from core.errors import BadMessage

MAX_BYTES: Final = 64 * 1024
MAX_DEPTH: Final = 20
_Shape = TypeVar("_Shape")


def read_object(payload: bytes) -> dict[str, object]:
    """Read one JSON object; raises BadMessage with the reason of what is wrong with it."""
    if len(payload) > MAX_BYTES:
        raise BadMessage("too_large")
    value = _decoded(_text(payload))
    if not isinstance(value, dict):
        raise BadMessage("wrong_shape", "no object")
    if payload.count(b"[") + payload.count(b"{") > MAX_DEPTH:
        _check_depth(value)
    if b"\\u" in payload:
        _check_text(value)
    return value


def shape(value: object, wanted: type[_Shape]) -> _Shape:
    """Hold a value against a msgspec.Struct; raises BadMessage where it does not fit."""
    try:
        return msgspec.convert(value, wanted)
    except (msgspec.ValidationError, RecursionError) as error:
        raise BadMessage("wrong_shape", str(error)) from error


def _text(payload: bytes) -> str:
    try:
        return payload.decode("utf-8", "strict")
    except UnicodeDecodeError as error:
        raise BadMessage("not_utf8", error.reason) from error


def _decoded(text: str) -> object:
    try:
        return _DECODER.decode(text)
    except RecursionError as error:
        raise BadMessage("too_deep") from error
    except ValueError as error:
        raise BadMessage("not_json", str(error)) from error


def _no_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    read = dict(pairs)
    if len(read) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return read


def _no_constant(word: str) -> Never:
    raise ValueError(f"{word} is no JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if number in {float("inf"), float("-inf")}:
        raise ValueError("a number is out of range")
    return number


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_no_twins, parse_constant=_no_constant, parse_float=_finite
)


def _check_depth(value: object) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [child for one in level for child in _children(one)]
        if not level:
            return
    raise BadMessage("too_deep")


def _children(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        yield from (child for child in value.values() if isinstance(child, dict | list))
    elif isinstance(value, list):
        yield from (child for child in value if isinstance(child, dict | list))


def _check_text(value: object) -> None:
    """Refuse what a JSON escape can smuggle past strict UTF-8 and what no database column takes."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            left.extend(one.keys())
            left.extend(one.values())
        elif isinstance(one, list):
            left.extend(one)
        elif isinstance(one, str):
            _check_string(one)


def _check_string(text: str) -> None:
    if "\0" in text:
        raise BadMessage("wrong_shape", "a NUL in a string")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise BadMessage("not_utf8", "a lone surrogate")
