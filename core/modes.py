"""What a door was ordered to be for longer: held unlocked until a time, or locked down until released. Pure.

A hold is a lease: it begins when the device takes it, and its end counts only once the door is seen to lock
again, and its leaf not to stand open. A lockdown is in force on our side from its request on, whatever the
device makes of it.
Times are µs UTC.
"""

from typing import Final

import msgspec
from msgspec.structs import replace

from core.acts import Action
from core.doors import DoorFacets, Lock, Mode, SecuredBy, is_secure
from core.errors import Invalid
from core.records import Kind
from core.times import DAY_US, HOUR_US, MINUTE_US, SECOND_US
from core.unlocks import SECURE_GRACE_US, Flight, Stage, Step

LEAST_HOLD_US: Final = MINUTE_US
MOST_HOLD_US: Final = 12 * HOUR_US
# For how long a device is asked to stay locked down; nothing renews it but another lockdown.
LOCKDOWN_US: Final = 7 * DAY_US
# A device's clock may be this much ahead of ours when it ends what it was told to end.
_EARLY_US: Final = 5 * SECOND_US
_ENDS: Final = frozenset({Stage.REFUSED, Stage.EXPIRED})


class Lease(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One order at one door; each time is when that was so, 0 where it was not.

    `began` is since when it is in force, `shown` since when the door shows it, `closed` when nothing more is
    waited for. `doubt` is why a lockdown may not hold.
    """

    act: str
    site: str
    door: str
    device: str
    mode: Mode
    asked: int
    until: int
    began: int = 0
    shown: int = 0
    ended: int = 0
    why: str = ""
    secured: int = 0
    overdue: int = 0
    doubt: str = ""
    closed: int = 0

    @property
    def waiting(self) -> bool:
        """Whether the device may still take it, or be found to have taken it."""
        return not (self.began or self.ended or self.closed)

    @property
    def in_force(self) -> bool:
        """Whether the door is to be so now."""
        return bool(self.began) and not self.ended

    @property
    def watched(self) -> bool:
        """Whether the hold is over and the door has not been seen to lock again."""
        over = self.mode is Mode.HELD and self.began and self.ended
        return bool(over) and not (self.secured or self.closed)

    @property
    def open(self) -> bool:
        """Whether what the door shows still changes anything."""
        return self.waiting or self.in_force or self.watched


class Turned(msgspec.Struct, frozen=True):
    """A lease after a word, and the records this makes, in order."""

    lease: Lease
    steps: tuple[Step, ...] = ()


def check_until(until: int, now: int) -> int:
    """Give when a hold ends, in whole seconds as devices count; raises Invalid."""
    whole = until - until % SECOND_US
    if not LEAST_HOLD_US - SECOND_US <= whole - now <= MOST_HOLD_US:
        raise Invalid("a door can be held unlocked for one minute to twelve hours")
    return whole


def shows(action: Action, facets: DoorFacets) -> bool:
    """Whether a door shows what this action is to make of it."""
    match action:
        case Action.HOLD:
            return _held(facets)
        case Action.END_HOLD:
            return is_locked(facets)
        case Action.LOCKDOWN:
            told = facets.mode is Mode.LOCKED_DOWN and facets.lock is not Lock.UNLOCKED
            return told or (facets.mode is Mode.UNKNOWN and facets.lock is Lock.LOCKED)
        case Action.RELEASE:
            rests = facets.mode is Mode.UNKNOWN and facets.lock is Lock.LOCKED
            return facets.mode is Mode.NORMAL or rests
        case _:
            return False


def is_locked(facets: DoorFacets) -> bool:
    """Whether the door shows that it is locked, and not that it is still held."""
    return facets.lock is Lock.LOCKED and facets.mode is not Mode.HELD


def follow(lease: Lease, flight: Flight, at: int) -> Lease:
    """Take how far the command of a hold has come: it begins once the device has it, or the door shows it."""
    if not lease.waiting:
        return lease
    if flight.stage in _ENDS:
        return replace(lease, closed=at)
    late = flight.stage is Stage.UNCONFIRMED and flight.seen
    if not (flight.accepted or flight.confirmed or late):
        return lease
    return replace(lease, began=at, shown=flight.confirmed or flight.seen)


def replaced(lease: Lease, at: int) -> Lease:
    """Take that another order has taken its place: nothing more is waited for."""
    return replace(lease, ended=lease.ended or at, why=lease.why or "replaced", closed=at)


def end(lease: Lease, why: str, at: int, facets: DoorFacets) -> Turned:
    """End what is in force, for this reason; a door that is locked and not open is secure at once."""
    if not lease.in_force:
        return Turned(lease)
    ended = replace(lease, ended=at, why=why)
    if lease.mode is not Mode.HELD:
        return Turned(replace(ended, closed=at))
    secured = _secure(ended, facets, at)
    return Turned(secured.lease, (Step(Kind.HOLD_ENDED, why), *secured.steps))


def see(lease: Lease, facets: DoorFacets, at: int) -> Turned:
    """Take how the door is seen, by a live word."""
    if lease.watched:
        return _secure(lease, facets, at)
    if not lease.in_force:
        return Turned(lease)
    return _see_hold(lease, facets, at) if lease.mode is Mode.HELD else _see_lockdown(lease, facets, at)


def pass_time(lease: Lease, facets: DoorFacets, now: int) -> Turned:
    """Let an order run out, and say of a door what it has not done since."""
    if lease.watched:
        if lease.overdue or now < lease.ended + SECURE_GRACE_US:
            return Turned(lease)
        return _not_secured(lease, facets, now)
    if now < lease.until or lease.closed:
        return Turned(lease)
    if lease.waiting:
        return Turned(replace(lease, closed=now))
    if lease.mode is Mode.HELD:
        return end(lease, "lease_over", now, facets)
    return _doubt(lease, "lease_over") if lease.in_force else Turned(lease)


def due(lease: Lease) -> int | None:
    """Give when `pass_time` next has something to say; None for an order that waits for nothing."""
    if lease.watched:
        return None if lease.overdue else lease.ended + SECURE_GRACE_US
    told = lease.doubt == "lease_over"
    return lease.until if lease.waiting or (lease.in_force and not told) else None


def _held(facets: DoorFacets) -> bool:
    """Whether it shows that it is held; of a door that tells no modes, that it has let go."""
    return facets.mode is Mode.HELD or (facets.mode is Mode.UNKNOWN and facets.lock is Lock.UNLOCKED)


def _secure(lease: Lease, facets: DoorFacets, at: int) -> Turned:
    if not (lease.watched and is_locked(facets) and is_secure(facets, SecuredBy.LOCK)):
        return Turned(lease)
    return Turned(replace(lease, secured=at), (Step(Kind.HOLD_SECURED, secured_by=SecuredBy.LOCK),))


def _not_secured(lease: Lease, facets: DoorFacets, now: int) -> Turned:
    """Say that it was not secure in time; of a door that tells no lock, that nobody can know, and no more."""
    told = facets.lock is not Lock.UNKNOWN
    by = SecuredBy.LOCK if told else SecuredBy.NOTHING
    step = Step(Kind.HOLD_NOT_SECURED, None if told else "not_told", by)
    return Turned(replace(lease, overdue=now, closed=0 if told else now), (step,))


def _see_hold(lease: Lease, facets: DoorFacets, at: int) -> Turned:
    if _held(facets):
        return Turned(replace(lease, shown=lease.shown or at))
    told = facets.lock is Lock.LOCKED if facets.mode is Mode.UNKNOWN else True
    if not lease.shown or not told:
        return Turned(lease)
    return end(lease, "lease_over" if at >= lease.until - _EARLY_US else "ended_there", at, facets)


def _see_lockdown(lease: Lease, facets: DoorFacets, at: int) -> Turned:
    if facets.mode is Mode.LOCKED_DOWN:
        lost = lease.doubt == "mode_lost"
        return Turned(replace(lease, shown=lease.shown or at, doubt="" if lost else lease.doubt))
    # A door that tells no modes is let go by its own reader and button, and means nothing by that.
    if facets.mode is Mode.UNKNOWN or not lease.shown:
        return Turned(lease)
    return _doubt(lease, "lease_over" if at >= lease.until - _EARLY_US else "mode_lost")


def _doubt(lease: Lease, why: str) -> Turned:
    if lease.doubt in {why, "lease_over"}:
        return Turned(lease)
    return Turned(replace(lease, doubt=why), (Step(Kind.LOCKDOWN_UNCONFIRMED, why),))
