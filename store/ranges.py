"""Finds records by key within a scope and a filter: a few from each place's index, the newest first.

No read walks a log in search of rows that are not there. Places are looked at from the end of the log in
stretches of ids that grow, so that a page costs about as many rows as it has, however many places there are.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, Text, bindparam, func, select, text

from core.feeds import OPEN_END
from core.log_filter import ANYTHING, LogFilter
from core.permissions import Scope
from core.times import DAY_US, HOUR_US, LATE_AFTER_US
from store.rows import Row, read_head, rows_of
from store.schema import LATE, detail, leaf
from store.wanted import Condition, Index, Places, Wanted, values_of

# How many rows at the end are looked at one by one before the indexes of many places are asked.
_NEAR: Final = 1_000
_MANY_PLACES: Final = 200
# The first stretch in which each place is looked at, and how many times longer the next one is at most.
_STRETCH: Final = 1_000
_GROWTH: Final = 16
# So few ids are taken from all places at once; fewer where each row must be looked at, mostly to be dropped.
_FEW_IDS: Final = 2_000
_FEW_ROWS: Final = 400
_LATEST: Final = {"leaf_late": DAY_US, "leaf_late_days": 30 * DAY_US, "leaf_late_months": OPEN_END}
# Times of receipt never go back: the map of hours gives two ids between which the first one is.
_BISECT: Final = text("""
WITH RECURSIVE bounds(low, high) AS (
  SELECT
    coalesce((SELECT first_id - 1 FROM hour WHERE hour <= :hour ORDER BY hour DESC LIMIT 1), 0),
    coalesce(
      (SELECT first_id FROM hour WHERE hour > :hour ORDER BY hour LIMIT 1), (SELECT max(id) + 1 FROM leaf)
    )
  UNION ALL
  SELECT
    CASE WHEN (SELECT received FROM leaf WHERE id = (low + high) / 2) < :received
      THEN (low + high) / 2 ELSE low END,
    CASE WHEN (SELECT received FROM leaf WHERE id = (low + high) / 2) < :received
      THEN high ELSE (low + high) / 2 END
  FROM bounds WHERE high - low > 1
)
SELECT min(high) FROM bounds
""")
# Places come as one parameter, so that the statement is the same for any number of them.
_PLACE: Final = func.json_each(bindparam("places", type_=Text)).table_valued("key", "value", name="place")
_ids: Final = msgspec.json.Decoder(tuple[int, ...]).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The wanted records between two ids, both left out.

    `at` narrows them to what happened from its first µs UTC until just before its second.
    """

    above: int = 0
    below: int = OPEN_END
    newest_first: bool = True
    at: tuple[int, int] | None = None
    wanted: LogFilter = ANYTHING

    def after(self, key: int) -> "Part":
        """Leave out what is not newer than this record."""
        return replace(self, above=max(key, self.above))

    def before(self, key: int) -> "Part":
        """Leave out what is not older than this record."""
        return replace(self, below=min(key, self.below))

    @property
    def empty(self) -> bool:
        """Whether there is no id between its ends."""
        return self.below - self.above <= 1

    def holds(self, key: int) -> bool:
        """Whether the record of this id lies here."""
        return self.above < key < self.below

    def split(self, nearest: Sequence[int], length: int) -> tuple["Part", "Part"]:
        """Cut off so many ids, from the first of these on; gives that and what is left."""
        if self.newest_first:
            here = self.before(max(nearest) + 1).after(max(nearest) - length)
            return here, self.before(here.above + 1)
        here = self.after(min(nearest) - 1).before(min(nearest) + length)
        return here, self.after(here.below - 1)

    def conditions(self, table: Any) -> Iterator[Condition]:
        """Give what the time of a row must be."""
        if self.at is None:
            return
        its = select(leaf.c.at).where(leaf.c.id == table.c.id).correlate(table)
        at = leaf.c.at if table is leaf else its.scalar_subquery()
        yield (at >= self.at[0]) & (at < self.at[1])


def since(connection: Connection, received: int) -> Part:
    """Map a time of receipt (µs UTC) to the part of the log that begins there."""
    return Part(above=_first_id(connection, received) - 1)


def around(connection: Connection, received: int, near: int) -> Part:
    """Map a time of receipt to the part of what came up to `near` before and after (µs)."""
    return since(connection, received - near).before(_first_id(connection, received + near))


def _first_id(connection: Connection, received: int) -> int:
    """Find the first id that was received at this time or later (µs UTC), of records or of the next one."""
    found = connection.execute(_BISECT, {"received": received, "hour": received // HOUR_US}).scalar()
    return 1 if found is None else int(found)


def read_rows(connection: Connection, scope: Scope, part: Part, limit: int) -> tuple[Row, ...]:
    """Read at most `limit` rows of this part that the scope gives, in the part's order."""
    ids = read_ids(connection, scope, part, limit)
    rows = rows_of(connection, ids)
    return rows[::-1] if part.newest_first else rows


def read_ids(connection: Connection, scope: Scope, part: Part, limit: int) -> tuple[int, ...]:
    """Give the ids of at most `limit` rows of this part, in its order."""
    within = Wanted.of(scope, part.wanted)
    if within.nothing:
        return ()
    search = _Search(connection, within, part)
    if part.at is None:
        return search.run(limit)
    return _happened(search, part.at, limit)


def _happened(search: "_Search", at: tuple[int, int], limit: int) -> tuple[int, ...]:
    """Read what happened at some time: it was received then, but for what came late, which is all newer."""
    lowest = _first_id(search.connection, at[0] - LATE_AFTER_US)
    end = OPEN_END if at[1] >= OPEN_END else _first_id(search.connection, at[1] + LATE_AFTER_US)
    then = replace(search, part=search.part.after(lowest - 1).before(end))
    late = replace(search, part=search.part.after(end - 1))
    if not search.part.newest_first:
        found = then.run(limit)
        return (*found, *late.late(at, limit - len(found)))
    found = late.late(at, limit)
    return (*found, *then.run(limit - len(found)))


@dataclass(frozen=True, slots=True)
class _Search:
    """One search of a part for what is wanted."""

    connection: Connection
    wanted: Wanted
    part: Part

    def run(self, limit: int) -> tuple[int, ...]:
        if limit <= 0 or self.part.empty:
            return ()
        places = self.wanted.places(self.connection)
        if len(places.values) > _MANY_PLACES and self.wanted.filter.person is None:
            return self._near(places, limit)
        return self.from_places(places, limit)

    def late(self, at: tuple[int, int], limit: int) -> tuple[int, ...]:
        """Find what came so late that it lies behind all that came in time."""
        found: list[int] = []
        if limit <= 0 or self.part.empty:
            return ()
        for name, latest in _LATEST.items():
            # No record of this index was received after `at[1]` and happened earlier than that.
            between = (leaf.c.at >= max(at[0], at[1] - latest)) & (leaf.c.at < at[1])
            # Wrapped, or SQLite would walk the ids instead of the index.
            number = leaf.c.id + 0
            query = select(leaf.c.id).where(text(LATE[name]), between, *self.wanted.conditions(None))
            query = query.where(number > self.part.above, number < self.part.below)
            if self.wanted.filter.person is not None:
                named = select(detail.c.person).where(detail.c.id == leaf.c.id).scalar_subquery()
                query = query.where(named == self.wanted.filter.person)
            query = query.order_by(number.desc() if self.part.newest_first else number).limit(limit)
            found += self.connection.execute(query).scalars()
        return tuple(sorted(found, reverse=self.part.newest_first)[:limit])

    def _near(self, places: Places, limit: int) -> tuple[int, ...]:
        """Look at the first some rows one by one, which may be all that is needed, and then in places."""
        part, head = self.part, read_head(self.connection)
        near, rest = part.split([min(part.below - 1, head) if part.newest_first else part.above + 1], _NEAR)
        conditions = (*self.wanted.conditions(None), *near.conditions(leaf))
        query = _bounded(select(leaf.c.id).where(*conditions), leaf.c.id, near)
        found = tuple(self.connection.execute(query.limit(limit)).scalars())
        return (*found, *replace(self, part=rest).from_places(places, limit - len(found)))

    def from_places(self, places: Places, limit: int) -> tuple[int, ...]:
        """Take from places by growing stretches of the part, each beginning where the nearest row lies."""
        found: list[int] = []
        part, stretch = self.part, _STRETCH
        most = _FEW_ROWS if self._conditions(places.index, part) else _FEW_IDS
        while len(found) < limit and not part.empty:
            nearest, places = self._nearest(places, part)
            if not nearest:
                break
            few = len(nearest) * (limit - len(found)) <= most
            here, part = part.split(nearest, OPEN_END if few else stretch)
            reached = [values for key, values in zip(nearest, places.values, strict=True) if here.holds(key)]
            taken = self._take(Places(places.index, reached), here, limit - len(found))
            found += taken
            stretch *= min(_GROWTH, 2 + 2 * (limit - len(found)) // (len(taken) + 1))
        return tuple(found)

    def _nearest(self, places: Places, part: Part) -> tuple[list[int], Places]:
        """Find the first id of each place in this part, and leave out the places that have none."""
        first = self._in_place(places.index, part, 1).scalar_subquery()
        values = {"places": values_of(places.values)}
        rows = self.connection.execute(select(_PLACE.c.key, first), values).all()
        held = [(key, places.values[number]) for number, key in rows if key is not None]
        return [key for key, _ in held], Places(places.index, [values for _, values in held])

    def _take(self, places: Places, part: Part, limit: int) -> list[int]:
        """Take the first some of all that these places hold in this part."""
        conditions = self._conditions(places.index, part)
        few = self._in_place(places.index, part, limit, conditions).subquery("few")
        query = select(select(func.json_group_array(few.c.id)).scalar_subquery()).select_from(_PLACE)
        rows = self.connection.execute(query, {"places": values_of(places.values)}).scalars().all()
        found = [number for row in rows for number in _ids(row)]
        return sorted(found, reverse=part.newest_first)[:limit]

    def _conditions(self, index: Index, part: Part) -> tuple[Condition, ...]:
        return (*self.wanted.conditions(index), *part.conditions(index.table))

    @staticmethod
    def _in_place(index: Index, part: Part, limit: int, conditions: Sequence[Condition] = ()) -> Select[Any]:
        table = index.table
        for number, name in enumerate(index.columns):
            value = func.json_extract(_PLACE.c.value, f"$[{number}]")
            conditions = (*conditions, table.c[name].is_not_distinct_from(value))
        query = _bounded(select(table.c.id).where(*conditions), table.c.id, part)
        return query.limit(limit).correlate(_PLACE)


def _bounded(query: Select[Any], key: ColumnElement[int], part: Part) -> Select[Any]:
    query = query.where(key > part.above, key < part.below)
    return query.order_by(key.desc() if part.newest_first else key)
