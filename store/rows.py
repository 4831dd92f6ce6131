"""Rows of the log as they lie: the leaf, its detail and the name of the person in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Text, bindparam, func, select

from core.records import BY_CODE, Kind
from store.schema import detail, leaf, person

_ROWS: Final = (
    select(
        leaf.c.id,
        leaf.c.received,
        leaf.c.at,
        leaf.c.kind,
        leaf.c.site,
        leaf.c.door,
        leaf.c.device,
        leaf.c.leaf,
        detail.c.body,
        person.c.name,
    )
    .outerjoin(detail, detail.c.id == leaf.c.id)
    .outerjoin(person, person.c.id == detail.c.person)
)
# Built once: to build a statement costs more than to run it.
_NEXT: Final = _ROWS.where(leaf.c.id > bindparam("after")).order_by(leaf.c.id).limit(bindparam("most"))
# As one parameter, so that the statement is the same for any number of them.
_IDS: Final = func.json_each(bindparam("ids", type_=Text)).table_valued("value")
_OF_IDS: Final = _ROWS.where(leaf.c.id.in_(select(_IDS.c.value))).order_by(leaf.c.id)
_encode: Final = msgspec.json.Encoder().encode
_HEAD: Final = select(func.max(leaf.c.id))


@dataclass(frozen=True, slots=True)
class Row:
    """A stored record; `name` is the person's present name, for those who may read it."""

    id: int
    received: int
    at: int
    kind: Kind
    site: str | None
    door: str | None
    device: str | None
    leaf: bytes
    detail: bytes | None
    name: str | None


@dataclass(frozen=True, slots=True)
class Slice:
    """Consecutive rows up to `head`; `full` says that there may be more."""

    rows: tuple[Row, ...]
    head: int
    full: bool


def rows_of(connection: Connection, ids: Sequence[int]) -> tuple[Row, ...]:
    """Read these records, the oldest first; kinds of a newer version than this one are left out."""
    return _rows(connection.execute(_OF_IDS, {"ids": _encode(ids).decode()}).all()) if ids else ()


def next_rows(connection: Connection, after: int, limit: int) -> Slice:
    """Read what follows a record, of all sites: for those who filter what they hand on."""
    found: Sequence[Any] = connection.execute(_NEXT, {"after": after, "most": limit}).all()
    return Slice(_rows(found), found[-1][0] if found else after, len(found) == limit)


def read_head(connection: Connection) -> int:
    """Give the id of the newest record, 0 for an empty log."""
    return connection.execute(_HEAD).scalar() or 0


def _rows(found: Sequence[Any]) -> tuple[Row, ...]:
    return tuple(
        Row(number, received, at, BY_CODE[code].kind, *rest)
        for number, received, at, code, *rest in found
        if code in BY_CODE
    )
