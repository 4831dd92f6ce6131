"""Refused proofs of acts by session: each counted with its record, and what too many of them lock."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, select
from sqlalchemy.dialects.sqlite import insert

from core.leaf import Draft, Scalar
from core.records import Kind
from core.refusals import Effect, Refusals, forgive, refuse
from core.times import DAY_US
from store.database import Database
from store.log import append_within
from store.schema_acts import refusal
from store.schema_people import session

_KEPT_US: Final = DAY_US
_decode: Final = msgspec.json.Decoder(Refusals).decode


def acts_locked(db: Database, session_ref: str, now: int) -> bool:
    """Whether no proof of this session counts now."""
    with db.read() as connection:
        return _of(connection, session_ref).locked(now)


def count_refusal(db: Database, session_ref: str, *, refused: Draft, locked: Draft) -> None:
    """Count a refused proof with its record; `locked` is the record of a lock that begins by it.

    Too many during one lock are only counted; `close_refusals` tells of them.
    """
    now = refused.received
    with db.write() as connection:
        connection.execute(refusal.delete().where(refusal.c.at < now - _KEPT_US, refusal.c.due.is_(None)))
        after, effect = refuse(_of(connection, session_ref), now)
        _save(connection, session_ref, after, now)
        records = {Effect.TOLD: [refused], Effect.LOCKS: [refused, locked], Effect.COUNTED: []}
        append_within(connection, records[effect])


def forgive_refusals(db: Database, session_ref: str) -> None:
    """Forget what was refused before a good proof; most have nothing to forget, and need no lock for that."""
    with db.read() as connection:
        if not _of(connection, session_ref).times:
            return
    with db.write() as connection:
        after = forgive(_of(connection, session_ref))
        change = refusal.update().where(refusal.c.session == session_ref)
        connection.execute(change.values(state=msgspec.json.encode(after)))


def close_refusals(db: Database, now: int) -> int:
    """Record how many more proofs were shown in each lock that is over: the leader's chore; gives how many.

    `refs.count` is how many there were.
    """
    over = select(refusal).where(refusal.c.due <= now)
    with db.read() as connection:
        if connection.execute(over.limit(1)).first() is None:
            return 0
    with db.write() as connection:
        rows = connection.execute(over).all()
        append_within(connection, [_counted(connection, row, now) for row in rows])
        for row in rows:
            after = msgspec.structs.replace(_decode(row.state), untold=0)
            _save(connection, row.session, after, row.at)
    return len(rows)


def _counted(connection: Connection, row: Row[Any], now: int) -> Draft:
    who = select(session.c.subject, session.c.name, session.c.address).where(session.c.ref == row.session)
    found = connection.execute(who).one_or_none()
    refs: Mapping[str, Scalar] = {"session": row.session, "count": _decode(row.state).untold}
    return Draft(
        kind=Kind.OPERATOR_PROOF_REFUSED,
        received=now,
        reason="locked_out",
        refs=refs,
        private={} if found is None else dict(found._mapping),  # noqa: SLF001 - its public name
    )


def _of(connection: Connection, session_ref: str) -> Refusals:
    query = select(refusal.c.state).where(refusal.c.session == session_ref)
    state = connection.execute(query).scalar_one_or_none()
    return Refusals() if state is None else _decode(state)


def _save(connection: Connection, session_ref: str, one: Refusals, now: int) -> None:
    values = {"at": now, "due": one.due, "state": msgspec.json.encode(one)}
    row = insert(refusal).values(session=session_ref, **values)
    connection.execute(row.on_conflict_do_update(index_elements=["session"], set_=values))
