"""Files of exports and an erasure: who downloads what was built before would still find the person in it."""

import shutil
from typing import Final

from store.database import Database
from store.exports import take_back

_FOLDER: Final = "exports"
# Whoever builds holds it, so that nobody else does.
_LOCK: Final = ".lock"


def forget_exports(db: Database) -> None:
    """Take back all exports that are built or being built, and delete their files; raises StoreError."""
    with db.write() as connection:
        take_back(connection)
    for one in (db.file.parent / _FOLDER).glob("*"):
        if one.is_dir():
            shutil.rmtree(one, ignore_errors=True)
        elif one.name != _LOCK:
            one.unlink(missing_ok=True)
