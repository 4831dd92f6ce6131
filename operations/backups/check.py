"""Says whether a backup could be put back: it is unpacked, proven, and compared with what was sealed."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from core import age
from core.errors import LedgerError, StoreUnavailable
from core.notes import VerifierKey
from operations.backups.manifest import Manifest
from operations.backups.sealed_file import BackupDamaged
from operations.backups.unpack import unpack
from store.ledger import FILE_NAME as LEDGER_NAME
from store.ledger import Seal, open_ledger, reading
from store.ledger_agreement import check_agreement
from store.leftovers import CHECKING, private_folder, remove_leftovers
from store.opening import open_database


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a whole backup holds; without `seal` its log was never sealed."""

    manifest: Manifest
    seal: Seal | None
    fingerprint: str


def check(source: Path, opener: age.Opener, data: Path) -> Checked:
    """Judge a backup; as much room as its content is needed in the data folder, or above it for a while.

    Raises WrongKey, BackupDamaged naming what is wrong, StoreError.
    """
    with _room(data) as folder:
        manifest = unpack(source, opener, folder)
        if not (folder / LEDGER_NAME).exists():
            return Checked(manifest=manifest, seal=None, fingerprint="")
        db, ledger = open_database(folder), open_ledger(folder)
        try:
            seal = check_agreement(db, ledger)
            with reading(ledger) as tree:
                key = VerifierKey.read(tree.keys()[-1]) if seal is not None else None
        except LedgerError as error:
            raise BackupDamaged(f"the log in the backup is not what was sealed: {error}") from error
        finally:
            db.close()
            ledger.close()
    return Checked(manifest=manifest, seal=seal, fingerprint="" if key is None else key.fingerprint)


@contextmanager
def _room(data: Path) -> Iterator[Path]:
    """Give an empty private folder; what a killed process left in the clear is removed first."""
    remove_leftovers(data)
    name = f"{CHECKING}{os.getpid()}"
    folder = data / name if data.is_dir() else data.with_name(f"{data.name}{name}")
    with ExitStack() as stack:
        try:
            stack.enter_context(private_folder(folder))
        except OSError as error:
            raise StoreUnavailable(f"nothing can be unpacked in {folder.parent}: {error.strerror}") from error
        yield folder
