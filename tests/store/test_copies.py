"""Copies of a store: of one moment, made while others write, and gone with whoever made them."""

import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from core.errors import StoreError
from core.leaf import Draft
from core.records import Kind
from store.copies import head_of, is_in_use, is_newer, open_copy, troubles_of
from store.database import FILE_NAME
from store.log import Appended, append
from store.sqlite import SCHEMA_VERSION
from tests.stores import new_store
from tests.waiting import until

NOW = 1_790_000_000_000_000


def heartbeat(at: int) -> Draft:
    return Draft(kind=Kind.LEDGER_HEARTBEAT, received=at)


def test_a_copy_made_while_others_write_is_of_one_moment(tmp_path: Path) -> None:
    db = new_store(tmp_path / "data")
    over = threading.Event()
    written: list[Appended] = []

    def write() -> None:
        while not over.is_set():
            written.append(append(db, [heartbeat(NOW + len(written))]))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        until(lambda: len(written) > 20)
        with open_copy(db.file, tmp_path / "data") as copy:
            (tmp_path / "copy.db").write_bytes(copy.file.read())
        after = len(written)
        until(lambda: len(written) > after)
    finally:
        over.set()
        writer.join()
        db.close()

    head = head_of(tmp_path / "copy.db")
    assert troubles_of(tmp_path / "copy.db") == ()
    assert head.record == copy.newest >= 20
    assert head.received == NOW + head.record - 1
    assert copy.size == (tmp_path / "copy.db").stat().st_size
    with closing(sqlite3.connect(tmp_path / "copy.db")) as found:
        assert found.execute("SELECT count(*), max(id) FROM leaf").fetchone() == (head.record, head.record)


def test_nothing_of_a_copy_is_in_the_folder_while_it_is_read(tmp_path: Path) -> None:
    db = new_store(tmp_path / "data")
    before = sorted(path.name for path in db.file.parent.iterdir())
    with open_copy(db.file, db.file.parent) as copy:
        assert copy.file.read(15) == b"SQLite format 3"
        assert sorted(path.name for path in db.file.parent.iterdir()) == before
    db.close()


def test_a_file_that_can_not_be_read_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"no database at all" * 100)
    with pytest.raises(StoreError), open_copy(tmp_path / FILE_NAME, tmp_path):
        pass

    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


def test_a_changed_page_is_found(tmp_path: Path) -> None:
    db = new_store(tmp_path / "data")
    append(db, [heartbeat(NOW + number) for number in range(500)])
    db.close()
    content = bytearray(db.file.read_bytes())
    at = content.rindex(b'"ledger.heartbeat"')
    content[at - 2_000 : at] = bytes(2_000)
    db.file.write_bytes(content)

    assert troubles_of(db.file) != ()


@pytest.mark.parametrize("schema", ["9999", "later", ""])
def test_a_later_schema_is_known_as_such(schema: str) -> None:
    assert is_newer(schema)
    assert not is_newer(SCHEMA_VERSION)
    assert not is_newer("0001")


def test_a_store_that_another_process_has_open_is_in_use(tmp_path: Path) -> None:
    db = new_store(tmp_path / "data")
    db.close()
    assert not is_in_use(db.file.parent)
    code = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]);"
        "c.execute('SELECT count(*) FROM leaf').fetchone(); print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, db.file], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        assert is_in_use(db.file.parent)
        other.communicate()

    assert not is_in_use(db.file.parent)


def test_a_store_whose_last_process_was_killed_is_not_in_use(tmp_path: Path) -> None:
    db = new_store(tmp_path / "data")
    db.close()
    code = (
        "import sqlite3, sys, os, signal; c = sqlite3.connect(sys.argv[1]);"
        "c.execute('SELECT count(*) FROM leaf').fetchone(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code, db.file], check=False)

    assert (db.file.parent / f"{FILE_NAME}-shm").exists()
    assert not is_in_use(db.file.parent)
