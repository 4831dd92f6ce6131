"""Reads what the log holds, for tests."""

from dataclasses import dataclass

import msgspec

from core.leaf import Detail, Scalar
from core.records import Kind
from store.database import Database
from store.rows import next_rows


@dataclass(frozen=True)
class Told:
    """One record, with its personal fields."""

    kind: Kind
    reason: str | None
    refs: dict[str, Scalar]
    private: dict[str, str]
    door: str | None = None


class _Leaf(msgspec.Struct):
    reason: str | None = None
    refs: dict[str, Scalar] = {}


def told(db: Database, *kinds: Kind) -> list[Told]:
    """Give every record of these kinds, oldest first."""
    with db.read() as connection:
        rows = next_rows(connection, after=0, limit=1_000_000).rows
    return [_told(row.kind, row.leaf, row.detail, row.door) for row in rows if row.kind in kinds]


def at_door(db: Database, door: str) -> list[Told]:
    """Give every record of a door, oldest first."""
    with db.read() as connection:
        rows = next_rows(connection, after=0, limit=1_000_000).rows
    return [_told(row.kind, row.leaf, row.detail, row.door) for row in rows if row.door == door]


def _told(kind: Kind, raw: bytes, detail: bytes | None, door: str | None) -> Told:
    one = msgspec.json.decode(raw, type=_Leaf)
    private = {} if detail is None else msgspec.json.decode(detail, type=Detail).private
    return Told(kind, one.reason, one.refs, private, door)
