"""Reads a filtered part of the log from its beginning to an end, in chunks: for files, not for screens.

Where most of the records are wanted they are read one after another; where few are, by the indexes that
pages of the log are read by. Each chunk is a transaction of its own: no long read keeps the WAL from
being taken over.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

import msgspec
from sqlalchemy import Connection, Select, Text, bindparam, func, select

from core.errors import NotPermitted
from core.feeds import OPEN_END
from core.log_filter import AsOf, LogFilter
from core.permissions import Permission, Scope
from store.database import Database
from store.ranges import Part, read_ids
from store.rows import Row, rows_of
from store.schema import detail, leaf, person
from store.wanted import Wanted

# At so many a chunk, what they take in memory is small beside the process itself.
CHUNK: Final = 2_000
# From one wanted record in so many on, all are looked at.
_DENSE: Final = 4
_RAW: Final = (
    select(leaf.c.id, leaf.c.leaf, detail.c.body)
    .outerjoin(detail, detail.c.id == leaf.c.id)
    .order_by(leaf.c.id)
)
_IDS: Final = func.json_each(bindparam("ids", type_=Text)).table_valued("value")
_OF_IDS: Final = _RAW.where(leaf.c.id.in_(select(_IDS.c.value)))
_FEW_PAGES: Final = "PRAGMA cache_size=-2048"
_NO_VALUES: Final[Mapping[str, str]] = {}
_encode: Final = msgspec.json.Encoder().encode


# A record as it lies: its id, its leaf as sealed, and its detail.
Raw: TypeAlias = tuple[int, bytes, bytes | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Extract:
    """What is to be read: a filter with absolute times within a scope, up to and with a record."""

    scope: Scope
    wanted: LogFilter
    upto: int

    @property
    def part(self) -> Part:
        """The part of the log, oldest first; raises NotPermitted for live.view."""
        if self.scope.permission is Permission.LIVE_VIEW:
            raise NotPermitted("watching live is not reading the log")
        part = Part(wanted=self.wanted, newest_first=False).before(self.upto + 1)
        span = self.wanted.span
        if span is None:
            return part
        since, until = span.bounds(AsOf(0))
        return replace(part, at=(since, OPEN_END if until is None else until))


def chunks_of(db: Database, extract: Extract) -> Iterator[Sequence[Raw]]:
    """Give all of an extract in the order of ids, chunk by chunk, none of them empty; raises StoreError."""
    part, dense = extract.part, False
    while True:
        with db.read() as connection:
            # What is read once from end to end needs no pages kept.
            connection.exec_driver_sql(_FEW_PAGES)
            if dense:
                rows, reached = _one_by_one(connection, extract, part)
            else:
                ids = read_ids(connection, extract.scope, part, CHUNK)
                rows = _by_id(connection, ids)
                reached = ids[-1] if len(ids) == CHUNK else part.below
        if rows:
            yield rows
        dense = _walks(extract) and len(rows) * _DENSE >= min(reached, part.below) - part.above
        part = part.after(reached)
        if part.empty:
            return


def rows_for(db: Database, extract: Extract) -> Iterator[Row]:
    """Give all of an extract row by row, in the order of ids: for what needs each with its proof."""
    for chunk in chunks_of(db, extract):
        with db.read() as connection:
            yield from rows_of(connection, [one[0] for one in chunk])


def _walks(extract: Extract) -> bool:
    """Whether a row alone tells that it is wanted: who is in it stands elsewhere."""
    return extract.wanted.person is None


def _one_by_one(connection: Connection, extract: Extract, part: Part) -> tuple[Sequence[Raw], int]:
    """Read what is wanted of the next ids, and say how far that goes."""
    end = min(part.above + CHUNK, part.below - 1)
    wanted = Wanted.of(extract.scope, extract.wanted)
    here = part.before(end + 1)
    conditions = (*wanted.conditions(None), *here.conditions(leaf))
    query: Select[Any] = _RAW.where(leaf.c.id > here.above, leaf.c.id < here.below, *conditions)
    return _raws(connection, query), end


def _by_id(connection: Connection, ids: Sequence[int]) -> Sequence[Raw]:
    return _raws(connection, _OF_IDS, {"ids": _encode(ids).decode()}) if ids else ()


def _raws(
    connection: Connection, query: Select[Any], values: Mapping[str, str] = _NO_VALUES
) -> Sequence[Raw]:
    """Take rows as the driver gives them: to make more of a million of them would cost as much again."""
    found: Sequence[Raw] = connection.execute(query, values).cursor.fetchall()
    return found


def names_of(db: Database, people: Collection[str]) -> Mapping[str, str]:
    """Give the present names of people by number; who is not known has none."""
    query = select(person.c.id, person.c.name).where(person.c.id.in_(select(_IDS.c.value)))
    with db.read() as connection:
        found = connection.execute(query, {"ids": _encode(list(people)).decode()}).all()
    return {row.id: row.name for row in found}
