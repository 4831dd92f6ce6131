"""The one door into the log: once, in order, whole or not at all, and for ever."""

import json
import multiprocessing
import sqlite3
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import delete, event, select
from sqlalchemy.exc import DBAPIError

from core.errors import Invalid, StoreDamaged, StoreFull, StoreRefused, StoreUnavailable
from core.leaf import Draft, commitment
from core.records import Kind
from core.reports import Item
from core.times import DAY_US, HOUR_US
from store import schema, sqlite
from store.database import FILE_NAME, Database
from store.log import append, append_within
from store.opening import open_database
from tests.store.words import FIRST, NOW, SECOND, answer, fresh, kinds, records, status, table
from tests.store.words import event as word

PRIVATE = {"person": "u-17", "name": "Zoë Ångström", "credential": "****5538", "text": "left her coat"}
EMPTY_WITHOUT_RECORDS = (
    "leaf",
    "detail",
    "person_record",
    "person_site",
    "event_key",
    "hour",
    "rollup_day",
    "rollup_hour",
    "door_state",
    "feed",
    "gap",
    "call",
)


def ring(received: int = NOW) -> Draft:
    """Make what a device without numbers sends."""
    return Draft(kind=Kind.CALL_RINGING, received=received, site="berlin", door="lobby", device="ctl")


# Once.


def test_an_event_that_comes_twice_in_a_batch_is_one_record(db: Database) -> None:
    assert append(db, [word(FIRST, 1), word(FIRST, 1), word(FIRST, 2)]).ids == (1, None, 2)
    assert kinds(db) == ["door.opened"] * 2


def test_an_event_that_comes_again_later_is_one_record(db: Database) -> None:
    append(db, [word(FIRST, 1)])

    assert append(db, [word(FIRST, 1, received=NOW + SECOND), word(FIRST, 2)]).ids == (None, 2)


def test_an_event_that_comes_live_and_back_filled_is_one_record(db: Database) -> None:
    append(db, [answer(FIRST, 1, 1, events=(1,)), word(FIRST, 1)])

    assert [one.leaf.get("backfilled") for one in records(db)] == [True]


def test_the_same_number_of_another_boot_or_device_is_another_event(db: Database) -> None:
    others = [word(FIRST, 1), word("01B", 1), word(FIRST, 1, device="other")]

    assert None not in append(db, others).ids


def test_two_rings_without_a_number_are_two_rings(db: Database) -> None:
    append(db, [ring(), ring()])
    append(db, [ring()])

    assert kinds(db) == ["call.ringing"] * 3


def test_the_answer_tells_the_ids_of_drafts_the_head_and_the_kinds_written(db: Database) -> None:
    done = append(db, [status(FIRST, 0), word(FIRST, 3), word(FIRST, 3)])

    assert done.ids == (3, None)
    assert done.head == 3
    assert done.kinds == {Kind.DEVICE_ONLINE, Kind.FEED_GAP, Kind.DOOR_OPENED}


def test_nothing_appended_writes_nothing(db: Database) -> None:
    assert append(db, []).head == 0
    assert records(db) == []


# In order.


def append_at_last(db: Database, items: list[Item]) -> None:
    """Try until it is done: what was refused for want of the lock left nothing."""
    while True:
        with suppress(StoreUnavailable):
            append(db, items)
            return


def write_some(folder: Path, name: str, times: int) -> None:
    db = open_database(folder)
    for seq in range(1, times + 1):
        append_at_last(db, [word(name, seq), ring()])
    db.close()


@pytest.mark.slow
def test_ids_are_dense_and_in_the_order_of_commits_whoever_appends(db: Database) -> None:
    folder, times = db.file.parent, 5
    spawn = multiprocessing.get_context("spawn")
    workers: list[threading.Thread | multiprocessing.process.BaseProcess] = [
        spawn.Process(target=write_some, args=(folder, f"0P{n}", times)) for n in range(2)
    ]
    workers += [threading.Thread(target=write_some, args=(folder, f"0T{n}", times)) for n in range(4)]
    for worker in workers:
        worker.start()
    looks: list[list[int]] = []
    while any(worker.is_alive() for worker in workers):
        with db.read() as connection:
            looks.append(list(connection.execute(select(schema.leaf.c.id)).scalars()))
        workers[0].join(0.02)
    for worker in workers:
        worker.join()

    log = records(db, Kind.DOOR_OPENED, Kind.CALL_RINGING)
    # What was there when we looked is never joined later by a smaller id.
    assert all(look == list(range(1, len(look) + 1)) for look in looks)
    assert [one.id for one in records(db)] == list(range(1, len(records(db)) + 1))
    assert len(log) == 6 * times * 2
    for name in {one.refs["boot"] for one in log if "boot" in one.refs}:
        mine = [one.refs["seq"] for one in log if one.refs.get("boot") == name]
        assert mine == list(range(1, times + 1))


def test_the_time_of_receipt_never_goes_back_when_the_clock_does(db: Database) -> None:
    append(db, [ring(NOW)])
    append(db, [ring(NOW - 2 * HOUR_US), ring(NOW - HOUR_US)])
    append(db, [ring(NOW + 1)])

    assert [one.received for one in records(db)] == [NOW, NOW, NOW, NOW + 1]
    assert [one.leaf["received"] for one in records(db)] == [NOW, NOW, NOW, NOW + 1]


@pytest.mark.parametrize("at", [NOW + 61 * SECOND, NOW - 401 * DAY_US, 0])
def test_a_time_that_can_not_be_true_is_replaced_by_that_of_receipt(db: Database, at: int) -> None:
    append(db, [word(FIRST, 1, at=at), word(FIRST, 2, at=NOW - DAY_US)])

    assert [(one.at, one.leaf["at"]) for one in records(db)] == [(NOW, NOW), (NOW - DAY_US, NOW - DAY_US)]


# For ever.


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE leaf SET leaf = x'00' WHERE id = 1",
        "UPDATE leaf SET id = 9 WHERE id = 1",
        "DELETE FROM leaf WHERE id = 2",
        "DELETE FROM leaf",
        "INSERT OR REPLACE INTO leaf (id, received, at, kind, leaf) VALUES (2, 0, 0, 101, x'00')",
        "REPLACE INTO leaf (id, received, at, kind, leaf) VALUES (1, 0, 0, 101, x'00')",
        "INSERT INTO leaf (id, received, at, kind, leaf) VALUES (0, 0, 0, 101, x'00')",
        "INSERT INTO leaf VALUES (1, 0, 0, 1, '', '', '', '', '') ON CONFLICT DO UPDATE SET leaf = x'00'",
    ],
)
@pytest.mark.parametrize("ours", [True, False], ids=["our connection", "any connection"])
def test_a_leaf_can_be_neither_changed_nor_taken_away(db: Database, statement: str, ours: bool) -> None:
    append(db, [word(FIRST, 1), word(FIRST, 2)])
    before = table(db, "leaf")

    if ours:
        with pytest.raises(StoreRefused, match="SQLITE_CONSTRAINT"), db.write() as connection:
            connection.exec_driver_sql(statement)
    else:
        plain = sqlite3.connect(db.file)
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            plain.execute(statement)
        plain.close()

    assert table(db, "leaf") == before


def test_a_detail_can_be_deleted_and_its_leaf_stays_as_it_was(db: Database) -> None:
    append(db, [word(FIRST, 1, private=PRIVATE), word(FIRST, 2, private=PRIVATE)])
    before = table(db, "leaf")

    with db.write() as connection:
        connection.execute(delete(schema.detail).where(schema.detail.c.id == 1))

    assert table(db, "leaf") == before
    assert [row["id"] for row in table(db, "detail")] == [2]


def test_a_person_is_in_the_detail_and_their_number_where_it_is_looked_up(db: Database) -> None:
    append(db, [word(FIRST, 1, private=PRIVATE, refs={"call": "c-1"}), status(FIRST, 1)])
    everywhere = {name: str(table(db, name)) for name in schema.metadata.tables if name != "detail"}
    found = {
        (name, value) for name, rows in everywhere.items() for value in PRIVATE.values() if value in rows
    }

    # Their number alone, in the two tables by which their records are found and which go with the detail.
    assert found == {("person_record", "u-17"), ("person_site", "u-17")}
    detail = table(db, "detail")[0]
    body = json.loads(detail["body"])
    assert detail["person"] == "u-17"
    assert body["private"] == PRIVATE
    assert records(db)[0].leaf["commit"] == {
        name: commitment(bytes.fromhex(salt), PRIVATE[name]) for name, salt in body["salts"].items()
    }


def test_every_field_of_every_record_has_a_salt_of_its_own(db: Database) -> None:
    append(db, [word(FIRST, seq, private=PRIVATE) for seq in range(1, 6)])
    salts = [salt for row in table(db, "detail") for salt in json.loads(row["body"])["salts"].values()]

    assert len(set(salts)) == 5 * len(PRIVATE)
    assert {len(salt) for salt in salts} == {64}


# Whole or not at all.


def untouched(db: Database) -> bool:
    return not any(table(db, name) for name in EMPTY_WITHOUT_RECORDS)


def test_a_draft_that_is_refused_takes_its_whole_batch_with_it(db: Database) -> None:
    with pytest.raises(Invalid):
        append(db, [word(FIRST, 1), status(FIRST, 9), word(FIRST, 2, reason="Jane Doe was here")])

    assert untouched(db)
    assert append(db, [word(FIRST, 1)]).ids == (1,)


@pytest.mark.parametrize("nth", range(1, 13))
def test_a_failure_at_any_statement_leaves_nothing(db: Database, nth: int) -> None:
    done: list[str] = []

    def fail(*args: object) -> None:
        done.append(str(args[2]))
        if len(done) == nth:
            raise sqlite3.OperationalError("disk I/O error")

    batch = [word(FIRST, 1, private=PRIVATE, refs={"call": "c"}), word(FIRST, 4)]
    event.listen(db.engine, "before_cursor_execute", fail)
    try:
        with pytest.raises(StoreUnavailable):
            append(db, batch)
    finally:
        event.remove(db.engine, "before_cursor_execute", fail)

    assert len(done) == nth
    assert untouched(db)


def test_a_row_and_its_record_are_one_for_whoever_brings_the_transaction(db: Database) -> None:
    def write(*, fail: bool) -> None:
        with db.write() as connection:
            append_within(connection, [ring()])
            connection.execute(schema.note.insert(), {"name": "x", "value": "y"})
            if fail:
                raise RuntimeError

    with pytest.raises(RuntimeError):
        write(fail=True)
    assert (kinds(db), table(db, "note")) == ([], [])

    write(fail=False)
    assert (kinds(db), len(table(db, "note"))) == (["call.ringing"], 1)


def test_a_store_that_somebody_else_holds_is_waited_for_and_then_unavailable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = [pragma for pragma in sqlite._PRAGMAS if "busy_timeout" not in pragma]
    monkeypatch.setattr(sqlite, "_PRAGMAS", (*short, "PRAGMA busy_timeout=50"))
    db = fresh(tmp_path / "data")
    holder = sqlite3.connect(db.file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreUnavailable, match="SQLITE_BUSY"):
        append(db, [ring()])
    assert records(db) == []
    holder.execute("ROLLBACK")

    assert append(db, [ring()]).ids == (1,)
    holder.close()
    db.close()


def test_a_full_disk_is_told_as_such_keeps_nothing_and_heals_when_there_is_room(db: Database) -> None:
    append(db, [ring()])
    with db.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 4}")
    large = [word(FIRST, seq, private={"text": "x" * 4_000}) for seq in range(1, 9)]

    with pytest.raises(StoreFull, match="make room"):
        append(db, large)
    assert kinds(db) == ["call.ringing"]
    assert table(db, "event_key") == []

    with db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1000000")
    assert append(db, large).ids == tuple(range(2, 10))


def test_a_file_that_is_no_database_is_damaged(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"this is no database, it only has its name" * 100)

    with pytest.raises(StoreDamaged, match="SQLITE_NOTADB"):
        open_database(tmp_path)


def test_a_key_is_unique_in_the_store_itself(db: Database) -> None:
    append(db, [word(FIRST, 1)])
    key = table(db, "event_key")[0]

    with pytest.raises(DBAPIError), db.engine.connect() as connection:
        connection.execute(schema.event_key.insert(), key)
    with db.read() as connection:
        assert connection.execute(select(schema.event_key.c.id)).scalars().all() == [1]
