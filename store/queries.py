"""What people read of the log; every read takes a scope and gives nothing from outside it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection

from core.errors import NotPermitted
from core.feeds import OPEN_END
from core.permissions import Permission, Scope
from core.records import Class
from core.times import DAY_US
from store.database import Database
from store.projections import calls_of, gaps_of, sites_of, tiles_of
from store.ranges import Part, read_rows, since
from store.rows import Row, read_head
from store.views import CallView, GapView, Rec, SiteView, Tile, about_operators, rec_of

RECENT: Final = 100
REPLAY_LIMIT: Final = 5_000
LIVE_WINDOW_US: Final = DAY_US


@dataclass(frozen=True, slots=True, kw_only=True)
class Wall:
    """All that a live screen starts from, of one moment of the log.

    `reset` says that `records` (ascending) are the newest, not those after what the screen had.
    """

    head: int
    now: int
    reset: bool
    sites: tuple[SiteView, ...]
    doors: tuple[Tile, ...]
    calls: tuple[CallView, ...]
    gaps: tuple[GapView, ...]
    records: tuple[Rec, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Records, newest first; `older` and `newer` are keys for `before` and `after`, None at the ends."""

    records: tuple[Rec, ...]
    older: int | None
    newer: int | None


def wall_snapshot(
    db: Database, scope: Scope, now: int, *, recent: int = RECENT, after: int | None = None
) -> Wall:
    """Read a live screen's start; with `after` what came since, unless that is too much or not ours.

    A wall is of sites: what belongs to none of them is on no wall, whoever watches.
    """
    scope = replace(scope, organisation=False)
    with db.read() as connection:
        head = read_head(connection)
        part = _window(connection, scope, now)
        missed = None if after is None else _missed(connection, scope, part, (after, head))
        newest = () if missed is not None else read_rows(connection, scope, part, recent)
        seen = scope.sites if Class.DOOR in scope.classes else frozenset()
        return Wall(
            head=head,
            now=now,
            reset=missed is None,
            sites=sites_of(connection, scope.sites),
            doors=tiles_of(connection, seen),
            calls=calls_of(connection, seen, now),
            gaps=gaps_of(connection, seen),
            records=_recs(scope, newest[::-1] if missed is None else missed),
        )


def log_page(
    db: Database,
    scope: Scope,
    *,
    before: int | None = None,
    after: int | None = None,
    site: str | None = None,
    door: str | None = None,
    limit: int = RECENT,
) -> Page:
    """Read a page of the log by key: the newest, those older than `before`, or those newer than `after`.

    Raises NotPermitted for live.view, which sees no further than a day back.
    """
    if scope.permission is Permission.LIVE_VIEW:
        raise NotPermitted("watching live is not reading the log")
    with db.read() as connection:
        part = Part(site=site, door=door)
        if after is not None:
            part = replace(part, newest_first=False).after(after)
        elif before is not None:
            part = replace(part, below=before)
        rows = read_rows(connection, scope, part, limit + 1)
        more, rows = len(rows) > limit, rows[:limit]
        if after is not None:
            return _page(scope, rows[::-1], older=bool(rows), newer=more)
        first = rows[0].id if rows else (before or OPEN_END) - 1
        beyond = replace(part, below=OPEN_END, newest_first=False).after(first)
        newer = before is not None and bool(read_rows(connection, scope, beyond, 1))
        return _page(scope, rows, older=more, newer=newer)


def _page(scope: Scope, rows: Sequence[Row], *, older: bool, newer: bool) -> Page:
    return Page(
        records=_recs(scope, rows),
        older=rows[-1].id if rows and older else None,
        newer=rows[0].id if rows and newer else None,
    )


def _recs(scope: Scope, rows: Sequence[Row]) -> tuple[Rec, ...]:
    return tuple(rec_of(row, named=row.site in scope.names or about_operators(row.kind)) for row in rows)


def _missed(
    connection: Connection, scope: Scope, part: Part, between: tuple[int, int]
) -> tuple[Row, ...] | None:
    after, head = between
    if after > head:
        return None
    part = replace(part, newest_first=False).after(after)
    rows = read_rows(connection, scope, part, REPLAY_LIMIT + 1)
    return rows if len(rows) <= REPLAY_LIMIT else None


def _window(connection: Connection, scope: Scope, now: int) -> Part:
    return since(connection, now - LIVE_WINDOW_US) if scope.permission is Permission.LIVE_VIEW else Part()
