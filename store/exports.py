"""Exports as they stand: asked for, being built, ready, delivered, over; each step with its record.

A builder and a web process change the same rows: each step is one statement that takes the state it leaves.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, Update, select, update

from core.errors import ActRefused
from core.exports import ERASED, KEPT_US, MOST_WAITING, NOTHING, RESUMED_US, Delivered, Format, State
from core.leaf import Draft
from store.database import Database
from store.log import append_within
from store.schema_exports import export as table
from store.schema_people import session

_UNDER_WAY: Final = (State.QUEUED, State.BUILDING, State.READY)
_TOO_MANY: Final = "Too many exports of yours wait or are built: take one of them first, or wait a minute."


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """One export; `rows` is an estimate until it is built, `scope` is `core.exports.scope_text`.

    Times are µs UTC, 0 for what has not been; `trouble` is why it failed, and a reference into our log.
    """

    id: str
    subject: str
    session: str
    filter: str
    format: Format
    upto: int
    scope: str
    rows: int
    created: int
    state: State = State.QUEUED
    done: int = 0
    bytes: int = 0
    sha256: str = ""
    trouble: str = ""
    built: int = 0
    delivered: Delivered = NOTHING
    ended: int = 0
    expires: int = 0

    def takeable(self, now: int) -> bool:
        """Whether its file can be read at all; what was cut off at its end, for a moment after it."""
        there = self.state is State.READY and now < self.expires
        return there and (not self.ended or now < self.ended + RESUMED_US)

    def grants(self, now: int, first: int) -> bool:
        """Whether its file may be read from this byte on; once all has left, only from where it was cut."""
        return self.takeable(now) and (not self.ended or first > 0)


def add_export(db: Database, one: Export, intent: Draft) -> None:
    """Write the intent and the export as one; raises ActRefused where too many wait already."""
    row = {
        "id": one.id,
        "subject": one.subject,
        "session": one.session,
        "filter": one.filter,
        "format": one.format.value,
        "upto": one.upto,
        "scope": one.scope,
        "state": one.state.value,
        "rows": one.rows,
        "created": one.created,
    }
    with db.write() as connection:
        _need_few(connection, one.session)
        append_within(connection, [intent])
        connection.execute(table.insert(), row)


def need_few(db: Database, session_ref: str) -> None:
    """Raise ActRefused where a session has as many exports as it may."""
    with db.read() as connection:
        _need_few(connection, session_ref)


def _need_few(connection: Connection, session_ref: str) -> None:
    mine = select(table.c.id).where(
        table.c.session == session_ref, table.c.state.in_(_UNDER_WAY), table.c.ended.is_(None)
    )
    if len(connection.execute(mine).all()) >= MOST_WAITING:
        raise ActRefused("too_many_exports", _TOO_MANY)


def find_export(db: Database, name: str) -> Export | None:
    """Find an export, whoever's it is: who reads it looks whose it is."""
    with db.read() as connection:
        row = connection.execute(select(table).where(table.c.id == name)).one_or_none()
    return None if row is None else _export(row)


def exports_of(db: Database, session_ref: str) -> list[Export]:
    """Give the exports of a session, newest first."""
    query = select(table).where(table.c.session == session_ref).order_by(table.c.created.desc())
    with db.read() as connection:
        return [_export(row) for row in connection.execute(query).all()]


def waiting(db: Database) -> bool:
    """Whether anything is to be built, or was being built when its builder ended."""
    query = select(table.c.id).where(table.c.state.in_((State.QUEUED, State.BUILDING))).limit(1)
    with db.read() as connection:
        return connection.execute(query).first() is not None


def in_state(db: Database, state: State) -> list[Export]:
    """Give all exports in a state, oldest first."""
    query = select(table).where(table.c.state == state).order_by(table.c.created, table.c.id)
    with db.read() as connection:
        return [_export(row) for row in connection.execute(query).all()]


def take_next(db: Database, openable: Collection[str] = ()) -> Export | None:
    """Take the oldest that waits, to build it; of closed packages those whose passwords are known."""
    known = (table.c.format != Format.CLOSED_PACKAGE) | table.c.id.in_(openable)
    waits = select(table.c.id).where(table.c.state == State.QUEUED, known)
    oldest = waits.order_by(table.c.created, table.c.id)
    change = (
        update(table)
        .where(table.c.id == oldest.limit(1).scalar_subquery(), table.c.state == State.QUEUED)
        .values(state=State.BUILDING.value, done=0)
        .returning(*table.c)
    )
    with db.write() as connection:
        row = connection.execute(change).one_or_none()
    return None if row is None else _export(row)


def note_progress(db: Database, name: str, done: int) -> None:
    """Note how many records are written."""
    with db.write() as connection:
        connection.execute(update(table).where(table.c.id == name).values(done=done))


def finish(db: Database, one: Export, record: Draft) -> bool:
    """Take it that the file is whole, with its record; False where it is not being built any more."""
    values = {
        "state": State.READY.value,
        "rows": one.rows,
        "done": one.rows,
        "bytes": one.bytes,
        "sha256": one.sha256,
        "built": record.received,
        "expires": record.received + KEPT_US,
    }
    change = update(table).where(table.c.id == one.id, table.c.state == State.BUILDING)
    return _step(db, change.values(values), record)


def fail(db: Database, name: str, trouble: str, record: Draft) -> bool:
    """Take it that there will be no file, with the record of it."""
    change = update(table).where(table.c.id == name, table.c.state.in_((State.QUEUED, State.BUILDING)))
    return _step(db, change.values(state=State.FAILED.value, trouble=trouble), record)


def end(db: Database, name: str) -> None:
    """Take it that its file is gone."""
    with db.write() as connection:
        change = update(table).where(table.c.id == name, table.c.state == State.READY)
        connection.execute(change.values(state=State.OVER.value))


def take_back(connection: Connection) -> None:
    """Take it that each file that is built, or being built, is gone since somebody was erased."""
    change = update(table).where(table.c.state.in_((State.BUILDING, State.READY)))
    connection.execute(change.values(state=State.OVER.value, trouble=ERASED))


def forget_old(db: Database, before: int) -> None:
    """Forget exports that are over and were asked for before a time: their records stay."""
    done = table.c.state.in_((State.FAILED, State.OVER))
    with db.read() as connection:
        old = connection.execute(select(table.c.id).where(done, table.c.created < before).limit(1)).first()
    if old is not None:
        with db.write() as connection:
            connection.execute(table.delete().where(done, table.c.created < before))


def note_delivered(db: Database, name: str, between: tuple[int, int], record: Draft) -> None:
    """Note which bytes have left, with the record of it; the grant ends with the last one."""
    with db.write() as connection:
        row = connection.execute(select(table).where(table.c.id == name)).one_or_none()
        append_within(connection, [record])
        if row is None:
            return
        delivered = Delivered.read(row.delivered).add(*between)
        ended = row.ended or (record.received if delivered.whole(row.bytes) else None)
        change = update(table).where(table.c.id == name)
        connection.execute(change.values(delivered=delivered.text, ended=ended))


def need_writable(db: Database, name: str) -> None:
    """Raise StoreError where nothing could be recorded of an export now."""
    with db.write() as connection:
        connection.execute(update(table).where(table.c.id == name).values(done=table.c.rows))


def name_of(db: Database, session_ref: str) -> str:
    """Give the name of whose session this is or was, empty where nobody knows any more."""
    with db.read() as connection:
        query = select(session.c.name).where(session.c.ref == session_ref)
        return connection.execute(query).scalar_one_or_none() or ""


def _step(db: Database, change: Update, record: Draft) -> bool:
    """Make a change and its record one; False, and no record, where nothing is in the state for it."""
    with db.write() as connection:
        if connection.execute(change).rowcount == 0:
            return False
        append_within(connection, [record])
    return True


def _export(row: Row[Any]) -> Export:
    return Export(
        id=row.id,
        subject=row.subject,
        session=row.session,
        filter=row.filter,
        format=Format(row.format),
        upto=row.upto,
        scope=row.scope,
        rows=row.rows,
        created=row.created,
        state=State(row.state),
        done=row.done,
        bytes=row.bytes,
        sha256=row.sha256,
        trouble=row.trouble,
        built=row.built or 0,
        delivered=Delivered.read(row.delivered),
        ended=row.ended or 0,
        expires=row.expires or 0,
    )
