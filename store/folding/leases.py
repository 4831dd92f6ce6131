"""The projection of holds and lockdowns: what commands and doors say becomes the next step of each."""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
from sqlalchemy import Connection, Text, bindparam, select, text

from core.acts import Action
from core.doors import DoorFacets, Mode
from core.leaf import Draft, Scalar
from core.modes import Lease, Turned, due, end, follow, replaced, see
from core.unlocks import Flight, Stage, Step
from store.emission import Emission
from store.schema_modes import mode_lease as table

decode: Final = msgspec.json.Decoder(Lease).decode
encode: Final = msgspec.json.Encoder().encode
_OPEN: Final = select(table.c.state).where(
    table.c.open, table.c.device.in_(bindparam("names", expanding=True, type_=Text))
)
_SAVE: Final = text(
    "UPDATE mode_lease SET current = :current, open = :open, due = :due, changed_id = :changed_id, "
    "state = :state WHERE act = :act"
)
_MS: Final = 1000


class Leases:
    """The orders still open at the devices in a batch, read once and written once."""

    def __init__(self, connection: Connection, devices: set[str]) -> None:
        """Read them in the caller's transaction."""
        found = connection.execute(_OPEN, {"names": list(devices)}).scalars() if devices else ()
        self._leases = {one.act: one for one in map(decode, found)}
        self._changed: dict[str, int] = {}

    @property
    def doors(self) -> frozenset[str]:
        """Name the doors they are about."""
        return frozenset(one.door for one in self._leases.values())

    def follow(self, flight: Flight, facets: DoorFacets, at: int, emission: Emission) -> None:
        """Fold how far the command of a hold, or of its end, has come."""
        if flight.action is Action.HOLD and (lease := self._leases.get(flight.act)) is not None:
            self._follow_hold(lease, flight, at, emission)
        if flight.action is Action.END_HOLD and flight.stage in {Stage.ACCEPTED, Stage.CONFIRMED}:
            for one in self._at(flight.door):
                if one.mode is Mode.HELD and one.in_force:
                    self._keep(one, end(one, "ended_by_person", at, facets), at, emission)

    def _follow_hold(self, lease: Lease, flight: Flight, at: int, emission: Emission) -> None:
        after = follow(lease, flight, at)
        if after.in_force:
            for other in self._at(lease.door):
                if other.mode is Mode.HELD and other.act != lease.act:
                    self._keep(other, Turned(replaced(other, at)), at, emission)
        self._keep(lease, Turned(after), at, emission)

    def seen(self, door: str, facets: DoorFacets, at: int, emission: Emission) -> None:
        """Fold how a door is, by a live word that came at `at` (µs UTC)."""
        for one in self._at(door):
            self._keep(one, see(one, facets, at), at, emission)

    def _at(self, door: str) -> list[Lease]:
        return [one for one in self._leases.values() if one.door == door]

    def _keep(self, before: Lease, turned: Turned, at: int, emission: Emission) -> None:
        if turned.lease == before:
            return
        self._leases[before.act] = turned.lease
        record = emission.head
        for draft in lease_records(turned.lease, turned.steps, at):
            record = emission.emit(draft)
        self._changed[before.act] = record

    def save(self, connection: Connection) -> None:
        """Write what has changed."""
        for act, record in self._changed.items():
            save_lease(connection, self._leases[act], record)


def lease_records(one: Lease, steps: Iterable[Step], at: int) -> list[Draft]:
    """Make the records of a lease's steps, each with the time since it was asked for in ms."""
    return [
        Draft(
            kind=step.kind,
            received=at,
            site=one.site,
            door=one.door,
            device=one.device,
            reason=step.reason,
            refs={"act": one.act, "after_ms": max(0, at - one.asked) // _MS, **secured_ref(step)},
        )
        for step in steps
    ]


def secured_ref(step: Step) -> Mapping[str, Scalar]:
    """Name by what the door told it, where a step says that it is secure or not."""
    return {"secured_by": step.secured_by.value} if step.secured_by else {}


def save_lease(connection: Connection, one: Lease, record: int) -> None:
    """Write a lease that is there already, changed last by this record."""
    connection.execute(_SAVE, {**flags(one), "act": one.act, "changed_id": record, "state": encode(one)})


def flags(one: Lease) -> dict[str, object]:
    """Say whether a screen shows it, whether words about its door still count, and when to look again."""
    late = one.watched and one.overdue > 0
    return {"current": one.in_force or late, "open": one.open, "due": due(one)}
