"""Ending the sessions of others: refusals first."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from auth.current import Services
from auth.networks import Networks
from auth.presence import Presence
from auth.sessions import Actor, Person, Sessions
from core.errors import NotPermitted
from core.records import Kind
from core.times import MINUTE_US
from operations.end_sessions_for import end_sessions_for
from store.policies import apply_policy
from tests.auth.people import LIMITS, NOW, POLICY, peopled_store, person
from tests.auth.reading import told

HERE = "10.1.2.3"
OF_BERLIN = '[[grants]]\ngroup = "g-admin-berlin"\nrole = "admin"\nsites = ["berlin", "newyork"]\n'


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    db = peopled_store(tmp_path / "data")
    yield Services(db=db, sessions=Sessions(db, LIMITS), presence=Presence())
    db.close()


def enter(services: Services, who: Person) -> Actor:
    _, actor = services.sessions.start(who, address="192.0.2.1", agent="", now=NOW)
    return actor


def still_open(services: Services, actor: Actor) -> int:
    return len(services.sessions.of(actor.subject))


@pytest.mark.parametrize("username", ["ben", "cleo", "dan"])
def test_who_does_not_manage_people_ends_nothing(services: Services, username: str) -> None:
    mine, theirs = enter(services, person(username)), enter(services, person("ada"))
    with pytest.raises(NotPermitted):
        end_sessions_for(services, mine.session, theirs.subject, address=HERE, now=NOW + 1)

    assert still_open(services, theirs) == 1


def test_an_administrator_of_every_single_site_is_none_of_the_organisation(services: Services) -> None:
    apply_policy(services.db, POLICY + OF_BERLIN, NOW, "tests")
    theirs = enter(services, person("ben"))
    mine = enter(services, replace(person("dan"), groups=("g-admin-berlin",)))
    with pytest.raises(NotPermitted, match="your roles do not let you"):
        end_sessions_for(services, mine.session, theirs.subject, address=HERE, now=NOW + 1)

    assert still_open(services, theirs) == 1
    assert [one.private["subject"] for one in told(services.db, Kind.OPERATOR_PAGE_REFUSED)] == ["local:dan"]


@pytest.mark.parametrize("address", ["192.0.2.1", "unknown", ""])
def test_from_another_network_nothing_ends_and_that_is_recorded(services: Services, address: str) -> None:
    services = replace(services, networks=Networks.of({"people": ["10.1.0.0/16"]}))
    mine, theirs = enter(services, person("ada")), enter(services, person("ben"))
    with pytest.raises(NotPermitted, match="network"):
        end_sessions_for(services, mine.session, theirs.subject, address=address, now=NOW + 1)

    assert still_open(services, theirs) == 1
    refused = told(services.db, Kind.OPERATOR_PAGE_REFUSED)
    assert [(one.reason, one.private["address"], one.refs["page"]) for one in refused] == [
        ("wrong_network", address, "people")
    ]


@pytest.mark.parametrize("late", [0, 15 * MINUTE_US])
def test_a_session_that_has_ended_or_sleeps_ends_no_other(services: Services, late: int) -> None:
    mine, theirs = enter(services, person("ada")), enter(services, person("ben"))
    if not late:
        services.sessions.end(mine.session, "signed_out", NOW)
    with pytest.raises(NotPermitted, match="sign in again"):
        end_sessions_for(services, mine.session, theirs.subject, address=HERE, now=NOW + late)

    assert still_open(services, theirs) == 1


def test_a_role_taken_away_counts_at_the_next_press(services: Services) -> None:
    mine, theirs = enter(services, person("cleo")), enter(services, person("ben"))
    both = POLICY + '[[grants]]\ngroup = "g-audit"\nrole = "admin"\nsites = ["*"]\n'
    apply_policy(services.db, both, NOW, "tests")
    assert end_sessions_for(services, mine.session, theirs.subject, address=HERE, now=NOW + 1) == 1
    theirs = enter(services, person("ben"))
    apply_policy(services.db, POLICY, NOW + 2, "tests")
    with pytest.raises(NotPermitted):
        end_sessions_for(services, mine.session, theirs.subject, address=HERE, now=NOW + 3)

    assert still_open(services, theirs) == 1


def test_every_session_of_the_person_ends_with_who_did_it_and_nobody_elses(services: Services) -> None:
    mine, other = enter(services, person("ada")), enter(services, person("cleo"))
    theirs = [enter(services, person("ben")) for _ in range(3)]
    cookie = services.sessions.start(person("ben"), address="192.0.2.1", agent="", now=NOW)[0]
    assert services.sessions.look_up(cookie, NOW) is not None

    assert end_sessions_for(services, mine.session, theirs[0].subject, address=HERE, now=NOW + 1) == 4
    assert services.sessions.recall(cookie, NOW + 1) is None
    assert [still_open(services, one) for one in (theirs[0], mine, other)] == [0, 1, 1]
    ended = told(services.db, Kind.OPERATOR_SESSION_ENDED)
    assert {(one.reason, one.private["subject"], one.private["by"]) for one in ended} == {
        ("ended_by_admin", "local:ben", "local:ada")
    }
    assert end_sessions_for(services, mine.session, theirs[0].subject, address=HERE, now=NOW + 2) == 0


def test_an_administrator_may_end_their_own_too(services: Services) -> None:
    mine = enter(services, person("ada"))

    assert end_sessions_for(services, mine.session, mine.subject, address=HERE, now=NOW + 1) == 1
    assert services.sessions.by_ref(mine.session, NOW + 1) is None
