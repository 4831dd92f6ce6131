"""What the sealer knows by itself, in a file of its own: the last note that it signed, and the tree's edge.

From that alone it extends the tree: whatever becomes of the store, it can't be led to sign another past.
"""

import os
from pathlib import Path
from typing import Final

import msgspec

from core.errors import LogAltered, ProofWrong, StoreUnavailable
from core.ledger import Frontier

FILE_NAME: Final = "ledger.state"
_FILE_MODE: Final = 0o600


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """One state of the sealer: the edge of its tree, the last record in it, and the note it signed (µs UTC).

    `origin` is which log it is: the name by which it signs.
    """

    origin: str
    edge: Frontier = Frontier()
    last_id: int = 0
    note: str = ""
    at: int = 0


_read = msgspec.json.Decoder(Memory).decode
_write = msgspec.json.Encoder().encode


def recall(folder: Path) -> Memory | None:
    """Read the memory in a folder of keys, None where there is none; raises LogAltered, StoreUnavailable."""
    file = folder / FILE_NAME
    try:
        return _read(file.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreUnavailable(f"{file} can't be read: {error.strerror}") from error
    except (msgspec.MsgspecError, ProofWrong, UnicodeDecodeError) as error:
        raise LogAltered(f"{file} was changed: what was sealed last is not known any more") from error


def remember(folder: Path, memory: Memory) -> None:
    """Replace the memory, on disk when it returns; raises StoreUnavailable, then the old one is there."""
    file, beside = folder / FILE_NAME, folder / f".{FILE_NAME}"
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _FILE_MODE)
        with os.fdopen(descriptor, "wb") as written:
            written.write(_write(memory))
            written.flush()
            os.fsync(descriptor)
        beside.replace(file)
        _sync(folder)
    except OSError as error:
        raise StoreUnavailable(f"{file} can't be written: {error.strerror}") from error


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
