"""One uhppoted event to one record, from the feeds and from replies alike."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Final, TypeAlias

import msgspec
from msgspec import Meta, structs

from connectors.devices.common import (
    Facts,
    Moment,
    credential,
    forged,
    moment,
    unclaimed,
    unmapped,
    vendor_event,
    zone_of,
)
from connectors.devices.family import Message
from connectors.devices.local_time import local_us
from connectors.devices.uhppoted.dictionary import OF_THE_CONTROLLER, Meaning, meaning
from connectors.payloads import shape
from core.clocks import HISTORY_AFTER_US
from core.errors import BadMessage
from core.leaf import Draft, EventKey, Scalar
from core.model import Device, Door, Estate
from core.reports import Unclaimed

NAME: Final = "uhppoted"
_DIRECTIONS: Final = {1: "in", 2: "out"}
LAST: Final = 2**32 - 1
_Word: TypeAlias = Annotated[int, Meta(ge=0, le=LAST)]


class Coded(msgspec.Struct, frozen=True):
    """A code with its description, as get-event and get-events write them."""

    code: _Word


class Event(msgspec.Struct, frozen=True, rename="kebab"):
    """An event; codes stand bare in the feeds and in get-status."""

    event_id: Annotated[int, Meta(ge=1, le=LAST)]
    event_type: _Word | Coded
    card_number: _Word
    event_reason: _Word | Coded = 0
    access_granted: bool | None = None
    door_id: _Word = 0
    direction: _Word | Coded = 0
    timestamp: Annotated[str, Meta(max_length=64)] = ""


class Gateway(msgspec.Struct, frozen=True):
    """A message of a gateway, and the controllers that the estate has behind it."""

    message: Message
    estate: Estate
    devices: tuple[Device, ...]

    def controller(self, serial: object) -> Device | Draft | Unclaimed:
        """Find who is meant, or give what is to be recorded: nobody's, or another gateway's."""
        if not isinstance(serial, int) or isinstance(serial, bool) or not 1 <= serial <= LAST:
            raise BadMessage("wrong_shape", "no device-id")
        name = str(serial)
        for device in self.devices:
            if device.serial == name:
                return device
        for device in self.estate.devices.values():
            if device.family == NAME and device.serial == name:
                return forged(self.message, device, "device_mismatch")
        return unclaimed(self.message, NAME, name)


def read_events(
    gateway: Gateway, told: Sequence[object], *, live: bool, serial: int | None = None
) -> tuple[Draft | Unclaimed, ...]:
    """Read events one by one, so that a bad one harms no other; `serial` where they don't name theirs."""
    return tuple(_drafts(gateway, told, live=live, serial=serial))


def _drafts(
    gateway: Gateway, told: Sequence[object], *, live: bool, serial: int | None
) -> Iterator[Draft | Unclaimed]:
    before: int | None = None
    for one in told:
        try:
            number = serial if serial is not None else _field(one, "device-id")
            device = gateway.controller(number)
        except BadMessage as error:
            yield unmapped(_alone(gateway, told, one).message, _sole(gateway), error.reason)
            continue
        if not isinstance(device, Device):
            stranger = _alone(gateway, told, one).controller(number)
            yield from () if isinstance(stranger, Device) else (stranger,)
            continue
        try:
            at = _told(gateway.message, one, zone_of(device, gateway.estate), before)
            yield from _draft(gateway, device, shape(one, Event), _when(at, gateway.message, live=live))
            before = at if at is not None else before
        except BadMessage as error:
            alone = _alone(gateway, told, one).message
            yield unmapped(alone, device, error.reason, _salvaged_key(device, one))


def _alone(gateway: Gateway, told: Sequence[object], event: object) -> Gateway:
    """Keep of a message with several events the one that is to be looked at."""
    if len(told) == 1:
        return gateway
    return structs.replace(
        gateway, message=structs.replace(gateway.message, payload=json.dumps(event).encode())
    )


def _field(event: object, name: str) -> object:
    if not isinstance(event, dict):
        raise BadMessage("wrong_shape", "no event")
    return event.get(name)


def _sole(gateway: Gateway) -> Device | None:
    return gateway.devices[0] if len(gateway.devices) == 1 else None


def _told(message: Message, event: object, zone: str, before: int | None) -> int | None:
    text = _field(event, "timestamp")
    if text is None or text == "":
        return None
    if not isinstance(text, str):
        raise BadMessage("bad_time")
    return local_us(text, zone, after=before, near=message.received)


def _when(told: int | None, message: Message, *, live: bool) -> Moment:
    """Judge an event's time: outside the live feed only what is known to be fresh is no history.

    There events wait to be asked for, so that nothing they say tells what the controller's clock is now.
    """
    when = moment(told, message)
    if live:
        return when
    fresh = told is not None and abs(message.received - told) <= HISTORY_AFTER_US and not message.retain
    return structs.replace(when, history=not fresh, told=None if fresh else told, by_age=False)


def _draft(gateway: Gateway, device: Device, event: Event, when: Moment) -> Iterator[Draft]:
    meant = meaning(_code(event.event_type), _code(event.event_reason), granted=event.access_granted)
    if meant is not None:
        facts = _facts(gateway, device, event, meant)
        yield vendor_event(gateway.message, device, meant.kind, when, facts=facts)


def _salvaged_key(device: Device, event: object) -> EventKey | None:
    """Find the number of an event that is otherwise no good, so that its copies count once."""
    number = event.get("event-id") if isinstance(event, Mapping) else None
    if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= LAST:
        return None
    return EventKey(device.serial, number)


def _code(value: int | Coded) -> int:
    return value.code if isinstance(value, Coded) else value


def _facts(gateway: Gateway, device: Device, event: Event, meant: Meaning) -> Facts:
    refs: dict[str, Scalar] = {"event": event.event_id}
    direction = _DIRECTIONS.get(_code(event.direction))
    if direction is not None:
        refs["direction"] = direction
    return Facts(
        door=None if meant.kind in OF_THE_CONTROLLER else _door(gateway, device, event),
        reason=meant.reason,
        outcome=meant.outcome,
        refs=refs,
        private=_private(meant, event),
        # A controller numbers its events for as long as it lives, so a back-filled or retained copy is known.
        key=EventKey(device.serial, event.event_id),
    )


def _door(gateway: Gateway, device: Device, event: Event) -> Door:
    door = gateway.estate.by_number.get((device.id, str(event.door_id)))
    if door is None:
        raise BadMessage("unknown_door")
    return door


def _private(meant: Meaning, event: Event) -> dict[str, str]:
    if not meant.credential:
        return {}
    # A supervisor's password comes in the place of a card number: nothing of it may be shown.
    hidden = meant.credential == "pin" or event.card_number == 0
    return {"credential": credential(meant.credential, "" if hidden else str(event.card_number))}
