"""Whether records are found by the people that their details name, and no longer than these are there."""

from array import array
from collections.abc import Sequence
from typing import Final, TypeAlias

from core.verifying import Details, Row
from store.database import Database
from store.verifying_log import raw

_Entry: TypeAlias = tuple[object, ...]
_NONE: Final = (None, b"")
_WORD: Final = 2**32 - 1
_ENTRIES: Final = "SELECT id, person, site, kind, reason, device, door FROM person_record"
_LAST: Final = "SELECT coalesce(max(id), 0) FROM leaf"
_ROW: Final = (
    "SELECT l.id, d.person, l.site, l.kind, l.reason, l.device, l.door FROM leaf l "
    "JOIN detail d ON d.id = l.id WHERE l.id = ? AND d.person IS NOT NULL"
)
# More than so many need no second look: the first of them is named.
_MOST: Final = 10_000


class PersonIndex:
    """The index as it was when this was made: four bytes a record say what it has of each."""

    def __init__(self, db: Database) -> None:
        """Read it whole; raises StoreError."""
        self._db = db
        with db.read() as connection:
            last = int(connection.exec_driver_sql(_LAST).scalar_one())
            self._sums = sums = array("I", [0]) * (last + 1)
            for row in raw(connection).execute(_ENTRIES):
                if 0 <= row[0] <= last:
                    sums[row[0]] = (sums[row[0]] + hash(row[1:])) & _WORD
        self._suspects: list[int] = []

    def look(self, rows: Sequence[Row], details: Details) -> None:
        """Compare consecutive records with it, and remember which do not agree."""
        if not rows:
            return
        first, sums = rows[0][0], self._sums
        part = sums[max(first, 0) : first + len(rows)]
        named = 0
        for record, (person, _) in details.items():
            place = record - first
            if person is None or not 0 <= place < len(rows):
                continue
            _, _, _, site, door, device, reason, kind, _ = rows[place]
            wanted = hash((person, site or "", kind, reason or "", device or "", door or "")) & _WORD
            if record < len(sums) and sums[record] == wanted:
                named += 1
            elif record < len(sums):
                self._suspects.append(record)
        if len(part) - part.count(0) != named:
            there = (one for one, sum_ in enumerate(part, start=first) if sum_)
            self._suspects += [one for one in there if details.get(one, _NONE)[0] is None]

    def first_wrong(self) -> tuple[int, str] | None:
        """Look at those again in one moment, as a purge may have gone by; gives the first, and why."""
        suspects = sorted(set(self._suspects))[:_MOST]
        found: dict[int, list[_Entry]] = {one: [] for one in suspects}
        if not found:
            return None
        with self._db.read() as connection:
            wanted = {
                one: self._wanted(connection.exec_driver_sql(_ROW, (one,)).one_or_none()) for one in found
            }
            for record, *entry in connection.exec_driver_sql(_ENTRIES):
                if record in found:
                    found[record].append(tuple(entry))
        wrong = (one for one in suspects if found[one] != wanted[one])
        return next(((one, _why(wanted[one], found[one])) for one in wrong), None)

    @staticmethod
    def _wanted(row: Sequence[object] | None) -> list[_Entry]:
        return [] if row is None else [tuple("" if one is None else one for one in row[1:])]


def _why(wanted: Sequence[_Entry], found: Sequence[_Entry]) -> str:
    if not wanted:
        return "its detail is gone, and the index still tells whom it was about"
    if not found:
        return "its detail names somebody, and it is not found by that person"
    return "the index by person says something else of it than the record itself"
