"""Where files of exports lie, how they are given up, and what the log is told of them."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.exports import KEPT_US, RESUMED_US, Format, State, scope_read
from core.leaf import Draft, Scalar
from core.records import Kind
from operations.export import site_of_export
from operations.export_target import read_source
from operations.exports.passwords import Passwords
from store import exports
from store.clock import new_reference
from store.database import Database
from store.exports import Export
from store.sessions import sessions_by_ref

_log: Final = logging.getLogger("gatehouse.exports")
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


def fail_lost(db: Database, passwords: Passwords, now: int) -> None:
    """Give up each closed package that waits and whose password nobody knows any more, and forget the others.

    For the process in which passwords are drawn.
    """
    found = exports.in_state(db, State.QUEUED)
    waiting = [one for one in found if one.format is Format.CLOSED_PACKAGE]
    known = passwords.of([one.id for one in waiting])
    for one in waiting:
        if one.id not in known:
            fail(db, one, "password_lost", now=now)
    passwords.keep(known, now)


def fail(db: Database, one: Export, reason: str, *, now: int, error: Exception | None = None) -> None:
    """Take it that there will be no file, and say why: with a reference into the log of this machine."""
    Places.of(db.file.parent).give_up(one.id)
    reference = new_reference()
    _log.warning(
        "event=export_failed export=%s reason=%s reference=%s", one.id, reason, reference, exc_info=error
    )
    told: dict[str, Scalar] = {"reference": reference}
    record = record_of(Kind.EXPORT_FAILED, one, db, told, now=now, reason=reason)
    exports.fail(db, one.id, f"{reason} {reference}", record)


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
