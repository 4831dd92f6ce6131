"""Pages of what operators did, by key: one line an act, and one for each record that is of no act."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection

from core.audit import Fact, Line, line_of, stands_at, usual
from core.errors import NotPermitted
from core.feeds import OPEN_END
from core.leaf import Scalar
from core.log_filter import NO_REASON, AsOf, LogFilter
from core.permissions import Permission, Scope
from store.acts_told import rows_of_acts
from store.database import Database
from store.queries import recs_of
from store.ranges import Part, read_rows
from store.rows import Row
from store.views import Rec, private_of, rec_of, refs_of

PAGE: Final = 100
# A page looks at so many stretches of records at most: where nearly all only follow others, it is shorter.
_LOOKS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """A line of the page: the record at which it stands, the one that tells who did it, the one of its end.

    `refs` and `private` are those of the record that tells who did it.
    """

    record: Rec
    end: Rec
    line: Line
    refs: Mapping[str, Scalar]
    private: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPage:
    """Lines, newest first; `older` and `newer` are keys for `before` and `after`, None at the ends."""

    lines: tuple[AuditLine, ...]
    older: int | None
    newer: int | None


def audit_page(
    db: Database,
    scope: Scope,
    wanted: LogFilter,
    *,
    as_of: AsOf,
    before: int | None = None,
    after: int | None = None,
    limit: int = PAGE,
) -> AuditPage:
    """Read a page: the newest, those older than `before`, or those newer than `after`.

    Raises NotPermitted for a scope of another permission than audit.read.
    """
    part = _part(scope, wanted, as_of)
    with db.read() as connection:
        reading = _Reading(connection, scope, part)
        if after is not None:
            return reading.newer(after, limit)
        return reading.older(before, limit)


def count_newer_acts(
    db: Database, scope: Scope, wanted: LogFilter, after: int, *, as_of: AsOf, most: int = PAGE
) -> int:
    """Count the lines that have come since a record, up to `most`; raises NotPermitted as above."""
    part = replace(_part(scope, wanted, as_of).after(after), newest_first=False)
    with db.read() as connection:
        return len(_Reading(connection, scope, part).anchors(part, most)[0])


def _part(scope: Scope, wanted: LogFilter, as_of: AsOf) -> Part:
    if scope.permission is not Permission.AUDIT_READ:
        raise NotPermitted("this is no reading of what operators did")
    looked = usual(wanted)
    if wanted.span is None:
        return Part(wanted=looked)
    since, until = wanted.span.bounds(as_of)
    return Part(wanted=looked, at=(since, OPEN_END if until is None else until))


@dataclass(frozen=True, slots=True)
class _Reading:
    """One reading of the lines of a part."""

    connection: Connection
    scope: Scope
    part: Part

    def older(self, before: int | None, limit: int) -> AuditPage:
        part = self.part if before is None else self.part.before(before)
        rows, on = self.anchors(part, limit)
        newer = None
        if before is not None:
            first = rows[0].id if rows else part.below - 1
            beyond = replace(self.part.after(first), newest_first=False)
            newer = first if self.anchors(beyond, 1)[0] else None
        return AuditPage(lines=self._lines(rows), older=on, newer=newer if rows else None)

    def newer(self, after: int, limit: int) -> AuditPage:
        rows, on = self.anchors(replace(self.part.after(after), newest_first=False), limit)
        return AuditPage(lines=self._lines(rows[::-1]), older=rows[0].id if rows else None, newer=on)

    def anchors(self, part: Part, limit: int) -> tuple[list[Row], int | None]:
        """Give the rows at which lines stand, in the part's order, and where to go on if there is more."""
        found: list[Row] = []
        key: int | None = None
        for _ in range(_LOOKS):
            rows = read_rows(self.connection, self.scope, part, limit + 1)
            found += self._standing(rows)
            if len(found) > limit:
                return found[:limit], found[limit - 1].id
            if len(rows) <= limit:
                return found, None
            key = rows[-1].id
            part = part.before(key) if part.newest_first else part.after(key)
        return found, key

    def _standing(self, rows: Sequence[Row]) -> Iterator[Row]:
        facts = {row.id: fact_of(row) for row in rows}
        its = self._of_acts([one.whole for one in facts.values() if one.act])
        known = {row.id: row for some in its.values() for row in some}

        def fits(one: Fact) -> bool:
            return _fits(self.part, known[one.id])

        for row in rows:
            fact = facts[row.id]
            others = [fact_of(one) for one in its.get(fact.whole, ())] if fact.act else []
            if stands_at(fact, others, fits):
                yield row

    def _of_acts(self, acts: Sequence[str]) -> Mapping[str, list[Row]]:
        found: dict[str, list[Row]] = defaultdict(list)
        for row in rows_of_acts(self.connection, self.scope, acts):
            found[fact_of(row).whole].append(row)
        return found

    def _lines(self, rows: Sequence[Row]) -> tuple[AuditLine, ...]:
        acts = {row.id: fact_of(row).whole for row in rows}
        its = self._of_acts([act for act in acts.values() if act])
        return tuple(self._line(row, its.get(acts[row.id]) or [row]) for row in rows)

    def _line(self, row: Row, rows: Sequence[Row]) -> AuditLine:
        line = line_of([fact_of(one) for one in rows])
        by_id = {one.id: one for one in rows}
        teller = by_id[line.told_by]
        record, end = recs_of(self.scope, [row, by_id[line.end]])
        return AuditLine(record=record, end=end, line=line, refs=refs_of(teller), private=private_of(teller))


def fact_of(row: Row) -> Fact:
    """Give as much of a row as lines are folded from."""
    return Fact(id=row.id, kind=row.kind, refs=refs_of(row))


def _fits(part: Part, row: Row) -> bool:
    """Whether a row that the scope gives is what is looked for, as the store's own reading has it."""
    wanted = part.wanted
    kinds = wanted.wanted_kinds
    checks: tuple[Callable[[], bool], ...] = (
        lambda: kinds is None or row.kind in kinds,
        lambda: not wanted.sites or row.site in wanted.sites,
        lambda: not wanted.doors or row.door in wanted.doors,
        lambda: wanted.device is None or row.device == wanted.device,
        lambda: not wanted.reasons or (rec_of(row, named=False).reason or NO_REASON) in wanted.reasons,
        lambda: part.at is None or part.at[0] <= row.at < part.at[1],
    )
    return all(check() for check in checks)
