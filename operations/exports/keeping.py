"""Where files of exports lie, how they are given up, and what the log is told of them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.exports import KEPT_US, RESUMED_US, State, scope_read
from core.leaf import Draft, Scalar
from core.records import Kind
from operations.export import site_of_export
from operations.export_target import read_source
from store import exports
from store.database import Database
from store.exports import Export

FOLDER: Final = "exports"
_FOLDER_MODE: Final = 0o700


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where files of exports lie."""

    folder: Path

    @staticmethod
    def of(data: Path) -> "Places":
        """Give the folder of a data folder, made if it is not there."""
        folder = data / FOLDER
        folder.mkdir(mode=_FOLDER_MODE, exist_ok=True)
        return Places(folder=folder)

    def whole(self, name: str) -> Path:
        """Name the file of an export that is built."""
        return self.folder / name

    def part(self, name: str) -> Path:
        """Name the file of an export that is being built."""
        return self.folder / f"{name}.part"


def tidy(db: Database, now: int) -> None:
    """Give up each file that was delivered or that nobody took in time, and what belongs to no export."""
    places = Places.of(db.file.parent)
    for one in exports.in_state(db, State.READY):
        if now >= one.expires or (one.ended and now >= one.ended + RESUMED_US):
            places.whole(one.id).unlink(missing_ok=True)
            exports.end(db, one.id)
    exports.forget_old(db, now - 2 * KEPT_US)


def record_of(
    kind: Kind, one: Export, db: Database, told: dict[str, Scalar], *, now: int, reason: str | None = None
) -> Draft:
    """Write what happened to an export, where it is of, and whose it is."""
    name = exports.name_of(db, one.session)
    return Draft(
        kind=kind,
        received=now,
        site=site_of_export(read_source(one.filter), scope_read(one.scope)),
        reason=reason,
        refs={"act": one.id, "session": one.session, "format": one.format.value, **told},
        private={"subject": one.subject, **({"name": name} if name else {})},
    )
