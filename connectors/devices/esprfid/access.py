"""What a reader decided about a tag: one state, or one for each relay."""

from collections.abc import Mapping
from typing import Annotated, Final, TypeAlias

import msgspec
from msgspec import Meta

from connectors.devices.bells import bell_door
from connectors.devices.common import Facts, Moment, credential, moment
from connectors.devices.esprfid.relays import door_at
from connectors.devices.listening import Heard
from connectors.devices.local_time import epoch_us, wall_epoch_us
from connectors.payloads import shape
from core.errors import BadMessage
from core.leaf import Draft, EventKey
from core.model import Door
from core.records import Kind
from core.times import plausible_at

_GRANTED: Final = frozenset({"Admin", "Always"})
_DENIED: Final = {
    "Disabled": "credential_not_enabled",
    "Expired": "credential_expired",
    "Denied": "unauthorized",
}
_BOOLEANS: Final[Mapping[object, bool]] = {"true": True, "false": False}
# A number this short may be a PIN: the keypad's codes stand where tags have theirs.
_PIN_DIGITS: Final = 6
_Word: TypeAlias = Annotated[str, Meta(max_length=256)]
_Words: TypeAlias = Annotated[list[_Word], Meta(min_length=1, max_length=16)]


class Access(msgspec.Struct, frozen=True):
    """An access message; in Home Assistant's mode it has neither `isKnown` nor a door."""

    access: _Word | _Words
    uid: _Word
    username: _Word
    known: bool | _Word | None = msgspec.field(name="isKnown", default=None)
    doors: _Word | _Words | None = msgspec.field(name="doorName", default=None)
    time: int | float | str | None = None


def decided(source: Heard, value: Mapping[str, object], *, told_known: bool = True) -> tuple[Draft, ...]:
    """Record who was let in where, or, if nowhere, why not; raises BadMessage.

    `told_known` says that a message which lets somebody in must tell that the tag is known.
    """
    told = shape(value, Access)
    states = told.access if isinstance(told.access, list) else [told.access]
    if told.doors is not None and len(states) != len(_names(told)):
        raise BadMessage("wrong_shape", "not a state for each door")
    open_at = [place for place, state in enumerate(states) if _grants(state)]
    if open_at and (_known(told) is False or (told_known and told.known is None)):
        raise BadMessage("wrong_shape", "a stranger who is let in")
    when, key = clock(source, told.time)
    if not open_at:
        return (source.event(Kind.ACCESS_DENIED, _refusal(source, told, states[0], key), when),)
    if not told.uid.strip():
        return (_without_tag(source, told, when),)
    return tuple(
        source.event(
            Kind.ACCESS_GRANTED, Facts(door=_door(source, told, place), private=_private(told)), when
        )
        for place in open_at
    )


def stranger(source: Heard, value: Mapping[str, object]) -> tuple[Draft, ...]:
    """Record the log's word of an unknown tag, which comes beside the access message: one record of both."""
    when, key = clock(source, value.get("time"))
    data = value.get("data")
    number = data.partition(" ")[0] if isinstance(data, str) else ""
    facts = Facts(
        door=bell_door(source),
        reason="credential_not_found",
        private={"credential": shown(number)} if number else {},
        key=key,
    )
    return (source.event(Kind.ACCESS_DENIED, facts, when),)


def clock(source: Heard, time: object) -> tuple[Moment, EventKey | None]:
    """Judge the device's time, and name an unknown tag by it (a reader rests two seconds after each tag)."""
    if time is None:
        return moment(None, source.message), None
    zone = source.device.time_zone
    at = wall_epoch_us(time, zone, near=source.message.received) if zone else epoch_us(time)
    sure = plausible_at(at, source.message.received) == at
    return moment(at, source.message), EventKey("unknown-tag", at) if sure else None


def shown(number: str) -> str:
    """Show a tag by the end of its number, and nothing of one that may be a PIN."""
    return credential("card", number if len(number.strip()) > _PIN_DIGITS else "")


def _grants(state: str) -> bool:
    if state not in _GRANTED and state not in _DENIED:
        raise BadMessage("wrong_shape", "an access state that is not known")
    return state in _GRANTED


def _known(told: Access) -> bool | None:
    if told.known is None or isinstance(told.known, bool):
        return told.known
    if told.known not in _BOOLEANS:
        raise BadMessage("wrong_shape", "neither true nor false")
    return _BOOLEANS[told.known]


def _refusal(source: Heard, told: Access, state: str, key: EventKey | None) -> Facts:
    unknown = state == "Denied" and _known(told) is not True
    return Facts(
        door=_door(source, told, 0),
        reason="credential_not_found" if unknown else _DENIED[state],
        private=_private(told),
        key=key if unknown else None,
    )


def _without_tag(source: Heard, told: Access, when: Moment) -> Draft:
    """Read a release that no tag asked for: the button at the door, or a command over MQTT."""
    door = _door(source, told, 0)
    if told.username == "Button":
        return source.event(Kind.EXIT_REQUESTED, Facts(door=door, private={"credential": "rex"}), when)
    if told.username != "MQTT":
        raise BadMessage("wrong_shape", "a release without a tag")
    return source.event(Kind.ACCESS_GRANTED, Facts(door=door, private={"credential": "remote"}), when)


def _private(told: Access) -> dict[str, str]:
    private = {"credential": shown(told.uid)}
    if _known(told) is not False and told.username not in {"", "Unknown"}:
        private["name"] = told.username
    return private


def _names(told: Access) -> list[str]:
    return told.doors if isinstance(told.doors, list) else [told.doors or ""]


def _door(source: Heard, told: Access, place: int) -> Door:
    """Find the door of a relay: by its name, else by its place, else the only one."""
    name = _names(told)[place] if told.doors is not None else ""
    for door in source.estate.doors_of(source.device.id):
        if name and name in {door.number, door.name}:
            return door
    if isinstance(told.access, str):
        return bell_door(source)
    return door_at(source, str(place + 1))
