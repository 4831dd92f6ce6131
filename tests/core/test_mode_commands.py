"""The commands of holds and lockdowns: sent, accepted and seen at the door, in either order."""

import pytest
from msgspec.structs import replace

from core.acts import Action
from core.capabilities import Answer
from core.commands import LIVES_US, Result
from core.doors import DoorFacets, Lock, Mode
from core.modes import shows
from core.records import KINDS, REASONS, Kind
from core.times import HOUR_US, SECOND_US
from core.unlocks import CONFIRM_US, Flight, Stage, Step, override, reply, send, show
from core.unlocks import pass_time as pass_flight

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


@pytest.mark.parametrize(
    ("action", "facets"),
    [
        (Action.HOLD, HELD),
        (Action.HOLD, LET_GO),
        (Action.END_HOLD, NORMAL),
        (Action.END_HOLD, LOCKED),
        (Action.END_HOLD, DOWN),
        (Action.LOCKDOWN, DOWN),
        (Action.LOCKDOWN, LOCKED),
        (Action.RELEASE, NORMAL),
        (Action.RELEASE, LOCKED),
        (Action.RELEASE, STUCK),
    ],
)
def test_what_shows_that_it_is_done(action: Action, facets: DoorFacets) -> None:
    assert shows(action, facets)


@pytest.mark.parametrize(
    ("action", "facets"),
    [
        (Action.HOLD, NORMAL),
        (Action.HOLD, STUCK),
        (Action.HOLD, NOTHING),
        (Action.END_HOLD, HELD),
        (Action.END_HOLD, STUCK),
        (Action.END_HOLD, DoorFacets(lock=Lock.LOCKED, mode=Mode.HELD)),
        (Action.END_HOLD, DoorFacets(mode=Mode.NORMAL)),
        (Action.LOCKDOWN, DoorFacets(lock=Lock.UNLOCKED, mode=Mode.LOCKED_DOWN)),
        (Action.LOCKDOWN, NORMAL),
        (Action.LOCKDOWN, NOTHING),
        (Action.RELEASE, DOWN),
        (Action.RELEASE, LET_GO),
        (Action.UNLOCK, HELD),
    ],
)
def test_what_does_not_show_it(action: Action, facets: DoorFacets) -> None:
    assert not shows(action, facets)


@pytest.mark.parametrize(
    ("action", "kinds"),
    [
        (Action.HOLD, ["hold.sent", "hold.accepted", "hold.confirmed"]),
        (Action.END_HOLD, ["hold.sent", "hold.accepted"]),
        (Action.LOCKDOWN, ["lockdown.sent", "lockdown.accepted", "lockdown.confirmed"]),
        (Action.RELEASE, ["lockdown.sent", "lockdown.accepted", "lockdown.released"]),
    ],
)
@pytest.mark.parametrize("seen_first", [True, False])
def test_a_command_is_sent_accepted_and_seen_in_either_order(
    action: Action, kinds: list[str], seen_first: bool
) -> None:
    moved = send(flight(action), BEGAN)
    assert moved is not None
    one, steps = moved.flight, list(moved.steps)
    for word in ("seen", "answered") if seen_first else ("answered", "seen"):
        if word == "seen":
            after = show(one, shown=True, at=BEGAN + 100)
        else:
            after = reply(one, Result.ACCEPTED, BEGAN + 100)
        one, steps = after.flight, [*steps, *after.steps]

    assert [step.kind.value for step in steps] == kinds
    assert (one.stage, one.let_in, one.busy(BEGAN + 200)) == (Stage.CONFIRMED, True, False)


def test_what_is_seen_no_more_before_the_answer_confirms_nothing() -> None:
    one = show(show(sent(), shown=True, at=BEGAN + 1).flight, shown=False, at=BEGAN + 2).flight

    assert reply(one, Result.ACCEPTED, BEGAN + 3).flight.stage is Stage.ACCEPTED


def test_accepted_and_never_seen_is_unconfirmed() -> None:
    one = reply(sent(), Result.ACCEPTED, BEGAN + 1).flight

    assert pass_flight(one, BEGAN + CONFIRM_US).steps == (Step(Kind.HOLD_UNCONFIRMED, "not_seen"),)


@pytest.mark.parametrize(
    ("action", "refused"), [(Action.HOLD, Kind.HOLD_REFUSED), (Action.RELEASE, Kind.LOCKDOWN_REFUSED)]
)
def test_what_came_too_late_and_what_was_never_sent_is_refused(action: Action, refused: Kind) -> None:
    assert reply(sent(action), Result.EXPIRED, BEGAN + 1).steps == (Step(refused, "expired_there"),)
    assert pass_flight(flight(action), BEGAN + LIVES_US).steps == (Step(refused, "not_sent"),)


def test_a_lockdown_lets_nothing_out_that_waited_before_it_and_frees_the_door() -> None:
    one = override(replace(flight(), action=Action.UNLOCK), BEGAN + 1)

    assert send(one, BEGAN + 2) is None
    assert not one.busy(BEGAN + 2)
    assert pass_flight(one, BEGAN + LIVES_US).steps == (Step(Kind.UNLOCK_EXPIRED, "overridden"),)


def test_every_step_of_every_action_has_a_kind_that_is_known() -> None:
    for action in (Action.HOLD, Action.END_HOLD, Action.LOCKDOWN, Action.RELEASE):
        for result in Result:
            for step in reply(sent(action), result, BEGAN + 1).steps:
                assert step.kind in KINDS
                assert step.reason is None or step.reason in REASONS
