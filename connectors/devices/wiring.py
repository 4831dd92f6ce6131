"""What hangs on which clamp: the number of a door that relays and inputs make, not a controller.

Such a number lists the parts of the device that serve the door, parted by dots, each with what it does
there if that is not the usual: "switch:0", "switch:0.input:1-open", "POWER1.Switch1.Switch2-bell".
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from core.doors import DoorFacets, Lock, Position
from core.model import Door, Estate

HOLDS: Final = "holds"
OPEN: Final = "open"
BELL: Final = "bell"
EXIT: Final = "exit"
ROLES: Final = frozenset({HOLDS, OPEN, BELL, EXIT})
PRESSED: Final = frozenset({BELL, EXIT})


@dataclass(frozen=True, slots=True)
class Wire:
    """One part of a device and its role at the door; empty is the usual one of such a part."""

    name: str
    role: str = ""


@lru_cache(maxsize=4096)
def wires(number: str) -> tuple[Wire, ...]:
    """Read the number of a door; a last word that is no role belongs to the part's name."""
    return tuple(_wire(part) for part in number.split("."))


def wired(estate: Estate, device: str, name: str) -> tuple[tuple[Door, str], ...]:
    """Find the doors that this part of a device serves, and as what."""
    found: list[tuple[Door, str]] = []
    for door in estate.doors_of(device):
        for wire in wires(door.number):
            if wire.name == name:
                found.append((door, wire.role))  # noqa: PERF401 - thrice as fast as a generator of so few
    return tuple(found)


def parts(estate: Estate, device: str) -> tuple[str, ...]:
    """Name every part of a device that serves a door, each once."""
    return tuple(dict.fromkeys(w.name for door in estate.doors_of(device) for w in wires(door.number)))


def relay(role: str, *, on: bool) -> DoorFacets:
    """Say what a relay does to the bolt: usually it releases while it is on; one that holds locks."""
    return DoorFacets(lock=Lock.LOCKED if on == (role == HOLDS) else Lock.UNLOCKED)


def contact(role: str, *, on: bool) -> DoorFacets:
    """Say what a contact tells of the door leaf: usually its circuit is closed where the door is."""
    return DoorFacets(position=Position.OPEN if on == (role == OPEN) else Position.CLOSED)


def _wire(part: str) -> Wire:
    name, _, role = part.rpartition("-")
    return Wire(name, role) if name and role in ROLES else Wire(part)
