"""What homebridge-unifi-access publishes to items of the log: pure, and total over all bytes."""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Final, TypeAlias

import msgspec
from msgspec.structs import replace

from connectors.devices.bells import call
from connectors.devices.common import Facts, concealing, fields, retained_key, unclaimed, unmapped
from connectors.devices.family import Answer, Capabilities, Clock, Family, Message, Trust, never_asked
from connectors.devices.listening import UNKNOWN, Heard, heard, plain, topics
from connectors.devices.unifi.commands import SIDE_DOOR, order
from connectors.payloads import read_object, shape
from core.calls import CallState
from core.doors import DoorFacets, Lock, Position
from core.errors import BadMessage
from core.model import Device, Door, Estate
from core.records import Kind
from core.reports import Item

NAME: Final = "unifi"
# Where hubs tell of doors whose root is as it came.
DISCOVERY: Final = ("unifi/access/+/lock", "unifi/access/+/dps")
_AS_IT_CAME: Final = re.compile(r"(?P<place>unifi/access/(?P<mac>[^/]+))/(?:lock|dps)\Z")
_SECRETS: Final = fields("nfc_id", "card_id", "card_number", "user_name", "actor_name")
_HEX: Final = frozenset("0123456789abcdef")
_MAC_DIGITS: Final = 12
Word: TypeAlias = Annotated[str, msgspec.Meta(max_length=128)]
_Reader: TypeAlias = Callable[[Heard], tuple[Item, ...]]


class Telemetry(msgspec.Struct, frozen=True):
    """An event of the controller as it is; `event_object_id` is the hub's MAC, or an id of another kind."""

    event: Word
    event_object_id: Word = ""


def parse(message: Message, estate: Estate) -> tuple[Item, ...] | None:
    """Read one message of a hub or of the controller."""
    devices, path = estate.under(NAME, message.topic)
    if not devices:
        return None
    if message.retain and not message.payload:
        return ()
    return heard(message, devices, estate, lambda source: _read(source, path))


def meet(message: Message, _estate: Estate) -> tuple[Item, ...] | None:
    """Take the word of a hub under the bridge's default root."""
    found = _AS_IT_CAME.match(message.topic)
    if found is None:
        return None
    name = found["mac"].upper()
    return (unclaimed(message, NAME, name, topic=found["place"]),) if message.payload else ()


def filters(estate: Estate) -> tuple[str, ...]:
    """Listen to what hubs publish; `lock/set` and the `get` topics are not among it."""
    hubs = dict.fromkeys(device.topic for device in topics(estate, NAME))
    return (*(f"{hub}/{path}" for hub in hubs for path in _READERS), *DISCOVERY)


def _read(source: Heard, path: str) -> tuple[Item, ...]:
    reader = _READERS.get(path)
    if reader is None:
        raise BadMessage("unknown_topic")
    return reader(source)


def _said(source: Heard) -> bool | None:
    """Read true, false or unknown (None); raises BadMessage."""
    word = plain(source.message.payload)
    if word not in _WORDS:
        raise BadMessage("wrong_shape", word)
    return _WORDS[word]


def _main(source: Heard) -> Door:
    """Give the hub's own door: the only one that is not the side door."""
    doors = [one for one in source.estate.doors_of(source.device.id) if one.number != SIDE_DOOR]
    if len(doors) != 1:
        raise BadMessage("unknown_door", "not one door beside the side door")
    return doors[0]


def _side(source: Heard) -> Door:
    door = source.estate.by_number.get((source.device.id, SIDE_DOOR))
    if door is None:
        raise BadMessage("unknown_door")
    return door


def _position(find: Callable[[Heard], Door]) -> _Reader:
    """Make the reader of a position sensor: true is open."""

    def read(source: Heard) -> tuple[Item, ...]:
        is_open = _said(source)
        if is_open is None:
            return (source.report(find(source), UNKNOWN, unknown=("position",)),)
        return (source.report(find(source), DoorFacets(Position.OPEN if is_open else Position.CLOSED)),)

    return read


def _lock(find: Callable[[Heard], Door]) -> _Reader:
    """Make the reader of a lock relay: true is locked."""

    def read(source: Heard) -> tuple[Item, ...]:
        locked = _said(source)
        if locked is None:
            return (source.report(find(source), UNKNOWN, unknown=("lock",)),)
        return (source.report(find(source), DoorFacets(lock=Lock.LOCKED if locked else Lock.UNLOCKED)),)

    return read


def _bell(source: Heard) -> tuple[Item, ...]:
    ringing = _said(source)
    door = _main(source)
    # Nobody can say when a retained word was true: it rings no bell, and ends no call.
    if ringing is None or source.message.retain:
        return ()
    return (call(source, door, CallState.RINGING if ringing else CallState.ENDED),)


def _exit(source: Heard) -> tuple[Item, ...]:
    """Take a closed circuit for a pressed button: buttons are wired to close it."""
    is_open = _said(source)
    door = _main(source)
    if source.message.retain or is_open is not False:
        return ()
    return (source.event(Kind.EXIT_REQUESTED, Facts(door=door)),)


def _alive(source: Heard) -> tuple[Item, ...]:
    """Take what has no record of its own as a sign that the hub is there."""
    _said(source)
    return () if source.message.retain else (source.status(online=True),)


def _telemetry(source: Heard) -> tuple[Item, ...]:
    told = shape(read_object(source.message.payload), Telemetry)
    if source.message.retain:
        return (unmapped(source.message, source.device, "wrong_shape", retained_key(source.message)),)
    if told.event in _TOLD_ELSEWHERE:
        return (source.status(online=True),)
    if told.event != "access.data.device.remote_unlock":
        raise BadMessage("unknown_kind")
    wanted = _mac(told.event_object_id)
    if not wanted:
        raise BadMessage("wrong_shape", "a release at no hub")
    device = _hub(source, wanted)
    if device is None:
        return (unclaimed(source.message, NAME, wanted.upper()),)
    hub = replace(source, device=device)
    facts = Facts(door=_main(hub), private={"credential": "remote"})
    return (hub.event(Kind.ACCESS_GRANTED, facts),)


def _hub(source: Heard, wanted: str) -> Device | None:
    """Find the hub that an event of the controller is about, at the controller's site."""
    for one in source.estate.devices.values():
        if one.family == NAME and one.site == source.device.site and wanted in _macs(one):
            return one
    return None


def _macs(device: Device) -> tuple[str, ...]:
    return _mac(device.serial), _mac(device.topic.rpartition("/")[2])


def _mac(text: str) -> str:
    """Write a MAC as twelve small hex digits, or nothing for what is none."""
    digits = text.casefold().replace(":", "").replace("-", "")
    return digits if len(digits) == _MAC_DIGITS and set(digits) <= _HEX else ""


_WORDS: Final[Mapping[str, bool | None]] = {"true": True, "false": False, "unknown": None}
# The hub's own topics say the same, with the door.
_TOLD_ELSEWHERE: Final = frozenset(
    {"access.data.device.update", "access.remote_view", "access.remote_view.change"}
)
_READERS: Final[Mapping[str, _Reader]] = {
    "doorbell": _bell,
    "dps": _position(_main),
    "lock": _lock(_main),
    "rex": _exit,
    "rel": _alive,
    "ren": _alive,
    "motion": _alive,
    f"{SIDE_DOOR}/dps": _position(_side),
    f"{SIDE_DOOR}/lock": _lock(_side),
    "telemetry": _telemetry,
}
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
    parse=concealing(parse, _SECRETS),
    meet=concealing(meet, _SECRETS),
    secret=_SECRETS,
    backfill_request=never_asked,
    order=order,
)
