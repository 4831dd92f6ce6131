"""Pages of the log: what a scope gives of what was asked for, in order, each found without a walk."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.errors import NotPermitted
from core.log_filter import ANYTHING, AsOf, LogFilter, of_query
from core.permissions import Permission, Scope
from core.records import Kind
from store import ranges
from store.database import Database
from store.log_pages import Page, count_newer, log_page
from tests.store.building import NOW, build_estate, draft, name_person, scope, swipe, write
from tests.stores import new_store

LOG = Permission.LOG_READ
SITES = ("berlin", "paris", "rome")
pytestmark = pytest.mark.usefixtures("each_way")


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    opened = new_store(tmp_path / "data")
    build_estate(opened)
    yield opened
    opened.close()


def page(db: Database, reader: Scope, wanted: LogFilter = ANYTHING, **more: Any) -> Page:
    return log_page(db, reader, wanted, as_of=AsOf(NOW), **more)


def ids(found: Page) -> list[int]:
    return [rec.id for rec in found.records]


def test_a_page_holds_the_newest_first_and_leads_to_older_and_back(db: Database) -> None:
    write(db, *(swipe() for _ in range(7)))
    reader = scope("berlin", permission=LOG)

    first = page(db, reader, limit=3)
    second = page(db, reader, before=first.older, limit=3)
    third = page(db, reader, before=second.older, limit=3)
    back = page(db, reader, after=second.newer, limit=3)

    assert (ids(first), first.newer) == ([7, 6, 5], None)
    assert ids(second) == [4, 3, 2]
    assert (ids(third), third.older) == ([1], None)
    assert (ids(back), back.newer, back.older) == ([7, 6, 5], None, 5)


def test_a_page_newer_than_a_key_is_the_one_next_to_it(db: Database) -> None:
    write(db, *(swipe() for _ in range(9)))

    found = page(db, scope("berlin", permission=LOG), after=2, limit=3)

    assert (ids(found), found.newer, found.older) == ([5, 4, 3], 5, 3)


def test_several_sites_come_in_one_order(db: Database) -> None:
    write(db, *(swipe(SITES[n % 3]) for n in range(9)))

    found = page(db, scope("berlin", "rome", permission=LOG), limit=4)

    assert [(rec.id, rec.site) for rec in found.records] == [
        (9, "rome"),
        (7, "berlin"),
        (6, "rome"),
        (4, "berlin"),
    ]


def test_a_page_of_one_site_or_one_door_holds_only_that(db: Database) -> None:
    write(
        db, swipe("berlin", door=1), swipe("berlin", door=2), draft(Kind.DOOR_OPENED, door=1), swipe("rome")
    )
    reader = scope(*SITES, permission=LOG)

    assert ids(page(db, reader, LogFilter(sites=frozenset({"berlin"})))) == [3, 2, 1]
    assert ids(page(db, reader, LogFilter(doors=frozenset({"berlin-door-1"})))) == [3, 1]


@pytest.mark.parametrize(
    "place",
    [
        {"site": "rome"},
        {"door": "rome-door-1"},
        {"door": "nowhere"},
        {"site": "x"},
        {"device": "rome-dev"},
        {"device": "x"},
        {"person": "u-9"},
        {"person": "x"},
    ],
)
def test_a_place_outside_the_scope_looks_like_one_that_is_not_there(
    db: Database, place: dict[str, str]
) -> None:
    write(db, swipe("rome", "u-9"), swipe("berlin"))

    found = page(db, scope("berlin", permission=LOG), of_query(place))

    assert found == Page(records=(), older=None, newer=None)


def test_the_organisations_own_records_need_a_role_everywhere(db: Database) -> None:
    write(db, draft(Kind.OPERATOR_SIGNED_IN, None, private={"name": "Ann", "subject": "ann"}), swipe())
    audit = Permission.AUDIT_READ

    everywhere = page(db, scope("berlin", permission=audit, organisation=True))
    here = page(db, scope("berlin", permission=audit))

    assert [(rec.kind, rec.name, rec.person) for rec in everywhere.records] == [
        ("operator.signed_in", "Ann", "ann")
    ]
    assert here.records == ()


def test_a_reader_of_the_log_does_not_read_what_operators_did(db: Database) -> None:
    write(db, draft(Kind.UNLOCK_REQUESTED), swipe(), draft(Kind.POLICY_CHANGED, None))

    assert ids(page(db, scope("berlin", permission=LOG, organisation=True))) == [2]
    assert ids(page(db, scope("berlin", permission=Permission.AUDIT_READ, organisation=True))) == [3, 1]


def test_people_are_named_only_where_the_scope_says_so(db: Database) -> None:
    name_person(db, "u-1", "Ada Lovelace")
    write(db, swipe("berlin"), swipe("rome"))

    rome, berlin = page(db, scope("berlin", "rome", permission=LOG, names=["berlin"])).records

    assert (berlin.person, berlin.name, berlin.credential) == ("u-1", "Ada Lovelace", "****1234")
    assert (rome.person, rome.name, rome.credential) == (None, None, None)


def test_watching_live_is_not_reading_the_log(db: Database) -> None:
    with pytest.raises(NotPermitted):
        page(db, scope("berlin"))


def test_what_operators_did_at_a_door_is_found_behind_a_thousand_swipes(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranges, "_NEAR", 10)
    write(db, draft(Kind.UNLOCK_REQUESTED), draft(Kind.UNLOCK_SENT), draft(Kind.OPERATOR_SIGNED_IN, None))
    write(db, *(swipe() for _ in range(50)), draft(Kind.UNLOCK_REQUESTED, "rome"))

    here = page(db, scope("berlin", permission=Permission.AUDIT_READ))
    everywhere = page(db, scope(*SITES, permission=Permission.AUDIT_READ, organisation=True))

    assert (ids(here), ids(everywhere)) == ([2, 1], [54, 3, 2, 1])


def test_what_has_come_since_is_counted_up_to_as_many_as_are_worth_telling(db: Database) -> None:
    write(db, *(swipe(site) for site in (*SITES, *SITES)), draft(Kind.DOOR_OPENED))
    reader, denials = scope("berlin", "rome", permission=LOG), of_query({"kind": "access.denied"})

    def newer(after: int, wanted: LogFilter = ANYTHING, most: int = 100) -> int:
        return count_newer(db, reader, wanted, after, as_of=AsOf(NOW), most=most)

    assert [newer(after) for after in (0, 2, 4, 7, 99)] == [5, 4, 2, 0, 0]
    assert newer(0, most=2) == 2
    assert newer(0, denials) == 0
    with pytest.raises(NotPermitted):
        count_newer(db, scope("berlin"), ANYTHING, 0, as_of=AsOf(NOW))
