"""The last look before a command leaves, and the word that it has left, are one."""

import sqlite3
from contextlib import closing

import pytest

from core.unlocks import Flight, Stage
from store.acts import begin_flight, find_flight, set_off
from store.database import Database
from tests.store.building import NOW
from tests.store.test_acts import act, db, estate, flight, intent, told

__all__ = ("db", "estate")


@pytest.fixture
def requested(estate: Database) -> str:
    one = act()
    assert begin_flight(estate, flight(one), one, intent(one)) is None
    return one.id


def found(db: Database, name: str) -> Flight:
    one = find_flight(db, name)
    assert one is not None
    return one


def test_who_still_may_is_sent_and_who_may_not_is_refused_with_its_record(
    estate: Database, requested: str
) -> None:
    assert not set_off(estate, requested, NOW + 1, lambda _now: False)
    assert (found(estate, requested).stage, found(estate, requested).sent) == (Stage.REFUSED, 0)
    assert told(estate) == [("requested", None), ("refused", "no_role")]
    assert not set_off(estate, requested, NOW + 2, lambda _now: True), "a refusal is the end of it"

    other = act("01b")
    assert begin_flight(estate, flight(other), other, intent(other)) is None
    assert set_off(estate, "01b", NOW + 3, lambda now: now == NOW + 3)
    assert found(estate, "01b").stage is Stage.SENT


def test_nothing_can_be_taken_away_between_the_last_look_and_the_word_that_it_is_sent(
    estate: Database, requested: str
) -> None:
    looks: list[str] = []

    def allowed(_now: int) -> bool:
        with closing(sqlite3.connect(estate.file, timeout=0)) as other:
            try:
                other.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                looks.append("held")
        return True

    assert set_off(estate, requested, NOW + 1, allowed)
    assert looks == ["held"]


def test_what_is_not_sent_in_any_case_asks_for_nobodys_rights(estate: Database, requested: str) -> None:
    looks: list[int] = []

    def allowed(now: int) -> bool:
        looks.append(now)
        return True

    late = found(estate, requested).last
    assert not set_off(estate, requested, late, allowed)
    assert not set_off(estate, "01nothing", NOW, allowed)
    assert looks == []
