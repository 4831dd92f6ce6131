"""What mqtt-bridge-doorbird publishes: pictures on topics that say why, and what station it is."""

import re
from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from connectors.devices.bells import bell_door, call
from connectors.devices.common import forged, unclaimed
from connectors.devices.family import Answer, Capabilities, Clock, Family, Message, Trust, never_asked
from connectors.devices.listening import Heard, heard, topics
from connectors.devices.ordering import refusing
from connectors.masking import printable
from connectors.payloads import read_object
from core.calls import CallState
from core.errors import BadMessage
from core.model import Device, Estate
from core.reports import Item, Unclaimed

NAME: Final = "doorbird"
# The bridge's own default root, where stations that nobody has claimed tell what they are.
DISCOVERY: Final = "doorbird/+"
_BELL: Final = "doorbell"
# Movement comes with a picture too, and says nothing of a door: those topics are not among them.
_PATHS: Final = ("", _BELL)
_UNCLAIMED: Final = re.compile(r"doorbird/[^/]+\Z", re.DOTALL)
_NOT_OF_A_MAC: Final = re.compile(r"[^0-9A-Za-z]")


def parse(message: Message, estate: Estate) -> tuple[Item, ...] | None:
    """Read one message; what can't be understood or believed is an item that says so."""
    devices, path = estate.under(NAME, message.topic)
    if devices and path in _PATHS:
        return heard(message, devices, estate, lambda source: _read(source, path))
    return None


def meet(message: Message, _estate: Estate) -> tuple[Item, ...] | None:
    """Take what a station under the bridge's default root says that it is."""
    if _UNCLAIMED.match(message.topic) is None:
        return None
    return (_stranger(message),) if message.payload else ()


def _stranger(message: Message) -> Unclaimed:
    """Take a station's word on who and what it is, or else the topic's."""
    try:
        told = read_object(message.payload)
    except BadMessage:
        told = {}
    model = told.get("DEVICE-TYPE")
    name = _address(told) or message.topic.rpartition("/")[2]
    return unclaimed(message, NAME, name, title=model if isinstance(model, str) else "")


def filters(estate: Estate) -> tuple[str, ...]:
    """Listen to rings and to what a station is, not to pictures that were asked for nor to commands."""
    ours = (f"{one.topic}/{path}".rstrip("/") for one in topics(estate, NAME) for path in _PATHS)
    return (*ours, DISCOVERY)


def _read(source: Heard, path: str) -> tuple[Item, ...]:
    if not source.message.payload:
        return ()
    if not path:
        return _station(source)
    # The picture is not looked at: one that the bridge could not fetch is still a ring. Retained it is the
    # last ring there was, without a time.
    rings = path == _BELL and not source.message.retain
    return (call(source, bell_door(source), CallState.RINGING),) if rings else ()


def _station(source: Heard) -> tuple[Item, ...]:
    told = read_object(source.message.payload)
    address = _address(told)
    if address is None:
        raise BadMessage("wrong_shape", "no address of a station")
    if _plain(address) != _plain(_expected(source.device)):
        return (forged(source.message, source.device, "device_mismatch"),)
    return (replace(source.status(online=True), firmware=_firmware(told)),)


def _address(told: Mapping[str, object]) -> str | None:
    address = told.get("WIFI_MAC_ADDR", told.get("PRIMARY_MAC_ADDR"))
    return address if isinstance(address, str) else None


def _expected(device: Device) -> str:
    """Give a station's address: the estate's, else the last level of its topic."""
    return device.serial or device.topic.rpartition("/")[2]


def _plain(address: str) -> str:
    return _NOT_OF_A_MAC.sub("", address).upper()


def _firmware(told: Mapping[str, object]) -> str | None:
    version = told.get("FIRMWARE")
    return printable(version, 64) if isinstance(version, str) else None


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
    parse=parse,
    meet=meet,
    backfill_request=never_asked,
    order=refusing("The bridge of a DoorBird tells of rings and says nothing dependable of commands."),
)
