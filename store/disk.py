"""Room for records: how much the data folder's disk has left, and what follows from too little.

A ballast file is kept beside the log. When room is nearly gone it is given up, so that records go on while
people make room; acts are refused before that, since what a person does must not go unrecorded.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from sqlalchemy import select, text

from core.errors import DiskNearlyFull, StoreUnavailable
from core.leaf import Draft
from core.records import Kind
from store.database import Database
from store.log import append_within
from store.schema import note
from store.touch import Part, PartState, report_part

PART: Final = "store"
MEBIBYTE: Final = 1024 * 1024
_LOW_BYTES: Final = 1024 * MEBIBYTE
_CRITICAL_BYTES: Final = 128 * MEBIBYTE
_BALLAST_BYTES: Final = 64 * MEBIBYTE
_MEGABYTE: Final = 1_000_000
# Small disks have small thresholds, or nothing could ever be done on them.
_SHARE: Final = 20
_BALLAST_SHARE: Final = 40
_FILE: Final = "ballast"
_NOTE: Final = "disk.level"
_KEEP: Final = text(
    "INSERT INTO note (name, value) VALUES (:name, :value) "
    "ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)


class Level(StrEnum):
    """How much room there is."""

    AMPLE = "ample"
    LOW = "low"
    CRITICAL = "critical"


_STATES: Final = {
    Level.AMPLE: PartState.OK,
    Level.LOW: PartState.DEGRADED,
    Level.CRITICAL: PartState.DOWN,
}
_TROUBLES: Final = {
    Level.LOW: "the disk is nearly full: make room",
    Level.CRITICAL: "the disk is full but for a reserve: acts are refused until there is room",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The disk of a folder, in bytes; `free` leaves out what the ballast takes or is to take again."""

    total: int
    free: int
    low: int
    critical: int
    ballast: int

    def level(self, before: Level = Level.AMPLE) -> Level:
        """Judge it; a level is left only with some room to spare, so that it does not come and go."""
        critical = self.critical * 3 // 2 if before is Level.CRITICAL else self.critical
        low = self.low if before is Level.AMPLE else self.low * 11 // 10
        if self.free < critical:
            return Level.CRITICAL
        return Level.LOW if self.free < low else Level.AMPLE


def read_room(folder: Path, low_bytes: int | None = None) -> Room:
    """Look at the folder's disk; without `low_bytes` low is below 1 GiB or a twentieth, whichever is more.

    Raises StoreUnavailable.
    """
    try:
        disk = os.statvfs(folder)
    except OSError as error:
        raise StoreUnavailable(f"the disk of {folder} can't be looked at: {error.strerror}") from error
    total, free = disk.f_blocks * disk.f_frsize, disk.f_bavail * disk.f_frsize
    ballast = min(_BALLAST_BYTES, total // _BALLAST_SHARE)
    low = max(_LOW_BYTES, total // _SHARE) if low_bytes is None else low_bytes
    return Room(
        total=total,
        free=max(0, free - max(0, ballast - _size(folder / _FILE))),
        low=low,
        critical=min(_CRITICAL_BYTES, total // _SHARE),
        ballast=ballast,
    )


def need_room(db: Database) -> None:
    """Refuse an act whose record might not find room; raises DiskNearlyFull."""
    room = read_room(db.file.parent)
    if room.free < room.critical:
        raise DiskNearlyFull(
            f"the disk of {db.file.parent} has no room left but a reserve for records: nothing was changed; "
            "make room there and try again"
        )


class DiskWatch:
    """Keeps the ballast, reports the part `store`, and records when room gets short; one thread's own."""

    def __init__(
        self, db: Database, low_bytes: int | None = None, *, read: Callable[[Path], Room] | None = None
    ) -> None:
        """Watch the disk that this store lies on."""
        self._db = db
        self._folder = db.file.parent
        self._read = read or (lambda folder: read_room(folder, low_bytes))

    def look(self, now: int) -> Level:
        """Look once; raises StoreError when there is not even room to say so."""
        room = self._read(self._folder)
        before = self._noted()
        level = room.level(before)
        self._trim_ballast(room, level)
        if level is not before:
            self._record(level, room, now)
        self._report(level, room, now)
        return level

    def give_up_ballast(self) -> None:
        """Make room at once, when the log could not be written; it is taken again when there is enough."""
        with suppress(OSError):
            (self._folder / _FILE).unlink(missing_ok=True)

    def _trim_ballast(self, room: Room, level: Level) -> None:
        file = self._folder / _FILE
        if level is Level.CRITICAL:
            self.give_up_ballast()
        elif _size(file) < room.ballast:
            _fill(file, room.ballast)

    def _noted(self) -> Level:
        with self._db.read() as connection:
            said = connection.execute(select(note.c.value).where(note.c.name == _NOTE)).scalar()
        return Level(said) if said in set(Level) else Level.AMPLE

    def _record(self, level: Level, room: Room, now: int) -> None:
        kind = Kind.STORE_DISK_AMPLE if level is Level.AMPLE else Kind.STORE_DISK_LOW
        draft = Draft(kind=kind, received=now, outcome=level.value, refs={"free_bytes": room.free})
        with self._db.write() as connection:
            connection.execute(_KEEP, {"name": _NOTE, "value": level.value})
            append_within(connection, [draft])

    def _report(self, level: Level, room: Room, now: int) -> None:
        info: dict[str, str | int] = {"level": level.value, "free_mb": room.free // _MEGABYTE}
        if level in _TROUBLES:
            info["trouble"] = _TROUBLES[level]
        report_part(self._db, Part(name=PART, state=_STATES[level], at=now, pid=os.getpid(), info=info))


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0


def _fill(file: Path, size: int) -> None:
    """Write the ballast, really on disk; what is half written is of use as well."""
    with suppress(OSError):
        handle = os.open(file, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.posix_fallocate(handle, 0, size)
        finally:
            os.close(handle)
