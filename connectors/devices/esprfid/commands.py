"""What an esp-rfid reader is asked, which opens all its relays at once."""

from typing import Final

from connectors.devices.esprfid.relays import ONLY_RELAY
from connectors.devices.ordering import alone, need, published
from core.commands import Command, Keys, Order
from core.errors import CommandImpossible
from core.model import Device, Door, Estate

# Without `doorip` only a reader in Home Assistant's mode obeys: the estate knows no addresses.
_OPEN: Final = b'{"cmd":"opendoor"}'


def order(device: Device, door: Door, command: Command, _keys: Keys, estate: Estate) -> Order:
    """Write `opendoor` to a reader that has its topic for itself and, by the estate's word, one relay.

    That one door is in service says nothing of the others: it may be that another was retired.
    """
    need(command, "esp-rfid knows no other command than to open.")
    topic = alone(device, estate)
    if door.number != ONLY_RELAY or estate.doors_of(device.id) != (door,):
        raise CommandImpossible(
            "opens_more", "The command moves every relay of this reader; the estate does not say it has one."
        )
    return published(f"{topic}/cmd", _OPEN, command)
