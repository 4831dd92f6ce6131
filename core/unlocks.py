"""A command to a door from its request to its verdict: the state machine. Pure.

What may follow what, and by when, stands here alone; `store` folds it, screens show it. Times are µs UTC.
An unlock is followed until the door is secure again, whatever its verdict was; a hold, a lockdown and the end
of one until the door shows them: what is in force then is `core.modes`'.
A flight never goes back: a second answer, a late one, or one that nobody asked for changes no verdict.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec
from msgspec.structs import replace

from core.acts import Action
from core.capabilities import Answer
from core.commands import DENIALS, LIVES_US, WHY_NOT, Result
from core.doors import DoorFacets, Lock, Position, SecuredBy, is_secure, secured_by
from core.records import Kind
from core.times import SECOND_US

_UNKNOWN: Final = DoorFacets()
# From `sent` on (DESIGN, section 5).
ANSWER_US: Final = 5 * SECOND_US
CONFIRM_US: Final = 8 * SECOND_US
# For how long a bolt that lets go may still be the doing of a command without a good end.
SHOWS_US: Final = 15 * SECOND_US
# Beyond the time for which the door was unlocked: how long somebody may take, and the door to close.
OPEN_GRACE_US: Final = 5 * SECOND_US
SECURE_GRACE_US: Final = 30 * SECOND_US


class Stage(StrEnum):
    """How far a command has come."""

    REQUESTED = "requested"
    SENT = "sent"
    ACCEPTED = "accepted"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    EXPIRED = "expired"
    UNCONFIRMED = "unconfirmed"


BAD_ENDS: Final = frozenset({Stage.REFUSED, Stage.EXPIRED, Stage.UNCONFIRMED})


class Flight(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One act at one door; each time is when that was so, 0 where it was not.

    `closes` is when the door should have locked itself again, counted from when it was sent; `reason` is why
    it came to no good end. `sensor` is whether the door can show what is asked of it; `until` is when a hold
    or a lockdown ends by itself; `overridden` is when a lockdown went before it. `patience` is for how long
    (µs) it may wait for its turn among the many doors of one act, before its command is written.
    `call` names the call at its door on which it was asked for. `was_unlocked` and `was_open` are whether the
    door has stood so since before it was sent: no sign of it. `denied` is whether its late answer was that it
    did not do it. `secured_by` is what can tell, and once it is `secured` has told, that the door is secure.
    """

    act: str
    site: str
    door: str
    device: str
    answer: Answer
    sensor: bool
    seconds: int
    requested: int
    action: Action = Action.UNLOCK
    until: int = 0
    stage: Stage = Stage.REQUESTED
    sent: int = 0
    accepted: int = 0
    seen: int = 0
    confirmed: int = 0
    opened: int = 0
    secured: int = 0
    overdue: int = 0
    unopened: int = 0
    answered_late: int = 0
    reason: str = ""
    overridden: int = 0
    patience: int = 0
    call: str = ""
    was_unlocked: bool = False
    was_open: bool = False
    denied: bool = False
    secured_by: SecuredBy = SecuredBy.NOTHING

    @property
    def under_way(self) -> bool:
        """Whether no verdict is in yet."""
        waiting = self.stage in {Stage.REQUESTED, Stage.SENT, Stage.ACCEPTED}
        return waiting and self.stage is not self.good_end

    @property
    def let_in(self) -> bool:
        """Whether all has gone as well as this door can tell."""
        return self.stage is self.good_end or self.stage is Stage.CONFIRMED

    @property
    def last(self) -> int:
        """When it is too late to send it: what will never be sent has no turn to wait for."""
        return self.requested + (0 if self.overridden else self.patience) + LIVES_US

    @property
    def good_end(self) -> Stage:
        """The most that this door can ever tell: what the words on the screen follow."""
        if self.sensor or self.answer is Answer.STATE_ONLY:
            return Stage.CONFIRMED
        return Stage.SENT if self.answer is Answer.NONE else Stage.ACCEPTED

    @property
    def watched(self) -> bool:
        """Whether the door is still looked after: it was seen to let go, and not to be secure again."""
        confirmed = self.action is Action.UNLOCK and self.stage is Stage.CONFIRMED
        return (confirmed or self.let_go > 0) and not self.secured

    @property
    def doubted(self) -> bool:
        """Whether the door may have let go for it though it came to a bad end."""
        if self.action is not Action.UNLOCK or self.denied:
            return False
        return self.stage is Stage.UNCONFIRMED or (self.stage in BAD_ENDS and self.answered_late > 0)

    @property
    def let_go(self) -> int:
        """When the door was seen to let go for it though it came to a bad end, 0 where it was not."""
        return self.seen if self.doubted else 0

    @property
    def looks_until(self) -> int:
        """Until when (µs UTC) a bolt that lets go counts after a bad end; 0 where it can be nothing of it."""
        if self.action is not Action.UNLOCK or self.stage not in BAD_ENDS or self.denied or not self.sent:
            return 0
        answered = self.answered_late + CONFIRM_US if self.answered_late else 0
        return max(self.sent + SHOWS_US, answered)

    @property
    def closes(self) -> int:
        """When the door should be locked again, as it was ordered."""
        return self.sent + self.seconds * SECOND_US

    @property
    def relocks(self) -> int:
        """When the door should be locked again: what was seen after a bad end began when it was seen."""
        return self.closes + (self.let_go - self.sent if self.let_go else 0)

    def busy(self, now: int) -> bool:
        """Whether a second command would be about the same opening: it is not sent."""
        pulse = self.action is Action.UNLOCK and self.let_in and not self.secured and now < self.closes
        return not self.overridden and (self.under_way or pulse)


class Step(msgspec.Struct, frozen=True):
    """What a flight's record is to say: its kind, why, and by what of the door it is called secure or not."""

    kind: Kind
    reason: str | None = None
    secured_by: SecuredBy = SecuredBy.NOTHING


class Moved(msgspec.Struct, frozen=True):
    """A flight after a word, and the records this makes, in order."""

    flight: Flight
    steps: tuple[Step, ...] = ()


_UNLOCK: Final[Mapping[Stage, Kind]] = {
    Stage.SENT: Kind.UNLOCK_SENT,
    Stage.ACCEPTED: Kind.UNLOCK_ACCEPTED,
    Stage.CONFIRMED: Kind.UNLOCK_CONFIRMED,
    Stage.REFUSED: Kind.UNLOCK_REFUSED,
    Stage.EXPIRED: Kind.UNLOCK_EXPIRED,
    Stage.UNCONFIRMED: Kind.UNLOCK_UNCONFIRMED,
}
_END_HOLD: Final[Mapping[Stage, Kind]] = {
    Stage.SENT: Kind.HOLD_SENT,
    Stage.ACCEPTED: Kind.HOLD_ACCEPTED,
    Stage.REFUSED: Kind.HOLD_REFUSED,
    Stage.EXPIRED: Kind.HOLD_REFUSED,
    Stage.UNCONFIRMED: Kind.HOLD_UNCONFIRMED,
}
_LOCKDOWN: Final[Mapping[Stage, Kind]] = {
    Stage.SENT: Kind.LOCKDOWN_SENT,
    Stage.ACCEPTED: Kind.LOCKDOWN_ACCEPTED,
    Stage.CONFIRMED: Kind.LOCKDOWN_CONFIRMED,
    Stage.REFUSED: Kind.LOCKDOWN_REFUSED,
    Stage.EXPIRED: Kind.LOCKDOWN_REFUSED,
    Stage.UNCONFIRMED: Kind.LOCKDOWN_UNCONFIRMED,
}
# Which record tells of a step; that a hold's end is seen is told by the hold itself.
_TOLD_BY: Final[Mapping[Action, Mapping[Stage, Kind]]] = {
    Action.UNLOCK: _UNLOCK,
    Action.HOLD: {**_END_HOLD, Stage.CONFIRMED: Kind.HOLD_CONFIRMED},
    Action.END_HOLD: _END_HOLD,
    Action.LOCKDOWN: _LOCKDOWN,
    Action.RELEASE: {**_LOCKDOWN, Stage.CONFIRMED: Kind.LOCKDOWN_RELEASED},
}
_TOLD_LATE: Final[Mapping[Action, Kind]] = {
    Action.UNLOCK: Kind.UNLOCK_ANSWERED_LATE,
    Action.HOLD: Kind.HOLD_ANSWERED_LATE,
    Action.END_HOLD: Kind.HOLD_ANSWERED_LATE,
    Action.LOCKDOWN: Kind.LOCKDOWN_ANSWERED_LATE,
    Action.RELEASE: Kind.LOCKDOWN_ANSWERED_LATE,
}


def send(flight: Flight, at: int, door: DoorFacets = _UNKNOWN) -> Moved | None:
    """Take that it is about to be sent; None where it may not be: it has an end already, or is too old.

    `door` is how its door is known to be by then.
    """
    if flight.stage is not Stage.REQUESTED or flight.overridden or at >= flight.last:
        return None
    sent = replace(
        flight,
        stage=Stage.SENT,
        sent=at,
        was_unlocked=door.lock is Lock.UNLOCKED,
        was_open=door.position is Position.OPEN,
        secured_by=secured_by(door) if flight.action is Action.UNLOCK else SecuredBy.NOTHING,
    )
    return Moved(sent, _steps(flight, Stage.SENT))


def override(flight: Flight, at: int) -> Flight:
    """Let a lockdown go before it: its door is taken no more, and what was not sent never will be."""
    return replace(flight, overridden=at)


def refuse(flight: Flight, reason: str) -> Moved | None:
    """Take that it can't be sent, or surely was not; None where it has an end, or an answer, already."""
    if flight.stage not in {Stage.REQUESTED, Stage.SENT}:
        return None
    return _ended(flight, Stage.REFUSED, reason)


def doubt(flight: Flight) -> Moved:
    """Take that nobody knows whether the broker has it: who could still answer is waited for."""
    if flight.stage is not Stage.SENT or flight.good_end is not Stage.SENT:
        return Moved(flight)
    return _ended(flight, Stage.UNCONFIRMED, "not_acknowledged")


def reply(flight: Flight, result: Result, at: int) -> Moved:
    """Take the device's own answer; after the verdict it is only noted, once."""
    if flight.under_way and flight.sent and at - flight.sent > ANSWER_US:
        closed = _ran_out(flight, at)
        late = _late(closed.flight, result, at)
        return Moved(late.flight, closed.steps + late.steps)
    if flight.stage is not Stage.SENT:
        return _late(flight, result, at)
    if result is Result.ACCEPTED:
        accepted = replace(flight, stage=Stage.ACCEPTED, accepted=at)
        confirmed = _confirm(accepted, at) if accepted.seen else Moved(accepted)
        return Moved(confirmed.flight, (*_steps(flight, Stage.ACCEPTED), *confirmed.steps))
    if result is Result.EXPIRED:
        return _ended(flight, Stage.EXPIRED, "expired_there")
    return _ended(flight, Stage.REFUSED, WHY_NOT[result])


def see(flight: Flight, door: DoorFacets, at: int) -> Moved:
    """Take how the door is seen from the moment of sending on: bolt let go, leaf open, secure, or not known.

    What it was already when it was sent is nothing that this has done, however often it is told.
    """
    let_go, opened = door.lock is Lock.UNLOCKED, door.position is Position.OPEN
    over = bool(flight.secured) and (bool(flight.confirmed) or flight.doubted)
    heeded = flight.under_way or flight.let_in or _looks(flight, at)
    if not flight.sent or over or not heeded:
        return Moved(flight)
    was_unlocked, was_open = flight.was_unlocked and let_go, flight.was_open and opened
    by = secured_by(door, flight.secured_by)
    flight = replace(flight, was_unlocked=was_unlocked, was_open=was_open, secured_by=by)
    if not let_go and not opened:
        return _seen_secure(flight, at) if flight.seen and is_secure(door, by) else Moved(flight)
    opened = opened and not was_open
    if not opened and (was_unlocked or not let_go):
        return Moved(flight)
    noted = replace(flight, seen=flight.seen or at, opened=flight.opened or (at if opened else 0), secured=0)
    return _confirm(noted, at) if _confirmable(noted, at) else Moved(noted)


def show(flight: Flight, *, shown: bool, at: int) -> Moved:
    """Take whether the door shows what a hold, a lockdown or the end of one is to make of it."""
    if not flight.sent or flight.confirmed or flight.stage in {Stage.REFUSED, Stage.EXPIRED}:
        return Moved(flight)
    noted = replace(flight, seen=(flight.seen or at) if shown else 0)
    return _confirm(noted, at) if shown and _confirmable(noted, at) else Moved(noted)


def pass_time(flight: Flight, now: int) -> Moved:
    """Close what ran out: never sent, no answer, not seen; and say of a door what it did not do."""
    if flight.under_way:
        return _ran_out(flight, now)
    steps: list[Step] = []
    if _may_stay_shut(flight) and now >= flight.relocks + OPEN_GRACE_US:
        flight = replace(flight, unopened=now)
        steps.append(Step(Kind.UNLOCK_NOT_OPENED))
    if flight.watched and not flight.overdue and now >= flight.relocks + SECURE_GRACE_US:
        flight = replace(flight, overdue=now)
        steps.append(Step(Kind.UNLOCK_NOT_SECURED, secured_by=flight.secured_by))
    return Moved(flight, tuple(steps))


def due(flight: Flight) -> int | None:
    """Give when `pass_time` next has something to say (µs UTC), None for a flight that waits for nothing."""
    if flight.stage is Stage.REQUESTED:
        return flight.last
    if flight.under_way:
        return flight.sent + (ANSWER_US if _unanswered(flight) else CONFIRM_US)
    if not flight.watched:
        return None
    times = [
        *([flight.relocks + OPEN_GRACE_US] if _may_stay_shut(flight) else []),
        *([flight.relocks + SECURE_GRACE_US] if not flight.overdue else []),
    ]
    return min(times, default=None)


def _ran_out(flight: Flight, now: int) -> Moved:
    at = due(flight)
    if at is None or now < at:
        return Moved(flight)
    if flight.stage is Stage.REQUESTED:
        return _ended(flight, Stage.EXPIRED, "overridden" if flight.overridden else "not_sent")
    return _ended(flight, Stage.UNCONFIRMED, "not_answered" if _unanswered(flight) else "not_seen")


def _ended(flight: Flight, stage: Stage, reason: str) -> Moved:
    """Close a flight with no good end, for this reason."""
    ended = replace(flight, stage=stage, reason=reason)
    return _caught_up(Moved(ended, _steps(flight, stage, reason)))


def _steps(flight: Flight, stage: Stage, reason: str | None = None) -> tuple[Step, ...]:
    kind = _TOLD_BY[flight.action].get(stage)
    return () if kind is None else (Step(kind, reason),)


def _unanswered(flight: Flight) -> bool:
    return flight.stage is Stage.SENT and flight.answer in {Answer.ACK, Answer.RESULT_NO_ID}


def _may_stay_shut(flight: Flight) -> bool:
    """Whether somebody was let in and nobody has come in, at a door that could tell."""
    return flight.watched and flight.sensor and not flight.opened and not flight.unopened


def _confirmable(flight: Flight, at: int) -> bool:
    """Whether what is seen can be this act's doing: a reader beside the door may have let somebody in."""
    waiting = flight.stage in {Stage.SENT, Stage.ACCEPTED} and not _unanswered(flight)
    return waiting and at - flight.sent <= CONFIRM_US


def _confirm(flight: Flight, at: int) -> Moved:
    steps = _steps(flight, Stage.CONFIRMED)
    return _caught_up(Moved(replace(flight, stage=Stage.CONFIRMED, confirmed=at), steps))


def _caught_up(moved: Moved) -> Moved:
    """Add the end of a short one, which was over before its verdict, or the answer that tells it, came."""
    one = moved.flight
    if not one.secured or not (one.confirmed or one.let_go):
        return moved
    closed = _close(one, one.secured)
    return Moved(closed.flight, moved.steps + closed.steps)


def _looks(flight: Flight, at: int) -> bool:
    """Whether what is seen counts after a bad end: the door to let go for it, or to be secure again."""
    until = flight.looks_until
    return until > 0 and (flight.seen > 0 or at <= until)


def _seen_secure(flight: Flight, at: int) -> Moved:
    return _close(flight, at) if flight.watched else Moved(replace(flight, secured=at))


def _close(flight: Flight, at: int) -> Moved:
    shut = flight.sensor and not flight.opened and not flight.unopened
    end = Step(Kind.UNLOCK_SECURED, secured_by=flight.secured_by)
    steps = (*([Step(Kind.UNLOCK_NOT_OPENED)] if shut else []), end)
    return Moved(replace(flight, secured=at, unopened=at if shut else flight.unopened), steps)


def _late(flight: Flight, result: Result, at: int) -> Moved:
    """Note an answer for which nobody waited any more, once: that it did happen, or for sure did not."""
    open_question = flight.stage is Stage.UNCONFIRMED
    contradicts = flight.stage in {Stage.REFUSED, Stage.EXPIRED} and result is Result.ACCEPTED
    if not flight.sent or flight.answered_late or not (open_question or contradicts):
        return Moved(flight)
    step = Step(_TOLD_LATE[flight.action], WHY_NOT.get(result))
    answered = Moved(replace(flight, answered_late=at, denied=result in DENIALS), (step,))
    return _caught_up(answered) if contradicts else answered
