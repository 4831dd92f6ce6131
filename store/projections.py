"""Reads what the log's writer keeps beside it: door tiles, calls and gaps as they are now."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, TypeAlias

import msgspec
from msgspec.structs import replace
from sqlalchemy import ColumnElement, Connection, RowMapping, Text, and_, bindparam, or_, select, true, tuple_

from core.calls import CALL_LIVES_US, Call
from core.doors import FACETS, DoorState
from core.feeds import OPEN_END
from core.liveness import Liveness, vouched_until
from core.records import Class, Kind, classes
from store import schema
from store.modes import Standing, standing_at, unsecured_at
from store.rows import Row
from store.schema import call, device, device_state, door, door_state, gap, heard
from store.views import CallView, GapView, SiteView, Tile, call_of

# The ids of some consecutive rows: above the first number, up to the second.
Between: TypeAlias = tuple[int, int]
_Condition: TypeAlias = ColumnElement[bool]
_door_state: Final = msgspec.json.Decoder(DoorState).decode
_call: Final = msgspec.json.Decoder(Call).decode
_OF_MODES: Final = frozenset(one for one in Kind if one.value.startswith(("hold.", "lockdown."))) | {
    Kind.UNLOCK_NOT_SECURED,
    Kind.UNLOCK_SECURED,
}
_SHOWN_AT_DOORS: Final = classes(Class.DOOR) | _OF_MODES
_OF_DEVICES: Final = classes(Class.DEVICE)
_OF_CALLS: Final = classes(Class.CALL)
_CLOSING: Final = frozenset({Kind.FEED_GAP_FILLED, Kind.FEED_GAP_LOST})
# What is known of whether a device is there, beside the device itself.
WORD: Final = (
    device.c.heartbeat_s,
    device_state.c.online,
    device_state.c.silent,
    device_state.c.fault,
    device_state.c.changed,
    heard.c.at.label("heard"),
)
DEVICES: Final = device.outerjoin(device_state, device_state.c.device == device.c.id).outerjoin(
    heard, heard.c.device == device.c.id
)
_WITH_WORD: Final = (
    door.join(device, device.c.id == door.c.device)
    .outerjoin(device_state, device_state.c.device == door.c.device)
    .outerjoin(heard, heard.c.device == door.c.device)
)
_TILES: Final = (
    select(
        door.c.id,
        door.c.site,
        door.c.name,
        door.c.device,
        door.c.sensor,
        door.c.level,
        door_state.c.state,
        door_state.c.changed_id.label("door_changed"),
        device_state.c.changed_id.label("device_changed"),
        *WORD,
    )
    .select_from(_WITH_WORD.outerjoin(door_state, door_state.c.door == door.c.id))
    .where(door.c.retired.is_(None))
    .order_by(door.c.site, door.c.name, door.c.id)
)
# Built once, as the tail asks at every batch: to build a statement costs more than to run it.
_NAMED_DOORS: Final = door.c.id.in_(bindparam("doors", expanding=True, type_=Text))
_TILES_OF_DOORS: Final = _TILES.where(_NAMED_DOORS)
_TILES_OF_ALL: Final = _TILES.where(
    or_(_NAMED_DOORS, door.c.device.in_(bindparam("devices", expanding=True, type_=Text)))
)
_STALE: Final = select(door.c.id, door.c.site, *WORD).select_from(_WITH_WORD).where(door.c.retired.is_(None))
# A device out of service can't be asked any more, and what it may owe is on no wall.
_GAPS: Final = (
    select(gap, device.c.site)
    .join(device, (device.c.id == gap.c.device) & device.c.retired.is_(None))
    .order_by(gap.c.id)
)


def tiles_of(connection: Connection, sites: Collection[str]) -> tuple[Tile, ...]:
    """Show every door in service at these sites."""
    return _tiles(connection, door.c.site.in_(sites))


def tile_of(connection: Connection, sites: Collection[str], name: str) -> Tile | None:
    """Show one door in service, if it is at one of these sites."""
    return next(iter(_tiles(connection, door.c.site.in_(sites) & (door.c.id == name))), None)


def calls_of(connection: Connection, sites: Collection[str], now: int) -> tuple[CallView, ...]:
    """Show the calls at these sites that may still be waited for."""
    # `= 1` and not `is true`: only so does SQLite see that its partial index fits.
    query = select(call.c.state).where(
        # Bells that never tell of an end leave calls open for ever; only those of now are worth reading.
        call.c.open == true(),
        call.c.site.in_(sites),
        call.c.changed >= now - CALL_LIVES_US,
    )
    found = (_call(state) for state in connection.execute(query).scalars())
    return tuple(CallView.of(one, now) for one in sorted(found, key=lambda c: c.since) if one.lives(now))


def gaps_of(connection: Connection, sites: Collection[str]) -> tuple[GapView, ...]:
    """Show the gaps at these sites that are still open."""
    query = _GAPS.where(gap.c.closed_id.is_(None), device.c.site.in_(sites))
    return tuple(_gap(row, None) for row in connection.execute(query).mappings())


def sites_of(connection: Connection, sites: Collection[str]) -> tuple[SiteView, ...]:
    """Show these sites, by name."""
    table = schema.site
    query = select(table.c.id, table.c.name, table.c.time_zone).where(table.c.id.in_(sites))
    rows = connection.execute(query.order_by(table.c.name, table.c.id))
    return tuple(SiteView(id=row.id, name=row.name, time_zone=row.time_zone) for row in rows)


def stale_by_site(connection: Connection, sites: Collection[str]) -> Mapping[str, Mapping[str, int]]:
    """Give, by site, when each door's state stops counting as known (µs UTC)."""
    found: dict[str, dict[str, int]] = {}
    for row in connection.execute(_STALE.where(door.c.site.in_(sites))).mappings():
        found.setdefault(row["site"], {})[row["id"]] = _stale_at(row)
    return found


def changed_tiles(connection: Connection, rows: Sequence[Row], between: Between) -> tuple[Tile, ...]:
    """Show the doors whose last change is one of these rows."""
    after, head = between
    doors = {row.door for row in rows if row.kind in _SHOWN_AT_DOORS and row.door is not None}
    ordered = {row.door for row in rows if row.kind in _OF_MODES}
    devices = {row.device for row in rows if row.kind in _OF_DEVICES and row.device is not None}
    if not doors and not devices:
        return ()
    # There is no index on door.device: the estate is walked only when a device came or went.
    which = _TILES_OF_ALL if devices else _TILES_OF_DOORS
    names = {"doors": list(doors)} | ({"devices": list(devices)} if devices else {})
    tiles = _shown(connection, connection.execute(which, names).mappings())
    return tuple(tile for tile in tiles if after < tile.changed <= head or tile.door in ordered)


def changed_calls(
    connection: Connection, rows: Sequence[Row], between: Between, now: int
) -> tuple[CallView, ...]:
    """Show the calls whose last change is one of these rows."""
    after, head = between
    keys = {(row.device, call_of(row)) for row in rows if row.kind in _OF_CALLS}
    if not keys:
        return ()
    query = select(call.c.state).where(
        tuple_(call.c.device, call.c.call).in_(keys), call.c.changed_id.between(after + 1, head)
    )
    return tuple(CallView.of(_call(state), now) for state in connection.execute(query).scalars())


def changed_gaps(connection: Connection, rows: Sequence[Row], between: Between) -> tuple[GapView, ...]:
    """Show the gaps that these rows opened or closed."""
    opened = {row.id for row in rows if row.kind is Kind.FEED_GAP}
    closed = {row.id for row in rows if row.kind in _CLOSING}
    if not opened and not closed:
        return ()
    touched: _Condition = gap.c.id.in_(opened)
    if closed:
        touched = or_(touched, and_(gap.c.closed_id.is_not(None), gap.c.closed_id.in_(closed)))
    return tuple(_gap(row, between[1]) for row in connection.execute(_GAPS.where(touched)).mappings())


def _tiles(connection: Connection, which: _Condition) -> tuple[Tile, ...]:
    return _shown(connection, connection.execute(_TILES.where(which)).mappings())


def _shown(connection: Connection, rows: Iterable[RowMapping]) -> tuple[Tile, ...]:
    tiles = [_tile(row) for row in rows]
    orders = standing_at(connection, [tile.door for tile in tiles])
    unsecured = unsecured_at(connection)
    found = (_ordered(tile, orders[tile.door]) if tile.door in orders else tile for tile in tiles)
    return tuple(
        replace(tile, mode_doubt=tile.mode_doubt or "not_secured") if tile.door in unsecured else tile
        for tile in found
    )


def _ordered(tile: Tile, order: Standing) -> Tile:
    lease = order.lease
    return replace(
        tile,
        mode_ordered=lease.mode.value,
        mode_until=lease.until,
        mode_by=order.by,
        mode_doubt=order.doubt,
        changed=max(tile.changed, order.changed),
    )


def _tile(row: RowMapping) -> Tile:
    state = _door_state(row["state"]) if row["state"] is not None else DoorState()
    facets = {name: getattr(state, name) for name in FACETS}
    return Tile(
        door=row["id"],
        site=row["site"],
        name=row["name"],
        device=row["device"],
        sensor=row["sensor"],
        level=row["level"],
        position=facets["position"].value,
        lock=facets["lock"].value,
        mode=facets["mode"].value,
        alarm=facets["alarm"].value,
        since=max(facet.since for facet in facets.values()),
        online=row["online"],
        stale_at=_stale_at(row),
        changed=max(row["door_changed"] or 0, row["device_changed"] or 0),
    )


def _stale_at(row: RowMapping) -> int:
    liveness = Liveness(online=row["online"], silent=bool(row["silent"]), fault=row["fault"])
    return vouched_until(liveness, row["heard"] or 0, row["heartbeat_s"], row["changed"] or 0)


def _gap(row: RowMapping, head: int | None) -> GapView:
    shut = row["closed_id"] is not None and (head is None or row["closed_id"] <= head)
    return GapView(
        id=row["id"],
        device=row["device"],
        site=row["site"],
        missing=None if row["last"] >= OPEN_END else row["last"] - row["first"] + 1,
        opened=row["opened"],
        closed=("lost" if row["lost"] else "filled") if shut else None,
    )
