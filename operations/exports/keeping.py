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
from store.sessions import sessions_by_ref

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

    def give_up(self, name: str) -> None:
        """Delete what there is of an export, built or not."""
        self.part(name).unlink(missing_ok=True)
        self.whole(name).unlink(missing_ok=True)

    def names(self) -> frozenset[str]:
        """Name the exports of which there is a file."""
        files = (one.name for one in self.folder.iterdir() if one.is_file())
        return frozenset(name.partition(".")[0] for name in files if not name.startswith("."))


def tidy(db: Database, now: int) -> None:
    """Give up each file that was delivered or that nobody can take now, and what belongs to no export."""
    places = Places.of(db.file.parent)
    # Looked at before the rows are: what is begun after that is not among them.
    there = places.names()
    ready = exports.in_state(db, State.READY)
    signed_in = {one.ref for one in sessions_by_ref(db, [one.session for one in ready]) if one.ended is None}
    for one in ready:
        taken = one.ended and now >= one.ended + RESUMED_US
        # Whoever is erased takes all files with them.
        gone = one.session not in signed_in or not places.whole(one.id).exists()
        if taken or gone or now >= one.expires:
            places.give_up(one.id)
            exports.end(db, one.id)
    wanted = {one.id for state in (State.BUILDING, State.READY) for one in exports.in_state(db, state)}
    for name in there - wanted:
        places.give_up(name)
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
