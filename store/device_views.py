"""What screens read of devices: whether they are there, and how good what comes of them is.

Each part is one query over all devices of a scope, so that three hundred cost no more than a few do.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, TypeVar

import msgspec
from sqlalchemy import Connection, Select, func, select

from core.feeds import OPEN_END
from core.liveness import Liveness, vouched_until
from core.permissions import Permission, Scope
from core.records import BY_CODE, KINDS, Class, classes
from core.times import DAY_US
from store.database import Database
from store.projections import DEVICES
from store.rows import read_head
from store.schema import (
    device,
    device_clock,
    device_state,
    door,
    door_state,
    feed_count,
    flood,
    gap,
    heard,
    leaf,
)

# How many of the newest records are looked through for the last of each device.
_NEAR: Final = 2_000
# Who watches live sees no record that is older.
_LIVE_WINDOW_US: Final = DAY_US
T = TypeVar("T", bound=msgspec.Struct)
Sites: TypeAlias = Collection[str]
_Row: TypeAlias = dict[str, Any]
_Rows: TypeAlias = Mapping[str, list[_Row]]


class CountView(msgspec.Struct, frozen=True, kw_only=True):
    """How many messages were not taken as they came, for one reason, and when the last one was (µs UTC)."""

    reason: str
    n: int
    last: int


class FloodView(msgspec.Struct, frozen=True, kw_only=True):
    """A limit that a device is over now, since when (µs UTC), and by how many messages."""

    bucket: str
    since: int
    n: int


class ClockView(msgspec.Struct, frozen=True, kw_only=True):
    """A device's clock: its time minus ours (µs), measured at `at`; `wrong` is the log's own finding."""

    offset_us: int
    at: int
    wrong: bool


class ServedDoor(msgspec.Struct, frozen=True, kw_only=True):
    """A door that a device serves; `number` is the device's own name for it."""

    id: str
    name: str
    number: str
    sensor: bool


class LastRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The newest record that was found of a device, and when it came (µs UTC)."""

    id: int
    label: str
    received: int


class GapCount(msgspec.Struct, frozen=True, kw_only=True):
    """The holes still open: how many, how many records they miss, and whether some are without an end."""

    gaps: int = 0
    missing: int = 0
    endless: bool = False


class DeviceView(msgspec.Struct, frozen=True, kw_only=True):
    """A device in service as the store knows it; times are µs UTC, 0 is never.

    `since` is when its presence last changed, `stale_at` from when on nobody vouches for its doors.
    """

    id: str
    name: str
    site: str
    family: str
    topic: str
    serial: str
    heartbeat_s: int
    online: bool | None
    silent: bool
    fault: str | None
    since: int
    heard: int
    stale_at: int
    firmware: str | None
    boot: str
    clock: ClockView | None
    doors: tuple[ServedDoor, ...]
    open_gaps: GapCount
    counts: tuple[CountView, ...]
    floods: tuple[FloodView, ...]
    last: LastRecord | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Beside:
    """What lies beside the devices of a scope, by device."""

    doors: _Rows
    counts: _Rows
    floods: _Rows
    gaps: _Rows

    @staticmethod
    def of(rows: _Rows, device_row: _Row, shape: type[T]) -> tuple[T, ...]:
        return tuple(shaped(one, shape) for one in rows.get(device_row["id"], ()))


_DEVICES: Final = (
    select(
        device,
        device_state.c.online,
        device_state.c.silent,
        device_state.c.fault,
        device_state.c.boot,
        device_state.c.firmware,
        device_state.c.changed,
        device_state.c.changed_id,
        heard.c.at.label("heard"),
        device_clock.c.offset_us,
        device_clock.c.at.label("measured"),
        device_clock.c.wrong,
    )
    .select_from(DEVICES.outerjoin(device_clock, device_clock.c.device == device.c.id))
    .where(device.c.retired.is_(None))
    .order_by(device.c.site, device.c.id)
)
_DOORS: Final = (
    select(door.c.id, door.c.name, door.c.number, door.c.sensor, door.c.device, door_state.c.changed_id)
    .outerjoin(door_state, door_state.c.door == door.c.id)
    .where(door.c.retired.is_(None))
    .order_by(door.c.name, door.c.id)
)


def devices(db: Database, scope: Scope, now: int) -> tuple[DeviceView, ...]:
    """Show every device in service of a scope that reads about devices, by site and id."""
    sites = seen_sites(scope)
    with db.read() as connection:
        rows: Sequence[_Row] = [
            dict(row) for row in connection.execute(_DEVICES.where(device.c.site.in_(sites))).mappings()
        ]
        beside = _Beside(
            doors=_by_device(connection, _DOORS.where(door.c.site.in_(sites))),
            counts=_by_device(connection, _of(select(feed_count), feed_count.c.device, sites)),
            floods=_by_device(connection, _of(select(flood), flood.c.device, sites)),
            gaps=_by_device(
                connection, _of(select(gap).where(gap.c.closed_id.is_(None)), gap.c.device, sites)
            ),
        )
        newest = _changes(rows, beside.doors) | _lately(connection, scope, sites)
        oldest = now - _LIVE_WINDOW_US if scope.permission is Permission.LIVE_VIEW else 0
        lasts = _records(connection, newest, oldest)
    return tuple(_view(row, beside, lasts.get(row["id"])) for row in rows)


def shaped(row: Mapping[Any, Any], shape: type[T]) -> T:
    """Make a view of a row that has its fields, among others."""
    return shape(**{name: row[name] for name in shape.__struct_fields__})


def seen_sites(scope: Scope) -> frozenset[str]:
    """Give the sites at which a scope reads about devices: none for permissions that read nothing."""
    return scope.sites if {Class.DEVICE, Class.FEED} <= scope.classes else frozenset()


def count_gaps(rows: Iterable[_Row]) -> GapCount:
    """Sum up some gaps."""
    known = [(row["first"], row["last"]) for row in rows]
    return GapCount(
        gaps=len(known),
        missing=sum(last - first + 1 for first, last in known if last < OPEN_END),
        endless=any(last >= OPEN_END for _, last in known),
    )


def _of(query: Select[Any], column: Any, sites: Sites) -> Select[Any]:
    """Keep what is of devices in service at these sites."""
    here = select(device.c.id).where(device.c.retired.is_(None), device.c.site.in_(sites))
    return query.where(column.in_(here))


def _by_device(connection: Connection, query: Select[Any]) -> _Rows:
    found: dict[str, list[_Row]] = {}
    for row in connection.execute(query).mappings():
        found.setdefault(row["device"], []).append(dict(row))
    return found


# --- the last record ----------------------------------------------------------------------------------


def _changes(rows: Iterable[_Row], doors: _Rows) -> dict[str, int]:
    """Give, by device, the newest record that changed it or one of its doors."""
    of_doors = {name: max(one["changed_id"] or 0 for one in served) for name, served in doors.items()}
    return {row["id"]: max(row["changed_id"] or 0, of_doors.get(row["id"], 0)) for row in rows}


def _lately(connection: Connection, scope: Scope, sites: Sites) -> dict[str, int]:
    """Give, by device, the newest record among the log's last ones: one look for all of them."""
    kinds = [KINDS[kind].code for kind in classes(*scope.classes)]
    above = read_head(connection) - _NEAR
    near = (
        select(leaf.c.device, func.max(leaf.c.id))
        .where(leaf.c.id > above, func.coalesce(leaf.c.site, "").in_(sites), leaf.c.kind.in_(kinds))
        .where(leaf.c.device.is_not(None))
        .group_by(leaf.c.device)
    )
    return {row[0]: row[1] for row in connection.execute(near)}


def _records(connection: Connection, newest: Mapping[str, int], oldest: int) -> dict[str, LastRecord]:
    """Read what these records are, if they came at `oldest` (µs UTC) or later."""
    query = select(leaf.c.id, leaf.c.kind, leaf.c.received).where(
        leaf.c.id.in_([number for number in newest.values() if number]), leaf.c.received >= oldest
    )
    found = {row.id: row for row in connection.execute(query) if row.kind in BY_CODE}
    return {
        name: LastRecord(id=number, label=BY_CODE[row.kind].label, received=row.received)
        for name, number in newest.items()
        if (row := found.get(number)) is not None
    }


# --- one device ---------------------------------------------------------------------------------------


def _view(row: _Row, beside: _Beside, last: LastRecord | None) -> DeviceView:
    liveness = Liveness(online=row["online"], silent=bool(row["silent"]), fault=row["fault"])
    since, word = row["changed"] or 0, row["heard"] or 0
    return DeviceView(
        id=row["id"],
        name=row["name"] or row["id"],
        site=row["site"],
        family=row["family"],
        topic=row["topic"],
        serial=row["serial"],
        heartbeat_s=row["heartbeat_s"],
        online=liveness.online,
        silent=liveness.silent,
        fault=liveness.fault,
        since=since,
        heard=word,
        stale_at=vouched_until(liveness, word, row["heartbeat_s"], since),
        firmware=row["firmware"],
        boot=row["boot"] or "",
        clock=_clock(row),
        doors=beside.of(beside.doors, row, ServedDoor),
        open_gaps=count_gaps(beside.gaps.get(row["id"], ())),
        counts=beside.of(beside.counts, row, CountView),
        floods=beside.of(beside.floods, row, FloodView),
        last=last,
    )


def _clock(row: _Row) -> ClockView | None:
    if row["offset_us"] is None:
        return None
    return ClockView(offset_us=row["offset_us"], at=row["measured"], wrong=row["wrong"])
