"""Reads the log and its tree side by side, for those who compare them.

Who tampers may store text where bytes were: it is read as the bytes that it is.
"""

import sqlite3
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Final

from sqlalchemy import Connection

from core.ledger import HASH_BYTES, leaf_hash
from core.verifying import TILE, Details, Row
from store.database import Database
from store.ledger import Run

_ROWS: Final = (
    "SELECT id, received, at, site, door, device, reason, kind, leaf "
    "FROM leaf WHERE id >= ? AND id < ? ORDER BY id"
)
_ROWS_AS_BYTES: Final = _ROWS.replace("leaf FROM", "CAST(leaf AS BLOB) FROM")
_DETAILS: Final = "SELECT id, person, body FROM detail WHERE id >= ? AND id < ?"
_LEAVES: Final = "SELECT id, CAST(leaf AS BLOB) FROM leaf WHERE id > ? ORDER BY id LIMIT ?"
_TILES: Final = (
    "SELECT number, CAST(hashes AS BLOB) FROM tile WHERE level = 0 AND number BETWEEN ? AND ? ORDER BY number"
)
_LAST: Final = "SELECT coalesce(max(id), 0) FROM leaf"
_FIRST: Final = "SELECT min(id) FROM leaf WHERE id > ?"
_LEAF: Final = "SELECT CAST(leaf AS BLOB) FROM leaf WHERE id = ?"
_TILES_AT_ONCE: Final = 512
_LEAVES_AT_ONCE: Final = 5_000
# So far behind its place a record is looked for.
_FAR: Final = 200_000


class LogBeside:
    """The log beside the first `size` leaves of its tree; each question is a transaction of its own."""

    def __init__(self, db: Database, ledger: Database, runs: Sequence[Run]) -> None:
        """Read both; nothing is read yet."""
        self._db, self._ledger, self._runs = db, ledger, runs
        self._starts = [one.first_index for one in runs]

    @property
    def size(self) -> int:
        """How many leaves are sealed."""
        return self._runs[-1].first_index + self._runs[-1].length if self._runs else 0

    @property
    def last(self) -> int:
        """The id of the log's last record, 0 where there is none."""
        with self._db.read() as connection:
            return int(connection.exec_driver_sql(_LAST).scalar_one())

    def record_of(self, index: int) -> int:
        """Give the id of what was sealed at an index."""
        run = self._runs[bisect_right(self._starts, index) - 1]
        return run.first_id + index - run.first_index

    def hash_of(self, record: int) -> bytes | None:
        """Hash the leaf that is in the log now; None where there is none."""
        with self._db.read() as connection:
            leaf = connection.exec_driver_sql(_LEAF, (record,)).scalar()
        return None if leaf is None else leaf_hash(leaf)

    def next_after(self, record: int) -> int | None:
        """Give the id of the first record after this one that is there."""
        with self._db.read() as connection:
            found: int | None = connection.exec_driver_sql(_FIRST, (record,)).scalar_one()
        return found

    def sealed(self, index: int) -> bytes:
        """Give the hash that was sealed at an index, b"" beyond the tree."""
        return self.hashes(index, index + 1) if index < self.size else b""

    def index_of(self, leaf: bytes, near: int) -> int | None:
        """Say where a hash was sealed: the first such place from an index on, or else the first of all."""
        found = self._index_of(leaf, near, self.size)
        return self._index_of(leaf, 0, near) if found is None else found

    def _index_of(self, leaf: bytes, begin: int, end: int) -> int | None:
        for first in range(begin, end, _TILES_AT_ONCE * TILE):
            some = self.hashes(first, min(end, first + _TILES_AT_ONCE * TILE))
            at = some.find(leaf)
            while at % HASH_BYTES and at >= 0:
                at = some.find(leaf, at + 1)
            if at >= 0:
                return first + at // HASH_BYTES
        return None

    def found_after(self, record: int, leaf: bytes) -> int | None:
        """Say which record not far after this one has a hash now."""
        for number, one in self.leaves(record, _FAR):
            if leaf_hash(one) == leaf:
                return number
        return None

    def leaves(self, after: int, most: int | None = None) -> Iterator[tuple[int, bytes]]:
        """Give the leaves after a record in order."""
        while most is None or most > 0:
            count = _LEAVES_AT_ONCE if most is None else min(most, _LEAVES_AT_ONCE)
            with self._db.read() as connection:
                some = raw(connection).execute(_LEAVES, (after, count)).fetchall()
            yield from some
            if len(some) < count:
                return
            after, most = some[-1][0], None if most is None else most - count

    def rows(self, first: int, end: int) -> tuple[list[Row], Details]:
        """Give the records from an id up to another, and their details, as of one moment."""
        with self._db.read() as connection:
            bare = raw(connection)
            details = {one: (person, body) for one, person, body in bare.execute(_DETAILS, (first, end))}
            rows = bare.execute(_ROWS, (first, end)).fetchall()
            if {type(row[8]) for row in rows} - {bytes}:
                rows = bare.execute(_ROWS_AS_BYTES, (first, end)).fetchall()
            return rows, details

    def hashes(self, first: int, end: int) -> bytes:
        """Give the sealed hashes from an index up to another; fewer where the tree lacks one."""
        start = first // TILE
        found, number = [], start
        with self._ledger.read() as connection:
            for number_there, some in raw(connection).execute(_TILES, (start, (end - 1) // TILE)):
                if number_there != number:
                    break
                found.append(some)
                number += 1
                if len(some) != TILE * HASH_BYTES:
                    break
        begin = (first - start * TILE) * HASH_BYTES
        return b"".join(found)[begin : begin + (end - first) * HASH_BYTES]


def raw(connection: Connection) -> sqlite3.Connection:
    """Give SQLite's own connection: a row by it costs a third of what it costs by SQLAlchemy."""
    found = connection.connection.driver_connection
    if not isinstance(found, sqlite3.Connection):
        raise TypeError(f"{type(found).__name__} is no connection to SQLite")
    return found
