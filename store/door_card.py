"""What is read of one door when a screen opens it: its state, its device, its calls and its last records."""

from dataclasses import replace
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from core.liveness import Liveness
from core.log_filter import LogFilter
from core.permissions import Scope
from core.records import Class
from store.database import Database
from store.projections import DEVICES, WORD, calls_of, sites_of, tile_of
from store.queries import LIVE_WINDOW_US
from store.ranges import read_rows, since
from store.schema import device, device_state
from store.views import CallView, Rec, SiteView, Tile, rec_of

LAST: Final = 20
_DEVICE: Final = (
    select(device.c.id, device.c.name, device.c.family, device_state.c.firmware, *WORD)
    .select_from(DEVICES)
    .where(device.c.retired.is_(None))
)


class CardDevice(msgspec.Struct, frozen=True, kw_only=True):
    """The device behind a door; `since` is when its presence changed last, times are µs UTC, 0 is never."""

    id: str
    name: str
    family: str
    online: bool | None
    silent: bool
    fault: str | None
    firmware: str | None
    since: int
    heard: int
    heartbeat_s: int


class DoorCard(msgspec.Struct, frozen=True, kw_only=True):
    """One door as of `now` (µs UTC); `records` are its last ones, newest first, none older than a day.

    `calls` are those that may still be waited for.
    """

    now: int
    door: Tile
    site: SiteView
    device: CardDevice | None
    calls: tuple[CallView, ...]
    records: tuple[Rec, ...]


def door_card(db: Database, scope: Scope, name: str, now: int, *, last: int = LAST) -> DoorCard | None:
    """Read one door in service of a scope that sees doors; None for any other, as for one that is not."""
    if Class.DOOR not in scope.classes:
        return None
    scope = replace(scope, organisation=False)
    with db.read() as connection:
        tile = tile_of(connection, scope.sites, name)
        if tile is None:
            return None
        home = frozenset({tile.site})
        last_day = since(connection, now - LIVE_WINDOW_US)
        part = replace(last_day, wanted=LogFilter(sites=home, doors=frozenset({name})))
        rows = read_rows(connection, scope, part, last)
        return DoorCard(
            now=now,
            door=tile,
            site=sites_of(connection, home)[0],
            device=_device(connection, tile.device),
            calls=tuple(one for one in calls_of(connection, home, now) if one.door == name),
            records=tuple(rec_of(row, named=row.site in scope.names) for row in rows),
        )


def _device(connection: Connection, name: str) -> CardDevice | None:
    row = connection.execute(_DEVICE.where(device.c.id == name)).mappings().one_or_none()
    if row is None:
        return None
    liveness = Liveness(online=row["online"], silent=bool(row["silent"]), fault=row["fault"])
    return CardDevice(
        id=row["id"],
        name=row["name"] or row["id"],
        family=row["family"],
        online=liveness.online,
        silent=liveness.silent,
        fault=liveness.fault,
        firmware=row["firmware"],
        since=row["changed"] or 0,
        heard=row["heard"] or 0,
        heartbeat_s=row["heartbeat_s"],
    )
