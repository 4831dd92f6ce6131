"""Which topic says what of a door: the number of a door whose entities have topics of their own.

A number lists the door's entities, parted by dots. Each is its topic below the device's, with ":" for "/",
and its role; a field of a JSON object stands behind "::" before the role. So "lock:state.contact::open-open"
reads `<topic>/lock/state` as a lock, and the field `open` of `<topic>/contact` as a sensor.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from core.model import Device, Door, Estate


class Role(StrEnum):
    """What an entity tells; those that are on or off are named for what "on" means."""

    LOCK = "lock"
    UNLOCKED = "unlocked"
    OPEN = "open"
    CLOSED = "closed"
    TAMPER = "tamper"
    BATTERY = "battery"
    PROBLEM = "problem"
    BELL = "bell"
    COMMAND = "command"
    LATEST = "latest"
    ALL = "all"
    ANY = "any"


AVAILABILITY: Final = frozenset({Role.LATEST, Role.ALL, Role.ANY})
_ROLES: Final = frozenset(Role)


@dataclass(frozen=True, slots=True)
class Binding:
    """One entity of a door: its topic below the device's, the field of a JSON object or "", its role."""

    path: str
    field: str
    role: Role


@lru_cache(maxsize=4096)
def bindings(number: str) -> tuple[Binding, ...]:
    """Read the number of a door; an entity without a role is a lock."""
    return tuple(_binding(part) for part in number.split("."))


def bound(estate: Estate, device: Device) -> Iterable[tuple[str, Binding, Door]]:
    """Give every entity of a device that speaks, with its whole topic and its door."""
    for door in estate.doors_of(device.id):
        for one in bindings(door.number):
            if one.role is not Role.COMMAND:
                yield f"{device.topic}/{one.path}", one, door


def verdict(mode: Role, sources: Iterable[str], said: Mapping[str, bool]) -> bool | None:
    """Say whether an entity is available by what its sources have said, None where that is not decided.

    For LATEST the last of `said` holds; ALL needs each source, ANY one (home-assistant.io,
    availability_mode).
    """
    if mode is Role.LATEST:
        return next(reversed(list(said.values())), None)
    words = [said.get(source) for source in sources]
    decisive = mode is Role.ANY
    if decisive in words:
        return decisive
    return None if None in words else not decisive


def _binding(part: str) -> Binding:
    name, _, word = part.rpartition("-")
    role = Role(word) if name and word in _ROLES else Role.LOCK
    target = name if name and word in _ROLES else part
    path, found, field = target.rpartition("::")
    return Binding((path if found else target).replace(":", "/"), field if found else "", role)
