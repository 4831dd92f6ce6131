"""What is known of a log beside its backup: checkpoints that were signed later, and who was erased since.

From the folder that is replaced, from files that somebody brings, and from the folder that checkpoints go to.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from core.errors import Invalid, LedgerError, StoreError
from core.notes import Checkpoint, VerifierKey, note_body, read_note
from store.erasure_register import FILE_NAME, KEY_NAME
from store.sealer_memory import Memory, recall

KEYS: Final = "keys"
NEWEST: Final = "checkpoint"
_PUBLIC: Final = "ledger.vkey"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """Where to look: files that must be what they are said to be, and a folder in which they may be."""

    checkpoints: tuple[Path, ...] = ()
    erasures: tuple[Path, ...] = ()
    folder: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What was found: the replaced sealer's memory and key, notes by where they are from, the register."""

    before: Memory | None = None
    public: tuple[bytes, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)
    erasures: tuple[str, ...] = ()
    erasure_key: bytes | None = None


def known_outside(data: Path, outside: Outside) -> Known:
    """Gather it, while the folder that is to be replaced is still there; raises Invalid for a named file."""
    before = None
    # A memory that can't be read shows nothing, so the log goes on under another name.
    with suppress(LedgerError, StoreError):
        before = recall(data / KEYS)
    notes = {str(file): _text(file) for file in outside.checkpoints}
    registers = [_text(file) for file in outside.erasures]
    if outside.folder is not None:
        notes |= _found(outside.folder / NEWEST)
        registers += _found(outside.folder / FILE_NAME).values()
    registers += _found(data / FILE_NAME).values()
    return Known(
        before=before,
        public=tuple(_public(data / KEYS / _PUBLIC)),
        notes=notes,
        erasures=tuple(dict.fromkeys(line for text in registers for line in text.splitlines() if line)),
        erasure_key=_bytes(data / KEYS / KEY_NAME),
    )


def of_this_log(known: Known, origin: str, public: Iterable[bytes]) -> tuple[Memory | None, tuple[str, ...]]:
    """Keep what is of the log of this origin; `public` are the keys that the backup knows.

    Raises Invalid for a note that none of the known keys has signed.
    """
    keys = (*public, *known.public)
    base = _base(origin)
    before = known.before if known.before is not None and _base(known.before.origin) == base else None
    notes = [note for where, note in known.notes.items() if _is_of(where, note, base, keys)]
    return before, tuple(notes)


def _is_of(where: str, note: str, base: str, keys: tuple[bytes, ...]) -> bool:
    try:
        told = Checkpoint.read(note_body(note.encode()))
        if _base(told.origin) != base:
            raise Invalid(f"{where} is a checkpoint of another log ({told.origin})")
        read_note(note.encode(), [VerifierKey(told.origin, one) for one in keys])
    except LedgerError as error:
        raise Invalid(f"{where} is no checkpoint of this log: {error}") from error
    return True


def _base(origin: str) -> str:
    """Take off what restores have put behind a log's name."""
    first, _, number = origin.rpartition("/")
    return first if number.isdecimal() else origin


def _public(file: Path) -> Iterator[bytes]:
    for text in _found(file).values():
        with suppress(LedgerError):
            yield VerifierKey.read(text).public


def _found(file: Path) -> dict[str, str]:
    try:
        return {str(file): file.read_text(encoding="utf-8")}
    except (OSError, UnicodeDecodeError):
        return {}


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{file} can't be read: name a readable file") from error


def _bytes(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except OSError:
        return None
