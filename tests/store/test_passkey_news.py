"""Which passkeys were added of late is told to those who look after people everywhere, and to nobody else."""

from dataclasses import replace

import pytest

from core.leaf import Draft
from core.permissions import Permission, Scope
from core.records import Kind
from core.times import MINUTE_US
from store.database import Database
from store.log import append
from store.passkey_news import MOST, TOLD_FOR_US, added_lately
from tests.store.building import NOW, scope

MANAGES = replace(scope(organisation=True), permission=Permission.PEOPLE_MANAGE, classes=frozenset())


def add(db: Database, name: str, at: int) -> None:
    private = {"subject": "local:ben", "name": "Ben", "passkey": name, "address": "192.0.2.7"}
    refs = {"passkey": f"ref-{name}", "way": "code"}
    append(db, [Draft(kind=Kind.OPERATOR_PASSKEY_ADDED, received=at, refs=refs, private=private)])


def names(db: Database, one: Scope = MANAGES) -> list[str]:
    return [each.name for each in added_lately(db, one, NOW)]


def test_the_last_seven_days_are_told_the_newest_first(db: Database) -> None:
    add(db, "old", NOW - TOLD_FOR_US)
    add(db, "first", NOW - TOLD_FOR_US + 1)
    add(db, "last", NOW - MINUTE_US)

    assert names(db) == ["last", "first"]
    newest = added_lately(db, MANAGES, NOW)[0]
    assert (newest.subject, newest.person, newest.way, newest.at) == (
        "local:ben",
        "Ben",
        "code",
        NOW - MINUTE_US,
    )
    assert newest.gone


def test_however_many_there_are_the_newest_are_told(db: Database) -> None:
    for number in range(MOST + 1):
        add(db, str(number), NOW - MINUTE_US + number)

    assert names(db) == [str(number) for number in range(MOST, 0, -1)]


@pytest.mark.parametrize(
    "other",
    [
        replace(MANAGES, organisation=False, sites=frozenset({"berlin"})),
        *(replace(MANAGES, permission=one) for one in Permission if one is not Permission.PEOPLE_MANAGE),
    ],
)
def test_nobody_else_is_told(db: Database, other: Scope) -> None:
    add(db, "key", NOW)

    assert names(db, MANAGES) == ["key"]
    assert names(db, other) == []
