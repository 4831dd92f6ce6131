"""What a Nuki is asked, by its own MQTT API or by Nuki Hub."""

import re
from collections.abc import Mapping
from typing import Final

from connectors.devices.ordering import alone, published, unlock_only
from core.commands import Command, Keys, Order
from core.errors import CommandImpossible
from core.model import Device, Door, Estate

# Nuki's own API has a fixed root; a hub may be anywhere else.
_OWN: Final = re.compile(r"nuki/[0-9A-Fa-f]{6,10}\Z", re.ASCII)
_OPENER: Final = "opener"
# Lock'n'go with unlatch: opens the latch, and locks again by itself.
_OWN_API: Final = ("lockAction", b"5")
_HUBS: Final[Mapping[bool, tuple[str, bytes]]] = {
    False: ("lock/action", b"lockNgoUnlatch"),
    True: ("lock/action", b"electricStrikeActuation"),
}


def order(device: Device, door: Door, command: Command, _keys: Keys, estate: Estate) -> Order:
    """Write the one action that opens and ends by itself."""
    unlock_only(command, "A Nuki opens and locks again; it holds nothing until a time.")
    topic = alone(device, estate)
    if estate.doors_of(device.id) != (door,):
        raise CommandImpossible("opens_more", "A Nuki has one bolt, and the estate has several doors for it.")
    path, action = _OWN_API if _OWN.match(topic) else _HUBS[topic.endswith(_OPENER)]
    return published(f"{topic}/{path}", action, command)
