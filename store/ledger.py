"""The sealed tree on disk: `ledger.db`, beside the log, so that no append ever waits for a seal.

Hashes lie in tiles as C2SP tlog-tiles has them: 256 of 32 bytes each, level 0 those of leaves, each level
above the roots of whole tiles below. Only the sealer writes (`store.sealer`).
"""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from core.errors import ProofWrong, StoreUnavailable
from core.ledger import HASH_BYTES, consistency_path, inclusion_path, root_of, root_of_hashes
from store import sqlite
from store.database import Database

FILE_NAME: Final = "ledger.db"
TILE: Final = 256
_HEIGHT: Final = 8
_VERSION: Final = 1
_FILE_MODE: Final = 0o600
_SCHEMA: Final = """
CREATE TABLE tile (
  level INTEGER NOT NULL, number INTEGER NOT NULL, hashes BLOB NOT NULL, PRIMARY KEY (level, number)
) WITHOUT ROWID;
CREATE TABLE run (first_index INTEGER PRIMARY KEY, first_id INTEGER NOT NULL, length INTEGER NOT NULL);
CREATE TABLE checkpoint (
  size INTEGER PRIMARY KEY, at INTEGER NOT NULL, root BLOB NOT NULL, note BLOB NOT NULL
);
CREATE TABLE key (kid TEXT PRIMARY KEY, vkey TEXT NOT NULL, since INTEGER NOT NULL, at INTEGER NOT NULL);
"""
RUN_AT: Final = (
    "SELECT first_index, first_id, length FROM run WHERE first_index <= ? ORDER BY first_index DESC LIMIT 1"
)
_RUN_OF: Final = (
    "SELECT first_index, first_id, length FROM run WHERE first_id <= ? AND first_id + length > ? LIMIT 1"
)
_SIZE: Final = "SELECT coalesce(max(first_index + length), 0) FROM run"
_LATEST: Final = "SELECT size, at, root, note FROM checkpoint ORDER BY size DESC LIMIT 1"


@dataclass(frozen=True, slots=True)
class Seal:
    """A signed checkpoint as it is kept: how many leaves, when (µs UTC), their root, and the note."""

    size: int
    at: int
    root: bytes
    note: bytes


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive records at consecutive indexes."""

    first_index: int
    first_id: int
    length: int


@dataclass(frozen=True, slots=True)
class Inclusion:
    """What shows that a record is sealed: its place, the path from its hash to the root of a checkpoint."""

    record: int
    index: int
    seal: Seal
    path: tuple[bytes, ...]


def open_ledger(folder: Path) -> Database:
    """Open the tree of a data folder, made at the first use; raises StoreError."""
    file = folder / FILE_NAME
    try:
        with suppress(FileExistsError):
            os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, _FILE_MODE))
        with closing(sqlite3.connect(file, isolation_level=None)) as connection:
            connection.execute(f"PRAGMA busy_timeout={sqlite.BUSY_MS}")
            _prepare(connection)
    except OSError as error:
        raise StoreUnavailable(f"{file} can't be used: {error.strerror}") from error
    except sqlite3.Error as error:
        raise sqlite.translate(error) from error
    return Database(sqlite.make_engine(file), file)


def _prepare(connection: sqlite3.Connection) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > _VERSION:
        raise StoreUnavailable(f"{FILE_NAME} is of a newer Gatehouse than this one")
    if version < _VERSION:
        # Several processes start at once: who comes second finds it made.
        connection.execute("BEGIN IMMEDIATE")
        if connection.execute("PRAGMA user_version").fetchone()[0] < _VERSION:
            for statement in _SCHEMA.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version={_VERSION}")
        connection.execute("COMMIT")


class Tree:
    """The tree as of one moment; it reads each tile once; one thread's own."""

    def __init__(self, connection: Connection) -> None:
        """Read in this transaction."""
        self._connection = connection
        self._tiles: dict[tuple[int, int], bytes] = {}

    @property
    def size(self) -> int:
        """How many leaves are sealed."""
        return int(self._connection.exec_driver_sql(_SIZE).scalar_one())

    def tile(self, level: int, number: int) -> bytes:
        """Give the hashes of a tile one after the other, empty where there is none yet."""
        key = (level, number)
        if key not in self._tiles:
            query = "SELECT CAST(hashes AS BLOB) FROM tile WHERE level = ? AND number = ?"
            self._tiles[key] = self._connection.exec_driver_sql(query, key).scalar() or b""
        return self._tiles[key]

    def node(self, level: int, number: int) -> bytes:
        """Give the root of a whole subtree of 2**level leaves; raises ProofWrong where it is not kept."""
        within = level % _HEIGHT
        first = number << within
        hashes = self.tile(level // _HEIGHT, first >> _HEIGHT)
        start = (first % TILE) * HASH_BYTES
        some = hashes[start : start + (HASH_BYTES << within)]
        if len(some) != HASH_BYTES << within:
            raise ProofWrong(f"{FILE_NAME} lacks hashes of the log at {number << level}")
        return root_of_hashes(some)

    def root(self, size: int) -> bytes:
        """Compute the root over the first `size` leaves from what is kept."""
        return root_of(size, self.node)

    def path(self, index: int, size: int) -> tuple[bytes, ...]:
        """Give what shows that a leaf is in the tree of this size."""
        return inclusion_path(index, size, self.node)

    def growth(self, before: int, size: int) -> tuple[bytes, ...]:
        """Give what shows that the tree of this size begins with a smaller one."""
        return consistency_path(before, size, self.node)

    def index_of(self, record: int) -> int | None:
        """Say at which index a record is sealed; None where it is not (yet)."""
        row = self._connection.exec_driver_sql(_RUN_OF, (record, record)).one_or_none()
        return None if row is None else row.first_index + record - row.first_id

    def record_of(self, index: int) -> int | None:
        """Say which record is sealed at an index; None where none is."""
        row = self._connection.exec_driver_sql(RUN_AT, (index,)).one_or_none()
        inside = row is not None and index < row.first_index + row.length
        return row.first_id + index - row.first_index if row is not None and inside else None

    def runs(self) -> Sequence[Run]:
        """Give which records are at which indexes, in order."""
        query = "SELECT first_index, first_id, length FROM run ORDER BY first_index"
        return [Run(*row) for row in self._connection.exec_driver_sql(query)]

    def latest(self) -> Seal | None:
        """Give the newest checkpoint."""
        row = self._connection.exec_driver_sql(_LATEST).one_or_none()
        return None if row is None else Seal(*row)

    def seals(self) -> Iterator[Seal]:
        """Give every checkpoint that is kept, the smallest first."""
        query = "SELECT size, at, CAST(root AS BLOB), CAST(note AS BLOB) FROM checkpoint ORDER BY size"
        return (Seal(*row) for row in self._connection.exec_driver_sql(query))

    def seals_after(self, size: int, last: int, most: int) -> Sequence[Seal]:
        """Give the first `most` checkpoints that are kept of more than `size` and up to `last` leaves."""
        query = (
            "SELECT size, at, root, note FROM checkpoint WHERE size > ? AND size <= ? ORDER BY size LIMIT ?"
        )
        return [Seal(*row) for row in self._connection.exec_driver_sql(query, (size, last, most))]

    def seal_over(self, size: int) -> Seal | None:
        """Give the first checkpoint that is kept of at least so many leaves."""
        query = "SELECT size, at, root, note FROM checkpoint WHERE size >= ? ORDER BY size LIMIT 1"
        row = self._connection.exec_driver_sql(query, (size,)).one_or_none()
        return None if row is None else Seal(*row)

    def keys(self) -> Sequence[str]:
        """Give every public key of the sealer as its one word, the oldest first."""
        return list(self._connection.exec_driver_sql("SELECT vkey FROM key ORDER BY since, at").scalars())

    def inclusion(self, record: int, seal: Seal | None = None) -> Inclusion | None:
        """Show that a record is sealed, by the newest checkpoint or a given one; None where it is not."""
        index, seal = self.index_of(record), seal or self.latest()
        if index is None or seal is None or index >= seal.size:
            return None
        return Inclusion(record, index, seal, self.path(index, seal.size))


@contextmanager
def reading(ledger: Database) -> Iterator[Tree]:
    """Give the tree as it is now; raises StoreError."""
    with ledger.read() as connection:
        yield Tree(connection)
