"""Finds doors, devices, people and single records by what somebody types, within what they may see.

What is absent and what is foreign give the same: nothing.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, or_, select

from core.permissions import Scope
from core.records import KINDS
from core.searching import Wanted
from store.database import Database
from store.ranges import Part, read_rows
from store.schema import device, door, person, person_site, site

MOST: Final = 8
# One letter would name a large part of everybody.
_SHORTEST_NAME: Final = 2
_LONGEST_ID: Final = 15
_CANDIDATES: Final = 200
T = TypeVar("T")


class FoundPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A door or a device, and where it is."""

    id: str
    name: str
    site: str
    site_name: str


class FoundPerson(msgspec.Struct, frozen=True, kw_only=True):
    """A cardholder by number; the name is the number where none is known."""

    id: str
    name: str


class FoundRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record of the log by its number; `at` in µs UTC."""

    id: int
    label: str
    at: int
    site: str | None


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What fits best, of each sort at most eight."""

    doors: tuple[FoundPlace, ...] = ()
    devices: tuple[FoundPlace, ...] = ()
    people: tuple[FoundPerson, ...] = ()
    records: tuple[FoundRecord, ...] = ()


def search(db: Database, text: str, *, watches: Scope, reads: Scope) -> Found:
    """Find by the scopes of live.view and log.read: places under either, the rest under the last."""
    wanted = Wanted.of(text)
    if not wanted.words:
        return Found()
    sites = watches.sites | reads.sites
    with db.read() as connection:
        return Found(
            doors=_places(connection, wanted, door, sites),
            devices=_places(connection, wanted, device, sites),
            people=_people(connection, wanted, text.strip(), reads),
            records=_records(connection, wanted, reads),
        )


def _best(ranked: Iterable[tuple[int | None, str, T]]) -> tuple[T, ...]:
    fitting = [
        (rank, name.casefold(), number, one)
        for number, (rank, name, one) in enumerate(ranked)
        if rank is not None
    ]
    return tuple(one for *_, one in sorted(fitting, key=lambda entry: entry[:3])[:MOST])


def _places(
    connection: Connection, wanted: Wanted, table: Any, sites: frozenset[str]
) -> tuple[FoundPlace, ...]:
    query = (
        select(table.c.id, table.c.name, table.c.site, site.c.name.label("site_name"))
        .join(site, site.c.id == table.c.site)
        .where(table.c.retired.is_(None), table.c.site.in_(sites))
        .order_by(table.c.id)
    )
    found = (
        FoundPlace(id=row.id, name=row.name or row.id, site=row.site, site_name=row.site_name)
        for row in connection.execute(query)
    )
    return _best((wanted.rank(f"{one.name} {one.id} {one.site_name}"), one.name, one) for one in found)


# --- people -------------------------------------------------------------------------------------------


def _people(connection: Connection, wanted: Wanted, typed: str, reads: Scope) -> tuple[FoundPerson, ...]:
    if not reads.names or len(typed) < _SHORTEST_NAME:
        return ()
    fits = and_(*(_any(person.c.sought.contains, word) for word in wanted.words))
    begins = _any(person.c.sought.startswith, wanted.first)
    query = (
        select(person.c.id, person.c.name)
        .where(fits, _seen(person.c.id, reads))
        .order_by(begins.desc(), person.c.name, person.c.id)
        .limit(_CANDIDATES)
    )
    rows = connection.execute(query).all()
    names = {row.id: row.name for row in rows}
    names |= _by_number(connection, typed, reads.names)
    found = (FoundPerson(id=number, name=name) for number, name in names.items())
    return _best((wanted.rank(f"{one.name} {one.id}"), one.name, one) for one in found)


def _any(compare: Callable[..., ColumnElement[bool]], word: Iterable[str]) -> ColumnElement[bool]:
    return or_(*(compare(one, autoescape=True) for one in word))


def _seen(number: ColumnElement[str], reads: Scope) -> ColumnElement[bool]:
    """Keep the people who have appeared where this reader may name them.

    Whoever does not read everything gets them from the list of these: to look at everybody's names takes the
    longer, the more people of others are called so.
    """
    here = select(person_site.c.person).where(person_site.c.site.in_(reads.names))
    if reads.organisation:
        return here.where(person_site.c.person == number).exists()
    return number.in_(here)


def _by_number(connection: Connection, typed: str, sites: frozenset[str]) -> dict[str, str]:
    """Give those whose number begins so, named or not; asked as a range, which an index serves."""
    ways = {typed, typed.lower(), typed.upper()}
    begins = or_(
        *(and_(person_site.c.person >= way, person_site.c.person < f"{way}\U0010ffff") for way in ways)
    )
    query = (
        select(person_site.c.person, person.c.name)
        .outerjoin(person, person.c.id == person_site.c.person)
        .where(begins, person_site.c.site.in_(sites))
        .distinct()
        .order_by(person_site.c.person)
        .limit(MOST)
    )
    return {row.person: row.name or row.person for row in connection.execute(query)}


# --- records ------------------------------------------------------------------------------------------


def _records(connection: Connection, wanted: Wanted, reads: Scope) -> tuple[FoundRecord, ...]:
    number = wanted.words[-1][0].lstrip("#").replace(",", "").replace(".", "")
    if not (number.isascii() and number.isdigit() and len(number) <= _LONGEST_ID):
        return ()
    exactly = Part(above=int(number) - 1, below=int(number) + 1)
    return tuple(
        FoundRecord(id=row.id, label=KINDS[row.kind].label, at=row.at, site=row.site)
        for row in read_rows(connection, reads, exactly, 1)
    )
