"""Reads a filtered part of the log from its beginning to an end, in chunks: for files, not for screens.

Where most of the records are wanted they are read one after another; where few are, by the indexes that
pages of the log are read by. Each chunk is a transaction of its own: no long read keeps the WAL from
being taken over.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

import msgspec
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    LargeBinary,
    Select,
    Text,
    bindparam,
    cast,
    func,
    select,
)
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

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
CHUNK: Final = 800
# From one wanted record in so many on, all are looked at.
_DENSE: Final = 4
# In the order of ids; an aggregate of SQLite takes rows as a subquery orders them.
_LEAVES: Final = select(leaf.c.id, leaf.c.leaf).order_by(leaf.c.id)
_DETAILS: Final = select(detail.c.id, detail.c.body).order_by(detail.c.id)
_IDS: Final = func.json_each(bindparam("ids", "[]", Text)).table_valued("value")
_LEAVES_OF_IDS: Final = _LEAVES.where(leaf.c.id.in_(select(_IDS.c.value)))
_DETAILS_OF_IDS: Final = _DETAILS.where(detail.c.id.in_(select(_IDS.c.value)))
_DIALECT: Final = SQLiteDialect_pysqlite()
_FEW_PAGES: Final = "PRAGMA cache_size=-2048"
_encode: Final = msgspec.json.Encoder().encode
_numbers: Final = msgspec.json.Decoder(list[int]).decode
_pieces: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Some records in the order of ids; `leaves` and `details` are JSON arrays of what lies in the store.

    One piece of text instead of an object for each: to decode all at once costs half as much. `detailed` are
    the ids of those that have a detail.
    """

    ids: Sequence[int]
    leaves: bytes
    detailed: Sequence[int]
    details: bytes

    def __len__(self) -> int:
        """Count the records."""
        return len(self.ids)

    def __iter__(self) -> Iterator[Raw]:
        """Give the records one by one, byte for byte."""
        bodies = dict(zip(self.detailed, _pieces(self.details), strict=True))
        for number, sealed in zip(self.ids, _pieces(self.leaves), strict=True):
            body = bodies.get(number)
            yield number, bytes(sealed), None if body is None else bytes(body)


def chunks_of(db: Database, extract: Extract) -> Iterator[Chunk]:
    """Give all of an extract in the order of ids, chunk by chunk, none of them empty; raises StoreError."""
    part, dense, walk = extract.part, False, _Walk(extract)
    while True:
        with db.read() as connection:
            # What is read once from end to end needs no pages kept.
            connection.exec_driver_sql(_FEW_PAGES)
            if dense:
                reached = min(part.above + CHUNK, part.below - 1)
                chunk = walk.read(connection, part.above, reached)
            else:
                ids = read_ids(connection, extract.scope, part, CHUNK)
                chunk = _by_id(connection, ids)
                reached = ids[-1] if len(ids) == CHUNK else part.below
        if chunk:
            yield chunk
        dense = _walks(extract) and len(chunk) * _DENSE >= min(reached, part.below) - part.above
        part = part.after(reached)
        if part.empty:
            return


def rows_for(db: Database, extract: Extract) -> Iterator[Row]:
    """Give all of an extract row by row, in the order of ids: for what needs each with its proof."""
    for chunk in chunks_of(db, extract):
        with db.read() as connection:
            yield from rows_of(connection, chunk.ids)


def _walks(extract: Extract) -> bool:
    """Whether a row alone tells that it is wanted: who is in it stands elsewhere."""
    return extract.wanted.person is None


class _Walk:
    """Reads what is wanted of the next ids; its statements are written once, for that costs much."""

    def __init__(self, extract: Extract) -> None:
        wanted = Wanted.of(extract.scope, extract.wanted)
        conditions = (*wanted.conditions(None), *extract.part.conditions(leaf))
        self._leaves = _Joined(_within(_LEAVES, leaf.c.id).where(*conditions))

    def read(self, connection: Connection, above: int, last: int) -> Chunk:
        """Read what is wanted above an id, as far as another one."""
        values: dict[str, str | int] = {"above": above, "last": last}
        ids, leaves = self._leaves.read(connection, values)
        # To leave the others out costs less than to look up the leaf of each detail.
        others = frozenset(range(above + 1, last + 1)).difference(ids)
        but = {"ids": _encode(list(others)).decode()}
        detailed, details = _DETAILS_BUT.read(connection, values | but)
        return Chunk(ids=ids, leaves=leaves, detailed=detailed, details=details)


def _within(query: Select[Any], key: ColumnElement[int]) -> Select[Any]:
    return query.where(key > bindparam("above", 0, BigInteger), key <= bindparam("last", 0, BigInteger))


def _by_id(connection: Connection, ids: Sequence[int]) -> Chunk:
    values = {"ids": _encode(ids).decode()}
    found, leaves = _LEAVES_JOINED.read(connection, values)
    detailed, details = _DETAILS_JOINED.read(connection, values)
    return Chunk(ids=found, leaves=leaves, detailed=detailed, details=details)


class _Joined:
    """Reads ids and texts of JSON, by a statement that gives all of each as one JSON array."""

    def __init__(self, query: Select[Any]) -> None:
        rows = query.subquery("rows")
        number, text = rows.c
        joined = select(func.json_group_array(number), cast(func.group_concat(text), LargeBinary))
        written = joined.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
        self._text = str(written)
        self._names = tuple(written.positiontup or ())
        self._values = written.params

    def read(self, connection: Connection, values: Mapping[str, str | int]) -> tuple[Sequence[int], bytes]:
        given = self._values | values
        row = connection.exec_driver_sql(self._text, tuple(given[name] for name in self._names)).one()
        return _numbers(row[0]), b"[%b]" % (row[1] or b"")


_LEAVES_JOINED: Final = _Joined(_LEAVES_OF_IDS)
_DETAILS_BUT: Final = _Joined(_within(_DETAILS, detail.c.id).where(detail.c.id.not_in(select(_IDS.c.value))))
_DETAILS_JOINED: Final = _Joined(_DETAILS_OF_IDS)


def names_of(db: Database, people: Collection[str]) -> Mapping[str, str]:
    """Give the present names of people by number; who is not known has none."""
    query = select(person.c.id, person.c.name).where(person.c.id.in_(select(_IDS.c.value)))
    with db.read() as connection:
        found = connection.execute(query, {"ids": _encode(list(people)).decode()}).all()
    return {row.id: row.name for row in found}
