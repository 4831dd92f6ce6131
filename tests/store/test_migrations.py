"""A store of an earlier version is read like a new one once it was opened."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config

from core.log_filter import AsOf, LogFilter, of_query
from core.permissions import Permission
from core.records import KINDS, Kind
from store import sqlite
from store.claims import find_call
from store.database import FILE_NAME, Database
from store.estate import load_estate
from store.log_pages import log_page
from store.opening import open_database
from tests.store.building import NOW, scope, swipe, write
from tests.store.words import table

MIGRATIONS = Path(sqlite.__file__).parent / "migrations"
DENIED = KINDS[Kind.ACCESS_DENIED].code


def migrate(file: Path, version: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["engine"] = sqlite.make_engine(file)
    command.upgrade(config, version)
    config.attributes["engine"].dispose()


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    """Open a store that was filled when there were two migrations."""
    migrate(tmp_path / FILE_NAME, "0002")
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as old:
        old.execute("INSERT INTO site VALUES ('berlin', 'Berlin', 'Europe/Berlin', NULL)")
        old.execute(
            "INSERT INTO device (id, site, family, name, heartbeat_s) VALUES ('d', 'berlin', 'x', '', 0)"
        )
        old.execute(
            "INSERT INTO door (id, site, device, number, name, sensor) "
            "VALUES ('lobby', 'berlin', 'd', '1', 'L', 1)"
        )
        for number, reason in ((1, "antipassback"), (2, None), (3, "invalid_pin")):
            leaf = json.dumps({"kind": "access.denied"} | ({"reason": reason} if reason else {}))
            old.execute(
                "INSERT INTO leaf VALUES (?, ?, ?, ?, 'berlin', 'lobby', 'd', ?)",
                (number, NOW, NOW, DENIED, leaf.encode()),
            )
            old.execute(
                "INSERT INTO detail VALUES (?, ?, NULL, ?)", (number, f"u-{number % 2}", b'{"private":{}}')
            )
        for hour, reason, n in (
            (2026092109, "invalid_pin", 2),
            (2026092110, "invalid_pin", 3),
            (2026092110, "", 5),
        ):
            old.execute(
                "INSERT INTO rollup VALUES ('berlin', ?, 'lobby', ?, ?, ?)", (hour, DENIED, reason, n)
            )
        call: dict[str, object] = {"call": "c-1", "device": "d", "door": "lobby", "site": "berlin"}
        call |= {"state": "ringing", "started": NOW, "changed": NOW + 5}
        old.execute(
            "INSERT INTO call (device, call, site, open, changed, changed_id, state) "
            "VALUES ('d', 'c-1', 'berlin', 1, ?, 1, ?)",
            (NOW + 5, json.dumps(call).encode()),
        )
        old.commit()
    opened = open_database(tmp_path)
    yield opened
    opened.close()


def found(db: Database, wanted: LogFilter) -> list[int]:
    reader = scope("berlin", permission=Permission.LOG_READ, names=["berlin"])
    return [one.id for one in log_page(db, reader, wanted, as_of=AsOf(NOW)).records]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"reason": "antipassback"}, [1]),
        ({"reason": "antipassback,invalid_pin"}, [3, 1]),
        ({"person": "u-1"}, [3, 1]),
        ({"person": "u-0", "door": "lobby"}, [2]),
        ({"kind": "access.denied", "device": "d"}, [3, 2, 1]),
    ],
)
def test_what_was_recorded_before_is_found_by_any_filter(
    db: Database, query: dict[str, str], expected: list[int]
) -> None:
    assert found(db, of_query(query)) == expected


def test_what_was_counted_before_is_counted_by_day_and_by_hour(db: Database) -> None:
    days = {(row["day"], row["door"], row["reason"]): row["n"] for row in table(db, "rollup_day")}
    hours = {(row["hour"], row["kind"]): row["n"] for row in table(db, "rollup_hour")}

    assert days == {(20260921, "lobby", "invalid_pin"): 5, (20260921, "lobby", ""): 5}
    assert hours == {(2026092109, DENIED): 2, (2026092110, DENIED): 8}


def test_where_a_person_was_before_is_known(db: Database) -> None:
    places = {(row["site"], row["person"]) for row in table(db, "person_site")}

    assert places == {("berlin", "u-0"), ("berlin", "u-1")}


def test_a_call_that_was_before_is_of_its_day_and_nobodys_to_miss_now(db: Database) -> None:
    (row,) = table(db, "call")
    one = find_call(db, "d", "c-1")

    assert (row["heard"], row["due"], row["holder"]) == (NOW, None, None)
    assert one is not None
    assert (one.since, one.holder, one.declined) == (NOW, None, ())


def test_a_site_that_was_before_is_patient_and_offers_nothing_of_its_own(db: Database) -> None:
    berlin = load_estate(db).sites["berlin"]

    assert (berlin.reasons, berlin.duress_reason, berlin.missed_after_s) == ((), "", 60)


def test_leaves_can_still_not_be_changed(db: Database) -> None:
    with closing(sqlite3.connect(db.file)) as connection, pytest.raises(sqlite3.IntegrityError):
        connection.execute("UPDATE leaf SET reason = 'other'")


def test_an_old_store_has_all_that_a_new_one_has(db: Database) -> None:
    write(db, swipe())

    assert found(db, LogFilter()) == [4, 3, 2, 1]
