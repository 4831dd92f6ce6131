"""How many records an extract has: counted up to a number, estimated from there on."""

from dataclasses import dataclass, replace

from store.database import Database
from store.export_rows import Extract
from store.ranges import read_ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """So many records; `exact`: they were counted. `upto` is the newest of them, 0 where there is none."""

    rows: int
    exact: bool
    upto: int


def size_of(db: Database, extract: Extract, most: int) -> Size:
    """Count the records of an extract; from `most` on, how densely these lie tells how many are left.

    That serves any filter alike: the roll-ups know neither devices nor persons.
    """
    newest = replace(extract.part, newest_first=True)
    with db.read() as connection:
        ids = read_ids(connection, extract.scope, newest, most)
        oldest = read_ids(connection, extract.scope, extract.part, 1) if len(ids) == most else ()
    if not oldest:
        return Size(rows=len(ids), exact=True, upto=ids[0] if ids else 0)
    span, whole = ids[0] - ids[-1] + 1, ids[0] - oldest[0] + 1
    return Size(rows=max(most, round(most * whole / span)), exact=False, upto=ids[0])
