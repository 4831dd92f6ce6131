"""All that is recorded of acts, by their names: who asked, each step at each door, and what came of it."""

from collections.abc import Iterable
from typing import Final

import msgspec
from sqlalchemy import Connection, text

from core.permissions import Scope
from core.records import KINDS
from store.rows import Row, rows_of

# An act at several doors has a part at each, named `<act>-<n>`: in the index they follow the act itself. The
# index `leaf_act` is taken where its words are repeated, and acts are looked up in it one by one.
_RECORDS: Final = text("""
SELECT leaf.id FROM json_each(:acts) AS wanted CROSS JOIN leaf
WHERE kind > 600 AND kind < 800
  AND json_extract(CAST(leaf AS TEXT), '$.refs.act') >= wanted.value
  AND json_extract(CAST(leaf AS TEXT), '$.refs.act') < wanted.value || '.'
""")
_encode: Final = msgspec.json.Encoder().encode


def rows_of_acts(connection: Connection, scope: Scope, acts: Iterable[str]) -> tuple[Row, ...]:
    """Read all records of these acts that the scope gives, the oldest first."""
    names = sorted(set(acts))
    if not names:
        return ()
    found = connection.execute(_RECORDS, {"acts": _encode(names).decode()}).scalars().all()
    return tuple(row for row in rows_of(connection, found) if _given(scope, row))


def _given(scope: Scope, row: Row) -> bool:
    there = scope.organisation if row.site is None else row.site in scope.sites
    return there and KINDS[row.kind].klass in scope.classes
