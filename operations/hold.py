"""Hold a door unlocked until a time, hold it longer, or end that; it ends when the door is locked again."""

from msgspec.structs import replace

from auth.step_up import Proof
from core.acts import Act, check_reason
from core.commands import Verb
from core.doors import Mode, SecuredBy
from core.errors import ActRefused, Invalid, NotPermitted
from core.modes import Lease, check_until
from core.permissions import Permission
from core.records import Kind
from core.times import iso_us
from operations.acting import Acting
from operations.at_doors import Doing, Place, command_of, find_place
from operations.deeds import Told, Wish, told_of_flight
from operations.sending import (
    AWAY,
    line_of,
    need_askable,
    need_ears,
    need_free,
    send_once,
    write_order,
)
from store.acts import find_flight
from store.database import Database
from store.device_presence import known_away
from store.door_keepers import busy_door
from store.estate import load_estate
from store.modes import Order, begin_order, facets_of, find_lease, standing


class Hold:
    """A door held unlocked until a time; the same once more, at a door that is held, moves its end."""

    def plan(self, acting: Acting, wish: Wish) -> Act:
        """Take what is wished for, if that door may be held by this person, and its device can do it."""
        place = _find(acting, wish.door)
        if wish.until is None or wish.seconds is not None:
            raise Invalid("say until when the door is to be held: `until`, and no `seconds`")
        until = check_until(wish.until, acting.now)
        why = check_reason(wish.reason, "the door is to be held unlocked")
        need_ears(acting.services.db, acting.now)
        need_free(busy_door(acting.services.db, wish.door, wish.action), acting.actor)
        act = acting.pending(wish, why, until=until)
        _need_askable(acting, act, place, Verb.HOLD)
        return act

    def allow(self, acting: Acting, act: Act) -> None:
        """Raise NotPermitted where this person may not hold the door."""
        _find(acting, act.door)

    def do(self, acting: Acting, act: Act, proofs: tuple[Proof, ...]) -> None:
        """Send the command, if the door may still be held."""
        _send(Doing.of(acting, act, proofs), Verb.HOLD, Kind.HOLD_REQUESTED)

    def told(self, db: Database, act: Act) -> Told | None:
        """Tell how far it has come, and how it ended."""
        flight, lease = find_flight(db, act.id), find_lease(db, act.id)
        if flight is None or lease is None:
            return None
        told = told_of_flight(act, flight)
        return replace(
            told,
            secured=lease.secured,
            secured_by=SecuredBy.LOCK.value if lease.secured else "",
            ended=lease.ended if lease.began else 0,
            until=lease.until,
        )


class EndHold:
    """The end of a hold before its time."""

    def plan(self, acting: Acting, wish: Wish) -> Act:
        """Take what is wished for, if that door is held and this person may end it."""
        place = _find(acting, wish.door)
        if wish.until is not None or wish.seconds is not None:
            raise Invalid("a hold ends at once: leave out `until` and `seconds`")
        why = check_reason(wish.reason, "the hold is to end")
        _need_held(acting.services.db, wish.door)
        need_ears(acting.services.db, acting.now)
        need_free(busy_door(acting.services.db, wish.door, wish.action), acting.actor)
        act = acting.pending(wish, why)
        _need_askable(acting, act, place, Verb.RESTORE)
        return act

    def allow(self, acting: Acting, act: Act) -> None:
        """Raise NotPermitted where this person may not end it."""
        _find(acting, act.door)

    def do(self, acting: Acting, act: Act, proofs: tuple[Proof, ...]) -> None:
        """Send the command, if the door is still held."""
        _send(Doing.of(acting, act, proofs), Verb.RESTORE, Kind.HOLD_END_REQUESTED)

    def told(self, db: Database, act: Act) -> Told | None:
        """Tell how far it has come: confirmed is locked again, which the hold itself calls secure or not."""
        flight = find_flight(db, act.id)
        return None if flight is None else told_of_flight(act, flight)


def _send(doing: Doing, verb: Verb, kind: Kind) -> None:
    place: Place | None = None
    services = doing.acting.services
    try:
        place = _find(doing.acting, doing.act.door)
        if verb is Verb.RESTORE:
            _need_held(services.db, place.door.id)
        _begin(doing, place, verb, kind)
    except (ActRefused, NotPermitted) as error:
        reason = error.reason if isinstance(error, ActRefused) else "no_role"
        doing.refused(Kind.HOLD_REFUSED, reason, place)
        raise


def _begin(doing: Doing, place: Place, verb: Verb, kind: Kind) -> None:
    services, act, now = doing.acting.services, doing.act, doing.acting.now
    need_ears(services.db, now)
    if known_away(services.db, place.device.id):
        raise ActRefused("not_connected", AWAY)
    line = line_of(services)
    command = command_of(act.id, verb, now, act.until)
    order = write_order(line, place.device, place.door, command, estate=place.estate)
    begun = Order(
        flight=doing.flight(place, act.id, now),
        records=(doing.intent(kind, place, act.id, {"not_after": iso_us(command.expires)}),),
        lease=_lease(place, act, now) if verb is Verb.HOLD else None,
    )
    need_free(begin_order(services.db, begun, act), doing.acting.actor)
    send_once(line, order, doing.leaving(place, act.id))


def _need_askable(acting: Acting, act: Act, place: Place, verb: Verb) -> None:
    command = command_of(act.id, verb, acting.now, act.until)
    need_askable(acting.services, place.device, place.door, command, estate=place.estate)


def _lease(place: Place, act: Act, now: int) -> Lease:
    return Lease(
        act=act.id,
        site=place.door.site,
        door=place.door.id,
        device=place.device.id,
        mode=Mode.HELD,
        asked=now,
        until=act.until,
    )


def _find(acting: Acting, door: str) -> Place:
    return find_place(acting, door, Permission.DOOR_HOLD, load_estate(acting.services.db))


def _need_held(db: Database, door: str) -> None:
    """Refuse to end what is neither ordered nor shown."""
    order = standing(db, [door]).get(door)
    ordered = order is not None and order.lease.in_force and order.lease.mode is Mode.HELD
    if not ordered and facets_of(db, [door])[door].mode is not Mode.HELD:
        raise ActRefused("not_held", "This door is not held: there is nothing to end.")
