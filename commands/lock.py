"""One running Gatehouse a data folder."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from core.errors import AlreadyRunning, StoreUnavailable

FILE_NAME: Final = "gatehouse.lock"


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Hold this data folder until the process ends, however it ends; raises AlreadyRunning with the pid."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(folder / FILE_NAME, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StoreUnavailable(f"the data folder {folder} can't be used: {error.strerror}") from error
    try:
        _take(handle, folder)
        yield
    finally:
        os.close(handle)


def _take(handle: int, folder: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        pid = _pid(handle)
        message = (
            f"Gatehouse runs already on {folder} (process {pid}): stop that one first, or give this one "
            "another folder in GATEHOUSE_DATA"
        )
        raise AlreadyRunning(message, pid) from error
    os.ftruncate(handle, 0)
    os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)


def _pid(handle: int) -> int:
    text = os.pread(handle, 32, 0).strip()
    return int(text) if text.isdigit() else 0
