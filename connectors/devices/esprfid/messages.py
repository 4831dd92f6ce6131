"""esp-rfid's messages, its log and Home Assistant's topics: pure, and total over all bytes."""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from connectors.devices.bells import bell_door, call
from connectors.devices.common import Facts, concealing, fields, forged, retained_key, unclaimed, unmapped
from connectors.devices.esprfid.access import clock, decided, stranger
from connectors.devices.esprfid.commands import order
from connectors.devices.esprfid.relays import door_at
from connectors.devices.family import Answer, Capabilities, Clock, Family, Message, Trust, never_asked
from connectors.devices.listening import Heard, online_words, plain, topics
from connectors.payloads import read_object
from core.calls import CallState
from core.doors import Alarm, DoorFacets, Lock, Position
from core.errors import BadMessage
from core.model import Device, Door, Estate
from core.records import Kind
from core.reports import Item

NAME: Final = "esprfid"
_Object: TypeAlias = Mapping[str, object]
_Reader: TypeAlias = Callable[[Heard, _Object], tuple[Item, ...]]
_PATHS: Final = ("", "/send", "/tag", "/avty", "/io/+")
_IO: Final = "io/"
# A configuration holds every password of the device.
_SECRETS: Final = fields("uid", "data", "user", "username", "configfile")
_SWITCH: Final = {"ON": True, "OFF": False}
_LOCKS: Final = {"LOCKED": Lock.LOCKED, "UNLOCKED": Lock.UNLOCKED}


def parse(message: Message, estate: Estate) -> tuple[Item, ...] | None:
    """Read one message; what can't be understood or believed is an item that says so."""
    devices, path = estate.under(NAME, message.topic)
    if not devices or not (path in {"", "send", "tag", "avty"} or _is_io(path)):
        return None
    return _read(message, estate, devices, path)


def filters(estate: Estate) -> tuple[str, ...]:
    """Listen to what readers send, never to what they are told nor to their lists of users."""
    return tuple(
        f"{root}{path}" for root in dict.fromkeys(o.topic for o in topics(estate, NAME)) for path in _PATHS
    )


def _is_io(path: str) -> bool:
    return path.startswith(_IO) and path.count("/") == 1


def _read(message: Message, estate: Estate, devices: tuple[Device, ...], path: str) -> tuple[Item, ...]:
    if not message.payload:
        return ()
    sole = devices[0] if len(devices) == 1 else None
    try:
        if path == "avty" or path.startswith(_IO):
            if sole is None:
                return (unmapped(message, None, "device_mismatch"),)
            source = Heard(message, sole, estate)
            return _PRESENCE(source) if path == "avty" else _io(source, path.removeprefix(_IO))
        return _told(message, estate, devices, path)
    except BadMessage as error:
        return (unmapped(message, sole, error.reason, retained_key(message) if message.retain else None),)


def _told(message: Message, estate: Estate, devices: tuple[Device, ...], path: str) -> tuple[Item, ...]:
    value = read_object(message.payload)
    if value.get("command") == "userfile":
        # One of a list of users, asked for by somebody: names, tags and PINs, and nothing that happened.
        return ()
    device = _speaker(value, devices)
    if device is None:
        return (_nobody(message, estate, value),)
    source = Heard(message, device, estate)
    try:
        if path == "tag":
            return decided(source, value, told_known=False)
        return _message(source, value)
    except BadMessage as error:
        return (unmapped(message, device, error.reason, retained_key(message) if message.retain else None),)


def _hostname(value: _Object) -> str | None:
    """Say who speaks: older firmware writes its name as the door."""
    name = value.get("hostname", value.get("door"))
    if name is not None and not isinstance(name, str):
        raise BadMessage("wrong_shape", "a hostname that is no name")
    return name


def _speaker(value: _Object, devices: tuple[Device, ...]) -> Device | None:
    name = _hostname(value)
    if name is None or (len(devices) == 1 and not devices[0].serial):
        return devices[0] if len(devices) == 1 else None
    return next((device for device in devices if device.serial == name), None)


def _nobody(message: Message, estate: Estate, value: _Object) -> Item:
    """Tell a device that is to be claimed from one that the estate has under another topic."""
    name = _hostname(value)
    for device in topics(estate, NAME):
        if name is not None and device.serial == name:
            return forged(message, device, "device_mismatch")
    return unmapped(message, None, "device_mismatch") if not name else unclaimed(message, NAME, name)


def _message(source: Heard, value: _Object) -> tuple[Item, ...]:
    kind = value.get("type")
    if not isinstance(kind, str):
        raise BadMessage("wrong_shape", "no type")
    if kind == "access":
        return decided(source, value)
    if kind in _THERE:
        return (source.status(online=True),)
    if kind not in _LEVELS:
        raise BadMessage("unknown_kind")
    return _log(source, value)


def _log(source: Heard, value: _Object) -> tuple[Item, ...]:
    about, words = value.get("src"), value.get("desc")
    if not isinstance(about, str) or not isinstance(words, str):
        raise BadMessage("wrong_shape", "no src or desc")
    reader = _LOG.get((about, words))
    if reader is not None:
        return reader(source, value)
    if value["type"] == "INFO" and about in _CHATTER:
        return (source.status(online=True),)
    raise BadMessage("unknown_kind")


def _at_door(kind: Kind) -> _Reader:
    def read(source: Heard, value: _Object) -> tuple[Item, ...]:
        when, _ = clock(source, value.get("time"))
        return (source.event(kind, Facts(door=bell_door(source)), when),)

    return read


def _fault(reason: str) -> _Reader:
    def read(source: Heard, value: _Object) -> tuple[Item, ...]:
        when, _ = clock(source, value.get("time"))
        return (source.event(Kind.DEVICE_FAULT, Facts(reason=reason), when),)

    return read


def _there(source: Heard, _value: _Object) -> tuple[Item, ...]:
    return (source.status(online=True),)


def _bell(source: Heard, value: _Object) -> tuple[Item, ...]:
    when, _ = clock(source, value.get("time"))
    return (call(source, bell_door(source), CallState.RINGING, when),)


def _io(source: Heard, name: str) -> tuple[Item, ...]:
    """Read a topic of Home Assistant's mode, where a payload is one word."""
    word = plain(source.message.payload)
    if name.startswith("lock"):
        if word not in _LOCKS:
            raise BadMessage("wrong_shape", "neither locked nor unlocked")
        return (source.report(_lock_door(source, name.removeprefix("lock")), DoorFacets(lock=_LOCKS[word])),)
    if name not in _SWITCHED:
        raise BadMessage("unknown_topic")
    if word not in _SWITCH:
        raise BadMessage("wrong_shape", "neither on nor off")
    return _SWITCHED[name](source, bell_door(source), _SWITCH[word])


def _lock_door(source: Heard, number: str) -> Door:
    return door_at(source, number) if number else bell_door(source)


def _contact(source: Heard, door: Door, is_open: bool) -> tuple[Item, ...]:  # noqa: FBT001 - a table's shape
    return (source.report(door, DoorFacets(Position.OPEN if is_open else Position.CLOSED)),)


def _button(source: Heard, door: Door, pressed: bool) -> tuple[Item, ...]:  # noqa: FBT001 - a table's shape
    rings = pressed and not source.message.retain
    return (call(source, door, CallState.RINGING),) if rings else ()


def _tamper(source: Heard, door: Door, begun: bool) -> tuple[Item, ...]:  # noqa: FBT001 - a table's shape
    if not begun:
        return (source.report(door, DoorFacets(alarm=Alarm.NONE)),)
    if source.message.retain:
        return ()
    return (source.event(Kind.DEVICE_TAMPERED, Facts(door=door)),)


_PRESENCE: Final = online_words({"online": True, "offline": False})
_SWITCHED: Final[Mapping[str, Callable[[Heard, Door, bool], tuple[Item, ...]]]] = {
    "door": _contact,
    "doorbell": _button,
    "tamper": _tamper,
}
_LEVELS: Final = frozenset({"INFO", "WARN", "ERRO"})
# "hearthbeat" is how the firmware before 1.0 spells it.
_THERE: Final = frozenset(
    {"boot", "heartbeat", "hearthbeat", "adduser", "deletuid", "deletusers", "getconf", "updateconf"}
)
_CHATTER: Final = frozenset({"wifi", "mqtt", "sys", "updt"})
_LOG: Final[Mapping[tuple[str, str], _Reader]] = {
    ("door", "Door Open"): _at_door(Kind.DOOR_OPENED),
    ("door", "Door Closed"): _at_door(Kind.DOOR_CLOSED),
    ("doorbell", "Doorbell ringing"): _bell,
    ("tamper", "Door was tampered!"): _at_door(Kind.DOOR_FORCED_OPEN),
    ("tamper", "Door wasn't closed within max open time!"): _at_door(Kind.DOOR_HELD_OPEN),
    ("rfid", "Unknown rfid tag is scanned"): stranger,
    ("mqtt", "Disconnected from MQTT server"): _there,
    ("mqtt", "Dropping MQTT message, out of memory"): _fault("other"),
    ("sys", "System is going to reboot"): _fault("rebooted"),
    ("sys", "Auto restarting..."): _there,
    ("sys", "Filesystem formatted"): _fault("storage"),
    ("sys", "Event log cleared!"): _fault("storage"),
    ("sys", "Latest Access log cleared!"): _fault("storage"),
    ("updt", "Not enough space to update"): _fault("storage"),
    ("updt", "Writing to flash is failed"): _fault("storage"),
    ("updt", "Update is failed"): _fault("storage"),
}
FAMILY: Final = Family(
    name=NAME,
    capabilities=Capabilities(
        call=True,
        door_sensor=True,
        heartbeat=True,
        dedupe="",
        clock=Clock.UTC,
        unlock=Answer.NONE,
        trust=Trust.SHARED_GATEWAY,
    ),
    filters=filters,
    parse=concealing(parse, _SECRETS),
    secret=_SECRETS,
    backfill_request=never_asked,
    order=order,
)
