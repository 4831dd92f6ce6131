"""Whether records are found by the people that their details name, and no longer than these are there."""

from array import array
from collections.abc import Iterable, Sequence
from typing import Final
from zlib import crc32

from core.verifying import Row
from store.database import Database

_SEPARATOR: Final = "\x1f"
_WORD: Final = 2**32 - 1
_ENTRIES: Final = (
    "SELECT id, person || char(31) || site || char(31) || kind || char(31) || reason || char(31) || device "
    "|| char(31) || door FROM person_record"
)
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
            self._sums = array("L" if array("I").itemsize != array("L").itemsize else "I", [0]) * (last + 1)
            for record, entry in connection.exec_driver_sql(_ENTRIES):
                if 0 <= record <= last:
                    self._sums[record] = (self._sums[record] + crc32(entry.encode())) & _WORD
        self._suspects: list[int] = []

    def look(self, rows: Iterable[Row]) -> None:
        """Compare records with it, and remember which do not agree."""
        sums, last = self._sums, len(self._sums) - 1
        for row in rows:
            person, record = row[9], row[0]
            if record > last:
                break
            if person is None:
                if sums[record]:
                    self._suspects.append(record)
            elif sums[record] != crc32(_entry(person, row[3], row[7], row[6], row[5], row[4]).encode()):
                self._suspects.append(record)

    def first_wrong(self) -> tuple[int, str] | None:
        """Look at those again in one moment, as a purge may have gone by; gives the first, and why."""
        suspects = sorted(self._suspects)[:_MOST]
        found: dict[int, list[str]] = {one: [] for one in suspects}
        if not found:
            return None
        with self._db.read() as connection:
            wanted = {
                one: self._wanted(connection.exec_driver_sql(_ROW, (one,)).one_or_none()) for one in found
            }
            for record, entry in connection.exec_driver_sql(_ENTRIES):
                if record in found:
                    found[record].append(entry)
        return next(
            ((one, _why(wanted[one], found[one])) for one in suspects if found[one] != wanted[one]), None
        )

    @staticmethod
    def _wanted(row: Sequence[object] | None) -> list[str]:
        return [] if row is None else [_entry(*row[1:])]


def _entry(person: object, site: object, kind: object, reason: object, *place: object) -> str:
    return _SEPARATOR.join("" if one is None else str(one) for one in (person, site, kind, reason, *place))


def _why(wanted: Sequence[str], found: Sequence[str]) -> str:
    if not wanted:
        return "its detail is gone, and the index still tells whom it was about"
    if not found:
        return "its detail names somebody, and it is not found by that person"
    return "the index by person says something else of it than the record itself"
