"""What a Zigbee lock is asked through its gateway."""

from typing import Final

from connectors.devices.ordering import alone, need, published
from connectors.devices.wiring import wires
from core.commands import Command, Keys, Order, Verb
from core.errors import CommandImpossible
from core.model import Device, Door, Estate

SELF: Final = "self"
# Its lock is never left unlocked by us, so a lockdown is to lock it now.
_STATES: Final = {Verb.UNLOCK: b'{"state":"UNLOCK"}', Verb.LOCK_DOWN: b'{"state":"LOCK"}'}


def order(device: Device, door: Door, command: Command, _keys: Keys, estate: Estate) -> Order:
    """Write `UNLOCK` to the lock's `set`, which its own auto-relock ends, or `LOCK`."""
    need(command, "A Zigbee lock keeps what it is told until somebody tells it otherwise.", Verb.LOCK_DOWN)
    topic = alone(device, estate)
    found = wires(door.number)
    if len(found) != 1 or found[0].role or not found[0].name:
        raise CommandImpossible(
            "no_relay", "The number of this door does not say which of its parts is the lock."
        )
    place = topic if found[0].name == SELF else f"{topic}/{found[0].name}"
    return published(f"{place}/set", _STATES[command.verb], command)
