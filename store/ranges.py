"""Finds records by key within a scope: a few rows from each place's index, then the best of them.

Each place (a site, or a door and a kind) gives at most as many rows as are wanted, from an index that
ends in the id. So no read walks a log in search of rows that are not there.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, func, select, union_all

from core.feeds import OPEN_END
from core.permissions import Scope
from core.records import KINDS, classes
from core.times import HOUR_US
from store import schema
from store.rows import ROWS, Row, fetch_rows
from store.schema import hour, leaf

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
    places = iter(_places(connection, scope, part))
    best: list[Row] = []
    while some := list(islice(places, _PLACES_A_QUERY)):
        wanted = union_all(*(select(_ids(place, part, limit).subquery().c.id) for place in some))
        query = _ordered(ROWS.where(leaf.c.id.in_(wanted)), part).limit(limit)
        best += fetch_rows(connection, query)
    best.sort(key=lambda row: row.id, reverse=part.newest_first)
    return tuple(best[:limit])


def _places(connection: Connection, scope: Scope, part: Part) -> Iterable[ColumnElement[bool]]:
    kinds = sorted(KINDS[kind].code for kind in classes(*scope.classes))
    sites = sorted(scope.sites if part.site is None else scope.sites & {part.site})
    if part.door is not None:
        return _of_door(connection, part.door, sites, kinds)
    found = [leaf.c.site == site for site in sites]
    if scope.organisation and part.site is None:
        found.append(leaf.c.site.is_(None))
    return [place & leaf.c.kind.in_(kinds) for place in found]


def _of_door(
    connection: Connection, name: str, sites: list[str], kinds: list[int]
) -> Iterator[ColumnElement[bool]]:
    home = connection.execute(select(schema.door.c.site).where(schema.door.c.id == name)).scalar()
    if home in sites:
        # Wrapped, or SQLite would take the site's index and walk the whole site for one door.
        at_home = func.coalesce(leaf.c.site, "") == home
        for kind in kinds:
            yield (leaf.c.door == name) & (leaf.c.kind == kind) & at_home


def _ids(place: ColumnElement[bool], part: Part, limit: int) -> Select[Any]:
    within = (leaf.c.id > part.above) & (leaf.c.id < part.below) & (leaf.c.received >= part.received)
    return _ordered(select(leaf.c.id).where(place, within), part).limit(limit)


def _ordered(query: Select[Any], part: Part) -> Select[Any]:
    return query.order_by(leaf.c.id.desc() if part.newest_first else leaf.c.id)
