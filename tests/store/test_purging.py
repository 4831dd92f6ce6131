"""What is kept no longer is marked and, a day later, gone: from the tables and from the bytes of files."""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from core.records import Kind
from core.retention import Hold, Kept
from core.times import DAY_US
from store import details
from store.database import Database
from store.finishing import finish, is_unfinished
from store.purging import mark_due, purge_due
from store.retention import place_hold, release_hold, set_keeping
from tests.store.building import NOW, build_estate, draft, name_person, swipe, write
from tests.store.erasable import MARK, fill, in_files, leaves, number, two_phases
from tests.store.words import records, table
from tests.stores import new_store

LATER = NOW + 90 * DAY_US + 1_000_000


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    opened = new_store(tmp_path / "data")
    build_estate(opened)
    yield opened
    opened.close()


def details_left(db: Database) -> list[int]:
    return [row["id"] for row in table(db, "detail")]


def test_what_is_due_goes_a_day_after_it_was_marked_and_each_phase_is_a_record(db: Database) -> None:
    write(db, swipe(), swipe("paris"), swipe(at=NOW + 5 * DAY_US))

    assert mark_due(db, LATER) == 2
    marked = records(db, Kind.RETENTION_MARKED)
    assert [(one.leaf["site"], one.refs) for one in marked] == [
        ("berlin", {"class": "movement", "n": 1, "upto": 1}),
        ("paris", {"class": "movement", "n": 1, "upto": 2}),
    ]
    assert purge_due(db, LATER + DAY_US - 1) == 0
    assert details_left(db) == [1, 2, 3]
    assert purge_due(db, LATER + DAY_US) == 2
    assert records(db, Kind.RETENTION_PURGED) == []
    assert finish(db, lambda: LATER + DAY_US)
    assert details_left(db) == [3]
    purged = records(db, Kind.RETENTION_PURGED)
    assert [(one.leaf["site"], one.refs["n"], one.refs["upto"]) for one in purged] == [
        ("berlin", 1, 1),
        ("paris", 1, 2),
    ]
    assert not is_unfinished(db)


@pytest.mark.parametrize(("days", "left"), [(1, 0), (29, 0), (30, 0), (31, 1)])
def test_what_a_device_sent_as_it_came_is_kept_for_thirty_days_by_default(
    db: Database, days: int, left: int
) -> None:
    raw = draft(Kind.FEED_UNMAPPED, reason="not_json", private={"text": "x"}, keep_until=NOW + 30 * DAY_US)
    write(db, raw)
    set_keeping(db, Kept.PAYLOAD, days, place="berlin", now=NOW, by="cli:me")

    two_phases(db, NOW + 30 * DAY_US)

    assert len([one for one in details_left(db) if one == 1]) == left


def test_each_class_and_site_has_its_own_time(db: Database) -> None:
    opened = draft(Kind.DOOR_OPENED, private={"text": "a word"})
    operators = draft(Kind.OPERATOR_SIGNED_IN, None, private={"subject": "local:ada"})
    write(db, swipe(), swipe("paris"), opened, operators)
    set_keeping(db, Kept.MOVEMENT, 10, place="paris", now=NOW, by="cli:me")
    set_keeping(db, Kept.DOOR, 20, place="", now=NOW, by="cli:me")
    changes = [row for row in details_left(db) if row > 4]

    two_phases(db, NOW + 11 * DAY_US)
    assert details_left(db) == [1, 3, 4, *changes]
    two_phases(db, NOW + 21 * DAY_US)
    assert details_left(db) == [1, 4, *changes]
    two_phases(db, LATER)
    assert details_left(db) == [4, *changes]


def test_what_a_site_keeps_for_longer_meanwhile_does_not_go(db: Database) -> None:
    write(db, swipe())
    mark_due(db, LATER)
    set_keeping(db, Kept.MOVEMENT, 200, place="berlin", now=LATER, by="cli:me")

    assert purge_due(db, LATER + DAY_US) == 0
    assert 1 in details_left(db)


def test_a_person_is_named_for_as_long_as_a_detail_needs_it(db: Database) -> None:
    write(db, swipe(), swipe("paris"), swipe(person="u-2"), swipe(at=NOW + 30 * DAY_US))
    name_person(db, "u-1", "Anna")
    name_person(db, "u-2", "Ben")
    name_person(db, "u-3", "who never came")

    two_phases(db, LATER)
    assert {(row["site"], row["person"]) for row in table(db, "person_site")} == {("berlin", "u-1")}
    assert {row["id"] for row in table(db, "person_record")} == {4}
    assert {row["id"] for row in table(db, "person")} == {"u-1", "u-3"}

    two_phases(db, LATER + 30 * DAY_US)
    assert table(db, "person_site") == table(db, "person_record") == []
    assert {row["id"] for row in table(db, "person")} == {"u-3"}


@pytest.mark.parametrize(
    ("hold", "held"),
    [
        (Hold(case="C-1"), [1, 2, 3, 4]),
        (Hold(case="C-1", site="berlin"), [1, 2, 3]),
        (Hold(case="C-1", doors=frozenset({"berlin-door-2"})), [2]),
        (Hold(case="C-1", person="u-2"), [3]),
        (Hold(case="C-1", site="paris", person="u-2"), []),
        (Hold(case="C-1", since=NOW + 1), [2, 3, 4]),
        (Hold(case="C-1", since=NOW + 1, until=NOW + 3), [2, 3]),
    ],
)
def test_what_a_case_needs_stays_until_the_case_is_over(db: Database, hold: Hold, held: list[int]) -> None:
    write(db, swipe(), swipe(door=2, at=NOW + 1), swipe(person="u-2", at=NOW + 2), swipe("paris", at=NOW + 3))
    place_hold(db, hold, "a theft", now=NOW, by="cli:me")
    two_phases(db, LATER)

    assert [one for one in details_left(db) if one <= 4] == held
    release_hold(db, "C-1", now=LATER, by="cli:me")
    two_phases(db, LATER + 2 * DAY_US)
    assert [one for one in details_left(db) if one <= 4] == []


def test_a_hold_on_an_operator_holds_what_they_did_and_what_was_done_to_them(db: Database) -> None:
    about = [{"subject": "local:ada"}, {"subject": "local:eve", "by": "local:ada"}, {"subject": "local:eve"}]
    write(db, *(draft(Kind.OPERATOR_SIGNED_IN, None, private=one) for one in about))
    place_hold(db, Hold(case="C-1", person="local:ada"), "an inquiry", now=NOW, by="cli:me")

    two_phases(db, NOW + 366 * DAY_US)

    assert [one for one in details_left(db) if one <= 3] == [1, 2]


def test_a_hold_that_is_placed_between_the_phases_counts(db: Database) -> None:
    write(db, swipe(), swipe("paris"))
    mark_due(db, LATER)
    place_hold(db, Hold(case="C-1", site="berlin"), "a theft", now=LATER, by="cli:me")
    purge_due(db, LATER + DAY_US)

    assert [one for one in details_left(db) if one <= 2] == [1]


def test_afterwards_no_name_is_left_in_any_byte_of_the_folder_and_leaves_are_as_they_were(
    db: Database,
) -> None:
    fill(db, people=300, each=20)
    before = leaves(db, 6_000)
    assert in_files(db.file.parent, MARK) != []

    assert two_phases(db, LATER)

    assert in_files(db.file.parent, MARK, MARK.lower()) == []
    assert leaves(db, 6_000) == before


def test_what_one_case_holds_is_all_that_is_left_in_the_bytes(db: Database) -> None:
    fill(db, people=300, each=20)
    place_hold(db, Hold(case="C-1", person=number(7)), "a theft", now=NOW, by="cli:me")

    assert two_phases(db, LATER)

    gone = [number(one) for one in range(300) if one != 7]
    assert in_files(db.file.parent, *gone, *(f"Name{one:05d}" for one in range(300) if one != 7)) == []
    assert in_files(db.file.parent, number(7)) != []


def test_while_somebody_reads_the_past_nothing_is_called_gone_and_afterwards_it_is(db: Database) -> None:
    fill(db, people=20, each=20)
    mark_due(db, LATER)
    with closing(db.engine.raw_connection()) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM detail").fetchone()
        purge_due(db, LATER + DAY_US)

        assert not finish(db, lambda: LATER + DAY_US, seconds=0)
        assert records(db, Kind.RETENTION_PURGED) == []
        assert is_unfinished(db)
        reader.execute("COMMIT")

    assert finish(db, lambda: LATER + DAY_US, seconds=5)
    assert len(records(db, Kind.RETENTION_PURGED)) == 2
    assert in_files(db.file.parent, MARK) == []


def test_deleting_much_lets_others_write_between(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(db, people=10, each=20)
    mark_due(db, LATER)
    clock = iter(range(10_000))
    monkeypatch.setattr(time, "monotonic", lambda: next(clock) * 2 * details.SLICE_S)
    groups: list[int] = []
    plain = details.in_slices

    def counted(*arguments: object) -> Iterator[object]:
        for one in plain(*arguments):  # type: ignore[arg-type]
            groups.append(len(one))
            yield one

    monkeypatch.setattr("store.purging.in_slices", counted)
    assert purge_due(db, LATER + DAY_US) == 200
    # The clock of this test moves on by a whole slice at each look.
    assert groups == [details.GROUP] * 20


def test_an_act_that_somebody_waits_for_goes_first(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(db, people=2, each=2)
    mark_due(db, LATER)
    waited: list[float] = []
    with db.precedence.taken():
        moments = iter([0.0, 0.0, 0.1, *([99.0] * 1_000)])
        monkeypatch.setattr(time, "monotonic", lambda: next(moments))
        monkeypatch.setattr(time, "sleep", waited.append)
        purge_due(db, LATER + DAY_US)

    assert waited[:2] == [details._WAY_S] * 2
