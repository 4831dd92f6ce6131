"""What the Hikvision add-on publishes to items of the log: pure, and total over all bytes."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Final, TypeAlias

import msgspec

from connectors.devices.bells import bell_door, call
from connectors.devices.common import Facts, concealing, credential, fields, unclaimed
from connectors.devices.family import Answer, Capabilities, Clock, Family, Message, Trust, never_asked
from connectors.devices.listening import Heard, heard, online_words, plain, topics
from connectors.devices.ordering import refusing
from connectors.devices.routes import remembered
from connectors.payloads import read_object, shape
from core.calls import CallState
from core.doors import DoorFacets, Lock
from core.errors import BadMessage
from core.model import Device, Door, Estate
from core.records import Kind
from core.reports import Item

NAME: Final = "hikvision"
# Where the add-on tells of each station, if its root is as it came.
ROOT: Final = "hmd"
DISCOVERY: Final = f"{ROOT}/sensor/+/+/availability"
_AS_IT_CAME: Final = re.compile(rf"{ROOT}/sensor/(?P<station>[^/]+)/[^/]+/availability\Z")
# Who a person is, or the card that was shown.
_SECRETS: Final = fields("control_source", "card_number", "employee_id")
_CALL: Final = "call-state"
# The name that the add-on makes of a station's own; anything else could be a wildcard.
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
_RELAY: Final = re.compile(r"Door-(?P<number>[1-9]\d?)-relay\Z", re.ASCII)
# The add-on counts doors from 0 where their number is part of a name.
_HELD: Final = re.compile(r"door_not_closed_(?P<index>\d{1,2})\Z", re.ASCII)
_NOT_OPENED: Final = re.compile(r"door_not_open_(?P<index>\d{1,2})\Z", re.ASCII)
_online: Final = online_words({"online": True, "offline": False})


class Source(msgspec.Struct, frozen=True):
    """What released a door or was shown to it: the number of a card, or a word."""

    control_source: Annotated[str, msgspec.Meta(max_length=128)]


class Where(msgspec.Struct, frozen=True):
    """Which door an alarm is about, counted from 1."""

    door_id: Annotated[int, msgspec.Meta(ge=1, le=99)]


@dataclass(frozen=True, slots=True)
class _Parts:
    """A topic below the add-on's root: `sensor/<station>/Call-state/state`."""

    component: str
    station: str
    entity: str
    last: str


_Reader: TypeAlias = Callable[[Heard], tuple[Item, ...]]


def parse(message: Message, estate: Estate) -> tuple[Item, ...] | None:
    """Read one message of a station that the estate knows by the add-on's name for it."""
    found = _listener(message.topic, estate)
    if found is None:
        return None
    devices, parts = found
    if parts and devices[0].serial != parts.station:
        return (unclaimed(message, NAME, parts.station, topic=devices[0].topic),)
    return heard(message, devices, estate, partial(_read, parts=parts))


@remembered
def _listener(topic: str, estate: Estate) -> tuple[tuple[Device, ...], _Parts | None] | None:
    """Find the station of a topic, else all that its add-on carries."""
    devices, path = estate.under(NAME, topic)
    if not devices:
        return None
    parts = _Parts(*path.split("/")) if path.count("/") == 3 else None  # noqa: PLR2004  # component to last
    named = tuple(one for one in devices if parts and one.serial == parts.station)
    return named or devices, parts


def meet(message: Message, _estate: Estate) -> tuple[Item, ...] | None:
    """Take the word on a station of an add-on whose root is as it came."""
    found = _AS_IT_CAME.match(message.topic)
    if found is None:
        return None
    return (unclaimed(message, NAME, found["station"], topic=ROOT),) if message.payload else ()


def filters(estate: Estate) -> tuple[str, ...]:
    """Listen to each station by its name, since others may use the add-on's root too."""
    ours = (
        f"{device.topic}/{path}"
        for device in topics(estate, NAME)
        if _NAME.match(device.serial)
        for path in _paths(device)
    )
    return tuple(dict.fromkeys((*ours, DISCOVERY)))


def _paths(device: Device) -> tuple[str, ...]:
    station = device.serial
    return (
        f"sensor/{station}/+/state",
        f"sensor/{station}/+/availability",
        f"switch/{station}/+/state",
        f"switch/{station}/+/attributes",
        f"device_automation/{station}/+/state",
    )


def _read(source: Heard, parts: _Parts | None) -> tuple[Item, ...]:
    if parts is None:
        raise BadMessage("unknown_topic")
    match parts.component, parts.last:
        case "sensor", "state" if parts.entity.casefold() == _CALL:
            return _call(source)
        case "sensor", "availability":
            return _online(source) if parts.entity.casefold() == _CALL else ()
        case "switch", "state":
            return _relay(source, parts.entity)
        case "switch", "attributes":
            return _released(source, parts.entity)
        case "device_automation", "state":
            return _trigger(source, parts.entity)
        case _:
            raise BadMessage("unknown_topic")


def _call(source: Heard) -> tuple[Item, ...]:
    word = plain(source.message.payload)
    state = _CALLS.get(word)
    if state is None:
        raise BadMessage("unknown_kind", word)
    # Nobody can say when a retained word was true: it rings no bell, and ends no call.
    return () if source.message.retain else (call(source, bell_door(source), state),)


def _relay(source: Heard, entity: str) -> tuple[Item, ...]:
    door = _door(source, entity)
    word = plain(source.message.payload)
    if word not in _RELAYS:
        raise BadMessage("wrong_shape", word)
    # The relay is let go after seconds: what is retained as released was left behind.
    if source.message.retain and word == "ON":
        return ()
    return (source.report(door, DoorFacets(lock=_RELAYS[word])),)


def _released(source: Heard, entity: str) -> tuple[Item, ...]:
    door = _door(source, entity)
    told = shape(read_object(source.message.payload), Source)
    if source.message.retain:
        return ()
    return (source.event(Kind.DOOR_UNLOCKED, Facts(door=door, private=_shown(told))),)


def _shown(told: Source) -> dict[str, str]:
    word = told.control_source
    return {"credential": credential("card", word)} if word.isdigit() or any(map(str.isdigit, word)) else {}


def _door(source: Heard, entity: str) -> Door:
    relay = _RELAY.match(entity)
    if relay is None:
        raise BadMessage("unknown_topic", entity)
    return _numbered(source, int(relay["number"]))


def _numbered(source: Heard, number: int) -> Door:
    door = source.estate.by_number.get((source.device.id, str(number)))
    if door is None:
        raise BadMessage("unknown_door")
    return door


def _trigger(source: Heard, entity: str) -> tuple[Item, ...]:
    if source.message.retain:
        return ()
    name = entity.replace("-", "_").casefold()
    held, not_opened = _HELD.match(name), _NOT_OPENED.match(name)
    if held:
        door = _numbered(source, int(held["index"]) + 1)
        return (source.event(Kind.DOOR_HELD_OPEN, Facts(door=door)),)
    if not_opened:
        door = _numbered(source, int(not_opened["index"]) + 1)
        return (source.event(Kind.DEVICE_FAULT, Facts(door=door, reason="other", private={"text": name})),)
    if name not in _TRIGGERS:
        raise BadMessage("unknown_kind", name)
    return _TRIGGERS[name](source)


def _alive(source: Heard) -> tuple[Item, ...]:
    return (source.status(online=True),)


def _forced(source: Heard) -> tuple[Item, ...]:
    where = shape(read_object(source.message.payload), Where)
    return (source.event(Kind.DOOR_FORCED_OPEN, Facts(door=_numbered(source, where.door_id))),)


def _illegal(source: Heard) -> tuple[Item, ...]:
    told = shape(read_object(source.message.payload), Source)
    facts = Facts(door=bell_door(source), reason="credential_not_found", private=_shown(told))
    return (source.event(Kind.ACCESS_DENIED, facts),)


def _locked_out(source: Heard) -> tuple[Item, ...]:
    return (source.event(Kind.ACCESS_DENIED, Facts(door=bell_door(source), reason="lockout")),)


def _duress(source: Heard) -> tuple[Item, ...]:
    return (source.event(Kind.ACCESS_DURESS, Facts(door=bell_door(source))),)


def _tampered(source: Heard) -> tuple[Item, ...]:
    return (source.event(Kind.DEVICE_TAMPERED),)


def _battery(source: Heard) -> tuple[Item, ...]:
    return (source.event(Kind.DEVICE_FAULT, Facts(reason="battery")),)


_CALLS: Final = {
    "ringing": CallState.RINGING,
    "dismissed": CallState.ENDED,
    "idle": CallState.MISSED,
    # ISAPI's words, published as they are where the call state is polled.
    "ring": CallState.RINGING,
    "onCall": CallState.ANSWERED,
}
_RELAYS: Final = {"ON": Lock.UNLOCKED, "OFF": Lock.LOCKED}
_TRIGGERS: Final[Mapping[str, _Reader]] = {
    "motion_detection": _alive,
    # The relay's attributes have told of it already, with the door in the topic.
    "door_unlocked": _alive,
    "tampering_alarm": _tampered,
    "access_control_tampering_alarm": _tampered,
    "smart_lock_door_prying_alarm": _tampered,
    "hijacking_alarm": _duress,
    "sos": _duress,
    "multiple_passwords_unlock_failure": _locked_out,
    "illegal_card_swiping_event": _illegal,
    "door_open_by_external_force": _forced,
    "smart_lock_low_battery_alarm": _battery,
}
FAMILY: Final = Family(
    name=NAME,
    capabilities=Capabilities(
        call=True,
        door_sensor=False,
        heartbeat=False,
        dedupe="",
        clock=Clock.NONE,
        unlock=Answer.NONE,
        trust=Trust.ANONYMOUS_BRIDGE,
    ),
    filters=filters,
    parse=concealing(parse, _SECRETS),
    meet=concealing(meet, _SECRETS),
    secret=_SECRETS,
    backfill_request=never_asked,
    order=refusing("The add-on's relay answers nothing, and nothing ends what it switches on."),
)
