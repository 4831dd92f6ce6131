"""Ending sessions from another browser: refusals first."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from auth.current import Services
from auth.presence import Presence
from auth.sessions import Actor, Sessions
from core.errors import NotPermitted
from core.records import Kind
from core.times import MINUTE_US
from operations.end_session import end_every_session, end_other_sessions, end_session
from store.rows import next_rows
from tests.auth.people import LIMITS, NOW, peopled_store, person


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    db = peopled_store(tmp_path / "data")
    yield Services(db=db, sessions=Sessions(db, LIMITS), presence=Presence())
    db.close()


def enter(services: Services, username: str) -> Actor:
    _, actor = services.sessions.start(person(username), address="192.0.2.1", agent="", now=NOW)
    return actor


def open_refs(services: Services, actor: Actor) -> set[str]:
    return {row.ref for row in services.sessions.of(actor.subject)}


def test_somebody_elses_session_is_refused_like_one_that_is_not_there(services: Services) -> None:
    mine, theirs = enter(services, "ben"), enter(services, "ada")
    with pytest.raises(NotPermitted) as foreign:
        end_session(services, mine.session, theirs.session, NOW + 1)
    with pytest.raises(NotPermitted) as absent:
        end_session(services, mine.session, "nothing", NOW + 1)

    assert str(foreign.value) == str(absent.value)
    assert open_refs(services, theirs) == {theirs.session}


def test_a_session_that_has_ended_may_end_no_other(services: Services) -> None:
    mine, other = enter(services, "ben"), enter(services, "ben")
    services.sessions.end(mine.session, "signed_out", NOW + 1)
    with pytest.raises(NotPermitted):
        end_session(services, mine.session, other.session, NOW + 2)
    with pytest.raises(NotPermitted):
        end_other_sessions(services, mine.session, NOW + 2)

    assert open_refs(services, other) == {other.session}


def test_an_idle_session_must_sign_in_again_first(services: Services) -> None:
    mine, other = enter(services, "ben"), enter(services, "ben")
    with pytest.raises(NotPermitted):
        end_session(services, mine.session, other.session, NOW + 31 * MINUTE_US)


def test_who_has_no_role_may_end_nothing(services: Services) -> None:
    mine, other = enter(services, "dan"), enter(services, "dan")
    with pytest.raises(NotPermitted):
        end_session(services, mine.session, other.session, NOW + 1)


def test_one_session_ends_with_its_record(services: Services) -> None:
    mine, other = enter(services, "ben"), enter(services, "ben")

    assert end_session(services, mine.session, other.session, NOW + 1)
    assert open_refs(services, mine) == {mine.session}
    with services.db.read() as connection:
        last = next_rows(connection, 0, 100).rows[-1]
    assert last.kind is Kind.OPERATOR_SESSION_ENDED
    assert b'"ended_by_self"' in last.leaf


def test_all_others_end_and_the_asking_one_stays(services: Services) -> None:
    mine = enter(services, "ben")
    for _ in range(3):
        enter(services, "ben")

    assert end_other_sessions(services, mine.session, NOW + 1) == 3
    assert open_refs(services, mine) == {mine.session}


def test_all_sessions_end_and_other_peoples_stay(services: Services) -> None:
    mine, other, theirs = enter(services, "ben"), enter(services, "ben"), enter(services, "ada")

    assert end_every_session(services, mine.session, NOW + 1) == 2
    assert open_refs(services, mine) == set()
    assert open_refs(services, theirs) == {theirs.session}
    with pytest.raises(NotPermitted):
        end_every_session(services, other.session, NOW + 2)
