"""Reading JSON from strangers: size, strict UTF-8, depth, no twins, no NaN, no NUL, no lone surrogates.

Nearly every payload takes the short way. msgspec refuses all of that by itself but names that stand twice in
an object and NULs by escape. Every name has a quote, perhaps space, and a colon behind it, so that where the
payload has no more of these than names were kept, no name stood twice. Where it has more, and for whatever
msgspec refuses, the standard library's parser goes the long way, exactly, and finds the reason.
"""

import json
from collections.abc import Iterable
from typing import Final, Never, TypeVar

import msgspec

from core.errors import BadMessage

MAX_BYTES: Final = 64 * 1024
MAX_DEPTH: Final = 20
MAX_NAMES: Final = 4_096
_SPACE: Final = b" \t\n\r"
_Shape = TypeVar("_Shape")
_decode = msgspec.json.Decoder().decode
# What makes the short way give up: msgspec's refusals, the ones of UTF-8 are ValueErrors, and too deep.
_DOUBTS: Final = (msgspec.MsgspecError, ValueError, RecursionError, BadMessage)


def read_object(payload: bytes) -> dict[str, object]:
    """Read one JSON object; raises BadMessage with the reason of what is wrong with it."""
    if len(payload) > MAX_BYTES:
        raise BadMessage("too_large")
    try:
        value = _decode(payload)
        # A brace or bracket inside a string only makes us look closer.
        nested = payload.find(b"{", 1) > 0 or b"[" in payload
        names = _names(value, MAX_DEPTH) if nested or type(value) is not dict else len(value)
    except _DOUBTS:
        return read_exactly(payload)
    if names != payload.translate(None, _SPACE).count(b'":') or names > MAX_NAMES or type(value) is not dict:
        return read_exactly(payload)
    if b"\\" in payload and b"\\u" in payload:
        return read_exactly(payload)
    return value


def read_exactly(payload: bytes) -> dict[str, object]:
    """Read one JSON object the long way, as read_object does where the short one leaves a doubt."""
    if len(payload) > MAX_BYTES:
        raise BadMessage("too_large")
    value = _parsed(_text(payload))
    if not isinstance(value, dict):
        raise BadMessage("wrong_shape", "no object")
    if _names(value, MAX_DEPTH) > MAX_NAMES:
        raise BadMessage("too_many_names")
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


def _parsed(text: str) -> object:
    try:
        return _PARSER.decode(text)
    except RecursionError as error:
        raise BadMessage("too_deep") from error
    except ValueError as error:
        # As it is in strings of C and in UTF-16; JSON has it nowhere.
        raise BadMessage("nul" if "\0" in text else "not_json", str(error)) from error


def _no_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    read = dict(pairs)
    if len(read) != len(pairs):
        raise BadMessage("duplicate_name")
    return read


def _no_constant(word: str) -> Never:
    raise BadMessage("not_a_number", f"{word} is no JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if number in {float("inf"), float("-inf")}:
        raise BadMessage("not_a_number", "a number is out of range")
    return number


_PARSER: Final = json.JSONDecoder(
    object_pairs_hook=_no_twins, parse_constant=_no_constant, parse_float=_finite
)


def _names(value: object, room: int) -> int:
    """Count the names of all objects; raises BadMessage("too_deep") for more levels than `room`."""
    if room == 0:
        raise BadMessage("too_deep")
    found = 0
    inside: Iterable[object] = ()
    if type(value) is dict:
        found, inside = len(value), value.values()
    elif type(value) is list:
        inside = value
    for one in inside:
        kind = type(one)
        # An empty one has no names, but it is a level.
        if (kind is dict or kind is list) and (one or room == 1):
            found += _names(one, room - 1)
    return found


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
        raise BadMessage("nul", "a NUL in a string")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise BadMessage("lone_surrogate")
