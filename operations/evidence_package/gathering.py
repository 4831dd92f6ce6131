"""Writes the records of a package, their proofs and their disclosed values, a line each, in flat memory."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import msgspec

from core.errors import Invalid, LogAltered
from core.evidence import DISCLOSED, EVENTS, MOST_RECORDS, PROOFS, Disclosure, Opened, Place, commitments_of
from core.leaf import Detail
from core.ledger import leaf_hash
from core.permissions import Scope
from core.records import Kind
from store.ledger_paths import Paths
from store.queries import may_name
from store.rows import Row
from store.views import refs_of

_TELL_EVERY: Final = 1_000
_encode: Final = msgspec.json.Encoder().encode
_detail: Final = msgspec.json.Decoder(Detail).decode
_NOTHING: Final[frozenset[str]] = frozenset()


def place_of(row: Row, paths: Paths) -> Place:
    """Prove a record; raises LogAltered where it is not what was sealed, Invalid for a later one."""
    found = paths.inclusion(row.id)
    if found is None:
        raise Invalid(f"record {row.id} is not sealed yet: ask for the package again in a moment")
    if paths.leaf_hash(found.index) != leaf_hash(row.leaf):
        raise LogAltered(f"record {row.id} is not what was sealed: no evidence is made of it")
    return Place(found.index, tuple(one.hex() for one in found.path))


@dataclass(frozen=True, slots=True)
class Into:
    """Where the lines go, and who hears how many records are done."""

    folder: Path
    tell: Callable[[int], None]


class Gathered:
    """What was written: counts, and which versions of the policy the records name."""

    def __init__(self) -> None:
        """Count from nothing."""
        self.records = 0
        self.disclosed = 0
        self.fields = 0
        self.policies: set[int] = set()


def gather(rows: Iterable[Row], scope: Scope, paths: Paths, into: Into) -> Gathered:
    """Write the three files of the records into a folder.

    Raises Invalid for more records than a package can hold, LogAltered, and StoreError.
    """
    found = Gathered()
    with (
        (into.folder / EVENTS).open("wb") as events,
        (into.folder / PROOFS).open("wb") as proofs,
        (into.folder / DISCLOSED).open("wb") as disclosed,
    ):
        for row in rows:
            if found.records == MOST_RECORDS:
                raise Invalid(
                    f"an evidence package holds {MOST_RECORDS:,} records at most, so that any browser can "
                    "open it: narrow the filter, or make several"
                )
            place = place_of(row, paths)
            _put(events, row.leaf)
            _put(proofs, _encode(place))
            fields = opened(row) if may_name(scope, row) else {}
            if fields:
                _put(disclosed, _encode(Disclosure(place.index, fields)))
            _count(found, row, len(fields))
            if found.records % _TELL_EVERY == 0:
                into.tell(found.records)
    into.tell(found.records)
    return found


def _count(found: Gathered, row: Row, fields: int) -> None:
    found.records += 1
    found.disclosed += bool(fields)
    found.fields += fields
    name = "version" if row.kind is Kind.POLICY_CHANGED else "policy"
    version = refs_of(row).get(name)
    if type(version) is int and version > 0:
        found.policies.add(version)


def opened(row: Row, only: frozenset[str] = _NOTHING) -> dict[str, Opened]:
    """Open what a record commits to and still holds, all of it or some fields."""
    if row.detail is None:
        return {}
    detail = _detail(row.detail)
    names = sorted(commitments_of(row.leaf).keys() & detail.private.keys() & detail.salts.keys())
    return {
        name: Opened(detail.private[name], detail.salts[name]) for name in names if not only or name in only
    }


def _put(file: IO[bytes], line: bytes) -> None:
    file.write(line)
    file.write(b"\n")
