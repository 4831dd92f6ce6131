"""What is done in an unpacked folder before anything starts there: word to the sealer, erasures again."""

import os
from pathlib import Path

from core.errors import Invalid, StoreUnavailable
from core.notes import VerifierKey
from operations.backups.manifest import Manifest
from operations.backups.outside import KEYS, Known, of_this_log
from operations.backups.restore import Place
from store.database import Database
from store.erasing_again import erase_again
from store.erasure_register import FILE_NAME, KEY_NAME, read_register
from store.finishing import finish
from store.ledger import FILE_NAME as LEDGER_NAME
from store.ledger import open_ledger, reading
from store.restored import Restored, leave_word
from store.sealer_memory import recall


def tell_sealer(folder: Path, manifest: Manifest, known: Known, place: Place) -> Restored | None:
    """Leave word of the restore; None where the backup is of a log that was never sealed.

    Raises Invalid for a checkpoint from elsewhere that is not of this log.
    """
    told = recall(folder / KEYS)
    if told is None or not (folder / LEDGER_NAME).exists():
        return None
    ledger = open_ledger(folder)
    try:
        with reading(ledger) as tree:
            keys = tree.keys()
    finally:
        ledger.close()
    public = [VerifierKey.read(key).public for key in keys]
    before, notes = of_this_log(known, told.origin, public)
    word = Restored(
        at=place.now,
        by=place.by,
        made=manifest.made,
        record=manifest.record,
        before=before,
        notes=notes,
    )
    leave_word(folder / KEYS, word)
    return word


def redo_erasures(folder: Path, db: Database, known: Known, place: Place) -> int:
    """Bring the register of erasures up to what is known, and erase whoever is in it; gives how many.

    All of it is done again: who was being erased while the backup was made may be in it in part.
    Raises Invalid where somebody was erased since and can't be known again.
    """
    file, key = folder / FILE_NAME, folder / KEYS / KEY_NAME
    there = file.read_text(encoding="ascii").splitlines() if file.exists() else []
    fresh = [line for line in known.erasures if line not in set(there)]
    if fresh and known.erasure_key is not None:
        _write(key, known.erasure_key)
    if fresh and not key.exists():
        raise Invalid(
            f"{len(fresh)} persons were erased after this backup was made, and the key to know them again "
            f"({KEYS}/{KEY_NAME}) is neither in it nor in the folder that is replaced"
        )
    if not there and not fresh:
        return 0
    _write(file, "".join(f"{line}\n" for line in (*there, *fresh)).encode())
    erased = erase_again(db, read_register(file), now=place.now, by=place.by)
    if not finish(db, lambda: place.now):
        raise StoreUnavailable("what was erased is still in the files of the backup: try again")
    return erased


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as written:
        written.write(content)
