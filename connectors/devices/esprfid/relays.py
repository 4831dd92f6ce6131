"""How the estate names a reader's relays."""

from typing import Final

from connectors.devices.listening import Heard
from core.errors import BadMessage
from core.model import Door

_FIRST: Final = "1"
# The first of a reader that has no other: a statement of whoever wrote the estate.
ONLY_RELAY: Final = f"{_FIRST}-only"


def door_at(source: Heard, number: str) -> Door:
    """Give the door of a relay, counted from 1; raises BadMessage."""
    named = (number, ONLY_RELAY) if number == _FIRST else (number,)
    for name in named:
        door = source.estate.by_number.get((source.device.id, name))
        if door is not None:
            return door
    raise BadMessage("unknown_door")
