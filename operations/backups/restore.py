"""Puts a backup back in place of a data folder that nobody uses; what was there is kept aside.

All of it is unpacked and proven beside the folder first, so that a backup which is not whole changes nothing.
"""

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from core import age
from core.errors import AlreadyRunning, StoreFull, StoreUnavailable
from core.times import SECOND_US
from operations.backups.manifest import Manifest
from operations.backups.unpack import unpack
from store.copies import is_in_use
from store.database import Database
from store.leftovers import RESTORING, private_folder, remove_leftovers
from store.opening import open_database
from store.sessions import end_all_sessions

BEFORE: Final = ".before-"
# What a folder holds in which nothing was ever kept.
_NOTHING: Final = frozenset({"gatehouse.lock"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a backup is put back to, when (µs UTC) and by whom."""

    data: Path
    now: int
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was put back; `before` is where the replaced folder is now, if there was one."""

    manifest: Manifest
    before: Path | None
    sessions: int


def restore(
    place: Place,
    source: Path,
    opener: age.Opener,
    prepare: Callable[[Path, Database, Manifest], None],
) -> Restored:
    """Unpack, prove, prepare and exchange; until the last step the folder is as it was.

    `prepare` does in the unpacked folder what must be done before anything starts there.
    Raises AlreadyRunning for a folder in use, WrongKey, BackupDamaged, StoreError.
    """
    data = place.data
    _need_idle(data)
    with _told(data), _beside(data, place.now) as folder:
        manifest = unpack(source, opener, folder)
        # This brings its schema up to this program's: what can't be is found out now.
        db = open_database(folder)
        try:
            sessions = end_all_sessions(db, "restored", place.now, by=place.by)
            prepare(folder, db, manifest)
        finally:
            db.close()
        _give_to_owner(folder, data)
        _sync(folder)
        _need_idle(data)
        before = _exchange(folder, data, place.now)
    return Restored(manifest=manifest, before=before, sessions=len(sessions))


@contextmanager
def _beside(data: Path, now: int) -> Iterator[Path]:
    """Give an empty private folder beside another one; what a killed process left is removed first."""
    remove_leftovers(data)
    with private_folder(data.with_name(f"{data.name}{RESTORING}{_stamp(now)}")) as folder:
        yield folder


def _stamp(now: int) -> str:
    return datetime.fromtimestamp(now / SECOND_US, UTC).strftime("%Y%m%dT%H%M%SZ")


def _need_idle(data: Path) -> None:
    if is_in_use(data):
        raise AlreadyRunning(f"a process has the store in {data} open: stop all of Gatehouse first", 0)
    if os.path.ismount(data):
        raise StoreUnavailable(
            f"{data} is a mounted disk, which can't be exchanged as a whole: put the backup back into a new "
            "folder (GATEHOUSE_DATA), then move what is in it"
        )


@contextmanager
def _told(data: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise StoreFull(f"no room beside {data}: the folder is as it was") from error
        raise StoreUnavailable(
            f"nothing can be put beside {data} ({error.strerror or error}), and it is as it was: do this as "
            "a user who may write to the folder above, such as root; files are given to the folder's owner"
        ) from error


def _exchange(folder: Path, data: Path, now: int) -> Path | None:
    before = data.with_name(f"{data.name}{BEFORE}{_stamp(now)}")
    there = data.exists()
    if there:
        data.rename(before)
    try:
        folder.rename(data)
    except OSError:
        if there:
            before.rename(data)
        raise
    _sync_folder(data.parent)
    if there and {path.name for path in before.iterdir()} <= _NOTHING:
        shutil.rmtree(before)
        return None
    return before if there else None


def _give_to_owner(folder: Path, data: Path) -> None:
    """As root, let the files belong to whom the replaced ones belonged."""
    if os.geteuid() != 0 or not data.exists():
        return
    owner = data.stat()
    for path in (folder, *folder.rglob("*")):
        os.chown(path, owner.st_uid, owner.st_gid)


def _sync(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        _sync_folder(path)


def _sync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
