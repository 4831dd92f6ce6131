"""What a Tasmota is asked: a relay's `PulseTime` and its `Power`, in one message that it works off itself."""

import re
from typing import Final

from connectors.devices.ordering import alone, need, published, pulse_s
from connectors.devices.tasmota.topics import CMND, full_topic, in_place
from connectors.devices.wiring import wires
from core.commands import Command, Keys, Order, Verb
from core.errors import CommandImpossible
from core.model import Device, Door, Estate

# PulseTime of a relay above 8 is that of the one 8 below it.
_RELAY: Final = re.compile(r"POWER(?P<index>[1-8]?)\Z", re.ASCII)
# PulseTime counts tenths of a second up to 111, and above that seconds and a hundred.
_TENTHS_UP_TO_S: Final = 11
_ABOVE: Final = 100
_MOST_S: Final = 600
_RESTS: Final = (Verb.LOCK_DOWN, Verb.RESTORE)


def order(device: Device, door: Door, command: Command, _keys: Keys, estate: Estate) -> Order:
    """Write a `Backlog` that first sets how long the relay stays on, and then switches it on.

    A lockdown, or what undoes one, switches it off: that is how it rests.
    """
    need(command, "A Tasmota keeps the length of its last pulse for who presses next.", *_RESTS)
    alone(device, estate)
    index = _index(door, estate)
    seconds = 0 if command.verb in _RESTS else pulse_s(command, _MOST_S)
    pulse = seconds * 10 if seconds <= _TENTHS_UP_TO_S else seconds + _ABOVE
    payload = f"PulseTime{index} {pulse}; Power{index} ON" if seconds else f"Power{index} OFF"
    return published(in_place(full_topic(device), CMND, "Backlog"), payload.encode(), command)


def _index(door: Door, estate: Estate) -> str:
    """Give the number of the only relay of a door, as commands count them."""
    found = [one for one in wires(door.number) if one.name.startswith("POWER")]
    relay = _RELAY.match(found[0].name) if len(found) == 1 else None
    if relay is None:
        raise CommandImpossible(
            "no_relay", "The number of this door names no single relay of POWER1 to POWER8."
        )
    if found[0].role:
        raise CommandImpossible("never_ends_by_itself", "PulseTime ends what is on: a magnet would stay off.")
    index = relay["index"] or "1"
    if len([one for one in estate.doors_of(door.device) if _uses(one, index)]) > 1:
        raise CommandImpossible("opens_more", "This relay releases other doors too.")
    return index


def _uses(door: Door, index: str) -> bool:
    names = {f"POWER{index}", "POWER"} if index == "1" else {f"POWER{index}"}
    return any(one.name in names for one in wires(door.number))
