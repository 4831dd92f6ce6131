"""Text that no row holds any more is overwritten where SQLite left it, and nothing else is."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from unittest.mock import Mock

import pytest

from core.errors import StoreRefused
from store import scrubbing
from store.database import Database
from store.scrubbing import scrub
from store.sqlite import make_engine
from tests.store.building import build_estate
from tests.store.erasable import MARK, fill, in_files, leaves
from tests.store.words import table
from tests.stores import new_store

PAGE = 4_096
LEFT = b"Left Over Person"


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    opened = new_store(tmp_path / "data")
    build_estate(opened)
    fill(opened, people=50, each=10)
    assert scrub(opened, seconds=5)
    yield opened
    opened.close()


def leave_behind(db: Database) -> int:
    """Write text between the rows of pages, as SQLite does where it moves rows; gives in how many."""
    descriptor = scrubbing._descriptor(db.file)
    pages = 0
    for offset in range(PAGE, os.fstat(descriptor).st_size, PAGE):
        page = os.pread(descriptor, PAGE, offset)
        header = {0x02: 12, 0x05: 12, 0x0A: 8, 0x0D: 8}.get(page[0])
        if header is not None:
            count, content = (int.from_bytes(page[n : n + 2], "big") for n in (3, 5))
            start, end = header + 2 * count, content or 65_536
            if end - start > len(LEFT) + 8:
                os.pwrite(descriptor, LEFT, offset + start + 4)
                pages += 1
    return pages


def is_sound(db: Database) -> bool:
    with closing(db.engine.raw_connection()) as connection:
        return bool(connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)])


def test_what_lies_between_rows_is_overwritten_and_every_row_is_as_it_was(db: Database) -> None:
    before = leaves(db, 500), table(db, "detail"), table(db, "person_record")
    assert leave_behind(db) > 20
    assert in_files(db.file.parent, LEFT.decode()) == ["gatehouse.db"]

    assert scrub(db, seconds=5)

    assert in_files(db.file.parent, LEFT.decode()) == []
    assert is_sound(db)
    assert (leaves(db, 500), table(db, "detail"), table(db, "person_record")) == before


def test_a_connection_that_had_read_the_page_before_does_not_bring_it_back(db: Database) -> None:
    leave_behind(db)
    with closing(db.engine.raw_connection()) as other:
        other.execute("SELECT sum(length(name)) FROM person").fetchall()
        assert scrub(db, seconds=5)
        other.execute("UPDATE person SET sought = sought || '!'")
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    assert in_files(db.file.parent, LEFT.decode()) == []
    assert MARK in str(table(db, "person"))


def test_while_others_write_it_still_comes_to_an_end(db: Database) -> None:
    leave_behind(db)
    with db.write() as connection:
        connection.exec_driver_sql("UPDATE person SET sought = sought || '!'")
        assert not scrub(db, seconds=0)

    assert scrub(db, seconds=5)
    assert in_files(db.file.parent, LEFT.decode()) == []


@pytest.mark.parametrize(
    ("page", "rest"),
    [
        (b"\x0d\0\0\0\1\x0f\xf0\0" + b"\x0f\xf0" + b"name" + bytes(PAGE - 14), (10, 0xFF0)),
        (b"\x0d\0\0\0\1\x0f\xf0\0" + b"\x0f\xf0" + b"\x0f\xe1\x0e\xd2" + bytes(PAGE - 14), None),
        (b"\x0d\0\0\x0f\xff\x0f\xf0\0" + b"name" * 1_022, None),
        (b"\x0d\0\x20\0\1\x0f\xf0\0" + b"\x0f\xf0" + b"name" + bytes(PAGE - 14), None),
        (b"\x00\0\0\0\1\x0f\xf0\0" + b"name" * 1_022, None),
    ],
    ids=["text", "pointers alone", "too many cells", "a free block outside", "no page of rows"],
)
def test_only_what_is_surely_unused_is_taken_for_that(page: bytes, rest: tuple[int, int] | None) -> None:
    assert scrubbing._rest(page, first=False) == rest


def test_a_file_that_shrinks_by_itself_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "gatehouse.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE note (name TEXT PRIMARY KEY, value TEXT)")

    with pytest.raises(StoreRefused, match="auto_vacuum"):
        scrub(Database(make_engine(file), file), seconds=5)


def test_pages_of_another_size_are_left_alone_if_the_file_is_made_anew_meanwhile(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_behind(db)
    sizes = iter([PAGE, 2 * PAGE])
    monkeypatch.setattr(scrubbing, "_page_size", lambda _file: next(sizes))
    overwritten = Mock()
    monkeypatch.setattr(scrubbing, "_overwrite_one", overwritten)

    assert not scrub(db, seconds=5)
    overwritten.assert_not_called()
