"""What became of the first record that is not what was sealed at its place. Pure."""

from typing import Protocol

from core.verifying import Finding, What


class Log(Protocol):
    """A log beside its tree, looked at around one place."""

    @property
    def size(self) -> int:
        """How many leaves are sealed."""

    @property
    def last(self) -> int:
        """The id of the log's last record, 0 where there is none."""

    def record_of(self, index: int) -> int:
        """Give the id of what was sealed at an index."""

    def hash_of(self, record: int) -> bytes | None:
        """Hash the leaf that is in the log now; None where there is none."""

    def sealed(self, index: int) -> bytes:
        """Give the hash that was sealed at an index, b"" beyond the tree."""

    def index_of(self, leaf: bytes, near: int) -> int | None:
        """Say where a hash was sealed: the first such place from an index on, or else the first of all."""

    def found_after(self, record: int, leaf: bytes) -> int | None:
        """Say which record after this one has a hash now."""

    def next_after(self, record: int) -> int | None:
        """Give the id of the first record after this one that is there."""


def misplaced(log: Log, index: int) -> Finding:
    """Name what is wrong at the first index where the log has not what was sealed."""
    record = log.record_of(index)
    now = log.hash_of(record)
    what, words = _missing(log, index, record) if now is None else _other(log, index, record, now)
    return Finding(what=what, words=words, record=record, index=index)


def _missing(log: Log, index: int, record: int) -> tuple[What, str]:
    if log.last < record:
        end = f"the log ends at record {log.last}" if log.last else "the log is empty"
        return What.CUT_OFF, f"{end}, and {_many(log.size - index)} after that were sealed"
    count = (log.next_after(record) or log.last) - record
    return What.REMOVED, f"{_many(count)} from here on {'is' if count == 1 else 'are'} not there any more"


def _other(log: Log, index: int, record: int, now: bytes) -> tuple[What, str]:
    place = log.index_of(now, index)
    if place is not None and place > index:
        other = log.record_of(place)
        if log.hash_of(other) == log.sealed(index):
            return What.SWAPPED, f"it and record {other} have changed places"
        follows = log.hash_of(record + 1)
        if follows is None or follows == log.sealed(place + 1) or place + 1 >= log.size:
            return What.REMOVED, f"{_many(place - index)} removed here, and those after that have moved up"
    moved = log.found_after(record, log.sealed(index))
    if moved is not None and place is None:
        return What.ADDED, f"{_many(moved - record)} here never sealed, and those after have moved down"
    if place is not None:
        return What.CHANGED, f"what was sealed as record {log.record_of(place)} stands in its place"
    return What.CHANGED, "it is not what was sealed"


def _many(count: int) -> str:
    return f"{count:,} record{'' if count == 1 else 's'}"
