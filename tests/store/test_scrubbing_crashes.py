"""Who overwrites what is left in pages is killed, or others write meanwhile: every row stays as it was."""

import itertools
import os
import re
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from unittest.mock import Mock

import pytest

from core.errors import StoreError
from core.records import Kind
from core.times import DAY_US
from store import scrubbing
from store.opening import open_database
from store.purging import mark_due, purge_due
from store.scrubbing import scrub
from store.verifying import verify
from tests.store.building import NOW, build_estate, draft, write
from tests.store.erasable import fill, number
from tests.store.sealing import Sealed, sealed
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
KILLS = 24


@pytest.fixture
def everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each page of rows with any gap in it be taken for one with text in it."""
    monkeypatch.setattr(scrubbing, "_TEXT", re.compile(b"(?s)."))


def full(folder: Path) -> Sealed:
    """Make a log with short rows and some that take several pages, and gaps where others were."""
    one = sealed(folder)
    build_estate(one.db)
    fill(one.db, people=60, each=10)
    long = (draft(Kind.FEED_UNMAPPED, private={"text": f"{number(n)} {'x' * 900 * n}"}) for n in range(30))
    write(one.db, *long)
    one.seal()
    one.close()
    return one


def child(do: Callable[[], None]) -> int:
    """Let a process do something that has nothing of this one's store open."""
    pid = os.fork()
    if not pid:
        try:
            do()
        finally:
            os._exit(1)
    return pid


def is_whole(data: Path) -> bool:
    with closing(sqlite3.connect(data / "gatehouse.db")) as connection:
        sound = connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return sound and not connection.execute("PRAGMA foreign_key_check").fetchall()


@pytest.mark.usefixtures("everything")
def test_killed_in_the_middle_of_any_write_it_leaves_every_row(tmp_path: Path) -> None:
    one, killed, write_bytes = full(tmp_path), 0, os.pwrite
    data = tmp_path / "data"

    def scrub_until(count: int) -> None:
        left = itertools.count(count, -1)

        def dying(descriptor: int, what: bytes, offset: int) -> int:
            if next(left):
                return write_bytes(descriptor, what, offset)
            write_bytes(descriptor, what[: len(what) // 2], offset)
            os.kill(os.getpid(), signal.SIGKILL)
            return 0

        os.pwrite = dying  # type: ignore[assignment]  # it is given bytes alone
        scrub(open_database(data), seconds=30)

    for count in range(KILLS):
        _, status = os.waitpid(child(lambda count=count: scrub_until(count)), 0)  # type: ignore[misc]  # a default
        killed += os.waitstatus_to_exitcode(status) == -signal.SIGKILL
        assert is_whole(data)

    again = one.reopened()
    assert killed == KILLS
    assert verify(again.db, again.ledger, again.keys.folder).findings == []
    again.close()


@pytest.mark.usefixtures("everything")
def test_beside_others_who_write_and_delete_at_full_speed_every_row_stays(tmp_path: Path) -> None:
    one = full(tmp_path)
    data = tmp_path / "data"

    def write_and_delete() -> None:
        db = open_database(data)
        for turn in itertools.count(1):
            at = NOW + turn * 400 * DAY_US
            with suppress(StoreError):
                fill(db, people=40, each=3, begin=at)
                mark_due(db, at)
                purge_due(db, at + DAY_US)

    def empty_the_wal() -> None:
        with closing(sqlite3.connect(data / "gatehouse.db", isolation_level=None, timeout=1)) as connection:
            for way in itertools.cycle(("PASSIVE", "FULL", "RESTART", "TRUNCATE")):
                with suppress(sqlite3.OperationalError):
                    connection.execute(f"PRAGMA wal_checkpoint({way})").fetchall()

    others = [child(write_and_delete), child(write_and_delete), child(empty_the_wal)]
    again = one.reopened()
    overwritten = Mock(side_effect=scrubbing._overwrite_one)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scrubbing, "_overwrite_one", overwritten)
        try:
            until(lambda: scrub(again.db, seconds=1) and overwritten.call_count > 1_000, seconds=120)
        finally:
            for pid in others:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)

    again.now += 10_000 * DAY_US
    again.seal()
    assert is_whole(data)
    assert verify(again.db, again.ledger, again.keys.folder).findings == []
    again.close()
