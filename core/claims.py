"""Whether a device that was met before anybody named it is one that the estate has now."""

import re
from collections.abc import Iterable
from typing import Final

from core.model import Device

# Its own topics hold a site and a device, and say who speaks by themselves.
_NATIVE: Final = "gatehouse"
_SEPARATORS: Final = re.compile(r"[^0-9a-z]")


def claimed(devices: Iterable[Device], family: str, name: str, topic: str) -> bool:
    """Whether one of these devices is the stranger of that family and name that was heard at the topic."""
    return any(_is(device, family, name, topic) for device in devices)


def _is(device: Device, family: str, name: str, topic: str) -> bool:
    if family == _NATIVE:
        return device.family == _NATIVE and name == f"{device.site}/{device.id}"
    # What no family knew, and what is only announced in the words of one, may be another's.
    if family in {"", "homeassistant"}:
        return _below(device.topic, topic)
    if device.family != family:
        return False
    if device.serial:
        # Behind one gateway, whose topic all share, only what they call themselves tells them apart.
        return _plain(device.serial) == _plain(name)
    return _below(device.topic, topic)


def _below(at: str, topic: str) -> bool:
    return bool(at) and f"{topic}/".startswith(f"{at}/")


def _plain(name: str) -> str:
    """Write a serial number, MAC or host name as it is compared, whatever parts its groups."""
    return _SEPARATORS.sub("", name.casefold())
