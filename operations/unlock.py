"""Unlock a door: asked for, proved, written down, sent once, and then left to the log to tell.

Nothing is sent that is not on disk, nothing while nobody could hear the answer, and nothing twice. What the
device and the door say comes back as records; whoever waits follows the log.
"""

from dataclasses import dataclass
from typing import Final

from auth.access import permitted
from auth.step_up import Proof
from core.acts import USUAL_SECONDS, Act, check_unlock
from core.commands import LIVES_US, Command, Order, Verb
from core.doors import Mode
from core.errors import ActRefused, Invalid, NotPermitted
from core.leaf import Draft, Scalar
from core.model import Device, Door, Estate
from core.permissions import Permission
from core.records import Kind
from core.times import iso_us
from core.unlocks import Flight
from operations.acting import Acting
from operations.deeds import Told, Wish, told_of_flight
from operations.evidence import personal, proved_as, seen_there
from operations.leaving import Leaving
from operations.sending import (
    AWAY,
    line_of,
    need_askable,
    need_ears,
    need_free,
    send_once,
    write_order,
)
from store.acts import begin_flight, find_flight
from store.claims import open_calls
from store.database import Database
from store.device_presence import known_away
from store.door_keepers import busy_door
from store.estate import load_estate
from store.log import append
from store.modes import standing

_LOCKED_DOWN: Final = "This door is locked down: only two supervisors together can unlock it."
_CALL_OVER: Final = "The call has ended. Nothing was sent: look at who stands at the door, and begin again."
_CALL_ELSEWHERE: Final = (
    "This call is at another door. Nothing was sent: look which door it is, and begin again."
)


class Unlock:
    """An unlock of one door for some seconds."""

    def plan(self, acting: Acting, wish: Wish) -> Act:
        """Take what is wished for, if that door may be unlocked by this person, and now.

        A door whose device can't be asked is refused here: nobody proves what can't be done.
        """
        device, door, estate = _find(acting, wish.door)
        seconds = USUAL_SECONDS if wish.seconds is None else wish.seconds
        if wish.until is not None:
            raise Invalid("an unlock ends by its seconds: leave out `until`")
        reason = check_unlock(seconds, wish.reason)
        if wish.call:
            _need_call(acting, door, wish.call)
        need_ears(acting.services.db, acting.now)
        persons = _persons(acting, wish.door)
        need_free(busy_door(acting.services.db, wish.door, persons=persons), acting.actor)
        act = acting.pending(wish, reason, seconds=seconds, persons=persons)
        need_askable(acting.services, device, door, _command(act, acting.now), estate=estate)
        return act

    def allow(self, acting: Acting, act: Act) -> None:
        """Raise NotPermitted where this person may not unlock the door."""
        _find(acting, act.door)
        try:
            _persons(acting, act.door)
        except ActRefused as error:
            raise NotPermitted(str(error)) from error

    def do(self, acting: Acting, act: Act, proofs: tuple[Proof, ...]) -> None:
        """Send the command, if the door may still be unlocked."""
        attempt = _Attempt(acting=acting, act=act, proofs=proofs)
        try:
            order, leaving = attempt.begin()
        except (ActRefused, NotPermitted) as error:
            attempt.record_refusal(error.reason if isinstance(error, ActRefused) else "no_role")
            raise
        send_once(line_of(acting.services), order, leaving)

    def told(self, db: Database, act: Act) -> Told | None:
        """Tell how far the unlock has come."""
        flight = find_flight(db, act.id)
        return None if flight is None else told_of_flight(act, flight)


@dataclass(slots=True, kw_only=True)
class _Attempt:
    """One unlock that was proved, on its way to the device."""

    acting: Acting
    act: Act
    proofs: tuple[Proof, ...]
    door: Door | None = None

    @property
    def db(self) -> Database:
        return self.acting.services.db

    def begin(self) -> tuple[Order, Leaving]:
        """Look at everything once more, write the intent and take the door."""
        now = self.acting.now
        device, door, estate = _find(self.acting, self.act.door)
        _persons(self.acting, door.id)
        self.door = door
        need_ears(self.db, now)
        if known_away(self.db, device.id):
            raise ActRefused("not_connected", AWAY)
        line = line_of(self.acting.services)
        command = _command(self.act, now)
        order = write_order(line, device, door, command, estate=estate)
        flight = Flight(
            act=self.act.id,
            site=door.site,
            door=door.id,
            device=device.id,
            answer=self.acting.services.families[device.family].unlock,
            sensor=door.sensor,
            seconds=self.act.seconds,
            call=self.act.call,
            requested=now,
        )
        need_free(begin_flight(self.db, flight, self.act, self._intent(command)), self.acting.actor)
        services, name = self.acting.services, self.act.id
        return order, Leaving(services=services, name=name, act=self.act, proofs=self.proofs, door=door)

    def record_refusal(self, reason: str) -> None:
        """Record that what was proved was not begun, and why."""
        if self.door is None:
            # Who may not (any more) has proved it for this door all the same.
            self.door = load_estate(self.db).doors.get(self.act.door)
        append(self.db, [self._draft(Kind.UNLOCK_REFUSED, {}, reason)])

    def _intent(self, command: Command) -> Draft:
        told = {} if self.door is None else seen_there(self.acting, self.door)
        return self._draft(Kind.UNLOCK_REQUESTED, {**told, "not_after": iso_us(command.expires)}, None)

    def _draft(self, kind: Kind, told: dict[str, Scalar], reason: str | None) -> Draft:
        door = self.door
        return Draft(
            kind=kind,
            received=self.acting.now,
            site=None if door is None else door.site,
            door=None if door is None else door.id,
            device=None if door is None else door.device,
            reason=reason,
            refs={
                "act": self.act.id,
                "session": self.acting.actor.session,
                "seconds": self.act.seconds,
                **proved_as(self.acting, self.act, self.proofs),
                **told,
            },
            private=personal(self.acting.whole, self.act, self.proofs),
        )


def _find(acting: Acting, name: str) -> tuple[Device, Door, Estate]:
    """Find a door that this person may unlock, by the rights and the estate of this moment."""
    estate = load_estate(acting.services.db)
    door = estate.doors.get(name)
    if door is None or not permitted(acting.services.db, acting.actor, Permission.DOOR_UNLOCK, door.site):
        raise NotPermitted("there is no such door to unlock")
    return estate.devices[door.device], door, estate


def _need_call(acting: Acting, door: Door, name: str) -> None:
    """Refuse to open on a call that is over, or that somebody makes at another door than this one."""
    found = open_calls(acting.services.db, door.site, name, acting.now)
    if not found:
        raise ActRefused("call_over", _CALL_OVER)
    if all(one.door != door.id for one in found):
        raise ActRefused("call_elsewhere", _CALL_ELSEWHERE)


def _command(act: Act, now: int) -> Command:
    return Command(act=act.id, verb=Verb.UNLOCK, issued=now, expires=now + LIVES_US, seconds=act.seconds)


def _persons(acting: Acting, door: str) -> int:
    """Say by how many a door must be unlocked: while it is locked down by two, both of them supervisors."""
    order = standing(acting.services.db, [door]).get(door)
    if order is None or not order.lease.in_force or order.lease.mode is not Mode.LOCKED_DOWN:
        return 1
    if not permitted(acting.services.db, acting.actor, Permission.DOOR_LOCKDOWN, order.lease.site):
        raise ActRefused("locked_down", _LOCKED_DOWN)
    return 2
