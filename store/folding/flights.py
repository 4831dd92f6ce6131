"""The projection of commands under way: what devices answer and doors show becomes the next step of each."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, Text, bindparam, select, text

from core.acts import Action
from core.doors import DoorFacets
from core.leaf import Draft, Scalar
from core.modes import shows
from core.reports import CommandReply
from core.times import MINUTE_US
from core.unlocks import Flight, Moved, Stage, Step, due, reply, see, show
from store.emission import Emission
from store.folding.leases import Leases, secured_ref
from store.schema_acts import flight as table

# How long after a bad end the device's answer is still looked for.
LATE_US: Final = 5 * MINUTE_US
decode: Final = msgspec.json.Decoder(Flight).decode
encode: Final = msgspec.json.Encoder().encode
_OPEN: Final = select(table.c.state).where(
    table.c.open, table.c.device.in_(bindparam("names", expanding=True, type_=Text))
)
_SAVE: Final = text(
    "UPDATE flight SET busy = :busy, open = :open, due = :due, changed_id = :changed_id, state = :state "
    "WHERE act = :act"
)
_MS: Final = 1000
_NOTHING_MORE: Final[Mapping[str, Scalar]] = {}
# What ends something is told by the same kinds of record as what began it.
_ENDS: Final = frozenset({Action.END_HOLD, Action.RELEASE})


class Flights:
    """The open flights of the devices in a batch, read once and written once."""

    def __init__(self, connection: Connection, devices: set[str]) -> None:
        """Read them in the caller's transaction."""
        found = connection.execute(_OPEN, {"names": list(devices)}).scalars() if devices else ()
        self._flights = {one.act: one for one in map(decode, found)}
        self._changed: dict[str, tuple[int, int]] = {}
        self._leases = Leases(connection, devices)

    @property
    def doors(self) -> frozenset[str]:
        """Name the doors that holds and lockdowns are about: how they are is part of what an answer means."""
        modes = {one.door for one in self._flights.values() if one.action is not Action.UNLOCK}
        return self._leases.doors | modes

    def reply(self, item: CommandReply, known: Callable[[str], DoorFacets], emission: Emission) -> bool:
        """Fold a device's answer; False where nothing was asked that it could be the answer to.

        `known` tells how a door is: what a hold is renewed at shows it already, and need not say so again.
        """
        one = self._asked(item)
        if one is None:
            return False
        at, facets = item.received, known(one.door)
        moved = reply(one, item.result, at)
        self._keep(one, moved, facets, at, emission)
        if moved.flight.stage is Stage.ACCEPTED and shows(one.action, facets):
            self._keep(moved.flight, show(moved.flight, shown=True, at=at), facets, at, emission)
        return True

    def seen(self, door: str, facets: DoorFacets, at: int, emission: Emission, *, anew: bool = False) -> None:
        """Fold how a door is, by a live word that came at `at` (µs UTC).

        `anew`: this word says that it let go, whether or not it was unlocked before.
        """
        for one in [one for one in self._flights.values() if one.door == door]:
            if self._gives_way(one):
                continue
            if one.action is Action.UNLOCK:
                heard = replace(one, was_unlocked=False) if anew else one
                moved = see(heard, facets, at)
            else:
                moved = show(one, shown=shows(one.action, facets), at=at)
            self._keep(one, moved, facets, at, emission)
        self._leases.seen(door, facets, at, emission)

    def _gives_way(self, one: Flight) -> bool:
        """Whether what is seen is a later unlock's doing: one that came to nothing claims it no more."""
        claims = one.looks_until > 0 and not one.watched
        return claims and any(
            other.door == one.door and other.action is Action.UNLOCK and other.sent > one.sent
            for other in self._flights.values()
        )

    def _asked(self, item: CommandReply) -> Flight | None:
        """Find what an answer is to: by its act, or the newest sent to this device and not answered."""
        if item.act:
            one = self._flights.get(item.act)
            return one if one is not None and one.device == item.device else None
        waiting = [
            one
            for one in self._flights.values()
            if one.device == item.device and one.stage is Stage.SENT and item.door in {"", one.door}
        ]
        return max(waiting, key=lambda one: one.sent, default=None)

    def _keep(  # noqa: PLR0917 - what has moved, and all that this may change
        self, before: Flight, moved: Moved, facets: DoorFacets, at: int, emission: Emission
    ) -> None:
        if moved.flight == before:
            return
        self._flights[before.act] = moved.flight
        record = emission.head
        for draft in step_records(moved.flight, moved.steps, at):
            record = emission.emit(draft)
        self._changed[before.act] = (record, at)
        self._leases.follow(moved.flight, facets, at, emission)

    def save(self, connection: Connection) -> None:
        """Write what has changed."""
        for act, (record, at) in self._changed.items():
            save_flight(connection, self._flights[act], record, at)
        self._leases.save(connection)


def step_records(
    one: Flight, steps: Iterable[Step], at: int, told: Mapping[str, Scalar] = _NOTHING_MORE
) -> list[Draft]:
    """Make the records of a flight's steps, with what is told, each with the ms since it was asked for."""
    wants = {"wants": one.action.value} if one.action in _ENDS else {}
    return [
        Draft(
            kind=step.kind,
            received=at,
            site=one.site,
            door=one.door,
            device=one.device,
            reason=step.reason,
            refs={
                "act": one.act,
                "after_ms": max(0, at - one.requested) // _MS,
                **secured_ref(step),
                **wants,
                **told,
            },
        )
        for step in steps
    ]


def save_flight(connection: Connection, one: Flight, record: int, now: int) -> None:
    """Write a flight that is there already, changed last by this record."""
    connection.execute(_SAVE, {**flags(one, now), "act": one.act, "changed_id": record, "state": encode(one)})


def flags(one: Flight, now: int) -> dict[str, object]:
    """Say whether its door is taken, whether words about it still count, and when to look at it again."""
    busy = one.busy(now)
    awaited = bool(one.sent) and not one.let_in and not one.answered_late and now < one.requested + LATE_US
    looks_until = one.looks_until if one.answered_late and not one.seen else 0
    looks = now <= looks_until
    times = [
        due(one),
        one.closes if busy and not one.under_way else None,
        one.requested + LATE_US if awaited and not one.under_way else None,
        looks_until + 1 if looks else None,
    ]
    return {
        "busy": busy,
        "open": one.under_way or one.watched or awaited or looks,
        "due": min((at for at in times if at is not None), default=None),
    }
