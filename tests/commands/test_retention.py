"""`gatehouse.py retention`, `legal-hold` and `erase`: what they change, refuse and record, and by whom."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import gatehouse
from commands.retention_chore import run_once
from core.records import Kind
from core.retention import Kept
from core.times import DAY_US
from store.clock import now_us
from store.database import Database
from store.retention import all_holds, keeping
from tests.auth.reading import told
from tests.store.building import build_estate, swipe, write
from tests.store.erasable import MARK, in_files, number
from tests.store.words import table
from tests.stores import new_store

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def db(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    for name in ("GATEHOUSE_CONFIG", "GATEHOUSE_PORT", "GATEHOUSE_MQTT_PORT", "SSH_CONNECTION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GATEHOUSE_DATA", str(tmp_path / "data"))
    opened = new_store(tmp_path / "data")
    build_estate(opened)
    yield opened
    opened.close()


def test_a_class_is_kept_for_other_days_at_a_site_and_by_default_again(db: Database, capsys: Capture) -> None:
    assert gatehouse.main(["retention", "set", "movement", "30", "--site", "berlin"]) == 0
    assert capsys.readouterr().out == "movement at berlin is kept for 30 days\n"
    assert keeping(db).days("berlin", Kept.MOVEMENT) == 30
    assert keeping(db).days("paris", Kept.MOVEMENT) == 90
    (record,) = told(db, Kind.RETENTION_CHANGED)
    assert record.refs == {"class": "movement", "before": 90, "after": 30}
    assert record.private["subject"].startswith("cli:")

    assert gatehouse.main(["retention", "show"]) == 0
    assert "movement          90 days\n  at berlin       30 days\n" in capsys.readouterr().out
    assert gatehouse.main(["retention", "set", "movement", "default", "--site", "berlin"]) == 0
    assert keeping(db).set_days == {}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["movement", "0"], "0 days can't be: from 1 to 3,650 are"),
        (["movement", "3651"], "3651 days can't be"),
        (["movement", "ten"], "'ten' is no number of days"),
        (["people", "10"], "'people' is no class: write one of movement, door"),
        (["movement", "10", "--site", "rom"], "there is no site 'rom'"),
    ],
)
def test_what_can_t_be_is_refused(db: Database, capsys: Capture, more: list[str], said: str) -> None:
    assert gatehouse.main(["retention", "set", *more]) == 1
    assert said in capsys.readouterr().err
    assert told(db, Kind.RETENTION_CHANGED) == []


def test_a_case_holds_until_it_is_released(db: Database, capsys: Capture) -> None:
    place = ["legal-hold", "place", "C-7", "--reason", "a theft", "--site", "berlin", "--since", "2026-01-01"]
    assert gatehouse.main([*place, "--until", "2026-01-31", "--door", "berlin-door-1"]) == 0
    held = "what is of site berlin, of door berlin-door-1, from 2026-01-01, to 2026-01-31"
    assert capsys.readouterr().out == f"case C-7 holds {held}\n"
    assert gatehouse.main(["legal-hold", "list"]) == 0
    assert f"{held}: a theft, placed " in capsys.readouterr().out
    assert told(db, Kind.LEGAL_HOLD_PLACED)[0].private["case"] == "C-7"

    assert gatehouse.main(["legal-hold", "release", "C-7"]) == 0
    assert gatehouse.main(["legal-hold", "release", "C-7"]) == 1
    assert "nothing is held for case 'C-7'" in capsys.readouterr().err
    assert [one.released is not None for one in all_holds(db)] == [True]
    assert len(told(db, Kind.LEGAL_HOLD_RELEASED)) == 1


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["C 7"], "'C 7' can't be a case"),
        (["C-7", "--site", "rom"], "there is no site 'rom'"),
        (["C-7", "--site", "paris", "--door", "berlin-door-1"], "there is no door 'berlin-door-1' at paris"),
        (["C-7", "--since", "yesterday"], "'yesterday' is no day"),
        (["C-7", "--since", "2026-02-02", "--until", "2026-01-01"], "must not end before it begins"),
    ],
)
def test_a_hold_that_would_hold_nothing_is_refused(
    db: Database, capsys: Capture, more: list[str], said: str
) -> None:
    assert gatehouse.main(["legal-hold", "place", *more, "--reason", "x"]) == 1
    assert said in capsys.readouterr().err
    assert all_holds(db) == ()


def test_who_is_erased_is_nowhere_afterwards_and_the_record_tells_the_basis(
    db: Database, capsys: Capture
) -> None:
    write(db, swipe(person=number(1)), swipe(person=number(2)))
    assert gatehouse.main(["erase", number(1), "--basis", "request 17", "--yes"]) == 0
    assert capsys.readouterr().out.startswith("1 details and 0 other rows were deleted")

    assert in_files(db.file.parent, number(1)) == []
    assert "gatehouse.db" in in_files(db.file.parent, number(2))
    assert told(db, Kind.PERSON_ERASED)[0].private["basis"] == "request 17"


def test_whom_a_case_holds_is_not_erased(db: Database, capsys: Capture) -> None:
    write(db, swipe(person=number(1)))
    assert gatehouse.main(["legal-hold", "place", "C-7", "--reason", "x", "--person", number(1)]) == 0

    assert gatehouse.main(["erase", number(1), "--basis", "request 17", "--yes"]) == 1
    assert "case 'C-7' holds records of this person" in capsys.readouterr().err
    assert len(table(db, "person_record")) == 1


@pytest.mark.parametrize(
    "verb",
    [
        ["retention", "set", "door", "9"],
        ["legal-hold", "place", "C", "--reason", "x"],
        ["erase", "u", "--yes"],
    ],
)
def test_from_another_network_nothing_is_changed(
    db: Database, capsys: Capture, verb: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (db.file.parent / "gatehouse.toml").write_text(
        '[networks]\npeople = ["10.0.0.0/8"]\npolicy = ["10.0.0.0/8"]\n', encoding="utf-8"
    )
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.9 50000 192.0.2.1 22")
    more = ["--basis", "x"] if verb[0] == "erase" else []

    assert gatehouse.main([*verb, *more]) == 1
    assert "does not let 192.0.2.9 change this" in capsys.readouterr().err
    assert len(told(db, Kind.OPERATOR_PAGE_REFUSED)) == 1


def test_the_hourly_process_marks_and_a_day_later_deletes(db: Database) -> None:
    begun = now_us()
    write(db, swipe(person=number(1), at=begun - 91 * DAY_US))

    assert run_once(dict(os.environ)) == 0
    (marked,) = table(db, "purge")
    assert (marked["n"], marked["done"]) == (1, None)
    with db.write() as connection:
        connection.exec_driver_sql("UPDATE purge SET due = due - ?", (DAY_US,))

    assert run_once(dict(os.environ)) == 0
    assert told(db, Kind.RETENTION_PURGED)[0].refs["n"] == 1
    assert in_files(db.file.parent, MARK) == []
