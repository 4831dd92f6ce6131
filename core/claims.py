"""Whether a device that was met before anybody named it is one that the estate has now."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from core.model import Device, Door

# Its own topics hold a site and a device, and say who speaks by themselves.
_NATIVE: Final = "gatehouse"
_ANYBODYS: Final = frozenset({"", "homeassistant"})
# Behind one gateway, whose topic all share, only what they call themselves tells them apart.
_SHARED: Final = frozenset({"uhppoted", "esprfid", "dahua", "hikvision"})
# Here a device may be a gateway, whose doors' numbers list what hangs at them, parted by dots.
_OF_PARTS: Final = "zigbee2mqtt"
_SEPARATORS: Final = re.compile(r"[^0-9a-z]")


@dataclass(frozen=True, slots=True)
class Stranger:
    """Who was met: by the words of which family, under what name of its own, and where it speaks."""

    family: str
    name: str
    topic: str


def claimed(stranger: Stranger, devices: Iterable[Device], doors: Iterable[Door]) -> bool:
    """Whether the stranger is one of these devices, or of what hangs at one of these doors."""
    if stranger.family == _OF_PARTS:
        known = {stranger.name, stranger.topic.partition("/")[2]}
        if not known.isdisjoint(_parts(devices, doors)):
            return True
    return any(_is(stranger, device) for device in devices)


def _is(stranger: Stranger, device: Device) -> bool:
    family, name, topic = stranger.family, stranger.name, stranger.topic
    if family == _NATIVE:
        return device.family == _NATIVE and name == f"{device.site}/{device.id}"
    # What no family knew, and what is only announced in the words of one, may be another's.
    if family in _ANYBODYS:
        return _below(device.topic, topic)
    if device.family != family:
        return False
    if device.serial and (family in _SHARED or _plain(device.serial) == _plain(name)):
        return _plain(device.serial) == _plain(name)
    return device.topic == topic if family == _OF_PARTS else _below(device.topic, topic)


def _parts(devices: Iterable[Device], doors: Iterable[Door]) -> set[str]:
    gateways = {device.id for device in devices if device.family == _OF_PARTS}
    numbers = (part for door in doors if door.device in gateways for part in door.number.split("."))
    return {name for part in numbers for name in (part, part.rpartition("-")[0]) if name}


def _below(at: str, topic: str) -> bool:
    return bool(at) and f"{topic}/".startswith(f"{at}/")


def _plain(name: str) -> str:
    """Write a serial number, MAC or host name as it is compared, whatever parts its groups."""
    return _SEPARATORS.sub("", name.casefold())
