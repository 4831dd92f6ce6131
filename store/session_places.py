"""Where a session has been used from beside where it was begun: a cookie that was stolen shows so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Final

from sqlalchemy import func, select

from core.leaf import Draft
from store.database import Database
from store.log import append_within
from store.schema_people import session, session_place

# Whoever roams further is told of by the records alone.
_MOST: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPlace:
    """An address and browser that a session was used from, first and last when (µs UTC)."""

    session: str
    address: str
    agent: str
    first: int
    last: int


def note_place(db: Database, place: SessionPlace, record: Draft) -> None:
    """Note that a session is used from there, with the record when that is new; nothing of one that ended."""
    keys = {"session": place.session, "address": place.address, "agent": place.agent}
    here = [session_place.c[name] == value for name, value in keys.items()]
    alive = select(session.c.ref).where(session.c.ref == place.session, session.c.ended.is_(None))
    counted = select(func.count()).where(session_place.c.session == place.session)
    with db.write() as connection:
        if connection.execute(session_place.update().where(*here).values(last=place.last)).rowcount:
            return
        if connection.execute(alive).first() is None or connection.execute(counted).scalar_one() >= _MOST:
            return
        connection.execute(session_place.insert(), {**keys, "first": place.first, "last": place.last})
        append_within(connection, [record])


def places_of(db: Database, refs: Sequence[str]) -> Mapping[str, Sequence[SessionPlace]]:
    """Give the other places of these sessions, by session, who came last first."""
    wanted = select(session_place).where(session_place.c.session.in_(list(refs)))
    ordered = wanted.order_by(session_place.c.session, session_place.c.last.desc())
    with db.read() as connection:
        found = [SessionPlace(**row._asdict()) for row in connection.execute(ordered)]
    return {ref: tuple(mine) for ref, mine in groupby(found, key=attrgetter("session"))}
