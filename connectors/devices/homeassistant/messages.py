"""Entities of Home Assistant's MQTT integration to items of the log: pure, and total over all bytes."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Final

from connectors.devices.bells import call
from connectors.devices.common import Facts, retained_key, unmapped
from connectors.devices.family import Answer, Capabilities, Clock, Family, Message, Trust, never_asked
from connectors.devices.homeassistant.bindings import AVAILABILITY, Binding, Role, bound, verdict
from connectors.devices.homeassistant.commands import order
from connectors.devices.homeassistant.discovery import FILTERS, NAME, discovered, is_config
from connectors.devices.listening import UNKNOWN, Heard, Reader, heard, plain, topics
from connectors.devices.rights import Rights, below_topic
from connectors.devices.routes import remembered
from connectors.payloads import read_object
from core.calls import CallState
from core.doors import DoorFacets, Lock, Position
from core.errors import BadMessage
from core.model import Device, Door, Estate
from core.records import Kind
from core.reports import Item

_LOCKS: Final[Mapping[str, Lock]] = {
    "locked": Lock.LOCKED,
    "lock": Lock.LOCKED,
    "unlocked": Lock.UNLOCKED,
    "unlock": Lock.UNLOCKED,
    "open": Lock.UNLOCKED,
    # On the way, and "None" which takes a state back: nothing is known.
    "locking": Lock.UNKNOWN,
    "unlocking": Lock.UNKNOWN,
    "opening": Lock.UNKNOWN,
    "none": Lock.UNKNOWN,
}
_SWITCH: Final[Mapping[str, bool]] = {
    "on": True,
    "true": True,
    "1": True,
    "off": False,
    "false": False,
    "0": False,
}
_ONLINE: Final[Mapping[str, bool]] = {"online": True, "offline": False}
_RINGS: Final = frozenset({"press", "pressed", "ring", "ringing", "single", "double", "hold", "long"})
_FACETS: Final[Mapping[Role, Mapping[bool, DoorFacets]]] = {
    Role.OPEN: {True: DoorFacets(Position.OPEN), False: DoorFacets(Position.CLOSED)},
    Role.CLOSED: {True: DoorFacets(Position.CLOSED), False: DoorFacets(Position.OPEN)},
    Role.UNLOCKED: {True: DoorFacets(lock=Lock.UNLOCKED), False: DoorFacets(lock=Lock.LOCKED)},
}
_TAKEN_BACK: Final[Mapping[Role, tuple[str, ...]]] = {
    Role.OPEN: ("position",),
    Role.CLOSED: ("position",),
    Role.UNLOCKED: ("lock",),
}
_FAULTS: Final[Mapping[Role, tuple[Kind, str | None]]] = {
    Role.TAMPER: (Kind.DEVICE_TAMPERED, None),
    Role.BATTERY: (Kind.DEVICE_FAULT, "battery"),
    Role.PROBLEM: (Kind.DEVICE_FAULT, "other"),
}


def parse(message: Message, estate: Estate) -> tuple[Item, ...] | None:
    """Read a config, or the word of an entity that a door of the estate names."""
    speaking = _speaking(message.topic, estate)
    if speaking is None:
        return discovered(message, estate)
    if message.retain and not message.payload:
        return ()
    if len(speaking) == 1:
        return heard(message, speaking[0][0], estate, speaking[0][1])
    if not speaking:
        devices, _ = estate.under(NAME, message.topic)
        return (unmapped(message, devices[0] if len(devices) == 1 else None, "unknown_topic"),)
    return tuple(item for device, read in speaking for item in heard(message, device, estate, read))


@remembered
def _speaking(topic: str, estate: Estate) -> tuple[tuple[tuple[Device], Reader], ...] | None:
    """Find the devices that have entities on a topic; None where it is a config's or under no device."""
    devices, _ = estate.under(NAME, topic)
    if not devices or is_config(topic):
        return None
    found = ((device, tuple(_at(topic, device, estate))) for device in devices)
    return tuple(((device,), partial(_read, found=at)) for device, at in found if at)


def filters(estate: Estate) -> tuple[str, ...]:
    """Listen to configs, and to the topics that the doors of the estate name."""
    named = (topic for device in topics(estate, NAME) for topic, _, _ in bound(estate, device))
    return (*FILTERS, *dict.fromkeys(topic for topic in named if not {"+", "#"} & set(topic)))


def _at(topic: str, device: Device, estate: Estate) -> Iterator[tuple[Binding, Door]]:
    """Give the entities that speak on a topic."""
    for place, binding, door in bound(estate, device):
        if place == topic:
            yield binding, door


def _read(source: Heard, found: tuple[tuple[Binding, Door], ...]) -> tuple[Item, ...]:
    if len(found) == 1 and found[0][0].role not in AVAILABILITY:
        return _entity(source, *found[0])
    modes = dict.fromkeys(binding for binding, _ in found if binding.role in AVAILABILITY)
    presence = [item for binding in modes for item in _available(source, binding)]
    told = [
        item
        for binding, door in found
        if binding.role not in AVAILABILITY
        for item in _entity(source, binding, door)
    ]
    return (*presence, *told)


def _available(source: Heard, binding: Binding) -> tuple[Item, ...]:
    word = _value(source, binding)
    if word not in _ONLINE:
        raise BadMessage("wrong_shape", word)
    others = [
        (topic, one) for topic, one, _ in bound(source.estate, source.device) if one.role is binding.role
    ]
    said = {f"{topic}::{one.field}": _last_word(source, topic, one) for topic, one in others}
    known = {name: online for name, online in said.items() if online is not None}
    now = {f"{source.message.topic}::{binding.field}": _ONLINE[word]}
    online = verdict(binding.role, said, {**known, **now})
    return () if online is None else (source.status(online=online),)


def _last_word(source: Heard, topic: str, binding: Binding) -> bool | None:
    """Say what another topic said last, None where nothing is known of it or it made no sense."""
    payload = (source.message.said or {}).get(topic)
    try:
        return None if payload is None else _ONLINE.get(_word(payload, binding))
    except BadMessage:
        return None


def together(estate: Estate) -> tuple[str, ...]:
    """Name the topics of availabilities that need each other's words."""
    modes = {Role.ALL, Role.ANY}
    named = (bound(estate, device) for device in topics(estate, NAME))
    return tuple(topic for entities in named for topic, one, _ in entities if one.role in modes)


def _entity(source: Heard, binding: Binding, door: Door) -> tuple[Item, ...]:
    if binding.role is Role.BELL:
        return _bell(source, door)
    word = _value(source, binding).casefold()
    if binding.role is Role.LOCK:
        return _lock(source, door, word)
    if word == "none":
        return (source.report(door, UNKNOWN, unknown=_TAKEN_BACK.get(binding.role, ())),)
    if word not in _SWITCH:
        raise BadMessage("wrong_shape", word)
    if binding.role in _FAULTS:
        return _fault(source, door, binding.role) if _SWITCH[word] else (source.report(door, UNKNOWN),)
    return (source.report(door, _FACETS[binding.role][_SWITCH[word]]),)


def _lock(source: Heard, door: Door, word: str) -> tuple[Item, ...]:
    if word == "jammed":
        return (*_fault(source, door, Role.PROBLEM), source.report(door, UNKNOWN, unknown=("lock",)))
    if word not in _LOCKS:
        raise BadMessage("wrong_shape", word)
    lost = ("lock",) if word == "none" else ()
    return (source.report(door, DoorFacets(lock=_LOCKS[word]), unknown=lost),)


def _fault(source: Heard, door: Door, role: Role) -> tuple[Item, ...]:
    """Record what has just gone wrong; what is retained was recorded when it did."""
    kind, reason = _FAULTS[role]
    return () if source.message.retain else (source.event(kind, Facts(door=door, reason=reason)),)


def _bell(source: Heard, door: Door) -> tuple[Item, ...]:
    word = read_object(source.message.payload).get("event_type")
    if not isinstance(word, str):
        raise BadMessage("wrong_shape", "no event type")
    if source.message.retain:
        return (unmapped(source.message, source.device, "wrong_shape", retained_key(source.message)),)
    if word not in _RINGS:
        raise BadMessage("unknown_kind")
    return (call(source, door, CallState.RINGING),)


def _value(source: Heard, binding: Binding) -> str:
    return _word(source.message.payload, binding)


def _word(payload: bytes, binding: Binding) -> str:
    """Read the word of an entity: the payload, or a field of the object in it; raises BadMessage."""
    if not binding.field:
        return plain(payload)
    value = read_object(payload).get(binding.field)
    if isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise BadMessage("wrong_shape", "no such word in it")
    return plain(value.encode())


def _own(device: Device) -> tuple[str, ...]:
    """Let a device also announce its entities: what a config says is only ever shown."""
    own = below_topic(device)
    return (*own, *(f"write {one}" for one in FILTERS)) if own else ()


FAMILY: Final = Family(
    name=NAME,
    capabilities=Capabilities(
        call=True,
        door_sensor=True,
        heartbeat=False,
        dedupe="",
        clock=Clock.NONE,
        unlock=Answer.STATE_ONLY,
        trust=Trust.ANONYMOUS_BRIDGE,
    ),
    filters=filters,
    parse=parse,
    together=together,
    backfill_request=never_asked,
    order=order,
    rights=Rights(own=_own),
)
