"""What an esp-rfid reader is asked, which opens all its relays at once."""

from typing import Final

from connectors.devices.ordering import alone, need, published
from core.commands import Command, Keys, Order
from core.errors import CommandImpossible
from core.model import Device, Door, Estate

# Without `doorip` only a reader in Home Assistant's mode obeys: the estate knows no addresses.
_OPEN: Final = b'{"cmd":"opendoor"}'


def order(device: Device, door: Door, command: Command, _keys: Keys, estate: Estate) -> Order:
    """Write `opendoor` to a reader that has its topic for itself, and one door."""
    need(command, "esp-rfid knows no other command than to open.")
    topic = alone(device, estate)
    if estate.doors_of(device.id) != (door,):
        raise CommandImpossible(
            "opens_more", "The command moves every relay of this reader, which has several doors."
        )
    return published(f"{topic}/cmd", _OPEN, command)
