"""What a restore tells the sealer, in a file beside its memory, and what that means for what it signs next.

A restored log may lack what was signed before. Nothing that contradicts it may be signed by the same name:
the sealer goes on under another one, unless its own memory shows that nothing is missing.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec

from core.errors import LogAltered, StoreUnavailable
from core.ledger import Frontier
from core.notes import Checkpoint, note_body
from core.times import SECOND_US
from store.sealer_memory import Memory

FILE_NAME: Final = "ledger.restored"
_FILE_MODE: Final = 0o600


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """One restore: when and by whom, when the backup was made (µs UTC), and the newest record in it.

    `before` is what the sealer of the replaced folder remembered, `notes` are checkpoints from elsewhere; who
    leaves this has looked at their signatures.
    """

    at: int
    by: str
    made: int
    record: int
    before: Memory | None = None
    notes: tuple[str, ...] = ()

    @property
    def checkpoints(self) -> tuple[Checkpoint, ...]:
        """All that is known to have been signed."""
        own = (self.before.note,) if self.before is not None and self.before.note else ()
        return tuple(Checkpoint.read(note_body(note.encode())) for note in (*own, *self.notes))

    def next_origin(self, origin: str) -> str:
        """Name the log that goes on from here; no two restores give the same name."""
        first, _, number = origin.rpartition("/")
        base = first if number.isdecimal() else origin
        return f"{base}/{self.at // SECOND_US}"


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How a restored log stands against what is known: how many leaves it has, and how many were signed.

    `agrees`: what both have is the same. `whole`: the sealer's own memory shows that nothing is missing.
    """

    size: int
    known: int
    agrees: bool
    whole: bool

    @property
    def missing(self) -> int:
        """How many leaves are known to have been signed and are not there."""
        return max(0, self.known - self.size)


def leave_word(folder: Path, word: Restored) -> None:
    """Leave word for the sealer in a folder of keys; raises OSError."""
    descriptor = os.open(folder / FILE_NAME, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _FILE_MODE)
    with os.fdopen(descriptor, "wb") as written:
        written.write(msgspec.json.encode(word))
        written.flush()
        os.fsync(descriptor)


def word_of(folder: Path) -> Restored | None:
    """Give what a restore has left, None where there was none; raises LogAltered, StoreUnavailable."""
    file = folder / FILE_NAME
    try:
        return msgspec.json.decode(file.read_bytes(), type=Restored)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreUnavailable(f"{file} can't be read: {error.strerror}") from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise LogAltered(f"{file} was changed: what a restore found is not known any more") from error


def forget_word(folder: Path) -> None:
    """Take it away, once it has been sealed; raises StoreUnavailable."""
    try:
        (folder / FILE_NAME).unlink(missing_ok=True)
    except OSError as error:
        raise StoreUnavailable(f"{folder / FILE_NAME} can't be removed: {error.strerror}") from error


def judge(word: Restored, size: int, roots: Mapping[int, bytes]) -> Standing:
    """Compare the restored log, of `size` leaves, with what is known; `roots` are its own at known sizes."""
    known = word.checkpoints
    agrees = all(roots[one.size] == one.root for one in known if one.size <= size)
    newest = max((one.size for one in known), default=0)
    remembered = word.before is not None and word.before.edge.size <= size
    return Standing(size=size, known=newest, agrees=agrees, whole=agrees and remembered and newest <= size)


def roots_at(edge: Frontier, hashes: Iterable[bytes], sizes: Iterable[int]) -> Iterator[tuple[int, bytes]]:
    """Give the roots at some sizes of a tree that grows from an edge by these leaves, then at its end."""
    wanted = set(sizes)
    if edge.size in wanted:
        yield edge.size, edge.root
    for one in hashes:
        edge = edge.extended([one])
        if edge.size in wanted:
            yield edge.size, edge.root
