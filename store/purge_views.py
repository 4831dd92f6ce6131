"""What was deleted and is to be, as screens and the command line show it; it names nobody."""

from dataclasses import dataclass

from sqlalchemy import desc, select

from store.database import Database
from store.schema_retention import erasure, purge

# So many are shown, the newest first.
MOST = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """A purge of a class at a site: `n` details were marked, `removed` of them are gone; times are µs UTC."""

    site: str
    what: str
    n: int
    removed: int
    marked: int
    due: int
    done: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """Somebody who was erased, as what, and how much that was; times are µs UTC."""

    what: str
    details: int
    rows: int
    begun: int
    done: int | None


def deletions(db: Database) -> tuple[Deletion, ...]:
    """Give the purges, those that are not done first."""
    query = select(purge).order_by(purge.c.done.is_not(None), desc(purge.c.id)).limit(MOST)
    with db.read() as connection:
        rows = connection.execute(query).mappings().all()
    return tuple(
        Deletion(
            site=row["site"],
            what=row["class"],
            n=row["n"],
            removed=row["removed"],
            marked=row["marked"],
            due=row["due"],
            done=row["done"],
        )
        for row in rows
    )


def erasures(db: Database) -> tuple[Erasure, ...]:
    """Give the erasures, those that are not done first."""
    query = select(erasure).order_by(erasure.c.done.is_not(None), desc(erasure.c.id)).limit(MOST)
    with db.read() as connection:
        rows = connection.execute(query).mappings().all()
    names = ("what", "details", "rows", "begun", "done")
    return tuple(Erasure(**{name: row[name] for name in names}) for row in rows)
