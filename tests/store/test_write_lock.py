"""The one write lock between processes: waited for with an end, and taken soon after it is free."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import StoreUnavailable
from store import sqlite
from store.database import Database
from tests.stores import new_store

KEEP = "INSERT INTO note (name, value) VALUES ('lock', 'mine')"


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    made = new_store(tmp_path / "data")
    yield made
    made.close()


@pytest.fixture
def other(db: Database) -> Iterator[sqlite3.Connection]:
    """Give another process's connection, which holds the lock."""
    connection = sqlite3.connect(db.file, isolation_level=None, check_same_thread=False)
    connection.execute("BEGIN IMMEDIATE")
    yield connection
    connection.close()


def write(db: Database) -> None:
    with db.write() as connection:
        connection.exec_driver_sql(KEEP)


def test_who_waits_writes_once_the_lock_is_free(
    db: Database, other: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked, looks = threading.Event(), 0

    def look(_seconds: float) -> None:
        nonlocal looks
        looks += 1
        if looks == 3:
            other.execute("COMMIT")
            looked.set()

    monkeypatch.setattr("store.sqlite.time.sleep", look)
    write(db)

    assert looked.is_set()
    assert looks == 3, "it is looked for again and again, and taken at the first look after"
    assert db.row("SELECT value FROM note WHERE name = 'lock'") == ("mine",)


def test_who_has_waited_long_enough_is_told_so(
    db: Database, other: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert other.in_transaction
    monkeypatch.setattr(sqlite, "BUSY_MS", 20)
    with pytest.raises(StoreUnavailable):
        write(db)

    other.execute("COMMIT")
    write(db)


def test_reading_waits_as_patiently_as_before(db: Database) -> None:
    write(db)

    assert db.row("PRAGMA busy_timeout") == (sqlite.BUSY_MS,)
