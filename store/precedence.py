"""Who writes first: while a person waits for an act, what only records may put off its commits for a moment.

The store has one writer at a time, in all processes of a machine; so the word is a lock on a file, which the
system takes back from whoever ends.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_FILE_NAME: Final = "acts.lock"


class Precedence:
    """Tells who writes in bulk that somebody waits; any thread and process, and never in anybody's way."""

    def __init__(self, folder: Path) -> None:
        """Use a file in the store's folder."""
        self._file = folder / _FILE_NAME

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Be somebody who waits, until the end of the block; any number are at a time."""
        with self._opened() as descriptor:
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            yield

    def is_taken(self) -> bool:
        """Whether anybody is; costs microseconds."""
        with self._opened() as descriptor:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    @contextmanager
    def _opened(self) -> Iterator[int]:
        descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            yield descriptor
        finally:
            os.close(descriptor)
