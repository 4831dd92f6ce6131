"""Opens the store in a data folder: private files, current schema."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from sqlalchemy.exc import DBAPIError

from core.errors import StoreUnavailable
from store import sqlite
from store.database import FILE_NAME, Database
from store.leftovers import remove_leftovers

_FOLDER_MODE: Final = 0o700
_FILE_MODE: Final = 0o600


def open_database(folder: Path) -> Database:
    """Open (and on first use create) the store of this folder; raises StoreError."""
    try:
        _private(folder)
        remove_leftovers(folder)
        with _one_at_a_time(folder):
            return _open(folder / FILE_NAME)
    except OSError as error:
        message = f"the data folder {folder} can't be used: {error.strerror}"
        raise StoreUnavailable(message) from error
    except (DBAPIError, sqlite3.Error) as error:
        raise sqlite.translate(error) from error


def _open(file: Path) -> Database:
    # Alembic is slow to import and needed only where the schema is behind.
    engine = sqlite.make_engine(file)
    if sqlite.schema_version(file) != sqlite.SCHEMA_VERSION:
        from store.migrations import upgrade  # noqa: PLC0415

        upgrade(engine)
    return Database(engine, file)


def _private(folder: Path) -> None:
    folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
    folder.chmod(_FOLDER_MODE)
    # Only a file that is not there yet: to close a file is to drop all of a process's locks on it, and
    # another connection of this process would go on without any.
    with suppress(FileExistsError):
        os.close(os.open(folder / FILE_NAME, os.O_RDWR | os.O_CREAT | os.O_EXCL, _FILE_MODE))


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Hold the migration lock, since several processes open the store at start."""
    with (folder / ".migration").open("w") as lock:
        os.fchmod(lock.fileno(), _FILE_MODE)
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
