"""What a killed check or restore of a backup left in the clear: removed by whoever opens the store next."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

CHECKING: Final = ".checking-"
RESTORING: Final = ".restoring-"
_FOLDER_MODE: Final = 0o700


@contextmanager
def private_folder(folder: Path) -> Iterator[Path]:
    """Give a new folder, gone at the end if it still has its name, or with this process at the next start.

    Raises OSError.
    """
    descriptor = _made(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)


def remove_leftovers(data: Path) -> None:
    """Remove what is in a data folder and beside it of processes that are gone; never raises OSError."""
    beside = (data.parent.glob(f"{data.name}{mark}*") for mark in (CHECKING, RESTORING))
    for left in (*data.glob(f"{CHECKING}*"), *(one for found in beside for one in found)):
        with suppress(OSError):
            _remove(left)


def _made(folder: Path) -> int:
    """Make a folder and hold it; gives the descriptor that holds it."""
    while True:
        folder.mkdir(mode=_FOLDER_MODE)
        with suppress(FileNotFoundError):
            descriptor = _opened(folder)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if _is_at(folder, descriptor):
                return descriptor
            # Somebody took it for a leftover before it was held.
            os.close(descriptor)


def _is_at(folder: Path, descriptor: int) -> bool:
    return folder.exists() and os.path.samestat(folder.stat(), os.fstat(descriptor))


def _remove(left: Path) -> None:
    descriptor = _opened(left)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(left, ignore_errors=True)
    finally:
        os.close(descriptor)


def _opened(folder: Path) -> int:
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
