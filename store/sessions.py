"""Sessions as rows. The cookie's value is never here, only its SHA-256; an end and its record are one."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, bindparam, select, update
from sqlalchemy.dialects import sqlite

from core.leaf import Draft
from core.records import Kind
from core.times import DAY_US
from store.claims import release_of_sessions
from store.database import Database
from store.known import KnownPerson, note_person
from store.log import append_within
from store.schema_people import session, session_place

_KEPT_AFTER_END_US: Final = 30 * DAY_US
_REFS_A_QUERY: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """One signed-in browser; times are µs UTC, `idle_after` is a duration in µs.

    `provider` is empty for accounts of our own, `sid` is its name for the session, `proven` is "mfa" where a
    second factor was shown, `lacking` names the claim that should have told groups.
    """

    ref: str
    subject: str
    name: str
    groups: tuple[str, ...]
    created: int
    active: int
    idle_after: int
    ends: int
    address: str
    agent: str
    provider: str = ""
    sid: str = ""
    proven: str = ""
    lacking: str = ""
    ended: int | None = None
    ended_reason: str | None = None


_FIELDS: Final = [session.c[name] for name in SessionRow.__dataclass_fields__]
_BY_HASH: Final = str(
    select(*_FIELDS).where(session.c.hash == bindparam("hash")).compile(dialect=sqlite.dialect())
)
_BY_REF: Final = str(
    select(*_FIELDS).where(session.c.ref == bindparam("ref")).compile(dialect=sqlite.dialect())
)


def add_session(
    db: Database,
    row: SessionRow,
    hashed: bytes,
    *,
    who: KnownPerson,
    records: Sequence[Draft],
    replaces: str | None,
) -> None:
    """Store a new session with its records and whose it is, and end the one it replaces, as one."""
    with db.write() as connection:
        _prune(connection, row.created)
        if replaces is not None:
            end_within(connection, [replaces], "replaced", row.created)
        values = {name: getattr(row, name) for name in SessionRow.__dataclass_fields__}
        connection.execute(session.insert(), values | {"hash": hashed, "groups": _packed(row.groups)})
        note_person(connection, who)
        append_within(connection, list(records))


def session_by_hash(db: Database, hashed: bytes) -> SessionRow | None:
    """Find a session by its cookie's hash, ended or not."""
    return _one(db.row(_BY_HASH, hashed))


def session_by_ref(db: Database, ref: str) -> SessionRow | None:
    """Find a session by its public name, ended or not."""
    return _one(db.row(_BY_REF, ref))


def sessions_by_ref(db: Database, refs: Sequence[str]) -> list[SessionRow]:
    """Find those of these sessions that exist, ended or not."""
    found: list[SessionRow] = []
    with db.read() as connection:
        for start in range(0, len(refs), _REFS_A_QUERY):
            chunk = refs[start : start + _REFS_A_QUERY]
            found += map(_row, connection.execute(select(*_FIELDS).where(session.c.ref.in_(chunk))))
    return found


def open_sessions(db: Database, subject: str) -> list[SessionRow]:
    """Give a person's sessions that have not ended, newest first."""
    wanted = select(*_FIELDS).where(session.c.subject == subject, session.c.ended.is_(None))
    with db.read() as connection:
        return [_row(row) for row in connection.execute(wanted.order_by(session.c.created.desc()))]


def open_sessions_of(
    db: Database, subjects: Collection[str], now: int
) -> Mapping[str, tuple[SessionRow, ...]]:
    """Give, by person, the sessions that neither have ended nor are over, newest first."""
    mine = session.c.subject.in_(list(subjects)) & session.c.ended.is_(None) & (session.c.ends > now)
    found: dict[str, tuple[SessionRow, ...]] = {}
    with db.read() as connection:
        for row in connection.execute(select(*_FIELDS).where(mine).order_by(session.c.created.desc())):
            found[row.subject] = (*found.get(row.subject, ()), _row(row))
    return found


def note_activity(db: Database, ref: str, now: int) -> None:
    """Note human input; never moves back, and never wakes what has ended or gone idle."""
    awake = (session.c.active < now) & (session.c.active + session.c.idle_after > now)
    mine = (session.c.ref == ref) & session.c.ended.is_(None) & awake
    with db.write() as connection:
        connection.execute(update(session).where(mine).values(active=now))


def end_sessions(db: Database, refs: Collection[str], reason: str, now: int) -> tuple[str, ...]:
    """End these sessions, each with its record; gives those that had not ended before."""
    with db.write() as connection:
        return end_within(connection, refs, reason, now)


def end_sessions_of(
    connection: Connection,
    subject: str,
    reason: str,
    now: int,
    *,
    except_ref: str | None = None,
    by: str = "",
) -> tuple[str, ...]:
    """End every session of a person in the caller's transaction, but for one; `by` is who else did it."""
    mine = select(session.c.ref).where(session.c.subject == subject, session.c.ended.is_(None))
    refs = [ref for ref in connection.execute(mine).scalars() if ref != except_ref]
    return end_within(connection, refs, reason, now, by=by)


def end_sessions_for(db: Database, subject: str, reason: str, now: int, *, by: str) -> tuple[str, ...]:
    """End every session of a person for somebody else, each with a record of who that was."""
    with db.write() as connection:
        return end_sessions_of(connection, subject, reason, now, by=by)


def end_all_sessions(db: Database, reason: str, now: int, *, by: str) -> tuple[str, ...]:
    """End whatever session is not over, each with a record of who did it."""
    going_on = select(session.c.ref).where(session.c.ended.is_(None), session.c.ends > now)
    with db.write() as connection:
        refs = list(connection.execute(going_on).scalars())
        chunks = (refs[start : start + _REFS_A_QUERY] for start in range(0, len(refs), _REFS_A_QUERY))
        return tuple(ref for chunk in chunks for ref in end_within(connection, chunk, reason, now, by=by))


def regroup_sessions_of(connection: Connection, subject: str, groups: Iterable[str]) -> None:
    """Give a person's open sessions other groups in the caller's transaction: rights change at once."""
    mine = (session.c.subject == subject) & session.c.ended.is_(None)
    connection.execute(update(session).where(mine).values(groups=_packed(groups)))


def end_within(
    connection: Connection, refs: Collection[str], reason: str, now: int, *, by: str = ""
) -> tuple[str, ...]:
    """End these sessions in the caller's transaction; gives those that had not ended before."""
    still_open = session.c.ref.in_(list(refs)) & session.c.ended.is_(None)
    change = update(session).where(still_open).values(ended=now, ended_reason=reason)
    rows = connection.execute(change.returning(*_FIELDS)).all()
    append_within(connection, [end_record(_row(row), reason, now, by=by) for row in rows])
    release_of_sessions(connection, [row.ref for row in rows], now)
    return tuple(row.ref for row in rows)


def end_record(row: SessionRow, reason: str, now: int, *, by: str = "") -> Draft:
    """Make the record of a session's end, and of who did it for the person."""
    kind = Kind.OPERATOR_SIGNED_OUT if reason == "signed_out" else Kind.OPERATOR_SESSION_ENDED
    who = {"subject": row.subject, "name": row.name, "address": row.address} | ({"by": by} if by else {})
    refs = {"session": row.ref}
    if row.provider:
        refs["provider"] = row.provider
        who |= {"sid": row.sid} if row.sid else {}
    return Draft(kind=kind, received=now, reason=reason, refs=refs, private=who)


def _prune(connection: Connection, now: int) -> None:
    # Names and addresses of sessions long ended are the log's business, not this table's.
    old = session.c.ends < now - _KEPT_AFTER_END_US
    gone = select(session.c.ref).where(old)
    connection.execute(session_place.delete().where(session_place.c.session.in_(gone)))
    connection.execute(session.delete().where(old))


def _packed(groups: Iterable[str]) -> bytes:
    return msgspec.json.encode(list(groups))


def _one(row: tuple[Any, ...] | None) -> SessionRow | None:
    return None if row is None else _made(dict(zip(SessionRow.__dataclass_fields__, row, strict=True)))


def _row(row: Row[Any]) -> SessionRow:
    return _made(row._asdict())


def _made(values: dict[str, Any]) -> SessionRow:
    return SessionRow(**values | {"groups": tuple(msgspec.json.decode(values["groups"], type=list[str]))})
