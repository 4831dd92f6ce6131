"""Nuki Hub's `lock/log`: the lock's own last lines, each with a number, so that each counts once."""

from typing import Final

from connectors.devices.common import Facts, Moment, moment
from connectors.devices.listening import Heard, apart
from connectors.devices.local_time import local_us
from connectors.devices.nuki import words
from connectors.payloads import read_object, shape
from core.errors import BadMessage
from core.leaf import EventKey
from core.model import Door
from core.records import Kind
from core.reports import Item

_STREAM: Final = "log"
_MAX_ENTRIES: Final = 64


def read_log(source: Heard) -> tuple[Item, ...]:
    """Read each line by itself, the oldest first."""
    if not source.message.payload:
        return ()
    door = source.sole_door()
    listed = _lines(source.message.payload)
    return apart(
        source, (("line", one) for one in listed), lambda _, one: _line(source, door, shape(one, words.Entry))
    )


def _lines(payload: bytes) -> list[object]:
    """Read a JSON list as strictly as an object: in a box, in which nothing else may be."""
    boxed = read_object(b'{"log":' + payload + b"}")
    listed = boxed.get("log")
    if len(boxed) != 1 or not isinstance(listed, list) or len(listed) > _MAX_ENTRIES:
        raise BadMessage("wrong_shape", "no list of lines")
    return sorted(listed, key=_index)


def _index(line: object) -> int:
    index = line.get("index") if isinstance(line, dict) else None
    return index if isinstance(index, int) else -1


def _line(source: Heard, door: Door, entry: words.Entry) -> tuple[Item, ...]:
    kind, reason = _kind(entry)
    if kind is None:
        return ()
    key = EventKey(_STREAM, entry.index)
    private = _who(source, entry) if kind in {Kind.ACCESS_GRANTED, Kind.ACCESS_DENIED} else {}
    facts = Facts(door=door, reason=reason, private=private, key=key)
    return (source.event(kind, facts, _when(source, entry)),)


def _kind(entry: words.Entry) -> tuple[Kind | None, str | None]:
    """Name the record of a line; locking is told by the state, and settings are about no door."""
    status = entry.completion_status
    if entry.type not in words.HUB_ENTRIES:
        return None, None
    if status == words.WRONG_CODE:
        return Kind.ACCESS_DENIED, "invalid_pin"
    if entry.action not in words.HUB_UNLOCKING:
        return None, None
    if status in words.TROUBLE:
        return Kind.DEVICE_FAULT, words.TROUBLE[status]
    if status in words.HARMLESS:
        return (_passed(entry) if status == words.SUCCESS else None), None
    raise BadMessage("unknown_kind", status)


def _passed(entry: words.Entry) -> Kind:
    if entry.trigger in words.HUB_BY_HAND:
        return Kind.EXIT_REQUESTED
    if entry.trigger in words.HUB_TRIGGERS:
        return Kind.ACCESS_GRANTED
    # It may have been a hand inside: nobody is said to be let in who may have gone out.
    raise BadMessage("unknown_kind", entry.trigger)


def _who(source: Heard, entry: words.Entry) -> dict[str, str]:
    """Name the person; at a keypad the authorization is the keypad's, and the code the person's."""
    private: dict[str, str] = {}
    if entry.type == words.KEYPAD_ENTRY and entry.code_id:
        private["person"] = f"{source.device.id}/code/{entry.code_id}"
    elif entry.type != words.KEYPAD_ENTRY and entry.authorization_id:
        private["person"] = f"{source.device.id}/{entry.authorization_id}"
    if entry.authorization_name:
        private["name"] = entry.authorization_name
    return {**private, "credential": words.HUB_TRIGGERS.get(entry.trigger, "other")}


def _when(source: Heard, entry: words.Entry) -> Moment:
    """Take the lock's time; a line that tells none may be of any day, so it is history.

    The hub hands its log over when it has read it, so that no line tells what the clock is now.
    """
    try:
        told = local_us(entry.utc, "UTC")
    except BadMessage:
        return moment(None, source.message, replayed=True)
    when = moment(told, source.message)
    return Moment(when.at, when.history or when.at != told)
