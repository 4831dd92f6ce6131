"""Search finds what is of one's own sites, and of others not even that it is there."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import event

from core.permissions import Permission, Scope
from core.records import Kind
from store import migrations, sqlite
from store.database import FILE_NAME, Database
from store.opening import open_database
from store.people import save_people
from store.search import MOST, Found, search
from tests.store.building import build_estate, draft, name_person, scope, swipe, write
from tests.stores import new_store


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    opened = new_store(tmp_path / "data")
    build_estate(opened)
    name_person(opened, "p-1", "Jörg Müller")
    name_person(opened, "p-2", "Mary Mull")
    write(opened, swipe("berlin", "p-1"), swipe("paris", "p-2"), swipe("paris", "x-77"))
    yield opened
    opened.close()


def reads(*sites: str, organisation: bool = False) -> Scope:
    return scope(*sites, permission=Permission.LOG_READ, names=sites, organisation=organisation)


def find(db: Database, text: str, *, watches: Scope | None = None, at: Scope | None = None) -> Found:
    return search(db, text, watches=watches or scope(), reads=at or reads())


def test_places_are_found_by_name_id_and_site_where_one_watches_or_reads(db: Database) -> None:
    found = find(db, "door 1", watches=scope("berlin"), at=reads("rome"))
    assert [(one.id, one.name, one.site_name) for one in found.doors] == [
        ("berlin-door-1", "Door 1", "Berlin"),
        ("rome-door-1", "Door 1", "Rome"),
    ]
    assert [one.id for one in find(db, "ROME dev", at=reads("rome")).devices] == ["rome-dev"]
    assert [one.id for one in find(db, "berlin", watches=scope("berlin")).doors] == [
        "berlin-door-1",
        "berlin-door-2",
    ]


def test_people_are_found_without_their_accents_where_the_log_is_read(db: Database) -> None:
    both = find(db, "mull", at=reads("berlin", "paris"))
    assert [(one.id, one.name) for one in both.people] == [("p-2", "Mary Mull"), ("p-1", "Jörg Müller")][::-1]
    assert [one.id for one in find(db, "mull", at=reads("berlin")).people] == ["p-1"]
    assert find(db, "mull", watches=scope("berlin", "paris")).people == ()


def test_people_are_found_by_their_number_named_or_not(db: Database) -> None:
    here = reads("paris")
    assert [(one.id, one.name) for one in find(db, "X-7", at=here).people] == [("x-77", "x-77")]
    assert [one.id for one in find(db, "p-", at=here).people] == ["p-2"]


def test_a_person_without_records_here_and_one_who_is_not_there_are_the_same(db: Database) -> None:
    assert find(db, "jorg", at=reads("paris", "rome")) == find(db, "nobody", at=reads("paris", "rome"))


def test_how_many_people_elsewhere_bear_a_name_is_not_told_by_the_time_it_takes(db: Database) -> None:
    reader = reads("berlin")
    alone = steps_of(db, reader)
    save_people(db, {f"n-{n}": "Jörg Müller" for n in range(200)})
    write(db, *(swipe("paris", f"n-{n}") for n in range(200)))

    assert steps_of(db, reader) == alone
    assert steps_of(db, reads("berlin", "paris")) > alone


def steps_of(db: Database, reader: Scope) -> int:
    """Count the steps that SQLite's machine takes for a search of a name."""
    taken = 0

    def tick() -> int:
        nonlocal taken
        taken += 1
        return 0

    def watch(connection: Any, *_rest: object) -> None:
        connection.set_progress_handler(tick, 1)

    event.listen(db.engine, "checkout", watch)
    try:
        find(db, "jorg", at=reader)
    finally:
        event.remove(db.engine, "checkout", watch)
        with db.read() as connection:
            raw: Any = connection.connection.dbapi_connection
            raw.set_progress_handler(None, 0)
    return taken


def test_a_new_name_is_found_and_the_old_one_is_not(db: Database) -> None:
    save_people(db, {"p-1": "Jörg Schäfer"})

    assert [one.id for one in find(db, "schaefer", at=reads("berlin")).people] == ["p-1"]
    assert find(db, "muller", at=reads("berlin")).people == ()


@pytest.mark.parametrize("typed", ["2", "#2", "No. 2", "record 2"])
def test_a_record_is_found_by_its_number_where_it_may_be_read(db: Database, typed: str) -> None:
    (record,) = find(db, typed, at=reads("paris")).records
    assert (record.id, record.label, record.site) == (2, "Access granted", "paris")
    assert (
        find(db, typed, at=reads("berlin")).records == find(db, typed, watches=scope("paris")).records == ()
    )


def test_what_operators_did_is_not_found_by_a_reader_of_doors(db: Database) -> None:
    (number,) = write(db, draft(Kind.POLICY_CHANGED, None, refs={"version": 2}))

    assert find(db, str(number), at=reads("berlin", organisation=True)).records == ()


@pytest.mark.parametrize(
    "typed",
    ["", " ", "%", "_", "\\", "a'b", "\x00", "9" * 30, "٣", "-1", "0", "m", "\U0010ffff", "x" * 5_000],
)
def test_odd_words_find_nothing_and_break_nothing(db: Database, typed: str) -> None:
    assert find(db, typed, watches=scope("berlin"), at=reads("paris")).people == ()
    assert find(db, typed, watches=scope("berlin"), at=reads("paris")).records == ()


def test_of_each_sort_only_the_best_are_given(tmp_path: Path) -> None:
    db = new_store(tmp_path / "large")
    build_estate(db, ["berlin"], doors=MOST + 4)
    save_people(db, {f"p-{n}": f"Person {n:02}" for n in range(MOST + 4)})
    write(db, *(swipe("berlin", f"p-{n}") for n in range(MOST + 4)))
    found = find(db, "berlin", watches=scope("berlin"))
    people = find(db, "person", at=reads("berlin")).people
    db.close()

    assert len(found.doors) == len(people) == MOST
    assert people[0].name == "Person 00"


def test_people_known_before_search_came_are_found_after_the_upgrade(tmp_path: Path) -> None:
    engine = sqlite.make_engine(tmp_path / FILE_NAME)
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.attributes["engine"] = engine
    command.upgrade(config, "0003")
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO person (id, name) VALUES ('p-1', 'Jörg Müller')")
        connection.exec_driver_sql("INSERT INTO person_site (site, person) VALUES ('berlin', 'p-1')")
    engine.dispose()
    db = open_database(tmp_path)
    found = find(db, "mueller", at=reads("berlin")).people
    db.close()

    assert [one.id for one in found] == ["p-1"]
