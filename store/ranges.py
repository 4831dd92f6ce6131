"""Finds records by key within a scope: at the end of the log, else a few from each place's index.

Each place (a site, or a door and a kind) gives at most as many rows as are wanted, from an index that
ends in the id. So no read walks a log in search of rows that are not there.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Final, TypeAlias

from sqlalchemy import ColumnElement, Connection, Select, func, select, union_all

from core.feeds import OPEN_END
from core.permissions import Scope
from core.records import KINDS, Class, classes
from core.times import HOUR_US
from store.rows import ROWS, Row, fetch_rows, read_head
from store.schema import door, hour, leaf

_Condition: TypeAlias = ColumnElement[bool]
_Ids: TypeAlias = Select[Any]
# How many rows are looked at one by one before the indexes of places are asked.
_NEAR: Final = 1_000
# SQLite takes 500 parts in a compound select.
_PLACES_A_QUERY: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The records between two ids, both left out, that came at `received` (µs UTC) or later."""

    above: int = 0
    below: int = OPEN_END
    received: int = 0
    newest_first: bool = True
    site: str | None = None
    door: str | None = None

    def after(self, key: int) -> "Part":
        """Leave out what is not newer than this record."""
        return replace(self, above=max(key, self.above))


def since(connection: Connection, received: int) -> Part:
    """Map a time of receipt (µs UTC) to the part of the log that begins there."""
    found = connection.execute(
        select(hour.c.first_id)
        .where(hour.c.hour <= received // HOUR_US)
        .order_by(hour.c.hour.desc())
        .limit(1)
    ).scalar()
    first = 1 if found is None else int(found)
    return Part(above=first - 1, received=received)


def read_rows(connection: Connection, scope: Scope, part: Part, limit: int) -> tuple[Row, ...]:
    """Read at most `limit` rows of this part that the scope gives, in the part's order."""
    wanted = _Wanted.of(scope, part)
    if not wanted.sites and not wanted.organisation:
        return ()
    if part.door is None:
        near, is_all = _near(part, read_head(connection))
        rows = fetch_rows(connection, _bounded(ROWS.where(wanted.anywhere()), near, limit))
        # Who watches most of the log is served by its end; only others pay for a look at each place.
        if is_all or len(rows) == limit:
            return rows
    return _best(connection, _places(connection, wanted, part, limit), part, limit)


def _near(part: Part, head: int) -> tuple[Part, bool]:
    """Cut off the first some of a part, and say whether that is all of it."""
    if part.newest_first:
        near = part.after(min(part.below, head + 1) - 1 - _NEAR)
        return near, near.above == part.above
    near = replace(part, below=min(part.below, part.above + _NEAR + 1))
    return near, near.below == part.below or near.below > head


def _best(connection: Connection, places: Iterator[_Ids], part: Part, limit: int) -> tuple[Row, ...]:
    best: list[Row] = []
    while some := list(islice(places, _PLACES_A_QUERY)):
        wanted = union_all(*(select(place.subquery().c.id) for place in some))
        best += fetch_rows(connection, _ordered(ROWS.where(leaf.c.id.in_(wanted)), part).limit(limit))
    best.sort(key=lambda row: row.id, reverse=part.newest_first)
    return tuple(best[:limit])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What a scope gives of a part: sites, kinds by code, and the organisation's own rows."""

    sites: tuple[str, ...]
    kinds: tuple[int, ...]
    organisation: bool
    of_operators: bool

    @staticmethod
    def of(scope: Scope, part: Part) -> "_Wanted":
        sites = scope.sites if part.site is None else scope.sites & {part.site}
        return _Wanted(
            sites=tuple(sorted(sites)),
            kinds=tuple(sorted(KINDS[kind].code for kind in classes(*scope.classes))),
            organisation=scope.organisation and part.site is None and part.door is None,
            of_operators=scope.classes <= {Class.OPERATOR, Class.ORGANISATION},
        )

    def here(self) -> _Condition:
        # Wrapped, or SQLite would take the site's index and walk whole sites where another one is meant.
        nowhere = ("",) if self.organisation else ()
        return func.coalesce(leaf.c.site, "").in_((*self.sites, *nowhere))

    def anywhere(self) -> _Condition:
        return self.here() & leaf.c.kind.in_(self.kinds)


def _places(connection: Connection, wanted: _Wanted, part: Part, limit: int) -> Iterator[_Ids]:
    if part.door is not None:
        conditions = _of_door(connection, wanted, part.door)
    elif wanted.of_operators:
        # Such rows are few among a site's many: they are found by kind, at doors and apart from them.
        yield from (_at_doors(wanted, kind, part, limit) for kind in wanted.kinds)
        conditions = (leaf.c.door.is_(None) & (leaf.c.kind == kind) & wanted.here() for kind in wanted.kinds)
    else:
        conditions = _of_sites(wanted)
    yield from (_bounded(select(leaf.c.id).where(condition), part, limit) for condition in conditions)


def _of_sites(wanted: _Wanted) -> Iterator[_Condition]:
    places = [leaf.c.site == site for site in wanted.sites]
    if wanted.organisation:
        places.append(leaf.c.site.is_(None))
    return (place & leaf.c.kind.in_(wanted.kinds) for place in places)


def _of_door(connection: Connection, wanted: _Wanted, name: str) -> Iterator[_Condition]:
    home = connection.execute(select(door.c.site).where(door.c.id == name)).scalar()
    kinds = wanted.kinds if home in wanted.sites else ()
    return ((leaf.c.door == name) & (leaf.c.kind == kind) & wanted.here() for kind in kinds)


def _at_doors(wanted: _Wanted, kind: int, part: Part, limit: int) -> _Ids:
    inner = leaf.alias()
    found = select(inner.c.id).where(inner.c.door == door.c.id, inner.c.kind == kind)
    found = found.where(inner.c.id > part.above, inner.c.id < part.below)
    found = found.where(func.coalesce(inner.c.site, "").in_(wanted.sites))
    found = found.order_by(inner.c.id.desc() if part.newest_first else inner.c.id).limit(limit)
    # An outer join keeps the order: doors first, then a few rows of each. Unmatched doors give no id.
    each = leaf.c.id.in_(found.correlate(door))
    return select(leaf.c.id).select_from(door.outerjoin(leaf, each)).where(door.c.site.in_(wanted.sites))


def _bounded(query: Select[Any], part: Part, limit: int) -> Select[Any]:
    within = (leaf.c.id > part.above) & (leaf.c.id < part.below) & (leaf.c.received >= part.received)
    return _ordered(query.where(within), part).limit(limit)


def _ordered(query: Select[Any], part: Part) -> Select[Any]:
    return query.order_by(leaf.c.id.desc() if part.newest_first else leaf.c.id)
