"""Holds and lockdowns as they are begun, run out, and are shown: the orders beside their commands.

Every step is written with its record in one transaction; nothing here waits or sends.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, Text, bindparam, select, true

from core.acts import Act, Action
from core.doors import DoorFacets, Mode
from core.leaf import Draft
from core.modes import Lease, Turned, end, pass_time, replaced
from core.unlocks import BAD_ENDS, Flight
from store.acts import door_taken, insert_flight, override_flights
from store.database import Database
from store.door_keepers import Taken
from store.folding.doors import facets_at
from store.folding.flights import decode as decode_flight
from store.folding.leases import decode, encode, flags, lease_records, save_lease
from store.log import append_within
from store.schema import heard
from store.schema_acts import flight
from store.schema_modes import mode_lease
from store.schema_people import session

_NAMES: Final = bindparam("doors", expanding=True, type_=Text)
_CURRENT: Final = (
    select(
        mode_lease.c.door,
        mode_lease.c.changed_id,
        mode_lease.c.state,
        session.c.name,
        flight.c.state.label("flight"),
    )
    .outerjoin(session, session.c.ref == mode_lease.c.session)
    .outerjoin(flight, flight.c.act == mode_lease.c.act)
    .where(mode_lease.c.current == true())
)
_FOLLOWED: Final = select(flight.c.state).where(flight.c.open == true())
_CURRENT_AT: Final = _CURRENT.where(mode_lease.c.door.in_(_NAMES))


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A command to one door, what it puts in force there, and the records that say so before it is sent.

    Where all `stays` as it was ordered there, it is only told that nothing was done.
    """

    flight: Flight
    records: tuple[Draft, ...]
    lease: Lease | None = None
    stays: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is ordered at a door now, by whom; `changed` is the record that changed it last.

    `unconfirmed` is whether its command came to no good end. `doubt` is why the door may not be so: a hold
    that ended without its lock, a lockdown not shown any more or never confirmed.
    """

    lease: Lease
    by: str
    changed: int
    unconfirmed: bool = False

    @property
    def doubt(self) -> str:
        """Why the door may not be as it should be, empty where nothing speaks against it."""
        if self.lease.doubt or (self.lease.watched and self.lease.overdue):
            return self.lease.doubt or "not_secured"
        down = self.lease.in_force and self.lease.mode is Mode.LOCKED_DOWN
        return "unconfirmed" if down and self.unconfirmed and not self.lease.shown else ""


def begin_order(db: Database, one: Order, by: Act) -> Taken | None:
    """Write the intent of a hold or its end and take its door, as one; gives what keeps it back instead."""
    with db.write() as connection:
        before = door_taken(connection, one.flight, by)
        if before is None:
            _insert(connection, one, by, append_within(connection, one.records).head)
    return before


def begin_orders(db: Database, orders: Sequence[Order], by: Act, parent: Sequence[Draft] = ()) -> None:
    """Write the intents of a lockdown or its release at several doors, whatever is under way there."""
    with db.write() as connection:
        append_within(connection, parent)
        changed = {one.flight.door: one.flight for one in orders if not one.stays}
        if changed:
            override_flights(connection, changed, orders[0].flight.requested)
            _end_others(connection, changed)
        # Together, as somebody else waits to write meanwhile.
        record = append_within(connection, [draft for one in orders for draft in one.records]).head
        for one in orders:
            _insert(connection, one, by, record)


def standing(db: Database, doors: Iterable[str]) -> Mapping[str, Standing]:
    """Say what is ordered at these doors."""
    with db.read() as connection:
        return standing_at(connection, doors)


def standing_at(connection: Connection, doors: Iterable[str] | None) -> Mapping[str, Standing]:
    """Say what is ordered at these doors, or (None) at all: what is in force before what is only in doubt."""
    if doors is None:
        rows = connection.execute(_CURRENT).all()
    else:
        rows = connection.execute(_CURRENT_AT, {"doors": list(doors)}).all()
    found = [
        Standing(
            lease=decode(row.state),
            by=row.name or "",
            changed=row.changed_id,
            unconfirmed=row.flight is not None and decode_flight(row.flight).stage in BAD_ENDS,
        )
        for row in rows
    ]
    found.sort(key=lambda one: (one.lease.in_force, one.lease.began))
    return {one.lease.door: one for one in found}


def unsecured_at(connection: Connection) -> Mapping[str, int]:
    """Say of each door that an unlock has left unlocked since when it should have been locked again."""
    found = map(decode_flight, connection.execute(_FOLLOWED).scalars())
    return {one.door: one.overdue for one in found if one.watched and one.overdue}


def find_lease(db: Database, act: str) -> Lease | None:
    """Find what an act has put in force."""
    with db.read() as connection:
        state = connection.execute(
            select(mode_lease.c.state).where(mode_lease.c.act == act)
        ).scalar_one_or_none()
    return None if state is None else decode(state)


def facets_of(db: Database, doors: Iterable[str]) -> Mapping[str, DoorFacets]:
    """Give how these doors were seen last."""
    with db.read() as connection:
        return {name: facets_at(connection, name) for name in doors}


def seen_before(db: Database, door: str, device: str) -> tuple[DoorFacets, int]:
    """Give how a door was seen last, and when its device was heard last (µs UTC, 0: never)."""
    with db.read() as connection:
        at = connection.execute(select(heard.c.at).where(heard.c.device == device)).scalar_one_or_none()
        return facets_at(connection, door), at or 0


def close_leases(db: Database, now: int) -> int:
    """Let time pass for every order that waits for it: the leader's chore; gives how many it looked at."""
    late = select(mode_lease).where(mode_lease.c.due <= now)
    with db.read() as connection:
        if connection.execute(late.limit(1)).first() is None:
            return 0
    with db.write() as connection:
        rows = connection.execute(late).all()
        for row in rows:
            facets = facets_at(connection, row.door)
            _write(connection, row, pass_time(decode(row.state), facets, now), now)
    return len(rows)


def _end_others(connection: Connection, flights: Mapping[str, Flight]) -> None:
    """End the holds at doors for a lockdown, and the lockdowns before it, or those that are released."""
    there = select(mode_lease).where(mode_lease.c.door.in_(flights), mode_lease.c.open)
    for row in connection.execute(there).all():
        lease, flight = decode(row.state), flights[row.door]
        at = flight.requested
        if lease.mode is Mode.LOCKED_DOWN:
            why = "released" if flight.action is Action.RELEASE else "replaced"
            turned = Turned(msgspec.structs.replace(lease, ended=at, why=why, closed=at))
        elif lease.waiting:
            turned = Turned(replaced(lease, at))
        elif flight.action is Action.LOCKDOWN:
            turned = end(lease, "lockdown", at, facets_at(connection, flight.door))
        else:
            continue
        _write(connection, row, turned, at)


def _insert(connection: Connection, one: Order, by: Act, record: int) -> None:
    insert_flight(connection, one.flight, by, record)
    if one.lease is not None:
        row = {
            **flags(one.lease),
            "act": one.lease.act,
            "door": one.lease.door,
            "device": one.lease.device,
            "subject": by.subject,
            "session": by.session,
            "changed_id": record,
            "state": encode(one.lease),
        }
        connection.execute(mode_lease.insert(), row)


def _write(connection: Connection, row: Row[Any], turned: Turned, now: int) -> None:
    record: int = row.changed_id
    if turned.steps:
        record = append_within(connection, lease_records(turned.lease, turned.steps, now)).head
    save_lease(connection, turned.lease, record)
