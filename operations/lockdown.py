"""Lock doors down, and release them: what it would do to each, then each by itself, whatever the others do.

On our side a door is locked down from the request on, also where its device can't be asked or does not
answer: nothing but an unlock proved by two supervisors goes there until the release.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from msgspec import UNSET
from msgspec.structs import replace

from auth.step_up import Proof
from core.acts import Act, Action, check_reason
from core.commands import Line, Verb
from core.commands import Order as Publication
from core.doors import DoorFacets, Mode
from core.errors import ActRefused, Invalid, NotPermitted, StoreError
from core.leaf import Draft
from core.model import Door
from core.modes import LOCKDOWN_US, Lease
from core.reasons import COMMAND_REASONS
from core.records import Kind
from core.times import SECOND_US
from core.unlocks import Flight, Moved, Stage, refuse
from operations.acting import Acting
from operations.at_doors import Doing, Place, command_of, places_of
from operations.deeds import DoorPlan, DoorTold, Told, Wish
from operations.sending import AWAY, line_of, need_ears, send_once, write_order
from store.acts import flights_of, take_step
from store.clock import now_us
from store.database import Database
from store.device_presence import known_away
from store.estate import load_estate
from store.folding.flights import step_records
from store.modes import Order, Standing, begin_orders, facets_of, standing

# So many are sent at a time, as more would only wait for their turn; each so many may wait so much longer.
_AT_ONCE: Final = 4
_TOGETHER: Final = 50
_PATIENCE_US: Final = 10 * SECOND_US
_NOTHING: Final = "nothing_to_undo"
_LATER: Final = "ordered_later"
_CAME: Final = "came_later"
_GONE: Final = "door_gone"
# Why a device may not be asked that could be in a mode of ours all the same.
_PERHAPS_KEPT: Final = frozenset({"no_key", "key_revoked", "expired", "unfit_length"})
_VERBS: Final = {Action.LOCKDOWN: Verb.LOCK_DOWN, Action.RELEASE: Verb.RESTORE}
_ASKED: Final = {Action.LOCKDOWN: Kind.LOCKDOWN_REQUESTED, Action.RELEASE: Kind.LOCKDOWN_RELEASE_REQUESTED}


class AtDoors:
    """A lockdown of doors or of a whole site, or its release."""

    def plan(self, acting: Acting, wish: Wish) -> Act:
        """Take what is wished for, if this person may do it at each door, and now."""
        if wish.until is not None or wish.seconds is not None:
            raise Invalid("a lockdown lasts until its release: leave out `until` and `seconds`")
        why = check_reason(wish.reason, "the doors are to be locked down or released")
        until = acting.now + LOCKDOWN_US if wish.action is Action.LOCKDOWN else 0
        act = acting.pending(wish, why, until=until - until % SECOND_US)
        act = _exact(act, _needed(acting, act))
        need_ears(acting.services.db, acting.now)
        return act

    def allow(self, acting: Acting, act: Act) -> None:
        """Raise NotPermitted where this person may not do it at every door."""
        places_of(acting, act, load_estate(acting.services.db))

    def preview(self, acting: Acting, act: Act) -> tuple[DoorPlan, ...]:
        """Say of each door what the act would do there, first where it can't do all."""
        found = [_planned(acting, act, one) for one in _affected(acting, act)]
        return tuple(sorted(found, key=lambda one: (one.reason is UNSET, one.name, one.door)))

    def do(self, acting: Acting, act: Act, proofs: tuple[Proof, ...]) -> None:
        """Write down and send what each door is to be asked."""
        doing = Doing.of(acting, act, proofs)
        try:
            line = line_of(acting.services)
            affected = _needed(acting, act)
            need_ears(acting.services.db, acting.now)
        except (ActRefused, NotPermitted) as error:
            reason = error.reason if isinstance(error, ActRefused) else "no_role"
            doing.refused(Kind.LOCKDOWN_REFUSED, reason)
            raise
        _carry_out(doing, line, affected)

    def told(self, db: Database, act: Act) -> Told | None:
        """Tell how far it has come at each door, failures first."""
        flights = flights_of(db, act.id)
        return _told(db, act, flights) if flights else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Affected:
    """A door that an act would change, as it is now."""

    place: Place
    facets: DoorFacets
    order: Standing | None

    @property
    def ordered(self) -> str:
        """The mode in force there by somebody's order."""
        return self.order.lease.mode.value if self.order is not None and self.order.lease.in_force else ""

    @property
    def since(self) -> int:
        """Since when it is in force (µs UTC), 0 for none: a release frees nothing that is younger."""
        return self.order.lease.began if self.order is not None and self.order.lease.in_force else 0

    def left_out(self, act: Act) -> str:
        """Say why nothing is done here, empty where it is: what nobody was shown, nobody has proved."""
        if act.action is Action.RELEASE and self.since >= act.created:
            return _LATER
        return "" if not act.doors or self.place.door.id in act.doors else _CAME

    def undone(self, act: Act, reason: str) -> bool:
        """Whether a release is done by our word alone: its device keeps no mode of ours, nor shows one."""
        kept = reason not in COMMAND_REASONS - _PERHAPS_KEPT or self.facets.mode is Mode.LOCKED_DOWN
        return act.action is Action.RELEASE and not kept


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """What is to be written down for one door, and whether anything is to be sent there."""

    place: Place
    order: Order
    asks: bool


def _affected(acting: Acting, act: Act) -> tuple[_Affected, ...]:
    """Find the doors that it is about; a release passes by those that nobody has locked down."""
    db = acting.services.db
    places = places_of(acting, act, load_estate(db))
    names = [one.door.id for one in places]
    facets, orders = facets_of(db, names), standing(db, names)
    found = (_Affected(place=p, facets=facets[p.door.id], order=orders.get(p.door.id)) for p in places)
    if act.action is Action.LOCKDOWN:
        return tuple(found)
    down = Mode.LOCKED_DOWN
    return tuple(one for one in found if one.ordered == down or one.facets.mode is down)


def _needed(acting: Acting, act: Act) -> tuple[_Affected, ...]:
    found = _affected(acting, act)
    if not found:
        raise ActRefused("not_locked_down", "There is no door here to do this at.")
    return found


def _exact(act: Act, affected: Sequence[_Affected]) -> Act:
    """Name in an act about a site each door that is shown: what is proved is these, whatever comes there."""
    if "site" not in act.target:
        return act
    shown = ",".join(one.place.door.id for one in affected)
    return replace(act, target={**act.target, "doors": shown})


def _planned(acting: Acting, act: Act, one: _Affected) -> DoorPlan:
    """Try what would be sent to a door, and send nothing."""
    plan = DoorPlan(door=one.place.door.id, name=one.place.door.name, would=act.action.value)
    if act.action is Action.LOCKDOWN and one.order is not None and one.ordered == Mode.HELD:
        plan = replace(plan, ends_hold=one.order.lease.until, held_by=one.order.by)
    already = act.action is Action.LOCKDOWN and one.ordered == Mode.LOCKED_DOWN
    plan = replace(plan, already=already)
    try:
        _publication(acting, act, one.place, act.id, acting.now)
    except ActRefused as error:
        if one.undone(act, error.reason):
            return plan
        return replace(plan, reason=error.reason, message=str(error))
    return plan


def _publication(acting: Acting, act: Act, place: Place, name: str, now: int) -> Publication:  # noqa: PLR0917
    """Write what is sent to a door; raises ActRefused where nothing can be."""
    if known_away(acting.services.db, place.device.id):
        raise ActRefused("not_connected", AWAY)
    command = command_of(name, _VERBS[act.action], now, act.until)
    line = line_of(acting.services)
    return write_order(line, place.device, place.door, command, estate=place.estate)


def _carry_out(doing: Doing, line: Line, affected: Sequence[_Affected]) -> None:
    """Begin every door in one transaction, in force from then on; one that is not sent stops no other."""
    db = doing.acting.services.db
    told = {"doors": len(affected)}
    parent = [doing.intent(_ASKED[doing.act.action], None, doing.act.id, {**told})]
    prepared = [_prepare(doing, one, number) for number, one in enumerate(affected)]
    begin_orders(db, [one.order for one in prepared], doing.act, parent)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(lambda one: _send(doing, line, one), prepared))


def _send(doing: Doing, line: Line, one: _Prepared) -> None:
    """Send to one door what is written now: its command is no older than its turn."""
    if not one.asks:
        return
    db, name = doing.acting.services.db, one.order.flight.act
    now = max(doing.acting.now, now_us()) if one.order.flight.patience else doing.acting.now
    try:
        try:
            publication = _publication(doing.acting, doing.act, one.place, name, now)
        except ActRefused as error:
            reason = error.reason
            take_step(db, name, lambda flight: refuse(flight, reason), now)
        else:
            send_once(line, publication, doing.leaving(one.place, name))
    except StoreError:
        # What could not be written down was not sent: the leader says so of this door, and the others go on.
        return


def _prepare(doing: Doing, one: _Affected, number: int) -> _Prepared:
    act, place, name = doing.act, one.place, f"{doing.act.id}-{number + 1}"
    flight = doing.flight(place, name, doing.acting.now)
    flight = replace(flight, patience=number // _TOGETHER * _PATIENCE_US)
    asked = doing.intent(_ASKED[act.action], place, name, {"parent": act.id})
    if why := one.left_out(act):
        ended, records = _not_sent(flight, why)
        kept = Order(flight=ended, records=(asked, *records), stays=True)
        return _Prepared(place=place, order=kept, asks=False)
    lease = _lease(flight) if act.action is Action.LOCKDOWN else None
    try:
        _publication(doing.acting, act, place, name, doing.acting.now)
    except ActRefused as error:
        ended, records = _not_sent(flight, _NOTHING if one.undone(act, error.reason) else error.reason)
        order = Order(flight=ended, records=(asked, *records), lease=lease)
        return _Prepared(place=place, order=order, asks=False)
    return _Prepared(place=place, order=Order(flight=flight, records=(asked,), lease=lease), asks=True)


def _not_sent(flight: Flight, reason: str) -> tuple[Flight, list[Draft]]:
    """End a flight with which nothing goes out; where a device keeps no mode, a release is done by that."""
    if reason == _NOTHING and flight.action is Action.RELEASE:
        done = replace(flight, stage=Stage.CONFIRMED, reason=reason)
        step = Draft(kind=Kind.LOCKDOWN_RELEASED, received=flight.requested, reason=reason)
        place = {"site": flight.site, "door": flight.door, "device": flight.device}
        return done, [replace(step, refs={"act": flight.act}, **place)]
    moved = refuse(flight, reason) or Moved(flight)
    return moved.flight, step_records(moved.flight, moved.steps, flight.requested)


def _lease(flight: Flight) -> Lease:
    return Lease(
        act=flight.act,
        site=flight.site,
        door=flight.door,
        device=flight.device,
        mode=Mode.LOCKED_DOWN,
        asked=flight.requested,
        until=flight.until,
        began=flight.requested,
    )


def _told(db: Database, act: Act, flights: Sequence[Flight]) -> Told:
    doors = load_estate(db).doors
    names = {one.door: doors[one.door].name if one.door in doors else one.door for one in flights}
    told = [
        DoorTold(
            door=one.door,
            name=names[one.door],
            state=one.stage.value,
            final=not one.under_way,
            good=one.let_in,
            sent=one.sent,
            accepted=one.accepted,
            confirmed=one.confirmed,
            reason=one.reason or UNSET,
        )
        for one in flights
    ]
    told.extend(_gone(act, doors, names))
    told.sort(key=lambda one: (one.good or not one.final, one.final, one.name, one.door))
    final, good = all(one.final for one in told), all(one.good for one in told)
    return Told(
        id=act.id,
        action=act.action.value,
        state="confirmed" if good else told[0].state if final else Stage.SENT.value,
        expires_at=act.expires,
        final=final,
        good=good,
        persons=act.persons,
        sent=max(one.sent for one in flights),
        confirmed=max(one.confirmed for one in flights) if good else 0,
        doors=tuple(told),
    )


def _gone(act: Act, doors: Mapping[str, Door], begun: Container[str]) -> Iterator[DoorTold]:
    """Tell of the doors that were shown, and are not of that site any more: nothing was asked of them."""
    site = act.target.get("site")
    for name in act.doors if site is not None else ():
        door = doors.get(name)
        if name not in begun and (door is None or door.site != site):
            yield DoorTold(door=name, name=name, state="refused", final=True, good=False, reason=_GONE)
