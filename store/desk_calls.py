"""The calls of a day, as a desk lists them: what became of each, and who had it."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, RowMapping, Text, bindparam, select

from core.acts import Action
from core.calls import Call, CallState
from core.days import date_of, local_day, starts
from core.permissions import Permission, Scope
from core.times import SECOND_US
from core.unlocks import Flight
from store.database import Database
from store.projections import sites_of
from store.schema import call
from store.schema_acts import flight

MOST: Final = 100
# Who was let in may have hung up before the door went open.
_AFTERWARDS_US: Final = 30 * SECOND_US
_call: Final = msgspec.json.Decoder(Call).decode
_flight: Final = msgspec.json.Decoder(Flight).decode
_TODAY: Final = (
    select(call.c.state)
    .where(call.c.site == bindparam("site"), call.c.heard >= bindparam("since"))
    .order_by(call.c.heard.desc())
    .limit(MOST)
)
_FLIGHTS: Final = (
    select(flight.c.door, flight.c.name, flight.c.requested, flight.c.state)
    .where(flight.c.door.in_(bindparam("doors", expanding=True, type_=Text)))
    .where(flight.c.requested >= bindparam("since"))
    .order_by(flight.c.requested)
)


class DeskCall(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One call; times are µs UTC by our clock. `claimed_by` and `opened_by` are names.

    `outcome` is ringing, talking, opened, answered, taken (somebody had it, no device told of an answer) or
    missed.
    """

    call: str
    device: str
    door: str
    site: str
    state: str
    started: int
    outcome: str
    ended: int | None = None
    claimed_by: str | None = None
    opened_by: str | None = None


class DeskCalls(msgspec.Struct, frozen=True, kw_only=True):
    """Today's calls, the newest first; `now` is when that was."""

    now: int
    calls: tuple[DeskCall, ...]


def desk_calls(db: Database, scope: Scope, now: int) -> DeskCalls:
    """Give the calls of today, by each site's own clock, at the sites of a scope that handles calls."""
    if scope.permission is not Permission.CALL_HANDLE:
        return DeskCalls(now=now, calls=())
    with db.read() as connection:
        found = [
            _call(state)
            for one in sites_of(connection, scope.sites)
            for state in connection.execute(
                _TODAY, {"site": one.id, "since": _midnight(one.time_zone, now)}
            ).scalars()
        ]
        found.sort(key=lambda one: (-one.since, one.device, one.call))
        del found[MOST:]
        flights = _flights(connection, found)
    shown = (_shown(one, flights.get(one.door, ()), now) for one in found)
    return DeskCalls(now=now, calls=tuple(shown))


def _midnight(time_zone: str, now: int) -> int:
    return starts(date_of(local_day(time_zone, now)), time_zone)


def _flights(connection: Connection, calls: Sequence[Call]) -> Mapping[str, Sequence[RowMapping]]:
    found: dict[str, list[RowMapping]] = {}
    if calls:
        asked = {"doors": list({one.door for one in calls}), "since": calls[-1].since}
        for row in connection.execute(_FLIGHTS, asked).mappings():
            found.setdefault(row["door"], []).append(row)
    return found


def _shown(one: Call, flights: Sequence[RowMapping], now: int) -> DeskCall:
    alive = one.lives(now)
    over = one.ended or one.changed
    until = now if alive else over + _AFTERWARDS_US
    opened = [row["name"] for row in flights if _on(one, _flight(row["state"]), until)]
    return DeskCall(
        call=one.call,
        device=one.device,
        door=one.door,
        site=one.site,
        state=one.shown.value,
        started=one.since,
        outcome=_outcome(one, alive=alive, opened=bool(opened)),
        ended=None if alive else over,
        claimed_by=one.claim.name or None if one.claim is not None else None,
        opened_by=opened[-1] if opened else None,
    )


def _on(one: Call, act: Flight, until: int) -> bool:
    """Whether an act opened the door on this call: it names it or, where it names none, was in its time."""
    meant = act.call == one.call if act.call else act.requested <= until
    return meant and one.since <= act.requested and _let_somebody_in(act)


def _let_somebody_in(one: Flight) -> bool:
    """Whether it opened the door: a lockdown comes to a good end too."""
    return one.let_in and one.action in {Action.UNLOCK, Action.HOLD}


def _outcome(one: Call, *, alive: bool, opened: bool) -> str:
    if opened:
        return "opened"
    if alive:
        return "ringing" if one.shown is CallState.RINGING else "talking"
    if one.answered:
        return "answered"
    return "taken" if one.claim is not None and one.claim.subject else "missed"
