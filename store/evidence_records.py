"""What an evidence package holds beside the records that were asked for: those about itself, policies."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Text, cast, func, select

from core.records import KINDS, Kind
from store.database import Database
from store.rows import Row, rows_of
from store.schema import leaf
from store.schema_people import policy

_EXPORTS: Final = (
    Kind.EXPORT_REQUESTED,
    Kind.EXPORT_BUILT,
    Kind.EXPORT_FAILED,
    Kind.EXPORT_DOWNLOADED,
)
# A package has a few of them; whoever downloads a file a thousand times has it still.
_MOST: Final = 1_000


@dataclass(frozen=True, slots=True)
class KeptPolicy:
    """A version of the policy as it was written, and when (µs UTC)."""

    version: int
    document: bytes
    at: int


def custody_rows(db: Database, act: str) -> Sequence[Row]:
    """Read what was recorded of an export, the oldest first; raises StoreError."""
    return _referring(db, _EXPORTS, "act", [act])


def key_rows(db: Database, key: str) -> Sequence[Row]:
    """Read where a key of evidence was vouched for, the oldest first; raises StoreError."""
    return _referring(db, (Kind.EVIDENCE_KEY_CREATED,), "key", [key])


def policy_rows(db: Database, versions: Iterable[int]) -> Sequence[Row]:
    """Read the records of these versions of the policy, the oldest first; raises StoreError."""
    return _referring(db, (Kind.POLICY_CHANGED,), "version", sorted(versions))


def policies_kept(db: Database, versions: Iterable[int]) -> Sequence[KeptPolicy]:
    """Read these versions of the policy, the first one first, without those that never were."""
    query = select(policy.c.version, policy.c.document, policy.c.at).order_by(policy.c.version)
    with db.read() as connection:
        found = connection.execute(query.where(policy.c.version.in_(sorted(versions)))).all()
    return [KeptPolicy(*row) for row in found]


def _referring(db: Database, kinds: Sequence[Kind], name: str, values: Sequence[str | int]) -> Sequence[Row]:
    with db.read() as connection:
        return rows_of(connection, _ids(connection, kinds, name, values))


def _ids(
    connection: Connection, kinds: Sequence[Kind], name: str, values: Sequence[str | int]
) -> Sequence[int]:
    told = func.json_extract(cast(leaf.c.leaf, Text), f"$.refs.{name}")
    codes = [KINDS[kind].code for kind in kinds]
    query = select(leaf.c.id).where(leaf.c.kind.in_(codes), told.in_(values)).order_by(leaf.c.id)
    return list(connection.execute(query.limit(_MOST)).scalars())
