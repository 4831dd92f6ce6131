"""Where a Tasmota speaks and listens: its FullTopic, as the estate has it."""

from typing import Final

from core.model import Device

PLACE: Final = "%prefix%"
CMND: Final = "cmnd"


def full_topic(device: Device) -> str:
    """Give the FullTopic with the place of the prefix, which is first where the estate does not say."""
    return device.topic if PLACE in device.topic else f"{PLACE}/{device.topic}"


def in_place(full: str, prefix: str, path: str) -> str:
    """Write a topic of a device under one of its prefixes."""
    return f"{full.replace(PLACE, prefix)}/{path}"
