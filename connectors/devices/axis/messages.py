"""What an Axis device publishes: events by the topic in their payload, and that it comes and goes."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Final, TypeAlias

from connectors.devices.axis import access, wires
from connectors.devices.axis.notification import Notification, plain_serial, read
from connectors.devices.common import concealing, fields, forged, unclaimed, unmapped
from connectors.devices.family import Answer, Capabilities, Clock, Family, Message, Trust, never_asked
from connectors.devices.listening import Heard, Reader, heard, plain, topics
from connectors.devices.ordering import refusing
from connectors.devices.routes import remembered
from connectors.payloads import read_object
from core.errors import BadMessage
from core.model import Device, Estate
from core.reports import Item, Unclaimed

NAME: Final = "axis"
# Where devices that nobody has claimed announce themselves, if their prefix was left as it came.
DISCOVERY: Final = ("axis/+/connection", "axis/+/event/connection")
# event/tns:onvif/AccessControl/AccessGranted/Credential/$source/AccessPointToken/<token>, and some to spare.
DEPTH: Final = 12
_Reader: TypeAlias = Callable[[Notification], tuple[Item, ...]]
_MAC: Final = re.compile(r"[0-9A-Fa-f]{12}")
_PRESENCE: Final = frozenset({"connection", "connected", "disconnected", "status", "lwt", "birth"})
_NUMBERS: Final = fields("UID", "Card", "CardNr", "CardNumber", "FacilityCode", "CredentialToken", "KeyPin")
_COMES: Final = frozenset({"connected", "online", "true", "1", "birth"})
_GOES: Final = frozenset({"disconnected", "offline", "false", "0", "lwt"})


def parse(message: Message, estate: Estate) -> tuple[Item, ...] | None:
    """Read one message; what can't be understood or believed is an item that says so."""
    found = _listener(message.topic, estate)
    return None if found is None else heard(message, found[0], estate, found[1])


@remembered
def _listener(topic: str, estate: Estate) -> tuple[tuple[Device, ...], Reader] | None:
    devices, path = estate.under(NAME, topic)
    presence = path.rpartition("/")[2].lower() in _PRESENCE
    return (devices, partial(_read, presence=presence)) if devices else None


def meet(message: Message, _estate: Estate) -> tuple[Item, ...] | None:
    """Take the birth message of a device whose prefix is as it came."""
    if not _announced(message.topic):
        return None
    return (_stranger(message),) if message.payload else ()


def _stranger(message: Message) -> Unclaimed:
    """Take a birth message's word on who it is, or else the topic's."""
    try:
        told = read_object(message.payload)
    except BadMessage:
        told = {}
    serial = _word(told, "serial", "serialNumber", "SerialNumber")
    title = _word(told, "product", "productFullName", "ProdFullName", "model", "ProdNbr")
    return unclaimed(message, NAME, serial or message.topic.split("/")[1], title=title)


def _word(told: Mapping[str, object], *names: str) -> str:
    return next((value for name in names if isinstance(value := told.get(name), str) and value), "")


def filters(estate: Estate) -> tuple[str, ...]:
    """Listen below each device's prefix to every depth that an event's topic can have."""
    below = ("", *("/" + "/".join("+" * depth) for depth in range(1, DEPTH + 1)))
    return (*(f"{one.topic}{path}" for one in topics(estate, NAME) for path in below), *DISCOVERY)


def _announced(topic: str) -> bool:
    levels = topic.split("/")
    return levels[0] == "axis" and levels[2:] in (["connection"], ["event", "connection"])


def _read(source: Heard, *, presence: bool) -> tuple[Item, ...]:
    payload = source.message.payload
    if not payload:
        return ()
    if presence and not payload.lstrip().startswith(b"{"):
        return (source.status(online=_comes(plain(payload).rpartition(" ")[2])),)
    value = read_object(payload)
    if _is_stranger(source.device, value):
        return (forged(source.message, source.device, "device_mismatch"),)
    if presence and "topic" not in value:
        return (source.status(online=_connected(value)),)
    return _event(source, value)


def _event(source: Heard, value: Mapping[str, object]) -> tuple[Item, ...]:
    if not isinstance(value.get("topic"), str):
        raise BadMessage("unknown_kind", "no event")
    told = read(source, value)
    reader = _reader(told.topic)
    if reader is None:
        return (unmapped(source.message, source.device, "unknown_kind", told.key),)
    return reader(told)


def _is_stranger(device: Device, value: Mapping[str, object]) -> bool:
    """Tell whether the payload names another sender than the estate, or else the topic, does."""
    if "serial" not in value:
        return False
    theirs = value["serial"]
    if not isinstance(theirs, str):
        raise BadMessage("wrong_shape", "a serial number that is no string")
    ours = device.serial or next(filter(_MAC.fullmatch, reversed(device.topic.split("/"))), "")
    return bool(ours) and plain_serial(theirs) != plain_serial(ours)


def _connected(value: Mapping[str, object]) -> bool:
    """Read the message of connecting, disconnecting or the will as it is by default."""
    connected = value.get("connected", value.get("status"))
    if isinstance(connected, str):
        return _comes(connected)
    if not isinstance(connected, bool):
        raise BadMessage("wrong_shape", "neither here nor gone")
    return connected


def _comes(word: str) -> bool:
    if word.lower() not in _COMES | _GOES:
        raise BadMessage("wrong_shape", "no word of presence")
    return word.lower() in _COMES


@lru_cache(maxsize=1024)
def _reader(topic: str) -> _Reader | None:
    """Find who reads a topic: by all of it, else by ever less of its beginning."""
    while topic:
        if topic in _READERS:
            return _READERS[topic]
        topic = topic.rpartition("/")[0]
    return None


_NOT_OF_A_DOOR: Final = (
    "AudioSource",
    "CameraApplicationPlatform",
    "Configuration",
    "Device/Light",
    "Device/Network",
    "Device/RingPowerLimitExceeded",
    "Device/Sensor",
    "Device/Status",
    "LightControl",
    "Media",
    "Monitoring",
    "PTZController",
    "RecordingConfig",
    "RecordingHistory",
    "RuleEngine",
    "Schedule",
    "Storage",
    "UserAlarm",
    "VideoAnalytics",
    "VideoSource",
)
_READERS: Final[Mapping[str, _Reader]] = {
    **dict.fromkeys(_NOT_OF_A_DOOR, wires.nothing),
    "AccessControl/AccessGranted": access.granted,
    "AccessControl/AccessGranted/Anonymous": access.released,
    "AccessControl/AccessNotTaken": access.not_taken,
    "AccessControl/AccessTaken": access.taken,
    "AccessControl/Denied": access.denied,
    "AccessControl/Denied/CredentialNotFound": access.not_found,
    "AccessControl/Duress": access.duress,
    "AccessControl/Request": access.requested,
    "AccessControl/Request/Timeout": access.not_answered,
    "Call/DTMF": wires.nothing,
    "Call/SIPAccountStatus": wires.nothing,
    "Call/State": wires.call_state,
    "Call/StateChange": wires.call_change,
    "Credential/State/ApbViolation": access.antipassback,
    "Device/Casing/Open": wires.casing,
    "Device/HardwareFailure/FanFailure": wires.failure("Failed", "other"),
    "Device/HardwareFailure/PowerSupplyFailure": wires.failure("Failed", "power"),
    "Device/HardwareFailure/StorageFailure": wires.failure("Failed", "storage"),
    "Device/HardwareFailure/TemperatureCritical": wires.failure("Critical", "temperature"),
    "Device/IO/OutputPort": wires.nothing,
    "Device/IO/Port": wires.port,
    "Device/IO/SupervisedPort": wires.supervised_port,
    "Device/IO/VirtualInput": wires.virtual_input,
    "Device/IO/VirtualPort": wires.virtual_input,
    "Device/Intercom/DoorState": wires.door_state,
    "Device/Intercom/KeyPin": wires.nothing,
    "Device/Intercom/KeypadState": wires.nothing,
    "Device/Intercom/MainState": wires.nothing,
    "Device/Intercom/RFID": wires.nothing,
    "Device/Trigger/DigitalInput": wires.digital_input,
    "Device/Trigger/Relay": wires.relay,
    "Door/State/DoorAlarm": access.alarm,
    "Door/State/DoorFault": access.fault,
    "Door/State/DoorMode": access.mode,
    "Door/State/DoorPhysicalState": access.position,
    "Door/State/DoorTamper": access.tamper,
    "Door/State/DoubleLockPhysicalState": wires.nothing,
    "Door/State/LockPhysicalState": access.lock,
}
FAMILY: Final = Family(
    name=NAME,
    capabilities=Capabilities(
        call=True,
        door_sensor=True,
        heartbeat=False,
        dedupe="topic, words and time",
        clock=Clock.UTC,
        unlock=Answer.NONE,
        trust=Trust.OWN_ACL,
    ),
    filters=filters,
    parse=concealing(parse, _NUMBERS),
    meet=concealing(meet, _NUMBERS),
    secret=_NUMBERS,
    backfill_request=never_asked,
    order=refusing("An Axis device publishes events and takes no commands over MQTT."),
)
