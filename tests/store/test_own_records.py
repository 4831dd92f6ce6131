"""What is recorded about oneself: for oneself alone, and only lately."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.leaf import Draft
from core.permissions import Permission, Scope
from core.records import Kind
from core.times import DAY_US
from store.database import Database
from store.own_records import MOST, own_records
from tests.store.building import NOW, build_estate, scope, swipe, write
from tests.stores import new_store

BEN = "local:ben"


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    opened = new_store(tmp_path / "data")
    build_estate(opened)
    yield opened
    opened.close()


def signed_in(subject: str = BEN, at: int = NOW) -> Draft:
    who = {"subject": subject, "name": "Ben", "address": "192.0.2.1", "agent": "Firefox"}
    return Draft(kind=Kind.OPERATOR_SIGNED_IN, received=at, refs={"session": "s"}, private=who)


MINE = Scope(
    permission=Permission.SELF,
    sites=frozenset({"berlin"}),
    organisation=False,
    classes=frozenset(),
    names=frozenset(),
    policy_version=1,
)


def test_my_records_come_newest_first_with_the_browser(db: Database) -> None:
    refused = Draft(
        kind=Kind.OPERATOR_PAGE_REFUSED, received=NOW + 1, refs={"page": "log"}, private={"subject": BEN}
    )
    write(db, signed_in(), refused)
    newest, first = own_records(db, MINE, BEN, NOW + 2)

    assert (newest.label, newest.page, newest.address) == ("Page refused", "log", None)
    assert (first.label, first.at, first.address, first.agent) == ("Signed in", NOW, "192.0.2.1", "Firefox")


def test_nobody_else_is_told_of_nor_a_cardholder_who_bears_my_name(db: Database) -> None:
    write(db, signed_in("local:ada"), signed_in("local:benno"), swipe("berlin", BEN))

    assert own_records(db, MINE, BEN, NOW) == ()


@pytest.mark.parametrize("permission", [Permission.LOG_READ, Permission.AUDIT_READ, Permission.LIVE_VIEW])
def test_another_permission_opens_nothing_here(db: Database, permission: Permission) -> None:
    write(db, signed_in())

    assert own_records(db, scope("berlin", permission=permission, organisation=True), BEN, NOW) == ()


def test_lately_is_seven_days_and_twenty_records(db: Database) -> None:
    write(db, signed_in(at=NOW - 8 * DAY_US), *(signed_in(at=NOW + n) for n in range(MOST + 2)))
    found = own_records(db, MINE, BEN, NOW + MOST + 2)
    assert [one.at for one in found] == [NOW + n for n in reversed(range(2, MOST + 2))]

    assert own_records(db, MINE, BEN, NOW + 8 * DAY_US) == ()
