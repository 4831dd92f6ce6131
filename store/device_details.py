"""What is read of one device when it is opened, and of the devices that the estate does not name."""

from typing import Any, Final

import msgspec
from sqlalchemy import Connection, func, select

from core.feeds import OPEN_END
from core.permissions import Permission, Scope
from core.reports import Word
from store import schema
from store.database import Database
from store.device_views import CountView, seen_sites, shaped
from store.schema import device, feed_count, gap, unclaimed

GAPS_SHOWN: Final = 20
# Whose messages belong to no device of the estate.
NOBODY: Final = ""


class GapLine(msgspec.Struct, frozen=True, kw_only=True):
    """A hole in a device's records: `last` and `missing` are None while only the device knows its end.

    `closed` is None, "filled" or "lost".
    """

    id: int
    boot: str
    first: int
    last: int | None
    missing: int | None
    lost: int
    opened: int
    closed: str | None


class GapHistory(msgspec.Struct, frozen=True, kw_only=True):
    """A device's holes: those open and the newest closed ones, and how all of them ended."""

    lines: tuple[GapLine, ...] = ()
    filled: int = 0
    lost: int = 0


class Stranger(msgspec.Struct, frozen=True, kw_only=True):
    """A device that the estate does not name; its name, title and text are its own words, masked."""

    family: str
    name: str
    topic: str
    title: str
    text: str
    n: int
    first: int
    last: int


_words: Final = msgspec.json.Decoder(tuple[Word, ...]).decode


def device_gaps(db: Database, scope: Scope, name: str) -> GapHistory:
    """Show a device's holes, open ones first; nothing for a device outside the scope."""
    with db.read() as connection:
        if _site_of(connection, name) not in seen_sites(scope):
            return GapHistory()
        mine = select(gap).where(gap.c.device == name)
        still = connection.execute(mine.where(gap.c.closed_id.is_(None)).order_by(gap.c.id.desc()))
        rows = list(still.mappings())
        shut = mine.where(gap.c.closed_id.is_not(None)).order_by(gap.c.id.desc()).limit(GAPS_SHOWN)
        rows += connection.execute(shut).mappings()
        ends = select(func.count(), func.count().filter(gap.c.lost > 0))
        all_shut, lost = connection.execute(
            ends.where(gap.c.device == name, gap.c.closed_id.is_not(None))
        ).one()
    return GapHistory(lines=tuple(map(_line, rows)), filled=all_shut - lost, lost=lost)


def device_words(db: Database, scope: Scope, name: str) -> tuple[Word, ...]:
    """Show a device's last messages as they came, newest first, to those who manage its site."""
    words = schema.device_words
    sites = scope.sites if scope.permission is Permission.ESTATE_MANAGE else frozenset()
    with db.read() as connection:
        if _site_of(connection, name) not in sites:
            return ()
        found = connection.execute(select(words.c.words).where(words.c.device == name)).scalar()
    return () if found is None else tuple(reversed(_words(found)))


def unclaimed_devices(db: Database, scope: Scope) -> tuple[Stranger, ...]:
    """Show who has spoken without being in the estate, the last one heard first."""
    if not _manages_all(scope):
        return ()
    with db.read() as connection:
        rows = connection.execute(select(unclaimed).order_by(unclaimed.c.last.desc(), unclaimed.c.name))
        return tuple(shaped(row, Stranger) for row in rows.mappings())


def nobodys(db: Database, scope: Scope) -> tuple[CountView, ...]:
    """Count the messages that belong to no device, by reason, most first."""
    if not _manages_all(scope):
        return ()
    query = select(feed_count).where(feed_count.c.device == NOBODY).order_by(feed_count.c.n.desc())
    with db.read() as connection:
        return tuple(shaped(row, CountView) for row in connection.execute(query).mappings())


def _manages_all(scope: Scope) -> bool:
    return scope.permission is Permission.ESTATE_MANAGE and scope.organisation


def _site_of(connection: Connection, name: str) -> str | None:
    query = select(device.c.site).where(device.c.id == name, device.c.retired.is_(None))
    return connection.execute(query).scalar()


def _line(row: Any) -> GapLine:
    endless = row["last"] >= OPEN_END
    ended = "lost" if row["lost"] else "filled"
    return GapLine(
        id=row["id"],
        boot=row["boot"],
        first=row["first"],
        last=None if endless else row["last"],
        missing=None if endless else row["last"] - row["first"] + 1,
        lost=row["lost"],
        opened=row["opened"],
        closed=None if row["closed_id"] is None else ended,
    )
