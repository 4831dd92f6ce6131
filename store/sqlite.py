"""What only SQLite understands: pragmas, the write lock, append-only triggers, the version of the file."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, MultipleResultsFound, NoResultFound, SQLAlchemyError, StatementError
from sqlalchemy.pool import QueuePool

from core.errors import StoreDamaged, StoreError, StoreFull, StoreRefused, StoreUnavailable

BUSY_MS: Final = 2_000
# How often to look whether the write lock is free.
LOOK_S: Final = 0.001
# How long to wait for one of the pool's connections.
POOL_S: Final = 5
_PRAGMAS: Final = (
    "PRAGMA journal_mode=WAL",
    # FULL: an acknowledged message has reached the disk, not only the page cache.
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",
    f"PRAGMA busy_timeout={BUSY_MS}",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-16384",
)
SCHEMA_VERSION: Final = "0015"
# The third is for INSERT OR REPLACE, which deletes without telling the trigger for DELETE.
APPEND_ONLY: Final = tuple(
    f"CREATE TRIGGER leaf_no_{verb.lower()} BEFORE {when} "
    "BEGIN SELECT RAISE(ABORT, 'leaves are append-only'); END"
    for verb, when in (
        ("UPDATE", "UPDATE ON leaf"),
        ("DELETE", "DELETE ON leaf"),
        ("REPLACE", "INSERT ON leaf WHEN NEW.id <= (SELECT max(id) FROM leaf)"),
    )
)
_FULL: Final = frozenset({"SQLITE_FULL"})
_DAMAGED: Final = ("SQLITE_IOERR", "SQLITE_CORRUPT", "SQLITE_NOTADB")
_CONTRADICTS: Final = ("SQLITE_CONSTRAINT", "SQLITE_MISMATCH", "SQLITE_TOOBIG")
# Found by SQLAlchemy itself: as little helped by another try.
_NEVER: Final = (NoResultFound, MultipleResultsFound, StatementError)


def make_engine(file: Path) -> Engine:
    """Open the file with our pragmas; each transaction is begun by us, since pysqlite begins too late."""
    engine = create_engine(
        f"sqlite:///{file}", poolclass=QueuePool, pool_size=8, max_overflow=8, pool_timeout=POOL_S
    )
    event.listen(engine, "connect", _on_connect)
    return engine


def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def begin(connection: Connection, *, write: bool, until: float | None = None) -> None:
    """Start a transaction: a snapshot for reading, or at once the one write lock.

    `until` is how long to wait for that, in the time of `time.monotonic`; None: as usual.
    """
    if not write:
        connection.exec_driver_sql("BEGIN")
        return
    raw = connection.connection.driver_connection
    if not isinstance(raw, sqlite3.Connection):
        raise TypeError(f"{type(raw).__name__} is no connection to SQLite")
    raw.execute("PRAGMA busy_timeout=0")
    try:
        _take_lock(raw, time.monotonic() + BUSY_MS / 1_000 if until is None else until)
    finally:
        raw.execute(f"PRAGMA busy_timeout={BUSY_MS}")


def _take_lock(raw: sqlite3.Connection, deadline: float) -> None:
    """Try again each millisecond: SQLite's own waiting sleeps for up to a tenth of a second.

    Who sleeps so long beside a process that writes a hundred times a second finds the lock taken as often as
    not, each time.
    """
    while True:
        try:
            raw.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            busy = str(error.sqlite_errorname).startswith("SQLITE_BUSY")
            if not busy or time.monotonic() > deadline:
                raise
            time.sleep(LOOK_S)
        else:
            return


def schema_version(file: Path) -> str | None:
    """Read which migration the file stands at, without SQLAlchemy or Alembic; None for a new one."""
    with closing(sqlite3.connect(file)) as connection:
        try:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.OperationalError:
            return None
    return str(row[0]) if row else None


def translate(error: SQLAlchemyError | sqlite3.Error) -> StoreError:
    """Say what an error of SQLite or of the pool means for the caller."""
    cause: Any = error.orig if isinstance(error, DBAPIError) else error
    name = str(getattr(cause, "sqlite_errorname", ""))
    if name in _FULL:
        return StoreFull("the disk is full: make room in the data folder")
    if name.startswith(_DAMAGED):
        return StoreDamaged(f"the database file can't be trusted ({name}): look at the disk")
    if name.startswith(_CONTRADICTS) or isinstance(cause, _NEVER):
        return StoreRefused(f"this contradicts what is in the store ({name or type(cause).__name__})")
    return StoreUnavailable(f"the store did not do it ({name or cause}): try again")


class VersionWatch:
    """Tells cheaply (5 µs) that another connection has committed; one thread's own, read-only."""

    def __init__(self, file: Path) -> None:
        """Open a connection of its own, since `data_version` compares within one connection."""
        try:
            self._connection = sqlite3.connect(
                f"file:{file}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
            )
            self._connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
        except sqlite3.Error as error:
            raise translate(error) from error
        self._cursor = self._connection.cursor()
        self._seen = -1

    def changed(self) -> bool:
        """Whether somebody has committed since the last call; True at the first; raises StoreError."""
        version = self._number("PRAGMA data_version")
        fresh: bool = version != self._seen
        self._seen = version
        return fresh

    def head(self) -> int:
        """Give the id of the newest record; spares a reader the commits that wrote none."""
        return self._number("SELECT coalesce(max(id), 0) FROM leaf")

    def _number(self, query: str) -> int:
        try:
            number: int = self._cursor.execute(query).fetchone()[0]
        except sqlite3.Error as error:
            raise translate(error) from error
        return number

    def close(self) -> None:
        """Let the file go."""
        self._connection.close()
