"""What keeps a command from its door: another one that is not over, a hold, a lockdown."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from core.acts import Action
from core.doors import Mode
from core.modes import Lease
from store.database import Database
from store.folding.flights import decode
from store.folding.leases import decode as decode_lease
from store.schema_acts import flight
from store.schema_modes import mode_lease
from store.schema_people import session


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What keeps a command back from a door, whose it is, by name, and since when (µs UTC).

    `why`: a command that is not over, a hold where an unlock would end it, a lockdown.
    """

    act: str
    subject: str
    session: str
    since: int
    name: str = ""
    action: Action = Action.UNLOCK
    why: str = "in_progress"


def busy_door(db: Database, door: str, action: Action = Action.UNLOCK, persons: int = 1) -> Taken | None:
    """Say what keeps such an act by so many persons from a door just now."""
    with db.read() as connection:
        return keeper(connection, door, action, persons)


def keeper(connection: Connection, door: str, action: Action, persons: int) -> Taken | None:
    """Say so in the caller's transaction."""
    return _kept_back(connection, door, action, persons) or _busy(connection, door)


def _kept_back(connection: Connection, door: str, action: Action, persons: int) -> Taken | None:
    """Find the order in force at a door that this act may not go against."""
    if action not in {Action.UNLOCK, Action.HOLD, Action.END_HOLD}:
        return None
    named = select(mode_lease, session.c.name).outerjoin(session, session.c.ref == mode_lease.c.session)
    rows = connection.execute(named.where(mode_lease.c.door == door, mode_lease.c.current)).all()
    found = {
        one.mode: (row, one) for row, one in ((row, decode_lease(row.state)) for row in rows) if one.in_force
    }
    if Mode.LOCKED_DOWN in found:
        by_two = action is Action.UNLOCK and persons > 1
        return None if by_two else _taken(*found[Mode.LOCKED_DOWN], "locked_down")
    if Mode.HELD in found and action is Action.UNLOCK:
        return _taken(*found[Mode.HELD], "held")
    return None


def _taken(row: Row[Any], one: Lease, why: str) -> Taken:
    action = Action.HOLD if one.mode is Mode.HELD else Action.LOCKDOWN
    whose = {"subject": row.subject, "session": row.session, "name": row.name or ""}
    return Taken(act=row.act, since=one.began, action=action, why=why, **whose)


def _busy(connection: Connection, door: str) -> Taken | None:
    row = connection.execute(select(flight).where(flight.c.door == door, flight.c.busy)).one_or_none()
    if row is None:
        return None
    whose = {"subject": row.subject, "session": row.session, "name": row.name}
    return Taken(act=row.act, since=row.requested, action=decode(row.state).action, **whose)
