"""Unlock a door: asked for, proved, written down, sent once, and then left to the log to tell.

Nothing is sent that is not on disk, nothing while nobody could hear the answer, and nothing twice. What the
device and the door say comes back as records; whoever waits follows the log.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from auth.access import permitted
from auth.sessions import Actor
from auth.step_up import Proof, approved_by, shown_by
from core.acts import USUAL_SECONDS, Act, check_unlock
from core.commands import LIVES_US, Command, Delivery, Line, Order, Verb
from core.errors import (
    ActRefused,
    BrokerError,
    CommandImpossible,
    DiskNearlyFull,
    Invalid,
    NotPermitted,
    OutcomeUnknown,
)
from core.leaf import Draft, Scalar
from core.model import Device, Door, Estate
from core.permissions import Permission
from core.records import Kind
from core.unlocks import Flight, Moved, doubt, refuse, send
from operations.acting import Acting
from operations.deeds import Told, Wish, told_of_flight
from store.acts import Taken, begin_flight, busy_door, find_flight, take_step
from store.clock import now_us
from store.database import Database
from store.device_presence import known_away
from store.disk import need_room
from store.estate import load_estate
from store.listening import is_listening
from store.log import append
from store.policies import current_policy

_NOT_HEARD: Final = "Nothing was sent: Gatehouse does not hear the devices just now."
_AWAY: Final = "Nothing was sent: the door's device is not connected."
_NO_LINE: Final = "Nothing was sent: no account for commands is set up at the broker."
_FULL: Final = "Nothing was sent: the disk is nearly full."


_UNDELIVERED: Final = {Delivery.NOBODY: "not_connected", Delivery.REFUSED: "not_taken"}


class Unlock:
    """An unlock of one door for some seconds."""

    def plan(self, acting: Acting, wish: Wish) -> Act:
        """Take what is wished for, if that door may be unlocked by this person, and now."""
        _find(acting, wish.door)
        seconds = USUAL_SECONDS if wish.seconds is None else wish.seconds
        if wish.until is not None:
            raise Invalid("an unlock ends by its seconds: leave out `until`")
        reason = check_unlock(seconds, wish.reason)
        need_ears(acting.services.db, acting.now)
        _need_free(busy_door(acting.services.db, wish.door), acting.actor)
        return acting.pending(wish, reason, seconds=seconds)

    def allow(self, acting: Acting, act: Act) -> None:
        """Raise NotPermitted where this person may not unlock the door."""
        _find(acting, act.door)

    def do(self, acting: Acting, act: Act, proofs: tuple[Proof, ...]) -> None:
        """Send the command, if the door may still be unlocked."""
        attempt = _Attempt(acting=acting, act=act, proofs=proofs)
        try:
            order = attempt.begin()
        except (ActRefused, NotPermitted) as error:
            attempt.record_refusal(error.reason if isinstance(error, ActRefused) else "no_role")
            raise
        attempt.send(order)

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

    @property
    def line(self) -> Line:
        line = self.acting.services.line
        if line is None:
            raise ActRefused("no_line", _NO_LINE)
        return line

    def begin(self) -> Order:
        """Look at everything once more, write the intent and take the door."""
        now = self.acting.now
        device, door, estate = _find(self.acting, self.act.door)
        self.door = door
        need_ears(self.db, now)
        if known_away(self.db, device.id):
            raise ActRefused("not_connected", _AWAY)
        order = self._order(device, door, estate)
        flight = Flight(
            act=self.act.id,
            site=door.site,
            door=door.id,
            device=device.id,
            answer=self.acting.services.families[device.family].unlock,
            sensor=door.sensor,
            seconds=self.act.seconds,
            requested=now,
        )
        _need_free(begin_flight(self.db, flight, self.act, self._intent()), self.acting.actor)
        return order

    def send(self, order: Order) -> None:
        """Say that it is sent, send it, and say what is known of that; the rest the log tells."""
        if not self._step(lambda one: send(one, now_us())):
            # Time has passed, and the leader has closed it: it is sent no more.
            return
        try:
            delivery = self.line.send(order)
        except OutcomeUnknown:
            self._step(doubt)
        except BrokerError:
            self._step(lambda one: refuse(one, "not_connected"))
        else:
            reason = _UNDELIVERED.get(delivery)
            if reason is not None:
                self._step(lambda one: refuse(one, reason))

    def record_refusal(self, reason: str) -> None:
        """Record that what was proved was not begun, and why."""
        append(self.db, [self._draft(Kind.UNLOCK_REFUSED, {}, reason)])

    def _step(self, step: Callable[[Flight], Moved | None]) -> bool:
        return take_step(self.db, self.act.id, step, now_us()) is not None

    def _order(self, device: Device, door: Door, estate: Estate) -> Order:
        now = self.acting.now
        command = Command(
            act=self.act.id, verb=Verb.UNLOCK, issued=now, expires=now + LIVES_US, seconds=self.act.seconds
        )
        try:
            return self.line.order(device, door, command, estate=estate)
        except CommandImpossible as error:
            raise ActRefused(error.reason, str(error)) from error

    def _intent(self) -> Draft:
        told: dict[str, Scalar] = {"seconds": self.act.seconds, "policy": current_policy(self.db).version}
        return self._draft(Kind.UNLOCK_REQUESTED, {**told, **shown_by(self.proofs)}, None)

    def _draft(self, kind: Kind, told: dict[str, Scalar], reason: str | None) -> Draft:
        door = self.door
        return Draft(
            kind=kind,
            received=self.acting.now,
            site=None if door is None else door.site,
            door=None if door is None else door.id,
            device=None if door is None else door.device,
            reason=reason,
            refs={"act": self.act.id, "session": self.acting.actor.session, **told},
            private={**self.acting.who, **approved_by(self.proofs), "why": self.act.why},
        )


def _find(acting: Acting, name: str) -> tuple[Device, Door, Estate]:
    """Find a door that this person may unlock, by the rights and the estate of this moment."""
    estate = load_estate(acting.services.db)
    door = estate.doors.get(name)
    if door is None or not permitted(acting.services.db, acting.actor, Permission.DOOR_UNLOCK, door.site):
        raise NotPermitted("there is no such door to unlock")
    return estate.devices[door.device], door, estate


def need_ears(db: Database, now: int) -> None:
    """Refuse to send what could not be recorded to its end."""
    try:
        need_room(db)
    except DiskNearlyFull as error:
        raise ActRefused("no_room", _FULL) from error
    if not is_listening(db, now):
        raise ActRefused("not_listening", _NOT_HEARD)


def _need_free(taken: Taken | None, actor: Actor) -> None:
    if taken is not None:
        whose = "You are" if taken.subject == actor.subject else "Somebody else is"
        words = f"{whose} unlocking this door already: one command at a time."
        raise ActRefused("in_progress", words)
