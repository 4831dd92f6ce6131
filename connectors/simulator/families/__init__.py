"""Small simulators of what hangs on real walls, each by its maker's documents; one a module."""

import re
from random import Random
from typing import Final

from connectors.simulator.families.axis_controller import AxisController
from connectors.simulator.families.axis_station import AxisStation
from connectors.simulator.families.esprfid import EspRfid
from connectors.simulator.families.esprfid_at_home import EspRfidAtHome
from connectors.simulator.families.nuki import Nuki
from connectors.simulator.families.shelly import Shelly
from connectors.simulator.families.uhppoted import Uhppoted
from connectors.simulator.families.zigbee2mqtt import Zigbee2Mqtt
from connectors.simulator.vendor import VendorDevice
from core.commands import Keys
from core.model import Device, Estate

_NOBODY: Final = Keys()
# What esp-rfid puts behind its topic with auto-topic, which its other mode here always has: half its MAC.
_AUTO_TOPIC: Final = re.compile(r"/[0-9A-F]{6}\Z", re.ASCII)
_FAMILIES: dict[str, type[VendorDevice]] = {
    "nuki": Nuki,
    "shelly": Shelly,
    "zigbee2mqtt": Zigbee2Mqtt,
}


def vendor_device(
    device: Device, estate: Estate, random: Random, known: Keys = _NOBODY
) -> VendorDevice | None:
    """Make the simulator of a device, None where there is none for its family.

    `known` is what a gateway that asks for proofs knows us by.
    """
    if device.family == "esprfid":
        return (EspRfidAtHome if _AUTO_TOPIC.search(device.topic) else EspRfid)(device, estate, random)
    if device.family == "uhppoted":
        return Uhppoted(device, estate, random, known)
    if device.family == "axis":
        rings = any("port:" in door.number for door in estate.doors_of(device.id))
        return (AxisStation if rings else AxisController)(device, estate, random)
    made = _FAMILIES.get(device.family)
    return None if made is None else made(device, estate, random)
