"""What screens show of acts at doors: who opens what, since when, and how far it has come."""

from collections.abc import Collection, Iterable, Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, RowMapping, bindparam, select

from core.acts import Action
from core.handles import handle_of
from core.records import Class, Kind, classes
from core.times import MINUTE_US
from core.unlocks import Flight, Stage
from store.projections import Between
from store.rows import Row
from store.schema import door
from store.schema_acts import flight
from store.views import ActView

# What a screen that opens is still told of: after it, the log tells.
SHOWN_US: Final = 5 * MINUTE_US
MOST: Final = 200
_flight: Final = msgspec.json.Decoder(Flight).decode
_FIELDS: Final = (flight.c.state, flight.c.subject, flight.c.name)
_LATELY: Final = (
    select(*_FIELDS)
    .where(
        flight.c.requested >= bindparam("since"),
        # Before the limit: what happens elsewhere must leave out nothing here.
        flight.c.door.in_(select(door.c.id).where(door.c.site.in_(bindparam("sites", expanding=True)))),
    )
    .order_by(flight.c.requested.desc())
    .limit(MOST)
)
_CHANGED: Final = select(*_FIELDS).where(
    flight.c.changed_id > bindparam("after"), flight.c.changed_id <= bindparam("head")
)
# What can have moved an act: its own steps, and what its door does.
_MOVE: Final = classes(Class.DOOR) | frozenset(
    kind for kind in Kind if kind.value.partition(".")[0] in {"unlock", "hold", "lockdown", "command"}
)


def acts_of(connection: Connection, sites: Collection[str], now: int) -> tuple[ActView, ...]:
    """Show the acts of the last minutes at these sites, the oldest first."""
    asked = {"since": now - SHOWN_US, "sites": list(sites)}
    rows = connection.execute(_LATELY, asked).mappings().all()
    return tuple(_shown(rows[::-1], now))


def changed_acts(
    connection: Connection, rows: Sequence[Row], between: Between, now: int
) -> tuple[ActView, ...]:
    """Show the acts whose last change is one of these rows."""
    if not any(row.kind in _MOVE for row in rows):
        return ()
    after, head = between
    changed = connection.execute(_CHANGED, {"after": after, "head": head}).mappings()
    return tuple(_shown(changed, now))


def _shown(rows: Iterable[RowMapping], now: int) -> Iterable[ActView]:
    return (_view(_flight(row["state"]), row, now) for row in rows)


def _view(one: Flight, row: RowMapping, now: int) -> ActView:
    return ActView(
        act=one.act,
        action=one.action.value,
        door=one.door,
        site=one.site,
        stage=one.stage.value,
        by=handle_of(row["subject"]),
        name=row["name"],
        since=one.requested,
        reason=one.reason or None,
        sent=one.sent,
        accepted=one.accepted,
        confirmed=one.confirmed,
        secured=one.secured,
        secured_by=one.secured_by.value,
        opened=one.opened,
        let_go=one.let_go,
        closes=one.closes if one.sent and one.action is Action.UNLOCK else 0,
        final=not one.under_way,
        good=one.let_in and one.stage is not Stage.REQUESTED,
        busy=one.busy(now),
        overdue=0 if one.secured else one.overdue,
        late=one.answered_late,
    )
