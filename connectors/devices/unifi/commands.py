"""What a UniFi Access hub is asked through homebridge-unifi-access, whose verbs are inverted."""

from typing import Final

from connectors.devices.ordering import alone, need, published
from core.commands import Command, Keys, Order
from core.errors import CommandImpossible
from core.model import Device, Door, Estate

SIDE_DOOR: Final = "sidedoor"
# Unlocks for a moment. In other versions it locks; `false` unlocks for good, and is never sent.
_FOR_A_MOMENT: Final = b"true"


def order(device: Device, door: Door, command: Command, _keys: Keys, estate: Estate) -> Order:
    """Write `true` to the hub's `lock/set`."""
    need(command, "The bridge holds a door unlocked for good, and says nothing of an end.")
    topic = alone(device, estate)
    if door.number == SIDE_DOOR:
        raise CommandImpossible("never_ends_by_itself", "Nothing says when a side door is locked again.")
    if len([one for one in estate.doors_of(device.id) if one.number != SIDE_DOOR]) != 1:
        raise CommandImpossible("opens_more", "The estate has several doors for the one lock of this hub.")
    return published(f"{topic}/lock/set", _FOR_A_MOMENT, command)
