"""Where a session is used from beside where it began, as its owner is to see it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from auth.sessions import Actor, Sessions
from core.records import Kind
from core.times import MINUTE_US
from store.database import Database
from store.session_places import places_of
from tests.auth.people import LIMITS, NOW, peopled_store, person
from tests.auth.reading import told


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    made = peopled_store(tmp_path / "data")
    yield made
    made.close()


@pytest.fixture
def sessions(db: Database) -> Sessions:
    return Sessions(db, LIMITS)


@pytest.fixture
def ben(sessions: Sessions) -> Actor:
    _, actor = sessions.start(person("ben"), address="192.0.2.7", agent="Firefox/130 Linux", now=NOW)
    return actor


def test_where_it_began_is_nothing_strange(sessions: Sessions, ben: Actor) -> None:
    assert not sessions.strange(ben, "192.0.2.7", "Firefox/130 Linux", NOW)
    assert sessions.strange(ben, "198.51.100.9", "Firefox/130 Linux", NOW)
    assert sessions.strange(ben, "192.0.2.7", "curl/8", NOW)


def test_a_thief_is_recorded_once_and_stays_in_the_list_with_first_and_last(
    db: Database, sessions: Sessions, ben: Actor
) -> None:
    for later in (0, MINUTE_US, 2 * MINUTE_US):
        assert sessions.strange(ben, "198.51.100.9", "curl/8", NOW + later)
        sessions.note_elsewhere(ben, "198.51.100.9", "curl/8", NOW + later)
        assert not sessions.strange(ben, "198.51.100.9", "curl/8", NOW + later + MINUTE_US - 1)

    (place,) = places_of(db, [ben.session])[ben.session]
    assert (place.address, place.agent) == ("198.51.100.9", "curl/8")
    assert (place.first, place.last) == (NOW, NOW + 2 * MINUTE_US)
    (record,) = told(db, Kind.OPERATOR_SESSION_ELSEWHERE)
    assert record.refs["session"] == ben.session
    assert record.private["address"] == "198.51.100.9"
    assert record.private["subject"] == "local:ben"


def test_of_a_session_that_has_ended_nothing_is_noted(db: Database, sessions: Sessions, ben: Actor) -> None:
    sessions.end(ben.session, "signed_out", NOW)
    sessions.note_elsewhere(ben, "198.51.100.9", "curl/8", NOW + 1)

    assert places_of(db, [ben.session]) == {}
    assert told(db, Kind.OPERATOR_SESSION_ELSEWHERE) == []


def test_who_roams_without_end_fills_no_store(db: Database, sessions: Sessions, ben: Actor) -> None:
    for number in range(60):
        sessions.note_elsewhere(ben, f"198.51.100.{number}", "curl/8", NOW + number)

    assert len(places_of(db, [ben.session])[ben.session]) == 50
    assert len(told(db, Kind.OPERATOR_SESSION_ELSEWHERE)) == 50
