"""Pages of the log by key: what a scope gives of what a reader wants."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection

from core.errors import NotPermitted
from core.feeds import OPEN_END
from core.log_filter import AsOf, LogFilter
from core.permissions import Permission, Scope
from store.database import Database
from store.queries import recs_of
from store.ranges import Part, read_ids, read_rows
from store.rows import Row
from store.views import Rec

PAGE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Records, newest first; `older` and `newer` are keys for `before` and `after`, None at the ends."""

    records: tuple[Rec, ...]
    older: int | None
    newer: int | None


def log_page(
    db: Database,
    scope: Scope,
    wanted: LogFilter,
    *,
    as_of: AsOf,
    before: int | None = None,
    after: int | None = None,
    limit: int = PAGE,
) -> Page:
    """Read a page: the newest, those older than `before`, or those newer than `after`.

    Raises NotPermitted for live.view, which sees no further than a day back.
    """
    part = _part(scope, wanted, as_of)
    with db.read() as connection:
        if after is not None:
            return _newer(connection, scope, part.after(after), limit)
        return _older(connection, scope, part if before is None else part.before(before), limit)


def count_newer(
    db: Database, scope: Scope, wanted: LogFilter, after: int, *, as_of: AsOf, most: int = PAGE
) -> int:
    """Count what has come since a record, up to `most`; raises NotPermitted as `log_page` does."""
    part = replace(_part(scope, wanted, as_of).after(after), newest_first=False)
    with db.read() as connection:
        return len(read_ids(connection, scope, part, most))


def _part(scope: Scope, wanted: LogFilter, as_of: AsOf) -> Part:
    if scope.permission is Permission.LIVE_VIEW:
        raise NotPermitted("watching live is not reading the log")
    if wanted.span is None:
        return Part(wanted=wanted)
    since, until = wanted.span.bounds(as_of)
    return Part(wanted=wanted, at=(since, OPEN_END if until is None else until))


def _newer(connection: Connection, scope: Scope, part: Part, limit: int) -> Page:
    rows = read_rows(connection, scope, replace(part, newest_first=False), limit + 1)
    more, rows = len(rows) > limit, rows[:limit]
    return _page(scope, rows[::-1], older=bool(rows), newer=more)


def _older(connection: Connection, scope: Scope, part: Part, limit: int) -> Page:
    rows = read_rows(connection, scope, part, limit + 1)
    more, rows = len(rows) > limit, rows[:limit]
    newer = False
    if part.below != OPEN_END:
        first = rows[0].id if rows else part.below - 1
        beyond = replace(part, below=OPEN_END, newest_first=False).after(first)
        newer = bool(read_ids(connection, scope, beyond, 1))
    return _page(scope, rows, older=more, newer=newer)


def _page(scope: Scope, rows: Sequence[Row], *, older: bool, newer: bool) -> Page:
    return Page(
        records=recs_of(scope, rows),
        older=rows[-1].id if rows and older else None,
        newer=rows[0].id if rows and newer else None,
    )
