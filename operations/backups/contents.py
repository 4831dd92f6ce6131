"""What of a data folder goes into a backup, and under which names it may come out again."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from store.database import FILE_NAME
from store.ledger import FILE_NAME as LEDGER_NAME

CONFIG: Final = "gatehouse.toml"
# The first before all plain files, the second after them: what is sealed is never ahead of what the sealer
# remembers (in keys/), nor that of the log.
STORES: Final = (LEDGER_NAME, FILE_NAME)
MANIFEST: Final = "manifest.json"
# What is made anew, or ends with its session.
_LEFT_OUT_FOLDERS: Final = frozenset({"broker", "exports", "logs"})
# But for the passwords by which devices know the embedded broker: they are set on the devices.
_ACCOUNTS: Final = "broker/principals.json"
_LEFT_OUT: Final = frozenset({"ballast", CONFIG, MANIFEST, *STORES})
_LEFT_OUT_ENDINGS: Final = (".age", ".db-journal", ".db-shm", ".db-wal", ".lock", ".sock")


def plain_files(data: Path) -> Iterator[str]:
    """Name what is copied byte by byte, relative to the data folder; neither links nor what is hidden."""
    yield from sorted(_walk(data, PurePosixPath()))


def _walk(data: Path, below: PurePosixPath) -> Iterator[str]:
    for path in (data / below).iterdir():
        name = below / path.name
        if path.is_symlink() or not is_wanted(str(name)):
            continue
        if path.is_dir():
            yield from _walk(data, name)
        elif path.is_file():
            yield str(name)


def is_wanted(name: str) -> bool:
    """Whether a plain file or folder of this name belongs into a backup."""
    if name in {_ACCOUNTS, "broker"}:
        return True
    parts = PurePosixPath(name).parts
    return (
        not any(part.startswith(".") for part in parts)
        and parts[0] not in _LEFT_OUT_FOLDERS | _LEFT_OUT
        and not name.endswith(_LEFT_OUT_ENDINGS)
    )


def is_safe(name: str) -> bool:
    """Whether a name from a backup stays within the folder that it is unpacked to.

    Anybody who knows the recipient can encrypt something for it: what a file says is not believed.
    """
    path = PurePosixPath(name)
    return (
        str(path) == name
        and not path.is_absolute()
        and "\0" not in name
        and (name in {CONFIG, MANIFEST, *STORES} or is_wanted(name))
        and ".." not in path.parts
    )
