"""The state of a door, folded from events and reports in any order.

Each facet keeps the rank of the word that set it; a higher rank wins, so duplicates, re-deliveries
and back-fill in any order end in the same state. Values are ONVIF's (door control service).
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

import msgspec

from core.records import Kind


class Position(StrEnum):
    """Where the door leaf is."""

    OPEN = "open"
    CLOSED = "closed"
    UNKNOWN = "unknown"


class Lock(StrEnum):
    """What the bolt does."""

    LOCKED = "locked"
    UNLOCKED = "unlocked"
    UNKNOWN = "unknown"


class Mode(StrEnum):
    """How the door is meant to behave."""

    NORMAL = "normal"
    HELD = "held"
    LOCKED_DOWN = "locked_down"
    UNKNOWN = "unknown"


class Alarm(StrEnum):
    """What is wrong at the door."""

    NONE = "none"
    HELD = "held"
    FORCED = "forced"
    UNKNOWN = "unknown"


class SecuredBy(StrEnum):
    """The facet by which a door that was let go is known to be secure: a leaf says less than a bolt."""

    NOTHING = ""
    POSITION = "position"
    LOCK = "lock"


class DoorFacets(msgspec.Struct, frozen=True):
    """The four things a door can be asked."""

    position: Position = Position.UNKNOWN
    lock: Lock = Lock.UNKNOWN
    mode: Mode = Mode.UNKNOWN
    alarm: Alarm = Alarm.UNKNOWN


def secured_by(facets: DoorFacets, before: SecuredBy = SecuredBy.NOTHING) -> SecuredBy:
    """Name the facet that can tell it of this door; once its bolt was told, the leaf alone can't any more."""
    if facets.lock is not Lock.UNKNOWN or before is SecuredBy.LOCK:
        return SecuredBy.LOCK
    return before if facets.position is Position.UNKNOWN else SecuredBy.POSITION


def is_secure(facets: DoorFacets, by: SecuredBy) -> bool:
    """Whether this facet tells that the door is secure, and its leaf does not stand open."""
    if by is SecuredBy.LOCK:
        return facets.lock is Lock.LOCKED and facets.position is not Position.OPEN
    return by is SecuredBy.POSITION and facets.position is Position.CLOSED


class Rank(msgspec.Struct, frozen=True, order=True, array_like=True):
    """The order of a device's words: boot, sequence, report after event, device clock in µs, event's number.

    Boots are ULIDs or other identifiers that grow with each start of the device. The number is that of an
    event of a device without boots: where its clock knows only seconds, it tells which of one second is last.
    """

    boot: str = ""
    seq: int = 0
    report: int = 0
    at: int = 0
    number: int = 0


def rank_of(boot: str, seq: int, at: int, *, report: bool = False, number: int = 0) -> Rank:
    """Rank a word; a device without boots is ordered by its times, µs UTC, then by its events' numbers."""
    return Rank(boot, seq if boot else at, int(report), at, 0 if boot else number)


class Facet(msgspec.Struct, frozen=True, array_like=True):
    """A value and the rank of the word that set it; `since` is when the value came to be, µs UTC."""

    value: str = "unknown"
    rank: Rank = Rank()
    since: int = 0


class DoorState(msgspec.Struct, frozen=True, array_like=True):
    """What the log knows of a door; its age is judged from the device's last word, not here."""

    position: Facet = Facet()
    lock: Facet = Facet()
    mode: Facet = Facet()
    alarm: Facet = Facet()

    @property
    def facets(self) -> DoorFacets:
        """The values without their ranks."""
        return DoorFacets(
            Position(self.position.value),
            Lock(self.lock.value),
            Mode(self.mode.value),
            Alarm(self.alarm.value),
        )


FACETS: Final = ("position", "lock", "mode", "alarm")
EFFECTS: Final[dict[Kind, dict[str, str]]] = {
    Kind.DOOR_OPENED: {"position": Position.OPEN},
    # A closed door is no longer held nor forced; whether somebody must look is the alarm's own life.
    Kind.DOOR_CLOSED: {"position": Position.CLOSED, "alarm": Alarm.NONE},
    Kind.DOOR_LOCKED: {"lock": Lock.LOCKED},
    Kind.DOOR_UNLOCKED: {"lock": Lock.UNLOCKED},
    Kind.DOOR_HELD_OPEN: {"position": Position.OPEN, "alarm": Alarm.HELD},
    Kind.DOOR_FORCED_OPEN: {"position": Position.OPEN, "alarm": Alarm.FORCED},
}


def _newer(old: Facet, new: Facet) -> Facet:
    if (new.rank, new.value) <= (old.rank, old.value):
        return old
    return Facet(new.value, new.rank, old.since if new.value == old.value else new.since)


def apply(state: DoorState, values: dict[str, str], rank: Rank) -> DoorState:
    """Fold these facet values in; facets that a higher rank has set stay as they are."""
    changed = {
        name: _newer(getattr(state, name), Facet(value, rank, rank.at)) for name, value in values.items()
    }
    return msgspec.structs.replace(state, **changed)


def apply_event(state: DoorState, kind: Kind, outcome: str | None, rank: Rank) -> DoorState:
    """Fold an event; `outcome` is the new mode of `door.mode_changed`."""
    if kind is Kind.DOOR_MODE_CHANGED:
        known = outcome if outcome in set(Mode) else Mode.UNKNOWN
        return apply(state, {"mode": str(known)}, rank)
    return apply(state, EFFECTS.get(kind, {}), rank)


def apply_report(
    state: DoorState, facets: DoorFacets, rank: Rank, *, unknown: Iterable[str] = ()
) -> DoorState:
    """Fold a snapshot; what it does not tell leaves the facet alone, unless it is said to be `unknown`."""
    values = {name: str(getattr(facets, name)) for name in FACETS}
    told = {name: value for name, value in values.items() if value != "unknown" or name in unknown}
    return apply(state, told, rank)


_TOLD_BY: Final[dict[tuple[str, str], Kind]] = {
    ("position", Position.OPEN): Kind.DOOR_OPENED,
    ("position", Position.CLOSED): Kind.DOOR_CLOSED,
    ("lock", Lock.LOCKED): Kind.DOOR_LOCKED,
    ("lock", Lock.UNLOCKED): Kind.DOOR_UNLOCKED,
    ("alarm", Alarm.HELD): Kind.DOOR_HELD_OPEN,
    ("alarm", Alarm.FORCED): Kind.DOOR_FORCED_OPEN,
}


def kind_of(facet: str, value: str) -> Kind | None:
    """Name the event that would have told of this value; None where no event tells it alone."""
    return Kind.DOOR_MODE_CHANGED if facet == "mode" else _TOLD_BY.get((facet, value))


def differences(before: DoorFacets, after: DoorFacets) -> dict[str, str]:
    """Name the facets that differ, with their new values."""
    return {
        name: str(getattr(after, name)) for name in FACETS if getattr(before, name) != getattr(after, name)
    }
