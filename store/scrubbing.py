"""Sees to it that what was deleted is nowhere in the store's files: not in the WAL, nor between rows.

SQLite overwrites what it deletes (`secure_delete`), but where it has moved a row to another page, a copy may
stay behind in the part of the old page that no row uses. A look through the file finds such text, and it is
overwritten while nobody can write and the WAL is empty: so the file alone is the store, and of all that it
holds nothing changes that any reader looks at. A commit at the end makes every connection read those pages
anew. A reader that still looks at the past keeps the WAL from being emptied: then it is done later.
"""

import os
import re
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from core.errors import StoreRefused
from store.database import Database
from store.sqlite import translate

# How long pages are overwritten under the write lock, in seconds, before others may write.
_SLICE_S: Final = 0.010
_GROUP: Final = 16
# One look finds what there is; another what was moved during it.
_LOOKS: Final = 3
_AGAIN_S: Final = 0.005
_CHUNK_PAGES: Final = 512
_HEADER_BYTES: Final = 100
# B-tree pages: where in the page's header its cells begin, by its type (SQLite's file format, 1.6).
_HEADERS: Final = {0x02: 12, 0x05: 12, 0x0A: 8, 0x0D: 8}
# From here on the first byte of a page that overflows may look like the type of one that does not.
_MOST_PAGES: Final = 0x02000000
_LARGEST: Final = 65_536
# In the file's header: the largest root page of a file that is to shrink by itself, 0 for any other (1.3.12).
_SHRINKS: Final = slice(52, 56)
# What is left of pointers to cells has no two such bytes beside each other; text always has.
_TEXT: Final = re.compile(rb"[\x20-\xff]{2}")
_TOUCH: Final = (
    "INSERT INTO note (name, value) VALUES ('scrubbed', '1') "
    "ON CONFLICT (name) DO UPDATE SET value = CAST(note.value AS INTEGER) + 1"
)
# By device and inode. Never closed: that would drop all of this process's locks on the file.
_descriptors: Final[dict[tuple[int, int], int]] = {}


def scrub(db: Database, *, seconds: float) -> bool:
    """Overwrite what deleted rows left behind; False if somebody's reading kept it from that for so long.

    Raises StoreError.
    """
    until = time.monotonic() + seconds
    try:
        descriptor, size = _descriptor(db.file), _page_size(db.file)
        with closing(_connect(db.file)) as connection:
            for _ in range(_LOOKS):
                if not _empty_wal(connection, until):
                    return False
                suspects = list(_suspects(descriptor, size))
                if not suspects:
                    return True
                if not _overwrite(connection, db, suspects, until, size=size):
                    return False
            return _empty_wal(connection, until)
    except sqlite3.Error as error:
        raise translate(error) from error
    finally:
        os.fsync(_descriptor(db.file))


def _connect(file: Path) -> sqlite3.Connection:
    # It waits for nobody: with the write lock in its hand that would hold up everybody.
    connection = sqlite3.connect(file, isolation_level=None, timeout=0)
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA secure_delete=ON")
    return connection


def _descriptor(file: Path) -> int:
    told = file.stat()
    key = (told.st_dev, told.st_ino)
    if key not in _descriptors:
        _descriptors[key] = os.open(file, os.O_RDWR | os.O_CLOEXEC)
    return _descriptors[key]


def _page_size(file: Path) -> int:
    """Read it, as the file's header tells it (1.3.2).

    Raises StoreRefused for a file in which other pages may look like those of rows: one beyond 128 GiB, and
    one that shrinks by itself (`auto_vacuum`), whose pages of pointers to pages begin with the same bytes.
    """
    descriptor = _descriptor(file)
    header = os.pread(descriptor, _HEADER_BYTES, 0)
    size = int.from_bytes(header[16:18], "big")
    size = _LARGEST if size == 1 else size
    if os.fstat(descriptor).st_size // size >= _MOST_PAGES:
        raise StoreRefused(f"{file} is too large to be searched for what was deleted")
    if any(header[_SHRINKS]):
        raise StoreRefused(f"{file} can't be searched for what was deleted: it was set to auto_vacuum")
    return size


# --- the WAL ------------------------------------------------------------------------------------------


def _empty_wal(connection: sqlite3.Connection, until: float) -> bool:
    while True:
        if _truncated(connection):
            return True
        if time.monotonic() >= until:
            return False
        time.sleep(_AGAIN_S)


def _truncated(connection: sqlite3.Connection) -> bool:
    """Bring the WAL into the file and cut it off, at once or not at all."""
    try:
        # The first holds no lock that a writer needs, so that the second has little left to do.
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        busy: int = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except sqlite3.OperationalError:
        return False
    return busy == 0


@contextmanager
def _alone(connection: sqlite3.Connection, db: Database, until: float) -> Iterator[bool]:
    """Hold the write lock while the WAL is empty; gives False where that could not be had in time."""
    wal = db.file.with_name(f"{db.file.name}-wal")
    while True:
        if _truncated(connection) and _locked(connection):
            # Whoever writes appends to the WAL: if there is nothing in it, nobody has since it was cut off.
            if not wal.exists() or wal.stat().st_size == 0:
                break
            connection.execute("ROLLBACK")
        if time.monotonic() >= until:
            yield False
            return
        time.sleep(_AGAIN_S)
    try:
        yield True
        connection.execute(_TOUCH)
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _locked(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return False
    return True


# --- pages --------------------------------------------------------------------------------------------


def _suspects(descriptor: int, size: int) -> Iterator[int]:
    """Give the offsets of pages in whose unused part there is text."""
    offset = 0
    while chunk := os.pread(descriptor, _CHUNK_PAGES * size, offset):
        for start in range(0, len(chunk) - size + 1, size):
            if _rest(chunk[start : start + size], first=offset + start == 0) is not None:
                yield offset + start
        offset += len(chunk)


def _rest(page: bytes, *, first: bool) -> tuple[int, int] | None:
    """Give where in a page unused bytes that hold text begin and end, None where there are none."""
    header = _HEADER_BYTES if first else 0
    cells = _HEADERS.get(page[header])
    if cells is None:
        return None
    free, count, content = (int.from_bytes(page[header + n : header + n + 2], "big") for n in (1, 3, 5))
    start, end = header + cells + 2 * count, content or _LARGEST
    if end > len(page) or start > end or (free and free < end):
        return None
    return (start, end) if _TEXT.search(page, start, end) else None


def _overwrite(
    connection: sqlite3.Connection, db: Database, suspects: Sequence[int], until: float, *, size: int
) -> bool:
    descriptor, done = _descriptor(db.file), 0
    while done < len(suspects):
        with _alone(connection, db, until) as alone:
            # Somebody's VACUUM may have made another file of it since it was looked through.
            if not alone or _page_size(db.file) != size:
                return False
            slice_ends = time.monotonic() + _SLICE_S
            while done < len(suspects) and time.monotonic() < slice_ends:
                for offset in suspects[done : done + _GROUP]:
                    _overwrite_one(descriptor, size, offset)
                done += _GROUP
    return True


def _overwrite_one(descriptor: int, size: int, offset: int) -> None:
    page = os.pread(descriptor, size, offset)
    rest = _rest(page, first=offset == 0) if len(page) == size else None
    if rest is not None:
        start, end = rest
        os.pwrite(descriptor, bytes(end - start), offset + start)
