"""The open store: transactions for reading and for writing, with errors translated once."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from core.errors import StoreUnavailable
from store import sqlite
from store.patience import patience
from store.precedence import Precedence

FILE_NAME: Final = "gatehouse.db"
WAIT_S: Final = 5.0


class Database:
    """One store, safe to share between the threads of a process; never used on an event loop's thread."""

    def __init__(self, engine: Engine, file: Path) -> None:
        """Wrap an engine whose schema is current (`store.migrations.upgrade`)."""
        self.engine = engine
        self.file = file
        self.precedence = Precedence(file.parent)
        # SQLite's own waiting sleeps up to 100 ms; threads of one process queue here instead.
        self._writing = threading.Lock()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection on one snapshot; raises StoreError."""
        with self._transaction(write=False) as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a connection that holds the one write lock; commits at the end, raises StoreError.

        Waits as long as the task has patience (`store.patience`).
        """
        mine, began = patience(), time.monotonic()
        seconds = WAIT_S if mine is None else mine.left()
        if not self._writing.acquire(timeout=seconds):
            raise StoreUnavailable("the store is busy: try again")
        try:
            with self._transaction(write=True, until=None if mine is None else began + seconds) as connection:
                if mine is not None:
                    mine.note_wait(time.monotonic() - began)
                yield connection
        finally:
            self._writing.release()

    @contextmanager
    def _transaction(self, *, write: bool, until: float | None = None) -> Iterator[Connection]:
        try:
            with self.engine.connect() as connection:
                sqlite.begin(connection, write=write, until=until)
                yield connection
                connection.exec_driver_sql("COMMIT")
                connection.commit()
        except (SQLAlchemyError, sqlite3.Error) as error:
            raise sqlite.translate(error) from error

    def row(self, query: str, *values: bytes | str | int) -> tuple[Any, ...] | None:
        """Read one row by one statement (`?` for each value); raises StoreError.

        For what is asked with every request: it takes a tenth of a transaction's time, and types no values.
        """
        try:
            with closing(self.engine.raw_connection()) as connection, closing(connection.cursor()) as cursor:
                cursor.execute(query, values)
                found: tuple[Any, ...] | None = cursor.fetchone()
        except (SQLAlchemyError, sqlite3.Error) as error:
            raise sqlite.translate(error) from error
        return found

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()
