"""What is recorded about a signed-in person: sign-ins, refusals and acts, for themselves to read."""

from dataclasses import replace
from typing import Final

import msgspec

from core.permissions import Permission, Scope
from core.records import Class
from core.times import DAY_US
from store.database import Database
from store.ranges import read_rows, since
from store.rows import Row
from store.views import private_of, rec_of, refs_of

MOST: Final = 20
LATELY_US: Final = 7 * DAY_US
# How many of the newest records about anybody are looked through: there is no index by operator.
_LOOKED_AT: Final = 2_000


class OwnRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record about oneself; `address` and `agent` tell which browser, `by` who else did it (µs UTC)."""

    id: int
    label: str
    severity: str
    at: int
    reason: str | None
    page: str | None
    address: str | None
    agent: str | None
    by: str | None


def own_records(db: Database, scope: Scope, subject: str, now: int) -> tuple[OwnRecord, ...]:
    """Give what was recorded about this person in the last seven days, newest first, twenty at most.

    Where operators do very much, only the newest days of theirs are looked through.
    The scope is that of the permission `self`: of anybody else there is nothing, whatever else they may read.
    """
    if scope.permission is not Permission.SELF:
        return ()
    about_operators = replace(
        scope, organisation=True, classes=frozenset({Class.OPERATOR, Class.ORGANISATION})
    )
    with db.read() as connection:
        part = since(connection, now - LATELY_US)
        rows = read_rows(connection, about_operators, part, _LOOKED_AT)
    mine = ((row, private) for row in rows if (private := private_of(row)).get("subject") == subject)
    return tuple(_own(row, private) for (row, private), _ in zip(mine, range(MOST), strict=False))


def _own(row: Row, private: dict[str, str]) -> OwnRecord:
    record, page = rec_of(row, named=False), refs_of(row).get("page")
    return OwnRecord(
        id=row.id,
        label=record.label,
        severity=record.severity,
        at=row.received,
        reason=record.reason,
        page=page if isinstance(page, str) else None,
        address=private.get("address"),
        agent=private.get("agent"),
        by=private.get("by"),
    )
