"""What a door station (VTO) is asked through DahuaVTO2MQTT."""

import re
from typing import Final

from connectors.devices.ordering import alone, need, published, written
from core.commands import Command, Keys, Order
from core.errors import CommandImpossible
from core.model import Device, Door, Estate

_NUMBER: Final = re.compile(r"[1-9]\d?\Z", re.ASCII)


def order(device: Device, door: Door, command: Command, _keys: Keys, estate: Estate) -> Order:
    """Write `Command/Open` with the number of the door; the station times it and answers nothing."""
    need(command, "The bridge knows no other command than to open.")
    topic = alone(device, estate)
    if not _NUMBER.match(door.number):
        raise CommandImpossible("no_relay", "The number of this door is none that the station counts: 1, 2.")
    return published(f"{topic}/Command/Open", written({"Door": int(door.number)}), command)
