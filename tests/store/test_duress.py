"""Whatever is asked for at a door with the words for duress warns, once an act, in the same transaction."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from core.leaf import Draft
from core.permissions import READS, Permission, Scope
from core.records import Class, Kind
from store.database import Database
from store.duress import MOST, SHOWN_US, DuressView, Minder, duress_of
from store.log import append
from store.schema import site
from tests.store.building import NOW, build_estate, draft, scope
from tests.store.words import kinds, records
from tests.stores import new_store

AGREED = "Courier for Mr Winter"
INTENTS = (
    Kind.UNLOCK_REQUESTED,
    Kind.UNLOCK_REFUSED,
    Kind.HOLD_REQUESTED,
    Kind.HOLD_END_REQUESTED,
    Kind.HOLD_REFUSED,
    Kind.LOCKDOWN_REQUESTED,
    Kind.LOCKDOWN_RELEASE_REQUESTED,
    Kind.OPERATOR_SECOND_AWAITED,
)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    made = new_store(tmp_path / "data")
    build_estate(made)
    with made.write() as connection:
        connection.execute(update(site).where(site.c.id == "berlin").values(duress_reason=AGREED))
    yield made
    made.close()


def wish(kind: Kind = Kind.UNLOCK_REQUESTED, act: str = "01a", place: str = "berlin", at: int = NOW) -> Draft:
    who = {"subject": "local:ben", "name": "Ben", "why": AGREED}
    return draft(kind, place, at, refs={"act": act, "session": "s1"}, private=who)


def minder(*sites: str, subject: str = "local:ada") -> Minder:
    handles = Scope(
        permission=Permission.ALARM_HANDLE,
        sites=frozenset(sites),
        organisation=False,
        classes=READS[Permission.ALARM_HANDLE],
        names=frozenset(),
        policy_version=1,
    )
    return Minder(scope=handles, subject=subject)


def shown(db: Database, who: Minder, now: int = NOW) -> tuple[DuressView, ...]:
    with db.read() as connection:
        return duress_of(connection, who, now)


@pytest.mark.parametrize("kind", INTENTS)
def test_every_kind_of_act_warns_right_behind_its_own_record(db: Database, kind: Kind) -> None:
    ids = append(db, [wish(kind)]).ids

    assert kinds(db) == [kind.value, "operator.duress"]
    alarm = records(db, Kind.OPERATOR_DURESS)[0]
    assert (alarm.id, alarm.refs["act"], alarm.received) == ((ids[0] or 0) + 1, "01a", NOW)


def test_one_act_warns_once_however_many_records_and_doors_it_has(db: Database) -> None:
    append(db, [wish(Kind.OPERATOR_SECOND_AWAITED), wish()])
    append(db, [wish(Kind.LOCKDOWN_REQUESTED, f"01b-{number}") for number in range(3)])
    append(db, [wish(Kind.UNLOCK_REFUSED)])

    assert [one.refs["act"] for one in records(db, Kind.OPERATOR_DURESS)] == ["01a", "01b"]


def test_the_same_words_mean_nothing_at_a_site_that_has_not_agreed_on_them(db: Database) -> None:
    append(db, [wish(place="paris")])

    assert kinds(db) == ["unlock.requested"]


def test_no_reading_of_the_log_holds_it_but_that_of_who_handles_alarms() -> None:
    assert [one for one, read in READS.items() if Class.DURESS in read] == [Permission.ALARM_HANDLE]


def test_it_is_shown_where_one_minds_it_and_to_nobody_else(db: Database) -> None:
    append(db, [wish()])
    blind = Minder(scope=scope("berlin"), subject="local:eve")

    assert [(one.site, one.door, one.name, one.since) for one in shown(db, minder("berlin"))] == [
        ("berlin", "berlin-door-1", "Ben", NOW)
    ]
    assert shown(db, minder("paris")) == shown(db, minder()) == shown(db, blind) == ()
    assert shown(db, minder("berlin", subject="local:ben")) == ()


def test_it_is_shown_for_hours_and_however_many_there_are_the_newest(db: Database) -> None:
    append(db, [wish(act=f"{number:03}", at=NOW + number) for number in range(MOST + 3)])
    last = NOW + MOST + 2

    assert [one.since for one in shown(db, minder("berlin"), last)] == list(range(last, last - MOST, -1))
    assert shown(db, minder("berlin"), last + SHOWN_US + 1) == ()
