"""Checks the records of a package line by line, in flat memory."""

from collections.abc import Callable, Iterator
from typing import IO, Final, TypeVar

import msgspec

from core.errors import ProofWrong
from core.evidence import (
    CUSTODY,
    DISCLOSED,
    EVENTS,
    MOST_RECORDS,
    PROOFS,
    Counts,
    Custody,
    Disclosure,
    Opened,
    Place,
    is_sealed,
    unproven,
)
from core.notes import Checkpoint

_LONGEST: Final = 4 << 20
# Of the records about a package only so many are kept to be looked at again.
_MOST_KEPT: Final = 10_000
_place: Final = msgspec.json.Decoder(Place).decode
_disclosure: Final = msgspec.json.Decoder(Disclosure).decode
_custody: Final = msgspec.json.Decoder(Custody).decode
_T = TypeVar("_T")


class RecordsCheck:
    """Checks records against one checkpoint; `bad` hears a sentence for each that does not hold."""

    def __init__(self, checkpoint: Checkpoint, bad: Callable[[str], None]) -> None:
        """Begin."""
        self._checkpoint = checkpoint
        self._bad = bad
        self._counts = [0, 0, 0, 0]
        self.kept: list[Custody] = []

    def records(self, events: IO[bytes], proofs: IO[bytes], disclosed: IO[bytes]) -> None:
        """Check each record, its path, and what of it is disclosed."""
        places, opened, last = _lines(proofs), _Disclosures(_lines(disclosed)), -1
        for number, leaf in enumerate(_lines(events), start=1):
            self._counts[0] += 1
            place = _read(_place, next(places, b""))
            if place is None:
                self._bad(f"{PROOFS}, line {number}: can't be read")
                continue
            where = f"record {place.index} ({EVENTS}, line {number})"
            if place.index <= last:
                self._bad(f"{where}: is out of order")
            elif not is_sealed(leaf, place, self._checkpoint):
                self._bad(f"{where}: does not lead to the root of the checkpoint")
            last = max(last, place.index)
            self._opened(leaf, opened, place.index)
        if next(places, None) is not None:
            self._bad(f"{PROOFS}: has a path more than there are records")
        for number, one in opened.rest():
            self._bad(f"{_where(number, one)}: belongs to no record, or can't be read")

    def _opened(self, leaf: bytes, opened: "_Disclosures", index: int) -> None:
        found = opened.of(index)
        if found is None:
            return
        number, fields = found
        self._counts[1] += 1
        self._counts[2] += len(fields)
        name = unproven(leaf, fields)
        if name is not None:
            self._bad(
                f"record {index} ({DISCLOSED}, line {number}): '{name}' is not what the record commits to"
            )

    def custody(self, file: IO[bytes]) -> None:
        """Check each record about the package itself."""
        for number, line in enumerate(_lines(file), start=1):
            self._counts[3] += 1
            one = _read(_custody, line)
            if one is None:
                self._bad(f"{CUSTODY}, line {number}: can't be read")
                continue
            where, leaf = f"record {one.index} ({CUSTODY}, line {number})", one.leaf.encode()
            if not is_sealed(leaf, one, self._checkpoint):
                self._bad(f"{where}: does not lead to the root of the checkpoint")
            elif (name := unproven(leaf, one.fields)) is not None:
                self._bad(f"{where}: '{name}' is not what the record commits to")
            elif len(self.kept) < _MOST_KEPT:
                self.kept.append(one)

    def count(self, told: Counts) -> None:
        """Compare how much there is with what the manifest says."""
        names = (EVENTS, DISCLOSED, DISCLOSED, CUSTODY)
        what = ("records", "records", "values", "records")
        wanted = (told.records, told.disclosed, told.fields, told.custody)
        for name, kind, found, there in zip(names, what, self._counts, wanted, strict=True):
            if found != there:
                self._bad(f"{name}: holds {found} {kind}, and the manifest says {there}")
        if self._counts[0] > MOST_RECORDS:
            self._bad(f"{EVENTS}: holds more than any evidence package")


class _Disclosures:
    """What is disclosed, read beside the records: both are in the order of indexes."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines
        self._number = 0
        self._next: Disclosure | None = None
        self._advance()

    def _advance(self) -> None:
        line = next(self._lines, None)
        self._number += line is not None
        self._next = None if line is None else _read(_disclosure, line)
        self._over = line is None

    def of(self, index: int) -> tuple[int, dict[str, Opened]] | None:
        """Give the line and the fields of a record, None where nothing of it is disclosed."""
        if self._next is None or self._next.index != index:
            return None
        found = (self._number, self._next.fields)
        self._advance()
        return found

    def rest(self) -> Iterator[tuple[int, Disclosure | None]]:
        """Give the line at which reading ended too early."""
        if not self._over:
            yield self._number, self._next


def _where(number: int, one: Disclosure | None) -> str:
    line = f"{DISCLOSED}, line {number}"
    return line if one is None else f"record {one.index} ({line})"


def _read(decode: Callable[[bytes], _T], line: bytes) -> _T | None:
    try:
        return decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    """Give each line without its end; raises ProofWrong for one that no package has."""
    while line := file.readline(_LONGEST):
        if not line.endswith(b"\n"):
            if len(line) == _LONGEST:
                raise ProofWrong("a line is longer than in any evidence package")
            yield line
            return
        yield line[:-1]
