"""Who is under duress, or can prove nothing any more, for those who can help and never for that person."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import msgspec
from sqlalchemy import Connection

from core.log_filter import LogFilter
from core.permissions import Permission, Scope
from core.records import KINDS, Kind
from core.refusals import LOCKED_US
from core.times import HOUR_US
from store.ranges import read_rows, since
from store.rows import Row
from store.views import private_of

# How long it is shown: nobody can put it away, so that nobody can be made to.
SHOWN_US: Final = 4 * HOUR_US
MOST: Final = 20
# What is told so, and for how long.
_TOLD: Final = {Kind.OPERATOR_DURESS: SHOWN_US, Kind.OPERATOR_ACTS_LOCKED: LOCKED_US}


class DuressView(msgspec.Struct, frozen=True, kw_only=True):
    """A silent alarm: who, at which door, since when (µs UTC); acts that are locked name nobody."""

    id: int
    kind: str
    label: str
    site: str
    door: str | None
    name: str
    since: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Minder:
    """Somebody who handles alarms, by their scope for that, and who they are."""

    scope: Scope
    subject: str

    @property
    def sites(self) -> frozenset[str]:
        """Where they are told."""
        return self.scope.sites if self.scope.permission is Permission.ALARM_HANDLE else frozenset()


def duress_of(connection: Connection, minder: Minder, now: int) -> tuple[DuressView, ...]:
    """Give the silent alarms of the last hours where somebody minds them, but their own; newest first."""
    if not minder.sites:
        return ()
    # Apart: however many sessions are locked, they leave out nobody who is under duress.
    lately = (_lately(connection, minder.scope, kind, now - shown) for kind, shown in _TOLD.items())
    rows = [row for some in lately for row in some]
    return tuple(view for subject, view in duress_in(rows) if subject != minder.subject)


def _lately(connection: Connection, scope: Scope, kind: Kind, start: int) -> Sequence[Row]:
    scope = replace(scope, organisation=False, classes=frozenset({KINDS[kind].klass}))
    part = replace(since(connection, start), wanted=LogFilter(kinds=frozenset({kind})))
    return [row for row in read_rows(connection, scope, part, MOST) if row.received >= start]


def duress_in(rows: Iterable[Row]) -> Iterator[tuple[str, DuressView]]:
    """Give the silent alarms among some records, each with whom it is about."""
    for row in rows:
        if row.kind in _TOLD and row.site is not None:
            private = private_of(row)
            yield (
                private.get("subject", ""),
                DuressView(
                    id=row.id,
                    kind=row.kind.value,
                    label=KINDS[row.kind].label,
                    site=row.site,
                    door=row.door,
                    name=private.get("name", "") if row.kind is Kind.OPERATOR_DURESS else "",
                    since=row.received,
                ),
            )
