"""How long each device was away within some days: what has ended, and what lasts until now."""

from collections.abc import Sequence
from typing import Final, TypeAlias

import msgspec
from sqlalchemy import BindParameter, Connection, RowMapping, bindparam, func, select

from core.days import Days, date_of, day_of, hour_of, starts
from core.liveness import Liveness
from store.projections import DEVICES, WORD
from store.schema import device, downtime, rollup_hour, site


class DeviceTime(msgspec.Struct, frozen=True, kw_only=True):
    """A device in service: how long it was away within `known_us` (both µs), and whether it is now.

    `known_us` is what has passed of the days since the site's first record; 0 where it was never heard.
    """

    id: str
    name: str
    site: str
    away_us: int
    known_us: int
    away_now: bool

    @property
    def share(self) -> float:
        """The part of the time in which it was there, from 0 to 1."""
        return 1 - self.away_us / self.known_us if self.known_us else 1


_SITES: Final[BindParameter[str]] = bindparam("sites", expanding=True)
_DEVICES: Final = (
    select(device.c.id, device.c.name, device.c.site, *WORD)
    .select_from(DEVICES)
    .where(device.c.retired.is_(None), device.c.site.in_(_SITES))
    .order_by(device.c.site, device.c.id)
)
_ENDED: Final = (
    select(downtime.c.device, func.sum(downtime.c.us))
    .where(downtime.c.site.in_(_SITES), downtime.c.day.between(bindparam("first"), bindparam("last")))
    .group_by(downtime.c.device)
)
_FIRST: Final = select(func.min(rollup_hour.c.hour)).where(rollup_hour.c.site == site.c.id).scalar_subquery()
_SITE_TIMES: Final = select(site.c.id, site.c.time_zone, _FIRST.label("first")).where(site.c.id.in_(_SITES))
# A time from when on to when (µs UTC).
_Between: TypeAlias = tuple[int, int]
_NOTHING: Final = (0, 0)


def device_times(
    connection: Connection, sites: Sequence[str], days: Days, now: int
) -> tuple[DeviceTime, ...]:
    """Add up for every device in service at these sites."""
    known = {
        row.id: _known(row.time_zone, row.first, days, now)
        for row in connection.execute(_SITE_TIMES, {"sites": sites})
    }
    between = {"sites": sites, "first": days.first, "last": days.last}
    ended: dict[str, int] = dict(connection.execute(_ENDED, between).all())
    rows = connection.execute(_DEVICES, {"sites": sites}).mappings()
    return tuple(_time(row, ended.get(row["id"], 0), known[row["site"]]) for row in rows)


def _known(time_zone: str, first: int | None, days: Days, now: int) -> _Between:
    """Cut the days to what lies between a site's first record and now."""
    if first is None:
        return _NOTHING
    begin, end = days.span(time_zone)
    begin = max(begin, starts(date_of(day_of(first)), time_zone, hour_of(first)))
    return (begin, max(begin, min(end, now)))


def _time(row: RowMapping, ended: int, known: _Between) -> DeviceTime:
    begin, end = known if row["heard"] or row["changed"] else _NOTHING
    away = Liveness(online=row["online"], silent=bool(row["silent"])).away
    lasting = max(0, end - max(begin, row["changed"])) if away else 0
    return DeviceTime(
        id=row["id"],
        name=row["name"] or row["id"],
        site=row["site"],
        away_us=min(ended + lasting, end - begin),
        known_us=end - begin,
        away_now=away,
    )
