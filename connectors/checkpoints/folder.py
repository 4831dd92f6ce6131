"""A folder that gets every checkpoint: a file a day that only grows, and the newest by itself.

Whatever is missing there, after an outage or a restart, is made up from what the ledger has kept. The folder
also gets a copy of the register of erasures, so that a backup restored elsewhere erases again.
"""

import datetime as dt
import os
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Final

from connectors.checkpoints.destination import Backlog, RootAt, Sealed
from core.errors import Contradicted, ProofWrong, Undelivered
from core.note_files import join_notes, whole_length
from core.notes import Checkpoint, note_body

NEWEST: Final = "checkpoint"
REGISTER: Final = "erasures"
AT_ONCE: Final = 500
_OPEN_MODE: Final = 0o644
_OWN_MODE: Final = 0o600
# A note is shorter; what is cut off at the end of a file can't be longer.
_TAIL_BYTES: Final = 64 * 1024

_AHEAD: Final = (
    "the folder has a checkpoint of more records than there are in the log: it was cut, or is an old one"
)
_ANOTHER: Final = (
    "the folder has a checkpoint of this log that is not of what the log has now: it was rewritten, or is an "
    "old one that went on"
)


class Folder:
    """One folder, which is there already: one that is missing is a share that is not mounted."""

    name = "folder"

    def __init__(
        self, folder: Path, data: Path, backlog: Backlog, root_at: RootAt = lambda _size: None
    ) -> None:
        """Write into this folder what `backlog` has that it lacks, and the register of a data folder.

        Before it adds to what another process has left there, that must be what the log has (`root_at`).
        """
        self.where = str(folder)
        self._folder = folder
        self._data = data
        self._backlog = backlog
        self._root_at = root_at
        self._ours: Checkpoint | None = None

    def leaves(self) -> bool:
        """Whether it is on another file system than the log: another disk, or another machine's."""
        try:
            return self._folder.stat().st_dev != self._data.stat().st_dev
        except OSError:
            return False

    def deliver(self, seal: Sealed) -> None:
        """Write all that are missing up to this one; raises Undelivered."""
        if not self._folder.is_dir():
            raise Undelivered("the folder is not there: make it, or mount it")
        try:
            last = self._last()
            self._need_ours(last, seal)
            while True:
                missing = self._missing(last, seal)
                if not missing:
                    break
                self._append(missing)
                last = _checkpoint(missing[-1].note)
                _replace(self._folder / NEWEST, missing[-1].note, _OPEN_MODE)
                self._ours = last
            self._copy_register()
        except OSError as error:
            raise Undelivered(f"the folder can't be written: {error.strerror or error}") from error

    def close(self) -> None:
        """Nothing is left open."""

    def _last(self) -> Checkpoint | None:
        try:
            return _checkpoint((self._folder / NEWEST).read_bytes())
        except (FileNotFoundError, ProofWrong):
            return None

    def _need_ours(self, last: Checkpoint | None, seal: Sealed) -> None:
        """Refuse to go on where the log is not the one that was delivered: an old copy soon outgrows it."""
        if last is None or last == self._ours or last.origin != _checkpoint(seal.note).origin:
            return
        if last.size > seal.size:
            raise Contradicted(last.size, _AHEAD)
        if self._root_at(last.size) not in {None, last.root}:
            raise Contradicted(last.size, _ANOTHER)

    def _missing(self, last: Checkpoint | None, seal: Sealed) -> Sequence[Sealed]:
        """Give those after `last`, the smallest first; where a log began anew, those of the new one."""
        now = _checkpoint(seal.note)
        if last is None:
            return self._kept(0, seal)
        if last.origin == now.origin:
            return self._kept(last.size, seal)
        found = self._kept(0, seal, most=seal.size)
        return [one for one in found if _checkpoint(one.note).origin == now.origin][:AT_ONCE]

    def _kept(self, size: int, seal: Sealed, most: int = AT_ONCE) -> Sequence[Sealed]:
        if size >= seal.size:
            return ()
        found = self._backlog(size, seal.size, most)
        # It may not be kept yet, or not any more.
        return found or (seal,)

    def _append(self, seals: Iterable[Sealed]) -> None:
        for day, some in groupby(seals, lambda one: _day(one.at)):
            _add(self._folder / f"checkpoints-{day}.txt", join_notes(one.note for one in some))

    def _copy_register(self) -> None:
        """Add to the folder's register what it lacks: it never loses a line, whatever ours has lost."""
        try:
            ours = (self._data / REGISTER).read_bytes()
        except FileNotFoundError:
            return
        file = self._folder / REGISTER
        theirs = file.read_bytes() if file.exists() else b""
        known = set(theirs.splitlines())
        fresh = [line for line in ours.splitlines() if line and line not in known]
        if fresh:
            text = b"".join(line + b"\n" for line in (*theirs.splitlines(), *fresh) if line)
            _replace(file, text, _OWN_MODE)


def _day(at: int) -> str:
    return dt.datetime.fromtimestamp(at / 1_000_000, dt.UTC).date().isoformat()


def _checkpoint(note: bytes) -> Checkpoint:
    return Checkpoint.read(note_body(note))


def _add(file: Path, text: bytes) -> None:
    """Add to a file, on disk when it returns, or not at all; raises OSError."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, _OPEN_MODE)
    try:
        end = _whole_end(descriptor)
        try:
            os.ftruncate(descriptor, end)
            os.lseek(descriptor, end, os.SEEK_SET)
            _write(descriptor, text)
            os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, end)
            raise
    finally:
        os.close(descriptor)


def _write(descriptor: int, text: bytes) -> None:
    rest = memoryview(text)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _whole_end(descriptor: int) -> int:
    """Say where the last whole note ends: a crash may have cut one off."""
    size = os.fstat(descriptor).st_size
    start = max(0, size - _TAIL_BYTES)
    whole = whole_length(os.pread(descriptor, size - start, start))
    # Where no note ends at all the file is another's, and nothing is taken from it.
    return start + whole if whole or not start else size


def _replace(file: Path, text: bytes, mode: int) -> None:
    """Put a file in place of what was there, on disk when it returns; raises OSError."""
    beside = file.with_name(f".{file.name}.new")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        _write(descriptor, text)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    beside.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
