"""By what a door is known to be secure after an unlock: its bolt, its leaf alone, or nothing it tells."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.acts import Action
from core.capabilities import Answer
from core.commands import Result
from core.doors import DoorFacets, Lock, Position, SecuredBy, is_secure, secured_by
from core.records import Kind
from core.times import SECOND_US
from core.unlocks import SECURE_GRACE_US, Flight, Step, pass_time, reply, see, send
from tests.core.test_unlocks import BEGAN, LET_GO, OPENED, SHUT, Told, flight

OPEN = DoorFacets(position=Position.OPEN)
CLOSED = DoorFacets(position=Position.CLOSED)
UNLOCKED = DoorFacets(lock=Lock.UNLOCKED)
LOCKED = DoorFacets(lock=Lock.LOCKED)
NOTHING = DoorFacets()
FACETS = st.builds(DoorFacets, position=st.sampled_from(Position), lock=st.sampled_from(Lock))


def accepted(before: DoorFacets) -> Told:
    told = Told(flight())
    told.take(send(told.flight, BEGAN, before))
    return told.take(reply(told.flight, Result.ACCEPTED, BEGAN + 100))


def shown(told: Told, *words: DoorFacets) -> Told:
    """See the door so, a second apart."""
    for later, facets in enumerate(words, start=1):
        told.take(see(told.flight, facets, BEGAN + later * SECOND_US))
    return told


def last(told: Told) -> tuple[str, SecuredBy]:
    return told.kinds[-1], told.steps[-1].secured_by


@pytest.mark.parametrize(
    ("before", "words", "by"),
    [
        (SHUT, (OPENED, SHUT), SecuredBy.LOCK),
        (LOCKED, (UNLOCKED, LOCKED), SecuredBy.LOCK),
        (CLOSED, (OPEN, CLOSED), SecuredBy.POSITION),
        (NOTHING, (OPEN, CLOSED), SecuredBy.POSITION),
        (CLOSED, (OPEN, SHUT), SecuredBy.LOCK),
    ],
)
def test_what_a_door_tells_is_what_it_is_called_secure_by(
    before: DoorFacets, words: tuple[DoorFacets, ...], by: SecuredBy
) -> None:
    told = shown(accepted(before), *words)

    assert last(told) == ("secured", by)
    assert (told.flight.secured, told.flight.secured_by) == (BEGAN + len(words) * SECOND_US, by)


@pytest.mark.parametrize(
    ("before", "seen", "after"),
    [
        (SHUT, LET_GO, NOTHING),
        (SHUT, LET_GO, CLOSED),
        (SHUT, OPENED, CLOSED),
        (NOTHING, UNLOCKED, CLOSED),
        (CLOSED, OPEN, NOTHING),
    ],
)
def test_a_door_of_which_it_is_not_known_any_more_is_looked_after(
    before: DoorFacets, seen: DoorFacets, after: DoorFacets
) -> None:
    told = shown(accepted(before), seen, after)

    assert told.kinds[-1] == "confirmed"
    assert told.flight.watched


@pytest.mark.parametrize(
    ("before", "seen", "by"), [(SHUT, OPENED, SecuredBy.LOCK), (CLOSED, OPEN, SecuredBy.POSITION)]
)
def test_a_door_that_is_not_secure_in_time_says_by_what(
    before: DoorFacets, seen: DoorFacets, by: SecuredBy
) -> None:
    told = shown(accepted(before), seen)
    told.take(pass_time(told.flight, told.flight.closes + SECURE_GRACE_US))

    assert last(told) == ("not_secured", by)


def test_what_a_door_can_tell_is_known_from_when_it_is_sent() -> None:
    assert accepted(SHUT).flight.secured_by is SecuredBy.LOCK
    assert accepted(CLOSED).flight.secured_by is SecuredBy.POSITION
    assert accepted(NOTHING).flight.secured_by is SecuredBy.NOTHING


def test_what_comes_after_the_end_changes_nothing_of_it() -> None:
    told = shown(accepted(CLOSED), OPEN, CLOSED, SHUT, OPENED, SHUT)

    assert told.flight.secured_by is SecuredBy.POSITION
    assert told.flight.secured == BEGAN + 2 * SECOND_US


def test_an_unlock_that_was_under_way_before_this_was_kept_learns_it_from_its_door() -> None:
    old = msgspec.to_builtins(accepted(NOTHING).flight)
    assert "secured_by" not in old
    told = shown(Told(msgspec.convert(old, Flight)), OPENED, SHUT)

    assert told.steps[-1] == Step(Kind.UNLOCK_SECURED, secured_by=SecuredBy.LOCK)


@given(words=st.lists(FACETS, max_size=8), before=FACETS, answer=st.sampled_from(Answer))
def test_no_door_is_called_secure_by_more_than_it_tells(
    words: list[DoorFacets], before: DoorFacets, answer: Answer
) -> None:
    told = Told(flight(answer))
    told.take(send(told.flight, BEGAN, before))
    told.take(reply(told.flight, Result.ACCEPTED, BEGAN + 100))
    by = told.flight.secured_by
    for later, facets in enumerate(words, start=1):
        was = told.flight
        told.take(see(was, facets, BEGAN + later * SECOND_US))
        by = secured_by(facets, by)
        if told.flight.secured not in {0, was.secured}:
            assert told.flight.secured_by is by
            assert is_secure(facets, by)
            assert facets.lock is not Lock.UNLOCKED
            assert facets.position is not Position.OPEN
    for step in told.steps:
        assert (step.kind is Kind.UNLOCK_SECURED) == bool(step.secured_by)


@pytest.mark.parametrize("action", [Action.HOLD, Action.END_HOLD, Action.LOCKDOWN, Action.RELEASE])
def test_only_an_unlock_is_followed_until_its_door_is_secure(action: Action) -> None:
    moved = send(replace(flight(), action=action), BEGAN, SHUT)

    assert moved is not None
    assert moved.flight.secured_by is SecuredBy.NOTHING
