"""The open store: transactions for reading and for writing, with errors translated once."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from core.errors import StoreUnavailable
from store import sqlite

FILE_NAME: Final = "gatehouse.db"
WAIT_S: Final = 5.0


class Database:
    """One store, safe to share between the threads of a process; never used on an event loop's thread."""

    def __init__(self, engine: Engine, file: Path) -> None:
        """Wrap an engine whose schema is current (`store.migrations.upgrade`)."""
        self.engine = engine
        self.file = file
        # SQLite's own waiting sleeps up to 100 ms; threads of one process queue here instead.
        self._writing = threading.Lock()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection on one snapshot; raises StoreError."""
        with self._transaction(write=False) as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a connection that holds the one write lock; commits at the end, raises StoreError."""
        if not self._writing.acquire(timeout=WAIT_S):
            raise StoreUnavailable("the store is busy: try again")
        try:
            with self._transaction(write=True) as connection:
                yield connection
        finally:
            self._writing.release()

    @contextmanager
    def _transaction(self, *, write: bool) -> Iterator[Connection]:
        try:
            with self.engine.connect() as connection:
                sqlite.begin(connection, write=write)
                yield connection
                connection.exec_driver_sql("COMMIT")
                connection.commit()
        except (SQLAlchemyError, sqlite3.Error) as error:
            raise sqlite.translate(error) from error

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()
