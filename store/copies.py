"""Copies of the data folder's SQLite files, made while others write; and whether anybody has a store open."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from core.errors import StoreUnavailable
from store import sqlite
from store.database import FILE_NAME
from store.ledger import FILE_NAME as LEDGER_NAME

# Where a connection to a file in WAL mode holds a lock for as long as it is open (SQLite's "DMS" byte).
_OPEN_BYTE: Final = 128
_TROUBLES_TOLD: Final = 3
_NEWEST: Final = {
    FILE_NAME: "SELECT coalesce(max(id), 0) FROM leaf",
    LEDGER_NAME: "SELECT coalesce(max(size), 0) FROM checkpoint",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreHead:
    """How far a log goes: its schema, the newest record's id and when that was received (µs UTC)."""

    schema: str
    record: int
    received: int


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy to read, and how far it goes: the newest record's id, or the size of the newest checkpoint."""

    file: BinaryIO
    size: int
    newest: int


@contextmanager
def open_copy(file: Path, folder: Path) -> Iterator[Copy]:
    """Give a copy of one moment; nothing of it is left in `folder` however this process ends.

    Writers go on meanwhile; what they write waits in the file's WAL until the copy is made.
    Raises StoreError.
    """
    beside = folder / f".copy-{os.getpid()}-{file.name}"
    descriptor = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "rb") as copied:
        try:
            newest = _copy(file, beside)
        except sqlite3.Error as error:
            raise sqlite.translate(error) from error
        finally:
            beside.unlink(missing_ok=True)
        yield Copy(copied, os.fstat(descriptor).st_size, newest)


def _copy(file: Path, beside: Path) -> int:
    source = sqlite3.connect(f"file:{file}?mode=rw", uri=True, isolation_level=None)
    target = sqlite3.connect(beside)
    with closing(source), closing(target):
        # It is thrown away if anything goes wrong, so nothing need be undone, and its name may go at once.
        for pragma in ("journal_mode=OFF", "synchronous=OFF"):
            target.execute(f"PRAGMA {pragma}")
        beside.unlink()
        source.execute(f"PRAGMA busy_timeout={sqlite.BUSY_MS}")
        # What is read and what is copied are of one snapshot. It is copied in one step: in several it would
        # begin again at each commit of others, and never end.
        source.execute("BEGIN")
        newest = source.execute(_NEWEST[file.name]).fetchone()[0]
        source.backup(target)
    return int(newest)


def troubles_of(file: Path) -> tuple[str, ...]:
    """Say what SQLite finds wrong with a file that nobody writes to; nothing: it is whole."""
    try:
        with _still(file) as connection:
            found = connection.execute(f"PRAGMA integrity_check({_TROUBLES_TOLD})").fetchall()
    except sqlite3.Error as error:
        return (str(error),)
    return tuple(str(row[0]) for row in found if row[0] != "ok")


def head_of(file: Path) -> StoreHead:
    """Read how far a log goes that nobody writes to; raises StoreError."""
    try:
        with _still(file) as connection:
            schema = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            newest = connection.execute("SELECT id, received FROM leaf ORDER BY id DESC LIMIT 1").fetchone()
    except sqlite3.Error as error:
        raise sqlite.translate(error) from error
    record, received = newest or (0, 0)
    return StoreHead(schema=str(schema[0]), record=int(record), received=int(received))


def is_newer(schema: str) -> bool:
    """Whether a schema is of a later program than this one."""
    return not schema.isdigit() or int(schema) > int(sqlite.SCHEMA_VERSION)


def is_in_use(folder: Path) -> bool:
    """Whether any other process has this folder's store open; this one must have closed it.

    Raises StoreUnavailable.
    """
    try:
        handle = os.open(folder / f"{FILE_NAME}-shm", os.O_RDWR)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise StoreUnavailable(f"the data folder {folder} can't be used: {error.strerror}") from error
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _OPEN_BYTE)
    except (BlockingIOError, PermissionError):
        return True
    finally:
        os.close(handle)
    return False


@contextmanager
def _still(file: Path) -> Iterator[sqlite3.Connection]:
    """Open a file without making a WAL beside it."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True)) as connection:
        yield connection
