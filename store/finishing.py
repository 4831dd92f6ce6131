"""Finishes what was deleted: sees to its bytes, and records it only then."""

from collections.abc import Callable
from typing import Final

from sqlalchemy import func, select, update

from core.leaf import Draft, Scalar
from core.records import Kind
from store.database import Database
from store.log import append_within
from store.purging import record_purged, unfinished
from store.schema_retention import erasure
from store.scrubbing import scrub

PATIENCE_S: Final = 20.0
_EMPTIED: Final = erasure.c.emptied.is_not(None) & erasure.c.done.is_(None)


def is_unfinished(db: Database) -> bool:
    """Whether something was deleted that may still be found in the bytes of the data folder."""
    with db.read() as connection:
        erased = connection.execute(select(func.count()).select_from(erasure).where(_EMPTIED)).scalar()
    return bool(erased) or unfinished(db)


def finish(db: Database, clock: Callable[[], int], *, seconds: float = PATIENCE_S) -> bool:
    """Overwrite what is left of what was deleted and record it; False if that must be tried again later.

    It must be while somebody's read, which began before, goes on. `clock` gives µs UTC; raises StoreError.
    """
    if not is_unfinished(db):
        return True
    begun = clock()
    if not scrub(db, seconds=seconds):
        return False
    record_purged(db, begun, clock())
    _record_erased(db, begun, clock())
    return True


def _record_erased(db: Database, begun: int, now: int) -> None:
    with db.write() as connection:
        mine = select(erasure).where(_EMPTIED, erasure.c.emptied <= begun).order_by(erasure.c.id)
        for one in connection.execute(mine).mappings().all():
            refs: dict[str, Scalar] = {name: one[name] for name in ("what", "details", "rows")}
            told = {"subject": one["by"], "basis": one["basis"]}
            append_within(connection, [Draft(kind=Kind.PERSON_ERASED, received=now, refs=refs, private=told)])
            plain = {"name": "", "by": "", "basis": "", "done": now}
            connection.execute(update(erasure).where(erasure.c.id == one["id"]).values(plain))
