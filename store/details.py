"""Details as they are looked at and deleted: in short reads, and in writes that hold the lock for moments.

Leaves stay as they are; a person's index, places and name go with the last detail that needs them.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, bindparam, select, text

from core.leaf import Detail
from core.records import BY_CODE
from core.retention import Held, kept_as
from store.database import Database
from store.schema import detail, leaf

# How long a write may go on deleting, in seconds; its commit comes on top.
SLICE_S: Final = 0.005
# What is deleted before the clock is looked at again, and what one read gives.
GROUP: Final = 10
_READ: Final = 2_000
# How long deleting makes way for an act that somebody waits for, at a time and at most.
_WAY_S: Final = 0.005
_REST_S: Final = 0.005
_REST_MOST_S: Final = 0.050
_WAY_MOST_S: Final = 1.0
# The fields of a detail that say who somebody is: a cardholder's number, an operator's subject.
IDENTITIES: Final = ("person", "subject", "by", "second_subject", "about")
_COLUMNS: Final = (
    leaf.c.id,
    leaf.c.received,
    leaf.c.at,
    leaf.c.kind,
    leaf.c.site,
    leaf.c.door,
    leaf.c.device,
    leaf.c.reason,
    detail.c.person,
    detail.c.keep_until.is_not(None).label("raw"),
)
_NEXT: Final = (
    select(*_COLUMNS)
    .join_from(detail, leaf, leaf.c.id == detail.c.id)
    .where(detail.c.id > bindparam("above"), detail.c.id <= bindparam("upto"))
    .order_by(detail.c.id)
    .limit(_READ)
)
_OF_IDS: Final = (
    select(*_COLUMNS)
    .join_from(detail, leaf, leaf.c.id == detail.c.id)
    .where(detail.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(detail.c.id)
)
_DELETE: Final = text("DELETE FROM detail WHERE id = :id")
_UNLIST: Final = text(
    "DELETE FROM person_record WHERE person = :person AND site = :site AND kind = :kind "
    "AND reason = :reason AND id = :id"
)
_UNPLACE: Final = text(
    "DELETE FROM person_site WHERE site = :site AND person = :person AND NOT EXISTS "
    "(SELECT 1 FROM person_record AS r WHERE r.person = :person AND r.site = :site)"
)
_UNNAME: Final = text(
    "DELETE FROM person WHERE id = :person AND NOT EXISTS (SELECT 1 FROM person_site WHERE person = :person)"
)
read_detail: Final = msgspec.json.Decoder(Detail).decode


@dataclass(frozen=True, slots=True)
class Found:
    """A detail that is there, as retention looks at it, and what its rows are found by."""

    held: Held
    code: int
    reason: str
    person: str | None
    body: bytes | None

    @property
    def id(self) -> int:
        """The record's id."""
        return self.held.id


def walk(db: Database, upto: int, *, bodies: bool) -> Iterator[Sequence[Found]]:
    """Give all details up to this id by the shorter reads, each on a snapshot of its own."""
    above = 0
    while True:
        with db.read() as connection:
            values = {"above": above, "upto": upto}
            query = _NEXT.add_columns(detail.c.body) if bodies else _NEXT
            rows = connection.execute(query, values).all()
        if not rows:
            return
        yield tuple(_found(row) for row in rows if row.kind in BY_CODE)
        above = rows[-1].id


def of_ids(connection: Connection, ids: Sequence[int], *, bodies: bool) -> tuple[Found, ...]:
    """Give the details of these records that are still there, in the caller's transaction."""
    query = _OF_IDS.add_columns(detail.c.body) if bodies else _OF_IDS
    return tuple(_found(row) for row in connection.execute(query, {"ids": list(ids)}))


def _found(row: Any) -> Found:
    body: bytes | None = getattr(row, "body", None)
    people = {row.person} if row.person is not None else set()
    if body is not None:
        private = read_detail(body).private
        people |= {private[name] for name in IDENTITIES if name in private}
    kind = BY_CODE[row.kind].kind
    held = Held(
        id=row.id,
        kept=kept_as(kind, raw=bool(row.raw)),
        site=row.site or "",
        door=row.door or "",
        received=row.received,
        at=row.at,
        people=frozenset(people),
    )
    return Found(held, row.kind, row.reason or "", row.person, body)


def delete_details(connection: Connection, doomed: Sequence[Found]) -> None:
    """Delete these, and what of their people nothing needs any more, in the caller's transaction."""
    if not doomed:
        return
    connection.execute(_DELETE, [{"id": one.id} for one in doomed])
    named = [
        {
            "person": one.person,
            "site": one.held.site,
            "kind": one.code,
            "reason": one.reason,
            "id": one.id,
        }
        for one in doomed
        if one.person is not None
    ]
    if named:
        connection.execute(_UNLIST, named)
        forget_people(connection, {(str(row["person"]), str(row["site"])) for row in named})


def forget_people(connection: Connection, places: set[tuple[str, str]]) -> None:
    """Delete where these people were, and what they are called, if no detail tells it any more."""
    connection.execute(_UNPLACE, [{"person": person, "site": site} for person, site in sorted(places)])
    connection.execute(_UNNAME, [{"person": person} for person in sorted({person for person, _ in places})])


def in_slices(
    db: Database, ids: Sequence[int], begin: Callable[[Connection], Callable[[Sequence[int]], None]]
) -> Iterator[Sequence[int]]:
    """Do something to all of these, in as many writes as it takes that none is long; gives what each did.

    What a write must know (holds, times) `begin` reads within it, so that nothing comes between.
    """
    start = 0
    while start < len(ids):
        make_way(db)
        begun, taken = start, time.monotonic()
        with db.write() as connection:
            until = time.monotonic() + SLICE_S
            do = begin(connection)
            while start < len(ids):
                do(ids[start : start + GROUP])
                start += GROUP
                if time.monotonic() >= until:
                    break
        # As long again for others: who looks for the lock each millisecond must find it free.
        time.sleep(min(max(time.monotonic() - taken, _REST_S), _REST_MOST_S))
        yield ids[begun:start]


def make_way(db: Database) -> None:
    """Let whoever waits for an act write first, for a while."""
    until = time.monotonic() + _WAY_MOST_S
    while db.precedence.is_taken() and time.monotonic() < until:
        time.sleep(_WAY_S)
