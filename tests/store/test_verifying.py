"""Tampering is found, and the first record that is not as it was sealed is named, with what is wrong."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from core.verifying import What
from store.verifying import Asked, verify
from tests.store import tampering
from tests.store.sealing import Sealed
from tests.store.tampering import force
from tests.store.verified import BAD, LAST, SIZES, check, first, note_of, sealed_log

NAMED: Final = 302


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Sealed]:
    one = sealed_log(tmp_path)
    yield one
    one.close()


# --- nothing wrong -------------------------------------------------------------------------------------


def test_a_log_as_it_was_sealed_is_fine(log: Sealed) -> None:
    log.write(3)
    verdict = check(log, *(note_of(log, size) for size in SIZES), key=log.keys.public().fingerprint)

    assert verdict.findings == []
    assert (verdict.size, verdict.waiting, verdict.seals, verdict.outside) == (
        LAST,
        3,
        len(SIZES),
        len(SIZES),
    )
    assert verdict.counts.records == LAST
    assert (verdict.counts.disclosed, verdict.counts.deleted) == (7 * 34, 0)
    assert verdict.keys == [log.keys.public()]


def test_a_deleted_detail_is_counted_and_no_tampering(log: Sealed) -> None:
    force(log.db, "DELETE FROM person_record WHERE id <= 302", "DELETE FROM detail WHERE id <= 302")

    verdict = check(log)
    assert verdict.findings == []
    assert (verdict.counts.disclosed, verdict.counts.deleted) == (7 * 34 - 103, 103)


def test_a_detail_that_was_deleted_in_part_is_no_tampering(log: Sealed) -> None:
    force(
        log.db,
        "UPDATE detail SET body = CAST(json_remove(CAST(body AS TEXT), '$.private.credential', "
        "'$.salts.credential') AS BLOB) WHERE id = 302",
    )

    assert check(log).findings == []


def test_records_that_wait_may_be_in_a_checkpoint_already(log: Sealed) -> None:
    """As after a crash between the sealer's memory and the tree."""
    with log.ledger.write() as connection:
        connection.exec_driver_sql("UPDATE run SET length = 601")
        connection.exec_driver_sql("DELETE FROM checkpoint WHERE size > 601")

    verdict = check(log, note_of(log, 701))
    assert (verdict.findings, verdict.size, verdict.waiting) == ([], 601, 100)


def test_only_the_last_can_be_asked_for(log: Sealed) -> None:
    tampering.edit_leaf(log, 20)

    last = verify(log.db, log.ledger, log.keys.folder, Asked(last=300))
    assert (last.findings, last.counts.records) == ([], LAST - 256)
    tampering.edit_leaf(log, 650)
    last = verify(log.db, log.ledger, log.keys.folder, Asked(last=300))
    assert last.first is not None
    assert (last.first.what, last.first.record) == (What.CHANGED, 650)


def test_progress_is_told(log: Sealed) -> None:
    told: list[tuple[int, int]] = []
    verify(log.db, log.ledger, log.keys.folder, Asked(progress=lambda *one: told.append(one)))

    assert told[-1] == (LAST, LAST)


# --- one record ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("site", "rome"),
        ("door", None),
        ("kind", 102),
        ("received", 5),
        ("at", 5),
        ("device", ""),
        ("reason", "x"),
    ],
)
def test_an_edited_column_is_named(log: Sealed, column: str, value: object) -> None:
    tampering.edit(log, BAD, column, value)

    found = first(log)
    assert (found.what, found.record, found.index) == (What.COLUMN, BAD, BAD - 1)
    assert f"the column {column} says" in found.words


def changed(statement: str) -> Callable[[Sealed], None]:
    return lambda log: force(log.db, statement.format(id=NAMED))


@pytest.mark.parametrize(
    ("tamper", "what", "words"),
    [
        (
            changed("UPDATE detail SET body = replace(body, 'u-', 'v-') WHERE id = {id}"),
            What.DETAIL,
            "the value or the salt of person",
        ),
        (
            changed("UPDATE detail SET body = (SELECT body FROM detail WHERE id = 305) WHERE id = {id}"),
            What.DETAIL,
            "the value or the salt of",
        ),
        (
            changed("UPDATE detail SET body = CAST('{{}}' AS BLOB) WHERE id = {id}"),
            What.DETAIL,
            "can't be read",
        ),
        (
            changed(
                "UPDATE detail SET body = CAST(json_remove(CAST(body AS TEXT), '$.private.credential') "
                "AS BLOB) WHERE id = {id}"
            ),
            What.DETAIL,
            "keeps a salt",
        ),
        (
            changed(
                "UPDATE detail SET body = CAST(json_remove(CAST(body AS TEXT), '$.salts.credential') "
                "AS BLOB) WHERE id = {id}"
            ),
            What.DETAIL,
            "no salt for credential",
        ),
        (
            changed(
                "UPDATE detail SET body = CAST(json_set(CAST(body AS TEXT), '$.private.note', 'x', "
                "'$.salts.note', 'ab') AS BLOB) WHERE id = {id}"
            ),
            What.DETAIL,
            "has note, which was not sealed",
        ),
        (
            changed("UPDATE detail SET person = 'u-99' WHERE id = {id}"),
            What.DETAIL,
            "the person by whom it is found",
        ),
        (changed("DELETE FROM detail WHERE id = {id}"), What.PERSON_INDEX, "its detail is gone"),
        (changed("DELETE FROM person_record WHERE id = {id}"), What.PERSON_INDEX, "is not found"),
        (
            changed("UPDATE person_record SET door = 'x' WHERE id = {id}"),
            What.PERSON_INDEX,
            "something else of it",
        ),
    ],
)
def test_an_edited_detail_is_named(
    log: Sealed, tamper: Callable[[Sealed], None], what: What, words: str
) -> None:
    tamper(log)

    found = first(log)
    assert (found.what, found.record, found.index) == (what, NAMED, NAMED - 1)
    assert words in found.words


def test_a_detail_given_to_a_record_that_has_none_is_named(log: Sealed) -> None:
    force(log.db, "INSERT INTO detail (id, body) SELECT 303, body FROM detail WHERE id = 302")

    assert (first(log).what, first(log).record) == (What.DETAIL, 303)


@pytest.mark.parametrize(
    ("tamper", "what", "record", "words"),
    [
        (lambda log: tampering.edit_leaf(log, BAD), What.CHANGED, BAD, "not what was sealed"),
        (lambda log: tampering.edit(log, 1, "leaf", b"{}"), What.CHANGED, 1, "not what was sealed"),
        (lambda log: tampering.remove(log, BAD), What.REMOVED, BAD, "1 record from here on is not there"),
        (lambda log: tampering.remove(log, BAD, count=5), What.REMOVED, BAD, "5 records from here on are"),
        (lambda log: tampering.remove(log, BAD, shifted=True), What.REMOVED, BAD, "1 record removed here"),
        (
            lambda log: tampering.remove(log, BAD, shifted=True, count=9),
            What.REMOVED,
            BAD,
            "9 records removed here",
        ),
        (lambda log: tampering.insert(log, BAD), What.ADDED, BAD, "1 record here never sealed"),
        (lambda log: tampering.swap(log, BAD, 501), What.SWAPPED, BAD, "it and record 501"),
        (lambda log: tampering.swap(log, BAD, BAD + 1), What.SWAPPED, BAD, "it and record 301"),
        (lambda log: tampering.swap(log, 1, LAST), What.SWAPPED, 1, "it and record 701"),
        (lambda log: tampering.cut(log, 599), What.CUT_OFF, 600, "102 records after that were sealed"),
        (lambda log: tampering.cut(log, LAST - 1), What.CUT_OFF, LAST, "1 record after that"),
        (lambda log: tampering.cut(log, 0), What.CUT_OFF, 1, "the log is empty"),
        (
            lambda log: force(log.db, "UPDATE leaf SET id = 0 WHERE id = 300"),
            What.ADDED,
            0,
            "stands before what was sealed",
        ),
    ],
)
def test_a_record_that_is_not_what_was_sealed_is_named_first(
    log: Sealed, tamper: Callable[[Sealed], None], what: What, record: int, words: str
) -> None:
    tamper(log)

    found = first(log)
    assert (found.what, found.record) == (what, record)
    assert words in found.words


def test_of_several_the_first_is_named(log: Sealed) -> None:
    tampering.edit_leaf(log, 500)
    tampering.edit(log, 400, "site", "rome")
    force(log.db, "DELETE FROM detail WHERE id = 350")
    assert first(log).record == 400
    tampering.remove(log, 200)
    assert first(log).record == 200


# --- the tree ------------------------------------------------------------------------------------------


def change_tile(log: Sealed, level: int, at: int) -> None:
    with log.ledger.write() as connection:
        query = "SELECT hashes FROM tile WHERE level = ? AND number = 0"
        hashes = bytearray(connection.exec_driver_sql(query, (level,)).scalar_one())
        hashes[at * 32] ^= 1
        connection.exec_driver_sql(
            "UPDATE tile SET hashes = ? WHERE level = ? AND number = 0", (bytes(hashes), level)
        )


def test_a_changed_hash_is_told_from_a_changed_record(log: Sealed) -> None:
    change_tile(log, 0, 99)

    found = first(log)
    assert (found.what, found.record) == (What.TREE, 100)
    assert "the record itself is as it was signed" in found.words


def test_a_changed_hash_above_those_of_records_is_found(log: Sealed) -> None:
    change_tile(log, 1, 1)

    found = first(log)
    assert (found.what, found.record) == (What.TREE, 257)


def test_a_lost_tile_is_found(log: Sealed) -> None:
    with log.ledger.write() as connection:
        connection.exec_driver_sql("DELETE FROM tile WHERE level = 0 AND number = 1")

    assert (first(log).what, first(log).record) == (What.TREE, 257)


def test_records_said_to_be_elsewhere_are_found(log: Sealed) -> None:
    with log.ledger.write() as connection:
        connection.exec_driver_sql("UPDATE run SET length = 299")
        connection.exec_driver_sql("INSERT INTO run (first_index, first_id, length) VALUES (299, 301, 402)")

    assert (first(log).what, first(log).record) == (What.REMOVED, 301)
