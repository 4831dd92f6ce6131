"""Which passkeys were added of late, for those who look after people."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection, select

from core.log_filter import LogFilter
from core.permissions import Permission, Scope
from core.records import Class, Kind
from core.times import DAY_US
from store.database import Database
from store.ranges import read_rows, since
from store.rows import Row
from store.schema_people import passkey
from store.views import private_of, refs_of

TOLD_FOR_US: Final = 7 * DAY_US
MOST: Final = 50
_ADDED: Final = LogFilter(kinds=frozenset({Kind.OPERATOR_PASSKEY_ADDED}))


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedPasskey:
    """A passkey as its record tells of it: whose, its name, and when (µs UTC) and from where it was added.

    `way` is by what they had shown that they may; `gone` is whether it was removed since. Texts are empty
    where the record's details were erased.
    """

    record: int
    subject: str
    person: str
    name: str
    way: str
    at: int
    address: str
    agent: str
    gone: bool


def added_lately(db: Database, scope: Scope, now: int) -> tuple[AddedPasskey, ...]:
    """Give the passkeys of the last seven days, those removed since among them, newest first, at most fifty.

    Only for the permission `people.manage` at the whole organisation: for others there are none.
    """
    if not scope.organisation or scope.permission is not Permission.PEOPLE_MANAGE:
        return ()
    start = now - TOLD_FOR_US
    about_operators = replace(scope, classes=frozenset({Class.OPERATOR}))
    with db.read() as connection:
        part = replace(since(connection, start), wanted=_ADDED)
        rows = [row for row in read_rows(connection, about_operators, part, MOST) if row.received > start]
        there = _there(connection)
    return tuple(_added(row, there) for row in rows)


def _there(connection: Connection) -> Mapping[str, str]:
    """Name every passkey that there is, as its person calls it now."""
    return {row.ref: row.name for row in connection.execute(select(passkey.c.ref, passkey.c.name))}


def _added(row: Row, there: Mapping[str, str]) -> AddedPasskey:
    private, refs = private_of(row), refs_of(row)
    ref = str(refs.get("passkey", ""))
    return AddedPasskey(
        record=row.id,
        subject=private.get("subject", ""),
        person=private.get("name", ""),
        name=there.get(ref, private.get("passkey", "")),
        way=str(refs.get("way", "")),
        at=row.received,
        address=private.get("address", ""),
        agent=private.get("agent", ""),
        gone=ref not in there,
    )
