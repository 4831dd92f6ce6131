"""What a Zigbee lock is asked through its gateway."""

from typing import Final

from connectors.devices.ordering import alone, published, unlock_only
from connectors.devices.wiring import wires
from core.commands import Command, Keys, Order
from core.errors import CommandImpossible
from core.model import Device, Door, Estate

SELF: Final = "self"
_UNLOCK: Final = b'{"state":"UNLOCK"}'


def order(device: Device, door: Door, command: Command, _keys: Keys, estate: Estate) -> Order:
    """Write `UNLOCK` to the lock's `set`; the lock's own auto-relock ends it."""
    unlock_only(command, "A Zigbee lock keeps what it is told until somebody tells it otherwise.")
    topic = alone(device, estate)
    found = wires(door.number)
    if len(found) != 1 or found[0].role or not found[0].name:
        raise CommandImpossible(
            "no_relay", "The number of this door does not say which of its parts is the lock."
        )
    place = topic if found[0].name == SELF else f"{topic}/{found[0].name}"
    return published(f"{place}/set", _UNLOCK, command)
