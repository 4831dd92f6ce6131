"""What a live screen reads of the log; it takes a scope and gives nothing from outside it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection

from core.permissions import Permission, Scope
from core.records import Class
from core.times import DAY_US
from store.act_views import acts_of
from store.database import Database
from store.duress import DuressView, Minder, duress_of
from store.projections import calls_of, gaps_of, sites_of, tiles_of
from store.ranges import Part, read_ids, read_rows, since
from store.rows import Row, read_head
from store.views import ActView, CallView, GapView, Rec, SiteView, Tile, about_operators, rec_of

RECENT: Final = 100
REPLAY_LIMIT: Final = 5_000
LIVE_WINDOW_US: Final = DAY_US


@dataclass(frozen=True, slots=True, kw_only=True)
class Wall:
    """All that a live screen starts from, of one moment of the log.

    `reset` says that `records` (ascending) are the newest, not those after what the screen had. `head` is the
    log's end, for who serves the screen; `end` the newest record of the screen's own, for the screen.
    """

    head: int
    end: int
    now: int
    reset: bool
    sites: tuple[SiteView, ...]
    doors: tuple[Tile, ...]
    calls: tuple[CallView, ...]
    gaps: tuple[GapView, ...]
    acts: tuple[ActView, ...]
    alarms: tuple[DuressView, ...]
    records: tuple[Rec, ...]


def wall_snapshot(
    db: Database,
    scope: Scope,
    now: int,
    *,
    recent: int = RECENT,
    after: int | None = None,
    minder: Minder | None = None,
) -> Wall:
    """Read a live screen's start; with `after` what came since, unless that is too much or not ours.

    A wall is of sites: what belongs to none of them is on no wall, whoever watches. Silent alarms are for a
    `minder` alone.
    """
    scope = replace(scope, organisation=False)
    with db.read() as connection:
        head = read_head(connection)
        part = _window(connection, scope, now)
        end = max(read_ids(connection, scope, part, 1), default=0)
        missed = None if after is None else _missed(connection, scope, part, (after, end))
        newest = () if missed is not None else read_rows(connection, scope, part, recent)
        seen = scope.sites if Class.DOOR in scope.classes else frozenset()
        return Wall(
            head=head,
            end=end,
            now=now,
            reset=missed is None,
            sites=sites_of(connection, scope.sites),
            doors=tiles_of(connection, seen),
            calls=calls_of(connection, seen, now),
            gaps=gaps_of(connection, seen),
            acts=acts_of(connection, seen, now),
            alarms=() if minder is None else duress_of(connection, minder, now),
            records=recs_of(scope, newest[::-1] if missed is None else missed),
        )


def recs_of(scope: Scope, rows: Sequence[Row]) -> tuple[Rec, ...]:
    """Show rows that a scope gives, with names where it may have them."""
    return tuple(rec_of(row, named=may_name(scope, row)) for row in rows)


def may_name(scope: Scope, row: Row) -> bool:
    """Whether the person in this row may be named."""
    return row.site in scope.names or about_operators(row.kind)


def _missed(
    connection: Connection, scope: Scope, part: Part, between: tuple[int, int]
) -> tuple[Row, ...] | None:
    after, end = between
    # Measured by what is the screen's own: by the log's end, a guess would tell where that is.
    if after > end:
        return None
    part = replace(part, newest_first=False).after(after)
    rows = read_rows(connection, scope, part, REPLAY_LIMIT + 1)
    return rows if len(rows) <= REPLAY_LIMIT else None


def _window(connection: Connection, scope: Scope, now: int) -> Part:
    return since(connection, now - LIVE_WINDOW_US) if scope.permission is Permission.LIVE_VIEW else Part()
