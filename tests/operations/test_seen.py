"""What confirms an unlock: what changes at its door after it was sent, and not what was so before."""

import pytest

from auth.current import Services
from core.doors import DoorFacets, Lock, Mode, Position
from core.leaf import Draft
from core.records import Kind
from core.times import SECOND_US
from operations.sensitive import told as followed
from store.acts import close_due
from store.log import append
from tests.auth.people import NOW
from tests.auth.reading import told as records
from tests.operations.moding import answers, shows
from tests.operations.unlocking import ask, enter, good, prove_unlock, unlocks

PROPPED = DoorFacets(position=Position.OPEN, lock=Lock.LOCKED, mode=Mode.NORMAL)
OPEN = DoorFacets(position=Position.OPEN, lock=Lock.UNLOCKED, mode=Mode.NORMAL)
LET_GO = DoorFacets(position=Position.CLOSED, lock=Lock.UNLOCKED, mode=Mode.NORMAL)
SHUT = DoorFacets(position=Position.CLOSED, lock=Lock.LOCKED, mode=Mode.NORMAL)


def heard(services: Services, kind: Kind, at: int) -> None:
    append(services.db, [Draft(kind=kind, received=at, site="berlin", door="front", device="berlin-ic")])


def unlock(services: Services) -> str:
    ben = enter(services)
    name = ask(services, ben)
    prove_unlock(services, ben.session, name, good, now=NOW + 1)
    return name


def test_an_unlock_that_nobody_confirmed_in_time_is_told_to_its_screen_until_its_door_is_secure(
    services: Services,
) -> None:
    shows(services, SHUT, at=NOW)
    ben = enter(services)
    name = ask(services, ben)
    prove_unlock(services, ben.session, name, good, now=NOW + 1)
    late = NOW + 6 * SECOND_US
    close_due(services.db, late)
    answers(services, name, at=late)
    shows(services, OPEN, at=late + 10)
    close_due(services.db, late + 60 * SECOND_US)

    told = followed(services, ben.session, name, late + 60 * SECOND_US)
    assert (told.state, told.good, told.final) == ("unconfirmed", False, True)
    assert (told.late, told.let_go, told.opened, told.secured) == (late, late + 10, late + 10, 0)
    assert told.overdue == late + 60 * SECOND_US

    shows(services, SHUT, at=late + 90 * SECOND_US)

    told = followed(services, ben.session, name, late + 90 * SECOND_US)
    assert (told.state, told.secured, told.overdue) == ("unconfirmed", late + 90 * SECOND_US, 0)
    assert [kind for kind, _ in unlocks(services)][-4:] == [
        "unconfirmed",
        "answered_late",
        "not_secured",
        "secured",
    ]


@pytest.mark.parametrize(
    ("facets", "by"),
    [
        ((SHUT, OPEN, SHUT), "lock"),
        (
            tuple(DoorFacets(position=one) for one in (Position.CLOSED, Position.OPEN, Position.CLOSED)),
            "position",
        ),
    ],
)
def test_the_screen_and_the_log_say_what_of_the_door_told_that_it_is_secure(
    services: Services, facets: tuple[DoorFacets, ...], by: str
) -> None:
    before, opened, shut = facets
    shows(services, before, at=NOW)
    ben = enter(services)
    name = ask(services, ben)
    prove_unlock(services, ben.session, name, good, now=NOW + 1)
    answers(services, name)
    shows(services, opened, at=NOW + 30)
    assert followed(services, ben.session, name, NOW + 40).secured_by == by
    close_due(services.db, NOW + 60 * SECOND_US)
    shows(services, shut, at=NOW + 90 * SECOND_US)

    told = followed(services, ben.session, name, NOW + 91 * SECOND_US)
    assert (told.secured, told.secured_by) == (NOW + 90 * SECOND_US, by)
    found = records(services.db, Kind.UNLOCK_NOT_SECURED, Kind.UNLOCK_SECURED)
    assert [one.refs["secured_by"] for one in found] == [by, by]
    (confirmed,) = records(services.db, Kind.UNLOCK_CONFIRMED)
    assert "secured_by" not in confirmed.refs


@pytest.mark.parametrize("before", [PROPPED, LET_GO])
def test_a_ring_at_a_door_that_was_open_or_unlocked_before_confirms_nothing(
    services: Services, before: DoorFacets
) -> None:
    shows(services, before, at=NOW)
    name = unlock(services)
    answers(services, name)
    heard(services, Kind.ACCESS_DENIED, NOW + 20)
    shows(services, before, at=NOW + 30)

    assert unlocks(services)[-1] == ("accepted", None)


@pytest.mark.parametrize("before", [PROPPED, SHUT])
def test_a_bolt_that_lets_go_after_it_was_sent_confirms(services: Services, before: DoorFacets) -> None:
    shows(services, before, at=NOW)
    name = unlock(services)
    answers(services, name)
    shows(services, LET_GO, at=NOW + 30)

    assert unlocks(services)[-1] == ("confirmed", None)


def test_a_door_that_was_unlocked_and_is_told_to_have_let_go_anew_confirms(services: Services) -> None:
    shows(services, LET_GO, at=NOW)
    name = unlock(services)
    answers(services, name)
    heard(services, Kind.DOOR_UNLOCKED, NOW + 20)

    assert unlocks(services)[-1] == ("confirmed", None)
