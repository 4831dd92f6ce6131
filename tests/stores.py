"""A store for a test, copied from one that was made once: to make its tables each time would take longest."""

import shutil
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from store.database import FILE_NAME, Database
from store.opening import open_database


def new_store(folder: Path) -> Database:
    """Open an empty store of today's schema in this folder, as `open_database` would make it there."""
    return copy_store(Path(_template().name), folder)


def copy_store(template: Path, folder: Path) -> Database:
    """Open in this folder what the store of another, which is closed, holds."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy2(template / FILE_NAME, folder / FILE_NAME)
    return open_database(folder)


@cache
def _template() -> TemporaryDirectory[str]:
    """Make it once a process; it goes with the process."""
    folder = TemporaryDirectory(prefix="gatehouse-store-")
    open_database(Path(folder.name)).close()
    return folder
