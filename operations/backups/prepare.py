"""What is done in an unpacked folder before anything starts there: word to the sealer, erasures again."""

import os
from collections.abc import Callable
from pathlib import Path

from core.errors import Invalid
from core.notes import VerifierKey
from operations.backups.manifest import Manifest
from operations.backups.outside import ERASURE_KEY, ERASURES, KEYS, Known, of_this_log
from operations.backups.restore import Place
from store.database import Database
from store.ledger import FILE_NAME as LEDGER_NAME
from store.ledger import open_ledger, reading
from store.restored import Restored, leave_word
from store.sealer_memory import recall

EraseAgain = Callable[[Database, Path], int]


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


def erase_again(folder: Path, db: Database, known: Known, erase: EraseAgain | None) -> int:
    """Bring the register of erasures up to what is known, and erase whoever is in it; gives how many.

    Raises Invalid where somebody was erased since and can't be erased again.
    """
    there = (
        (folder / ERASURES).read_text(encoding="utf-8").splitlines() if (folder / ERASURES).exists() else []
    )
    fresh = [line for line in known.erasures if line not in set(there)]
    if not fresh:
        return 0
    if known.erasure_key is not None:
        _write(folder / KEYS / ERASURE_KEY, known.erasure_key)
    if erase is None or not (folder / KEYS / ERASURE_KEY).exists():
        raise Invalid(
            f"{len(fresh)} persons were erased after this backup was made, and the key to know them again "
            f"(keys/{ERASURE_KEY}) is neither in it nor in the folder that is replaced"
        )
    _write(folder / ERASURES, "".join(f"{line}\n" for line in (*there, *fresh)).encode())
    return erase(db, folder)


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as written:
        written.write(content)
