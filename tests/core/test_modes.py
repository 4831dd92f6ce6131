"""Holds and lockdowns: what begins one, what ends it, and that an end counts once the door is locked."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.acts import Action
from core.capabilities import Answer
from core.commands import Result
from core.doors import DoorFacets, Lock, Mode, Position, SecuredBy
from core.errors import Invalid
from core.modes import (
    MOST_HOLD_US,
    Lease,
    Turned,
    check_until,
    due,
    end,
    follow,
    is_locked,
    pass_time,
    replaced,
    see,
)
from core.times import HOUR_US, MINUTE_US, SECOND_US
from core.unlocks import (
    ANSWER_US,
    SECURE_GRACE_US,
    Flight,
    Stage,
    Step,
    refuse,
    reply,
    send,
    show,
)
from core.unlocks import (
    pass_time as pass_flight,
)

BEGAN = 1_800_000_000 * SECOND_US
UNTIL = BEGAN + HOUR_US
HELD = DoorFacets(lock=Lock.UNLOCKED, mode=Mode.HELD)
NORMAL = DoorFacets(lock=Lock.LOCKED, mode=Mode.NORMAL)
DOWN = DoorFacets(lock=Lock.LOCKED, mode=Mode.LOCKED_DOWN)
LET_GO = DoorFacets(lock=Lock.UNLOCKED)
LOCKED = DoorFacets(lock=Lock.LOCKED)
# Its device says so, and the bolt has not moved.
STUCK = DoorFacets(lock=Lock.UNLOCKED, mode=Mode.NORMAL)
NOTHING = DoorFacets()


def flight(action: Action = Action.HOLD, answer: Answer = Answer.ACK) -> Flight:
    return Flight(
        act="01act",
        site="hq",
        door="front",
        device="ic",
        answer=answer,
        sensor=True,
        seconds=0,
        requested=BEGAN,
        action=action,
        until=UNTIL,
    )


def sent(action: Action = Action.HOLD, answer: Answer = Answer.ACK) -> Flight:
    moved = send(flight(action, answer), BEGAN)
    assert moved is not None
    return moved.flight


def lease(mode: Mode = Mode.HELD, *, began: int = BEGAN) -> Lease:
    return Lease(
        act="01act",
        site="hq",
        door="front",
        device="ic",
        mode=mode,
        asked=BEGAN,
        until=UNTIL,
        began=began,
    )


class Told:
    """A lease with all its records so far."""

    def __init__(self, one: Lease) -> None:
        self.lease = one
        self.steps: list[Step] = []

    def take(self, turned: Turned) -> "Told":
        self.lease = turned.lease
        self.steps += turned.steps
        return self

    def see(self, facets: DoorFacets, at: int) -> "Told":
        return self.take(see(self.lease, facets, at))

    def wait(self, now: int, facets: DoorFacets = HELD) -> "Told":
        return self.take(pass_time(self.lease, facets, now))

    @property
    def said(self) -> list[tuple[str, str | None]]:
        return [(one.kind.value, one.reason) for one in self.steps]


# --- what is asked for --------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [MINUTE_US, 90 * SECOND_US + 7, MOST_HOLD_US])
def test_a_hold_lasts_from_a_minute_to_twelve_hours_in_whole_seconds(length: int) -> None:
    until = check_until(BEGAN + length, BEGAN)

    assert until % SECOND_US == 0
    assert 0 <= BEGAN + length - until < SECOND_US


@pytest.mark.parametrize("length", [-MINUTE_US, 0, MINUTE_US - SECOND_US - 1, MOST_HOLD_US + SECOND_US])
def test_no_hold_is_shorter_or_longer(length: int) -> None:
    with pytest.raises(Invalid):
        check_until(BEGAN + length, BEGAN)


# --- a hold's life ------------------------------------------------------------------------------------


def test_a_hold_is_in_force_once_its_device_has_taken_it() -> None:
    waiting = lease(began=0)
    assert follow(waiting, sent(), BEGAN + 1) == waiting

    begun = follow(waiting, reply(sent(), Result.ACCEPTED, BEGAN + 1).flight, BEGAN + 1)

    assert (begun.in_force, begun.began, begun.shown) == (True, BEGAN + 1, 0)


def test_a_hold_whose_answer_was_lost_is_in_force_if_the_door_shows_it() -> None:
    lost = pass_flight(sent(), BEGAN + ANSWER_US).flight
    assert not follow(lease(began=0), lost, BEGAN + ANSWER_US).in_force

    seen = show(lost, shown=True, at=BEGAN + ANSWER_US + 1).flight

    assert seen.stage is Stage.UNCONFIRMED
    assert follow(lease(began=0), seen, BEGAN + ANSWER_US + 1).in_force


def test_a_hold_that_was_refused_never_was() -> None:
    moved = refuse(sent(), "not_connected")
    assert moved is not None

    closed = follow(lease(began=0), moved.flight, BEGAN + 1)

    assert not closed.open
    assert due(closed) is None
    assert Told(closed).wait(UNTIL).said == []


def test_a_hold_runs_out_and_is_over_when_the_door_is_locked_again() -> None:
    told = Told(lease()).see(HELD, BEGAN + 1).see(NORMAL, UNTIL - SECOND_US)

    assert told.said == [("hold.ended", "lease_over"), ("hold.secured", None)]
    assert not told.lease.open


def test_a_hold_that_runs_out_while_its_device_is_away_is_not_called_secure() -> None:
    told = Told(lease()).see(HELD, BEGAN + 1).wait(UNTIL)
    assert told.said == [("hold.ended", "lease_over")]
    assert due(told.lease) == UNTIL + SECURE_GRACE_US

    told.wait(UNTIL + SECURE_GRACE_US - 1).wait(UNTIL + SECURE_GRACE_US).wait(UNTIL + HOUR_US)

    assert told.said[1:] == [("hold.not_secured", None)]
    assert told.lease.open, "it is still looked for"
    assert told.see(NORMAL, UNTIL + 2 * HOUR_US).said[2:] == [("hold.secured", None)]


def test_a_mode_that_went_back_while_the_bolt_stayed_is_not_secure() -> None:
    told = Told(lease()).see(HELD, BEGAN + 1).see(STUCK, UNTIL)
    told.wait(told.lease.ended + SECURE_GRACE_US)

    assert told.said == [("hold.ended", "lease_over"), ("hold.not_secured", None)]


def test_a_door_that_has_locked_and_stands_open_is_not_secure() -> None:
    told = Told(lease()).see(HELD, BEGAN + 1)
    propped = DoorFacets(position=Position.OPEN, lock=Lock.LOCKED, mode=Mode.NORMAL)
    told.see(propped, UNTIL).wait(UNTIL + SECURE_GRACE_US, propped)
    assert told.said == [("hold.ended", "lease_over"), ("hold.not_secured", None)]

    told.see(NORMAL, UNTIL + HOUR_US)

    assert told.said[2:] == [("hold.secured", None)]


def test_a_hold_is_secure_or_not_by_its_lock_alone() -> None:
    late = Told(lease()).see(HELD, BEGAN + 1).wait(UNTIL).wait(UNTIL + SECURE_GRACE_US)
    late.see(NORMAL, UNTIL + HOUR_US)
    assert [one.secured_by for one in late.steps] == [SecuredBy.NOTHING, SecuredBy.LOCK, SecuredBy.LOCK]

    silent = Told(lease()).see(DoorFacets(mode=Mode.HELD), BEGAN + 1).wait(UNTIL, NOTHING)
    silent.wait(UNTIL + SECURE_GRACE_US, NOTHING)
    assert silent.said[-1] == ("hold.not_secured", "not_told")
    assert silent.steps[-1].secured_by is SecuredBy.NOTHING


def test_a_hold_that_somebody_ended_at_the_door_says_so() -> None:
    told = Told(lease()).see(HELD, BEGAN + 1).see(NORMAL, BEGAN + MINUTE_US)

    assert told.said == [("hold.ended", "ended_there"), ("hold.secured", None)]


def test_a_word_from_before_the_door_let_go_ends_nothing() -> None:
    told = Told(lease()).see(NORMAL, BEGAN + 1)

    assert told.said == []
    assert told.lease.in_force


def test_a_hold_ended_for_a_reason_waits_for_the_bolt() -> None:
    told = Told(lease()).see(HELD, BEGAN + 1)
    told.take(end(told.lease, "ended_by_person", BEGAN + MINUTE_US, HELD))
    assert told.lease.watched

    told.see(NORMAL, BEGAN + MINUTE_US + 1)

    assert told.said == [("hold.ended", "ended_by_person"), ("hold.secured", None)]


def test_a_door_that_was_never_seen_to_let_go_and_is_locked_is_secure_at_once() -> None:
    told = Told(lease())
    told.take(end(told.lease, "lockdown", BEGAN + 1, NORMAL))

    assert told.said == [("hold.ended", "lockdown"), ("hold.secured", None)]


def test_of_a_door_that_tells_no_lock_nothing_is_claimed_and_it_is_said_once() -> None:
    told = Told(lease()).see(DoorFacets(mode=Mode.HELD), BEGAN + 1)
    told.see(DoorFacets(mode=Mode.NORMAL), UNTIL)
    for later in (SECURE_GRACE_US, HOUR_US):
        told.wait(UNTIL + later, DoorFacets(mode=Mode.NORMAL))

    assert told.said == [("hold.ended", "lease_over"), ("hold.not_secured", "not_told")]
    assert not told.lease.secured
    assert not told.lease.open


def test_a_hold_that_another_replaces_says_nothing() -> None:
    told = Told(lease()).see(HELD, BEGAN + 1)
    told.take(Turned(replaced(told.lease, BEGAN + 2))).see(NORMAL, UNTIL).wait(UNTIL + HOUR_US)

    assert told.said == []


def test_a_hold_that_nobody_took_is_closed_when_it_would_be_over() -> None:
    told = Told(lease(began=0)).wait(UNTIL)

    assert told.said == []
    assert told.lease.closed


# --- a lockdown's life --------------------------------------------------------------------------------


def test_a_lockdown_stays_in_force_and_says_once_when_the_device_ends_it() -> None:
    told = Told(lease(Mode.LOCKED_DOWN)).see(DOWN, BEGAN + 1).wait(UNTIL, DOWN).wait(UNTIL + 1, DOWN)

    assert told.said == [("lockdown.unconfirmed", "lease_over")]
    assert told.lease.in_force
    assert due(told.lease) is None


def test_a_door_that_shows_a_lockdown_no_more_is_told_once_until_it_shows_it_again() -> None:
    told = Told(lease(Mode.LOCKED_DOWN)).see(NORMAL, BEGAN + 1)
    assert told.said == [], "it has not shown it yet: its command tells of that"

    for facets in (DOWN, NORMAL, NORMAL, DOWN, HELD):
        told.see(facets, BEGAN + MINUTE_US)

    assert told.said == [("lockdown.unconfirmed", "mode_lost")] * 2
    assert told.lease.in_force


def test_an_unlock_in_a_lockdown_leaves_it_in_force() -> None:
    open_by_two = DoorFacets(lock=Lock.UNLOCKED, mode=Mode.LOCKED_DOWN)

    assert Told(lease(Mode.LOCKED_DOWN)).see(DOWN, BEGAN + 1).see(open_by_two, BEGAN + 2).said == []


def test_the_exit_button_of_a_door_without_modes_says_nothing_of_a_lockdown() -> None:
    assert Told(lease(Mode.LOCKED_DOWN)).see(LOCKED, BEGAN + 1).see(LET_GO, BEGAN + 2).said == []


def test_a_released_lockdown_says_nothing_more() -> None:
    told = Told(lease(Mode.LOCKED_DOWN)).see(DOWN, BEGAN + 1)
    told.take(end(told.lease, "released", BEGAN + 2, DOWN)).see(NORMAL, BEGAN + 3).wait(UNTIL)

    assert told.said == []
    assert not told.lease.open


# --- any order of words -------------------------------------------------------------------------------

FACETS = st.builds(
    DoorFacets, position=st.sampled_from(Position), lock=st.sampled_from(Lock), mode=st.sampled_from(Mode)
)
WORDS = st.lists(
    st.tuples(st.sampled_from(["see", "wait", "end"]), FACETS, st.integers(0, 2 * HOUR_US // SECOND_US)),
    max_size=20,
)


def lived(words: Iterable[tuple[str, DoorFacets, int]], mode: Mode) -> Told:
    told = Told(lease(mode))
    for word, facets, seconds in sorted(words, key=lambda one: one[2]):
        at = BEGAN + seconds * SECOND_US
        if word == "see":
            told.see(facets, at)
        elif word == "wait":
            told.wait(at, facets)
        else:
            told.take(end(told.lease, "ended_by_person", at, facets))
    return told


@given(words=WORDS)
def test_a_hold_ends_once_and_is_called_secure_only_by_a_locked_door(
    words: list[tuple[str, DoorFacets, int]],
) -> None:
    told = lived(words, Mode.HELD)
    kinds = [kind for kind, _ in told.said]

    assert all(kinds.count(kind) <= 1 for kind in kinds)
    assert kinds == sorted(kinds, key=["hold.ended", "hold.not_secured", "hold.secured"].index)
    if "hold.secured" in kinds:
        assert any(is_locked(one) and one.position is not Position.OPEN for _, one, _ in words)
    assert told.lease.in_force == ("hold.ended" not in kinds)


@given(words=WORDS)
def test_whatever_waits_for_time_gets_there(words: list[tuple[str, DoorFacets, int]]) -> None:
    told = lived(words, Mode.HELD)
    for _ in range(4):
        at = due(told.lease)
        if at is not None:
            told.wait(at)

    assert due(told.lease) is None
    assert not told.lease.in_force


@given(words=WORDS)
def test_no_word_of_a_door_ends_a_lockdown(words: list[tuple[str, DoorFacets, int]]) -> None:
    told = lived([one for one in words if one[0] != "end"], Mode.LOCKED_DOWN)

    assert told.lease.in_force
    assert {kind for kind, _ in told.said} <= {"lockdown.unconfirmed"}
