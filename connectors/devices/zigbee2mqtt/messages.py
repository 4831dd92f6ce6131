"""Zigbee2MQTT's topics to items of the log: pure, and total over all bytes."""

from collections.abc import Iterator
from functools import partial
from typing import Final

import msgspec

from connectors.devices.common import Facts, Moment, forged, moment, unmapped, zone_of
from connectors.devices.family import Answer, Capabilities, Clock, Family, Message, Trust, never_asked
from connectors.devices.listening import Heard, Reader, heard, plain, topics
from connectors.devices.local_time import epoch_us, local_us
from connectors.devices.routes import remembered
from connectors.devices.wiring import parts, wired
from connectors.devices.zigbee2mqtt.commands import SELF, order
from connectors.devices.zigbee2mqtt.joined import DISCOVERY, NAME, meet
from connectors.devices.zigbee2mqtt.words import (
    CREDENTIALS,
    DOOR_STATES,
    FAILURES,
    LOCK_STATES,
    MAX_USER,
    NOBODY,
    STATES,
    Presence,
    Words,
)
from connectors.payloads import read_object, shape
from core.doors import DoorFacets, Lock, Position
from core.errors import BadMessage
from core.model import Device, Door, Estate
from core.records import Kind
from core.reports import Item

_BRIDGE: Final = "bridge/state"
_AVAILABILITY: Final = "availability"
_PRESENCE: Final = {"online": True, "offline": False}


def filters(estate: Estate) -> tuple[str, ...]:
    """Listen to each device, to the parts of gateways, and to the bridges above them; never to `set`."""
    ours = (one for device in topics(estate, NAME) for one in _filters(device, estate))
    return tuple(dict.fromkeys((*ours, *DISCOVERY)))


def _filters(device: Device, estate: Estate) -> Iterator[str]:
    yield from (device.topic, f"{device.topic}/{_AVAILABILITY}", f"{device.topic}/{_BRIDGE}")
    base = device.topic.rpartition("/")[0]
    while base:
        yield f"{base}/{_BRIDGE}"
        base = base.rpartition("/")[0]
    for part in parts(estate, device.id):
        if part != SELF:
            yield from (f"{device.topic}/{part}", f"{device.topic}/{part}/{_AVAILABILITY}")


def parse(message: Message, estate: Estate) -> tuple[Item, ...] | None:
    """Read one message of a Zigbee2MQTT."""
    found = _listener(message.topic, estate)
    if found is not None:
        return heard(message, found[0], estate, found[1])
    return _bridge(message, estate) if message.topic.endswith(f"/{_BRIDGE}") else None


@remembered
def _listener(topic: str, estate: Estate) -> tuple[tuple[Device, ...], Reader] | None:
    devices, path = estate.under(NAME, topic)
    reader = _reader(devices[0], path, estate) if devices and not topic.endswith(f"/{_BRIDGE}") else None
    return (devices, reader) if reader else None


def _bridge(message: Message, estate: Estate) -> tuple[Item, ...] | None:
    """Let a bridge speak for all that it carries: without it none of them can be reached."""
    base = message.topic.removesuffix(f"/{_BRIDGE}")
    carried = [one for one in topics(estate, NAME) if f"{one.topic}/".startswith(f"{base}/")]
    if not carried:
        return None
    items = [item for one in carried for item in heard(message, (one,), estate, _presence)]
    # What can't be understood is the same for all.
    return tuple(items) if len(items) == len(carried) and not _unread(items[0]) else tuple(items[:1])


def _unread(item: Item) -> bool:
    return getattr(item, "kind", None) is Kind.FEED_UNMAPPED


def _reader(device: Device, path: str, estate: Estate) -> Reader | None:
    if not path:
        return partial(_told, part=SELF)
    if path == _AVAILABILITY:
        return _presence
    part = path.removesuffix(f"/{_AVAILABILITY}")
    if part not in parts(estate, device.id):
        return None
    return partial(_told if part == path else _lost, part=part)


def _presence(source: Heard) -> tuple[Item, ...]:
    online = _online(source.message.payload)
    return () if online is None else (source.status(online=online),)


def _online(payload: bytes) -> bool | None:
    """Read both forms of a presence; None is a retained one taken away."""
    if not payload:
        return None
    word = shape(read_object(payload), Presence).state if payload.startswith(b"{") else plain(payload)
    if word not in _PRESENCE:
        raise BadMessage("wrong_shape", "no word of presence")
    return _PRESENCE[word]


def _lost(source: Heard, part: str) -> tuple[Item, ...]:
    """Tell that a part of a gateway can't be reached: the gateway itself is still there."""
    if _online(source.message.payload) is not False or source.message.retain:
        return ()
    doors = wired(source.estate, source.device.id, part)
    facts = (Facts(door=door, reason="other", private={"text": "offline"}) for door, _ in doors)
    return tuple(source.event(Kind.DEVICE_FAULT, one) for one in facts)


def _told(source: Heard, part: str) -> tuple[Item, ...]:
    if not source.message.payload:
        return ()
    words = shape(read_object(source.message.payload), Words)
    if _stranger(source.device, part, words):
        return (forged(source.message, source.device, "device_mismatch"),)
    doors = wired(source.estate, source.device.id, part)
    if not doors:
        raise BadMessage("unknown_door")
    when = _time(source, words)
    lasting = _facets(words)
    said = _Said(source, part, words, moment(when, source.message))
    items = [item for door, _ in doors for item in (*said.events(door), _state(said, door, lasting))]
    return (*items, *said.strange())


def _stranger(device: Device, part: str, words: Words) -> bool:
    """Compare the address that `include_device_information` adds; a gateway's serial is its own."""
    address = (words.device or {}).get("ieeeAddr")
    return part == SELF and bool(device.serial) and address not in (None, device.serial)


def _state(said: "_Said", door: Door, facets: DoorFacets) -> Item:
    # The gateway sends what it remembers when it starts: its last word of a device may be old.
    return said.source.report(door, facets, said.when.told, ages=True)


def _facets(words: Words) -> DoorFacets:
    position = DOOR_STATES.get(words.door_state or "", Position.UNKNOWN)
    if words.contact is not None:
        position = Position.CLOSED if words.contact else Position.OPEN
    lock = STATES.get(words.state or "", Lock.UNKNOWN)
    if words.lock_state is not msgspec.UNSET:
        lock = LOCK_STATES.get(words.lock_state or "", Lock.UNKNOWN)
    return DoorFacets(position=position, lock=lock)


def _time(source: Heard, words: Words) -> int | None:
    """Read `last_seen` in any of its forms; one that makes no sense must not hide a door's state."""
    seen = words.last_seen
    try:
        if isinstance(seen, str):
            return local_us(seen, zone_of(source.device, source.estate), near=source.message.received)
        return None if seen is None else epoch_us(seen)
    except BadMessage:
        return None


class _Said(msgspec.Struct, frozen=True):
    """What a message says, by which part of the device, and when."""

    source: Heard
    part: str
    words: Words
    when: Moment

    def events(self, door: Door) -> tuple[Item, ...]:
        """Give what has just happened; a retained message is a picture of the past."""
        if self.source.message.retain:
            return ()
        action = self._action(door)
        if not self.words.tamper:
            return action
        return (self.source.event(Kind.DEVICE_TAMPERED, Facts(door=door), self.when), *action)

    def _action(self, door: Door) -> tuple[Item, ...]:
        kind = self.words.kind
        if kind is None:
            return ()
        reason = FAILURES.get(self.words.action or "")
        facts = Facts(door=door, reason=reason, private=self._who())
        return (self.source.event(kind, facts, self.when),)

    def _who(self) -> dict[str, str]:
        """Name the slot of the user; the same slot of another lock is another person."""
        private: dict[str, str] = {}
        user = self.words.action_user
        if user is not None and 0 <= user < MAX_USER and user not in NOBODY:
            where = "" if self.part == SELF else f"{self.part}/"
            private["person"] = f"{self.source.device.id}/{where}{user}"
        credential = CREDENTIALS.get(self.words.action_source_name or "")
        return {**private, "credential": credential} if credential else private

    def strange(self) -> tuple[Item, ...]:
        """Keep words that are not of the documents."""
        words = self.words
        known = (
            words.kind is not None or not words.action,
            words.state is None or words.state in STATES,
            not words.lock_state or words.lock_state in LOCK_STATES,
            words.door_state is None or words.door_state in DOOR_STATES,
        )
        message = self.source.message
        return (
            () if all(known) or message.retain else (unmapped(message, self.source.device, "unknown_kind"),)
        )


FAMILY: Final = Family(
    name=NAME,
    capabilities=Capabilities(
        call=False,
        door_sensor=True,
        heartbeat=False,
        dedupe="",
        clock=Clock.UTC,
        unlock=Answer.STATE_ONLY,
        trust=Trust.SHARED_GATEWAY,
    ),
    filters=filters,
    parse=parse,
    meet=meet,
    backfill_request=never_asked,
    order=order,
)
