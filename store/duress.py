"""Who is under duress now, for those who can help, and never for the person it is about."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import msgspec
from sqlalchemy import Connection

from core.permissions import Permission, Scope
from core.records import KINDS, Class, Kind
from core.times import HOUR_US
from store.ranges import read_rows, since
from store.rows import Row
from store.views import private_of

# How long it is shown: nobody can put it away, so that nobody can be made to.
SHOWN_US: Final = 4 * HOUR_US
MOST: Final = 20


class DuressView(msgspec.Struct, frozen=True, kw_only=True):
    """A silent alarm: who, at which door, since when (µs UTC)."""

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
    scope = replace(minder.scope, organisation=False, classes=frozenset({Class.DURESS}))
    rows = read_rows(connection, scope, since(connection, now - SHOWN_US), MOST)
    return tuple(view for subject, view in duress_in(rows) if subject != minder.subject)


def duress_in(rows: Iterable[Row]) -> Iterator[tuple[str, DuressView]]:
    """Give the silent alarms among some records, each with whom it is about."""
    for row in rows:
        if row.kind is Kind.OPERATOR_DURESS and row.site is not None:
            private = private_of(row)
            yield (
                private.get("subject", ""),
                DuressView(
                    id=row.id,
                    kind=row.kind.value,
                    label=KINDS[row.kind].label,
                    site=row.site,
                    door=row.door,
                    name=private.get("name", ""),
                    since=row.received,
                ),
            )
