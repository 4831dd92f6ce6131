"""One record in full, for those who may read it, and what belongs to it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import delete

from core.errors import NotPermitted
from core.feeds import OPEN_END
from core.leaf import Draft
from core.permissions import Permission
from core.records import Kind
from core.reports import Silence, StatusReport
from core.times import DAY_US, SECOND_US
from store import schema
from store.database import Database
from store.log import append
from store.record_details import linked_records, record_details
from tests.store.building import NOW, build_estate, draft, name_person, scope, swipe, write
from tests.stores import new_store

LOG = Permission.LOG_READ


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    opened = new_store(tmp_path / "data")
    build_estate(opened)
    yield opened
    opened.close()


def test_a_record_is_shown_with_its_leaf_and_what_is_private_in_it(db: Database) -> None:
    name_person(db, "u-1", "Ada Lovelace")
    write(db, swipe())

    found = record_details(db, scope("berlin", permission=LOG, names=["berlin"]), 1)

    assert found is not None
    assert (found.record.id, found.record.name, found.record.received) == (1, "Ada Lovelace", NOW)
    assert found.leaf["kind"] == "access.granted"
    assert set(found.leaf["commit"]) == {"person", "credential"}
    assert (found.private, found.named, found.erased) == (
        {"person": "u-1", "credential": "****1234"},
        True,
        False,
    )
    assert found.source == "ONVIF:AccessControl/AccessGranted"


def test_what_is_private_is_not_shown_to_who_may_not_name_people(db: Database) -> None:
    write(db, swipe(person="u-secret"))

    found = record_details(db, scope("berlin", permission=LOG), 1)

    assert found is not None
    assert (found.private, found.named, found.record.person) == ({}, False, None)
    assert "u-secret" not in str(found)


def test_what_was_erased_is_told_to_be(db: Database) -> None:
    write(db, swipe(), draft(Kind.DOOR_OPENED))
    with db.write() as connection:
        connection.execute(delete(schema.detail))
    reader = scope("berlin", permission=LOG, names=["berlin"])

    found = [record_details(db, reader, number) for number in (1, 2)]

    assert [(one.erased, one.private) for one in found if one is not None] == [(True, {}), (False, {})]


@pytest.mark.parametrize(
    ("offset_us", "told"), [(-3 * SECOND_US, NOW - 3 * SECOND_US), (900 * DAY_US, NOW + 900 * DAY_US)]
)
def test_both_clocks_are_shown_however_wrong_the_devices_is(db: Database, offset_us: int, told: int) -> None:
    write(db, draft(Kind.DOOR_OPENED, told=NOW + offset_us) if offset_us > 0 else _at(NOW + offset_us))

    found = record_details(db, scope("berlin", permission=LOG), 1)

    assert found is not None
    assert (found.told, found.record.received) == (told, NOW)


def _at(moment: int) -> Draft:
    return replace(draft(Kind.DOOR_OPENED), at=moment)


def test_what_no_device_told_has_no_device_clock(db: Database) -> None:
    write(db, draft(Kind.POLICY_CHANGED, None, refs={"policy": 7}))
    reader = scope(permission=Permission.AUDIT_READ, organisation=True)

    found = record_details(db, reader, 1)

    assert found is not None
    assert (found.told, found.policy) == (None, 7)


def test_what_we_found_of_a_device_is_not_said_by_its_clock(db: Database) -> None:
    status = StatusReport(device="berlin-dev", received=NOW, online=True, live=True)
    append(db, [status, Silence(device="berlin-dev", received=NOW + DAY_US)])

    found = record_details(db, scope("berlin", permission=LOG), 2)

    assert found is not None
    assert (found.record.kind, found.record.device, found.told) == ("device.silent", "berlin-dev", None)


@pytest.mark.parametrize("number", [2, 3, 99, 0, -1, OPEN_END, 2**80])
def test_a_foreign_record_and_an_absent_one_look_alike(db: Database, number: int) -> None:
    write(db, swipe(), swipe("rome"), draft(Kind.POLICY_CHANGED, None))
    reader = scope("berlin", permission=LOG, organisation=False)

    assert record_details(db, reader, number) is None
    assert linked_records(db, reader, number) == ()


def test_watching_live_reads_no_record_in_full(db: Database) -> None:
    write(db, swipe())

    for read in (record_details, linked_records):
        with pytest.raises(NotPermitted):
            read(db, scope("berlin"), 1)


def ids(db: Database, number: int, *sites: str, permission: Permission = LOG, **more: Any) -> list[int]:
    reader = scope(*(sites or ("berlin",)), permission=permission, **more)
    return [one.id for one in linked_records(db, reader, number)]


def call(kind: Kind, seconds: int, site: str = "berlin") -> Draft:
    return draft(kind, site, NOW + seconds * SECOND_US, refs={"call": "c-1"})


def test_a_call_is_shown_from_its_ring_to_the_door_that_closed(db: Database) -> None:
    write(
        db,
        draft(Kind.DOOR_CLOSED, at=NOW - 400 * SECOND_US),
        call(Kind.CALL_RINGING, 0),
        call(Kind.CALL_RINGING, 0, "rome"),
        call(Kind.CALL_ANSWERED, 5),
        draft(Kind.DOOR_OPENED, at=NOW + 8 * SECOND_US, door=2),
        draft(Kind.DOOR_OPENED, at=NOW + 9 * SECOND_US),
        draft(Kind.DOOR_CLOSED, at=NOW + 15 * SECOND_US),
        call(Kind.CALL_ENDED, 20),
    )

    assert [ids(db, number, "berlin", "rome") for number in (2, 4, 6, 7, 8)] == [[2, 4, 6, 7, 8]] * 5
    assert ids(db, 3, "berlin", "rome") == [3]


def test_what_came_late_is_linked_by_when_it_happened(db: Database) -> None:
    opened = replace(draft(Kind.DOOR_OPENED), at=NOW - 2 * DAY_US + SECOND_US, backfilled=True)
    granted = replace(swipe(), at=NOW - 2 * DAY_US, backfilled=True)
    write(db, draft(Kind.DOOR_OPENED), opened, granted, draft(Kind.DOOR_CLOSED, at=NOW + SECOND_US))

    assert ids(db, 3) == [3, 2]
    assert ids(db, 1) == [1, 4]


def test_a_gap_is_linked_to_how_it_ended_and_an_outage_to_its_end(db: Database) -> None:
    for seq, online in ((0, True), (4, True), (4, False), (4, True)):
        report = StatusReport(device="berlin-dev", received=NOW, online=online, live=True, boot="b", seq=seq)
        append(db, [report])
    kinds = ["device.online", "feed.gap", "device.offline", "device.online"]
    reader = scope("berlin", permission=LOG)

    assert [one.kind for n in (1, 2) for one in linked_records(db, reader, n)] == kinds[:2]
    assert [one.kind for one in linked_records(db, reader, 3)] == kinds[2:]


def test_a_session_is_shown_from_its_beginning_to_its_end(db: Database) -> None:
    def said(kind: Kind, session: str) -> Draft:
        return draft(kind, None, refs={"session": session}, private={"subject": "x"})

    write(
        db,
        said(Kind.OPERATOR_SIGNED_IN, "s-1"),
        said(Kind.OPERATOR_SIGNED_IN, "s-2"),
        said(Kind.OPERATOR_PAGE_REFUSED, "s-1"),
        said(Kind.OPERATOR_SIGNED_OUT, "s-1"),
    )
    audit = Permission.AUDIT_READ

    assert ids(db, 3, permission=audit, organisation=True) == [1, 3, 4]
    assert ids(db, 2, permission=audit, organisation=True) == [2]
    assert ids(db, 2, permission=audit, organisation=False) == []


def test_nothing_of_another_site_is_linked_even_where_a_door_has_moved(db: Database) -> None:
    write(db, draft(Kind.ACCESS_GRANTED, "rome"), draft(Kind.DOOR_OPENED, "rome"))
    with db.write() as connection:
        connection.exec_driver_sql("UPDATE door SET site = 'berlin' WHERE id = 'rome-door-1'")
    write(db, draft(Kind.DOOR_CLOSED, "rome"))

    assert ids(db, 1) == []
    assert ids(db, 2, "rome") == [2]
