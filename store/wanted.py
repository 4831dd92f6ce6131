"""What a reader wants of the log within what their scope gives, and in which places of which index it lies.

A place is a beginning of an index that ends in the id: a site; a kind and a reason at a site; a door, a
device or a person with a kind and a reason. So the newest of each are found without a look at anything else.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any, Final, TypeAlias

import msgspec
from sqlalchemy import ColumnElement, Connection, FromClause, Select, Table, Text, bindparam, func, select

from core.log_filter import NO_REASON, LogFilter
from core.permissions import Scope
from core.records import KINDS, Class, classes
from store.schema import device, door, leaf, person_record, person_site

Condition: TypeAlias = ColumnElement[bool]
Value: TypeAlias = str | int | None
_FEW: Final = frozenset({Class.OPERATOR, Class.ORGANISATION, Class.LEDGER, Class.DURESS})
_encode: Final = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Index:
    """An index that ends in the id: its table and the columns before that."""

    table: FromClause
    columns: tuple[str, ...]


SITE: Final = Index(leaf, ("site",))
KIND: Final = Index(leaf, ("kind", "reason", "site"))
DOOR: Final = Index(leaf, ("door", "kind", "reason"))
DEVICE: Final = Index(leaf, ("device", "kind", "reason"))
PERSON: Final = Index(person_record, ("person", "site", "kind", "reason"))
PERSON_DOOR: Final = Index(person_record, ("person", "door", "device", "kind", "reason"))


@dataclass(frozen=True, slots=True)
class Places:
    """Beginnings of one index, each with a value for every column of it."""

    index: Index
    values: Sequence[tuple[Value, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a scope gives of a filter: sites, kinds by code, and the organisation's own rows."""

    sites: tuple[str, ...]
    organisation: bool
    kinds: tuple[int, ...]
    filter: LogFilter
    # Whether the kinds are so few of all that a site's own rows are mostly others.
    few_kinds: bool

    @staticmethod
    def of(scope: Scope, wanted: LogFilter) -> "Wanted":
        """Narrow a scope by a filter."""
        sites = scope.sites & wanted.sites if wanted.sites else scope.sites
        if wanted.person is not None:
            sites &= scope.names
        kinds = classes(*scope.classes)
        asked = wanted.wanted_kinds
        anywhere = not wanted.sites and not wanted.doors and wanted.person is None
        return Wanted(
            sites=tuple(sorted(sites)),
            organisation=scope.organisation and anywhere,
            kinds=tuple(sorted(KINDS[kind].code for kind in (kinds if asked is None else kinds & asked))),
            filter=wanted,
            few_kinds=asked is not None or scope.classes <= _FEW,
        )

    @property
    def nothing(self) -> bool:
        """Whether no record at all can be meant."""
        return not self.kinds or not (self.sites or self.organisation)

    def conditions(self, index: Index | None) -> Iterator[Condition]:
        """Give what a row must be beside standing in a place of this index (None: beside its id).

        The columns are wrapped, or SQLite would take an index of theirs and walk all of it.
        """
        table = leaf if index is None else index.table
        given = () if index is None else index.columns
        nowhere = ("",) if self.organisation else ()
        sets: Mapping[str, Sequence[str]] = {
            "site": (*self.sites, *nowhere),
            "door": sorted(self.filter.doors),
            "reason": sorted(self._reasons),
            "device": () if self.filter.device is None else (self.filter.device,),
        }
        for name, words in sets.items():
            if name not in given and (words or name == "site"):
                yield func.coalesce(table.c[name], "").in_(words)
        if "kind" not in given:
            yield (table.c.kind + 0).in_(self.kinds)

    @property
    def _reasons(self) -> frozenset[str]:
        """The reasons that are asked for, with none as an empty one."""
        return frozenset("" if one == NO_REASON else one for one in self.filter.reasons)

    def places(self, connection: Connection) -> Places:
        """Name the places in which all that is wanted lies, most of them perhaps empty."""
        if self.filter.person is not None:
            return self._of_person(connection, self.filter.person)
        if self.filter.doors:
            return self._of_doors(connection)
        if self.filter.device is not None:
            return self._of_device(connection, self.filter.device)
        nowhere: tuple[Value, ...] = (None,) if self.organisation else ()
        places = (*self.sites, *nowhere)
        if self.few_kinds or self.filter.reasons:
            pairs = self._steps(connection, KIND, [(kind,) for kind in self.kinds])
            return Places(KIND, [(*pair, place) for pair, place in product(pairs, places)])
        return Places(SITE, [(place,) for place in places])

    def _steps(
        self, connection: Connection, index: Index, beginnings: Sequence[tuple[Value, ...]]
    ) -> list[tuple[Value, ...]]:
        """Go on from beginnings of places to all the places that the index has."""
        if not beginnings:
            return []
        query = _onward(index, len(beginnings[0]))
        found = connection.execute(query, {"places": values_of(beginnings)}).all()
        nothing = None if index.table is leaf else ""
        kind = index.columns.index("kind")
        reasons = self._reasons
        return [
            (*row[:-1], row[-1] or nothing)
            for row in found
            if row[kind] in self.kinds and (not reasons or (row[-1] or "") in reasons)
        ]

    def _at_home(self, connection: Connection, table: Table, names: Iterable[str]) -> list[str]:
        """Leave out doors or devices of other sites, whose rows would be looked at and dropped one by one."""
        query = select(table.c.id).where(table.c.id.in_(names), table.c.site.in_(self.sites))
        return list(connection.execute(query).scalars())

    def _of_doors(self, connection: Connection) -> Places:
        doors = [(name,) for name in self._at_home(connection, door, self.filter.doors)]
        return Places(DOOR, self._steps(connection, DOOR, doors))

    def _of_device(self, connection: Connection, name: str) -> Places:
        known = self.organisation or self._at_home(connection, device, [name])
        return Places(DEVICE, self._steps(connection, DEVICE, [(name,)] if known else ()))

    def _of_person(self, connection: Connection, person: str) -> Places:
        query = select(person_site.c.site).where(
            person_site.c.person == person, person_site.c.site.in_(self.sites)
        )
        sites = [(person, site) for site in connection.execute(query).scalars()]
        if sites and (self.filter.doors or self.filter.device is not None):
            ways = self._ways(connection, person)
            return Places(PERSON_DOOR, self._steps(connection, PERSON_DOOR, ways))
        return Places(PERSON, self._steps(connection, PERSON, sites))

    def _ways(self, connection: Connection, person: str) -> list[tuple[Value, ...]]:
        """Give the doors, with the device if that is given, at which a person is looked for."""
        name, asked = self.filter.device, self.filter.doors
        doors = self._at_home(connection, door, asked) if asked else []
        if name is None:
            return [(person, one) for one in doors]
        if not self._at_home(connection, device, [name]):
            return []
        if not asked:
            home = select(device.c.site).where(device.c.id == name).scalar_subquery()
            doors = ["", *connection.execute(select(door.c.id).where(door.c.site == home)).scalars()]
        return [(person, one, name) for one in doors]


def values_of(places: Sequence[tuple[Value, ...]]) -> str:
    """Write places as the parameter from which `store.ranges` reads them."""
    return _encode(places).decode()


@cache
def _onward(index: Index, known: int) -> Select[Any]:
    """Write how to step through an index from one value to the next, as far as its reason."""
    table, names = index.table, index.columns[: index.columns.index("reason") + 1]
    source: FromClause = func.json_each(bindparam("places", type_=Text)).table_valued("value", name="place")
    values: list[ColumnElement[Any]] = [
        func.json_extract(source.c.value, f"$[{number}]").label(name)
        for number, name in enumerate(names[:known])
    ]
    for number in range(known, len(names)):
        name = names[number]
        # The last step of each finds no reason, which is a reason too: most records have none.
        some = [table.c.reason > ""] if name == "reason" else []
        here = [table.c[given] == value for given, value in zip(names, values, strict=False)]
        first = select(*values, _lowest(table.c[name], *here, *some).label(name)).select_from(source)
        if number > known:
            first = first.where(values[-1].is_not(None))
        met = first.cte(f"met_{name}", recursive=True)
        here = [table.c[given] == met.c[given] for given in names[:number]]
        onward = _lowest(table.c[name], *here, table.c[name] > met.c[name])
        met = met.union_all(
            select(*(met.c[given] for given in names[:number]), onward).where(met.c[name].is_not(None))
        )
        source, values = met, [met.c[given] for given in names[: number + 1]]
    return select(source)


def _lowest(column: ColumnElement[Any], *given: Condition) -> ColumnElement[Any]:
    return select(column).where(*given).order_by(column).limit(1).scalar_subquery()
