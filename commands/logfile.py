"""What a child process writes, kept in files of bounded size."""

import os
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import IO, Final

LIMIT_BYTES: Final = 4_000_000
KEPT: Final = 3
_LONGEST_LINE: Final = 16_384


class LogFile:
    """Appends to a private file and rotates it at a limit; used by one thread."""

    def __init__(self, file: Path, limit: int = LIMIT_BYTES) -> None:
        """Open or create the file (0600) in a folder that is there."""
        self._file = file
        self._limit = limit
        self._handle = self._open()

    def write(self, line: bytes) -> None:
        """Append, and begin a new file when this one is full; raises OSError."""
        if self._handle.closed:
            self._handle = self._open()
        self._handle.write(line)
        self._handle.flush()
        if self._handle.tell() >= self._limit:
            self._rotate()

    def close(self) -> None:
        """Let the file go."""
        self._handle.close()

    def _open(self) -> IO[bytes]:
        return os.fdopen(os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")

    def _rotate(self) -> None:
        self._handle.close()
        for number in range(KEPT - 1, 0, -1):
            older = _numbered(self._file, number)
            if older.exists():
                older.replace(_numbered(self._file, number + 1))
        self._file.replace(_numbered(self._file, 1))
        self._handle = self._open()


def _numbered(file: Path, number: int) -> Path:
    return file.with_name(f"{file.name}.{number}")


def drain(pipe: IO[bytes], file: Path, note: Callable[[str], None], limit: int = LIMIT_BYTES) -> Thread:
    """Copy a child's output into its log file on a thread; `note` gets each line."""
    thread = Thread(
        target=_drain, args=(pipe, LogFile(file, limit), note), name=f"log {file.stem}", daemon=True
    )
    thread.start()
    return thread


def _drain(pipe: IO[bytes], log: LogFile, note: Callable[[str], None]) -> None:
    with pipe:
        while line := pipe.readline(_LONGEST_LINE):
            note(line.decode(errors="replace").strip())
            try:
                log.write(line)
            except OSError:
                # A full disk must not block the child, which would wait for us to read.
                continue
    log.close()
