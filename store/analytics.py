"""What the page of figures reads: counts by hour, day, door, kind and reason, and how long devices were away.

From the roll-ups alone, never from the log, so that a year costs no more than its days do.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from sqlalchemy import BindParameter, bindparam, func, select

from core.days import Days
from core.errors import NotPermitted
from core.permissions import Permission, Scope
from core.records import BY_CODE, KINDS, Class, Kind, classes
from store.analytics_devices import DeviceTime, device_times
from store.database import Database
from store.projections import sites_of
from store.schema import rollup_day, rollup_hour
from store.views import SiteView

# Up to so many days are shown by the hour.
HOURLY_DAYS: Final = 2
MOVEMENTS: Final = classes(Class.MOVEMENT)
# Hours are numbered YYYYMMDDHH.
_A_DAY: Final = 100
_PLACED: Final = MOVEMENTS | {Kind.DOOR_HELD_OPEN, Kind.DOOR_FORCED_OPEN}
# A site and a door of it.
Place: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Counts of records at some sites over some days; nothing of any other site is in any of them.

    `times` counts by day, or by hour where the days are few; `movements` by hour always.
    """

    sites: tuple[SiteView, ...]
    days: Days
    by_the_hour: bool
    times: Mapping[tuple[int, Kind], int]
    movements: Mapping[int, int]
    doors: Mapping[Place, Mapping[Kind, int]]
    reasons: Mapping[str, int]
    devices: tuple[DeviceTime, ...]

    @property
    def total(self) -> int:
        """How many records that is."""
        return sum(self.times.values())

    def of(self, kind: Kind) -> int:
        """How many records of one kind."""
        return sum(n for (_, one), n in self.times.items() if one is kind)


_H: Final = rollup_hour.c
_D: Final = rollup_day.c
_SITES: Final[BindParameter[str]] = bindparam("sites", expanding=True)
_KINDS: Final[BindParameter[int]] = bindparam("kinds", expanding=True)
_HOURS: Final = (
    _H.site.in_(_SITES),
    _H.hour.between(bindparam("first"), bindparam("last")),
    _H.kind.in_(_KINDS),
)
_DAYS: Final = (
    _D.site.in_(_SITES),
    _D.day.between(bindparam("first"), bindparam("last")),
    _D.kind.in_(_KINDS),
)
_DAY: Final = _H.hour // _A_DAY
# Built once: to build a statement costs more than to run it. By the day too the hours are counted, since
# they are fewer than the doors of a day.
_BY_HOUR: Final = select(_H.hour, _H.kind, func.sum(_H.n)).where(*_HOURS).group_by(_H.hour, _H.kind)
_BY_DAY: Final = select(_DAY, _H.kind, func.sum(_H.n)).where(*_HOURS).group_by(_DAY, _H.kind)
_MOVEMENTS: Final = select(_H.hour, func.sum(_H.n)).where(*_HOURS).group_by(_H.hour)
_AT_DOORS: Final = (
    select(_D.site, _D.door, _D.kind, _D.reason, func.sum(_D.n))
    .where(*_DAYS)
    .group_by(_D.site, _D.door, _D.kind, _D.reason)
)


def figures(db: Database, scope: Scope, days: Days, now: int, *, sites: Collection[str] = ()) -> Figures:
    """Count what happened at the scope's sites, or at those of `sites` among them (none: all of them).

    Raises NotPermitted for every permission but analytics.view.
    """
    if scope.permission is not Permission.ANALYTICS_VIEW:
        raise NotPermitted("figures are read with analytics.view alone")
    seen = sorted(scope.sites & frozenset(sites) if sites else scope.sites)
    by_the_hour = days.count <= HOURLY_DAYS
    first, last = days.hours
    of_hours = {"sites": seen, "first": first, "last": last, "kinds": _codes(scope, KINDS)}
    with db.read() as connection:
        times = connection.execute(_BY_HOUR if by_the_hour else _BY_DAY, of_hours).all()
        moving = connection.execute(_MOVEMENTS, {**of_hours, "kinds": _codes(scope, MOVEMENTS)}).all()
        of_days = {"sites": seen, "first": days.first, "last": days.last, "kinds": _codes(scope, _PLACED)}
        doors, reasons = _placed(connection.execute(_AT_DOORS, of_days))
        return Figures(
            sites=sites_of(connection, seen),
            days=days,
            by_the_hour=by_the_hour,
            times={(time, BY_CODE[code].kind): n for time, code, n in times},
            movements=dict(moving),
            doors=doors,
            reasons=reasons,
            devices=device_times(connection, seen, days, now) if Class.DEVICE in scope.classes else (),
        )


def _codes(scope: Scope, kinds: Iterable[Kind]) -> list[int]:
    return [KINDS[kind].code for kind in kinds if KINDS[kind].klass in scope.classes]


def _placed(rows: Iterable[Any]) -> tuple[Mapping[Place, Mapping[Kind, int]], Mapping[str, int]]:
    """Sum up by door, and denials by reason."""
    doors: defaultdict[Place, Counter[Kind]] = defaultdict(Counter)
    reasons: Counter[str] = Counter()
    for site, door, code, reason, n in rows:
        kind = BY_CODE[code].kind
        if door:
            doors[site, door][kind] += n
        if kind is Kind.ACCESS_DENIED:
            reasons[reason] += n
    return doors, reasons
