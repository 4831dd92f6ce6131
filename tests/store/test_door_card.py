"""One door for the side panel: all that is known of it, and nothing of a door elsewhere."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import update

from core.leaf import Draft
from core.permissions import Permission
from core.records import Kind
from core.reports import StatusReport
from core.times import DAY_US, SECOND_US
from store import schema
from store.database import Database
from store.door_card import LAST, DoorCard, door_card
from store.log import append
from store.touch import hear
from tests.store.building import NOW, build_estate, draft, name_person, scope, swipe, write
from tests.stores import new_store

BERLIN = scope("berlin")


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    opened = new_store(tmp_path / "data")
    build_estate(opened)
    yield opened
    opened.close()


def ring(call: str = "c1", at: int = NOW, door: int = 1) -> Draft:
    return draft(Kind.CALL_RINGING, at=at, door=door, refs={"call": call})


def card(db: Database, name: str = "berlin-door-1", now: int = NOW) -> DoorCard:
    found = door_card(db, BERLIN, name, now)
    assert found is not None
    return found


def test_a_card_holds_the_door_its_site_and_its_device(db: Database) -> None:
    append(db, [StatusReport(device="berlin-dev", received=NOW, online=True, live=True, boot="b", seq=0)])
    write(db, draft(Kind.DOOR_OPENED))
    hear(db, {"berlin-dev": NOW + SECOND_US})

    found = card(db)

    assert (found.door.door, found.door.position, found.site.name) == ("berlin-door-1", "open", "Berlin")
    assert found.device is not None
    assert (found.device.id, found.device.name, found.device.online) == ("berlin-dev", "berlin-dev", True)
    assert found.device.heard == NOW + SECOND_US


def test_the_last_records_of_that_door_come_newest_first_and_no_more_than_fit(db: Database) -> None:
    write(db, *(swipe(at=NOW + n) for n in range(LAST + 5)), swipe(door=2), swipe("paris"))

    numbers = [rec.id for rec in card(db).records]

    assert numbers == list(range(LAST + 5, 5, -1))


def test_what_is_older_than_a_day_is_not_on_the_card(db: Database) -> None:
    write(db, swipe(at=NOW - DAY_US - SECOND_US), swipe(at=NOW))

    assert [rec.id for rec in card(db).records] == [2]


def test_an_open_call_is_on_the_card_of_its_door_alone(db: Database) -> None:
    write(db, ring("c1"), ring("c2", door=2), draft(Kind.CALL_ANSWERED, refs={"call": "c1"}))

    assert [(one.call, one.state) for one in card(db).calls] == [("c1", "answered")]
    assert [one.call for one in card(db, "berlin-door-2").calls] == ["c2"]


def test_people_are_named_only_to_those_who_may_read_names_there(db: Database) -> None:
    name_person(db, "u-1", "Ada Lovelace")
    write(db, swipe())
    named = door_card(db, scope("berlin", names=["berlin"]), "berlin-door-1", NOW)

    assert named is not None
    assert named.records[0].name == "Ada Lovelace"
    assert (card(db).records[0].name, card(db).records[0].person) == (None, None)


@pytest.mark.parametrize("name", ["paris-door-1", "nowhere", ""])
def test_a_foreign_door_is_as_absent_as_one_that_is_not(db: Database, name: str) -> None:
    write(db, swipe("paris"))

    assert door_card(db, BERLIN, name, NOW) is None


def test_a_door_out_of_service_has_no_card(db: Database) -> None:
    with db.write() as connection:
        connection.execute(update(schema.door).values(retired=NOW).where(schema.door.c.id == "berlin-door-1"))

    assert door_card(db, BERLIN, "berlin-door-1", NOW) is None


def test_who_reads_nothing_of_doors_gets_no_card(db: Database) -> None:
    assert door_card(db, scope("berlin", permission=Permission.AUDIT_READ), "berlin-door-1", NOW) is None


def test_a_record_that_a_door_left_behind_at_another_site_stays_there(db: Database) -> None:
    write(db, replace(swipe("paris"), door="berlin-door-1"), swipe())

    assert [rec.site for rec in card(db).records] == ["berlin"]
