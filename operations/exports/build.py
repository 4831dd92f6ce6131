"""Builds what was asked for, one export after another: rights once more, the file beside its place, its hash.

In a process of its own: what it takes of memory and time is neither the web's nor ingest's. Whatever ends it,
nothing half-made can be downloaded: who comes next finds what it left and says so.
"""

import errno
import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from auth.access import permitted
from auth.sessions import Actor, Sessions
from core.errors import DiskNearlyFull, LogAltered, NotPermitted, NotSealed, StoreError
from core.exports import PACKAGES, State, covers, scope_read
from core.leaf import Scalar
from core.permissions import EVERYWHERE, Permission, Scope
from core.records import Kind
from operations.evidence_package.building import sweep
from operations.export_target import Source, read_source, scope_of_export
from operations.exports.columns import Reader
from operations.exports.files import file_of
from operations.exports.keeping import Places, fail, record_of
from operations.exports.package_file import write_package
from store import exports
from store.clock import now_us
from store.database import Database
from store.disk import need_room
from store.export_rows import Extract, chunks_of, names_of
from store.exports import Export
from store.log_names import log_names

_FILE_MODE: Final = 0o600
# How many records are written between two notes of how far it is.
_NOTED: Final = 20_000
_BUFFER: Final = 256 * 1024
_AWAY: Final = "the person may not export this any more"
_POLICY: Final = (Permission.POLICY_MANAGE, Permission.POLICY_EXPLAIN)
_NONE: Final[Mapping[str, str]] = {}


class Builder:
    """Builds for one data folder.

    `sessions` say who a session is now, `passwords` are those of closed packages, by export.
    """

    def __init__(
        self,
        db: Database,
        sessions: Sessions,
        *,
        passwords: Mapping[str, str] = _NONE,
        clock: Callable[[], int] = now_us,
    ) -> None:
        """Build into the folder of this store."""
        self._db = db
        self._sessions = sessions
        self._places = Places.of(db.file.parent)
        self._passwords = passwords
        self._clock = clock

    def run(self) -> int:
        """Say what a builder before has left undone, then build all that waits; gives how many were built.

        A closed package whose password came too late for this builder waits for the next one.
        """
        sweep(self._places.folder)
        for one in exports.in_state(self._db, State.BUILDING):
            self._fail(one, "broken_off")
        built = 0
        while (taken := exports.take_next(self._db, self._passwords.keys())) is not None:
            built += self._one(taken)
        return built

    def _one(self, one: Export) -> bool:
        try:
            return self._finish(self._build(one))
        except NotPermitted:
            self._fail(one, "no_role")
        except NotSealed as error:
            self._fail(one, "not_sealed", error)
        except LogAltered as error:
            self._fail(one, "log_altered", error)
        except DiskNearlyFull as error:
            self._fail(one, "no_room", error)
        except OSError as error:
            reason = "no_room" if error.errno == errno.ENOSPC else "not_built"
            self._fail(one, reason, error)
        except StoreError:
            # What can't be read now may be readable when a builder comes again.
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the next export must be built
            self._fail(one, "not_built", error)
        return False

    def _finish(self, whole: Export) -> bool:
        """Take it that it can be had, unless it was taken back meanwhile: then its file must go as well."""
        now = self._clock()
        record = record_of(Kind.EXPORT_BUILT, whole, self._db, _facts(whole), now=now)
        there = exports.finish(self._db, whole, record)
        if not there:
            self._places.give_up(whole.id)
        return there

    def _build(self, one: Export) -> Export:
        source, scope, actor = self._rights(one)
        part = self._places.part(one.id)
        part.unlink(missing_ok=True)
        extract = Extract(scope=scope, wanted=source.wanted, upto=one.upto)
        if one.format in PACKAGES:
            rows = self._pack(one, extract, actor, part)
        else:
            rows = self._write(one, extract, part)
        with part.open("rb") as written:
            digest = hashlib.file_digest(written, "sha256").hexdigest()
        # Asked for once more: to build takes time.
        self._rights(one)
        size = part.stat().st_size
        part.replace(self._places.whole(one.id))
        return replace(one, rows=rows, bytes=size, sha256=digest)

    def _pack(self, one: Export, extract: Extract, actor: Actor, part: Path) -> int:
        reads = any(permitted(self._db, actor, each, EVERYWHERE) for each in _POLICY)
        password = self._passwords.get(one.id, "")
        return write_package(self._db, one, extract, part, policies=reads, password=password)

    def _write(self, one: Export, extract: Extract, part: Path) -> int:
        names = log_names(self._db, extract.scope)
        reader = Reader(scope=extract.scope, names=names, people=partial(names_of, self._db))
        rows = noted = 0
        with open(part, "wb", buffering=_BUFFER, opener=_private) as out:
            file = file_of(one.format, out, reader)
            for chunk in chunks_of(self._db, extract):
                # What is left of the disk then is for records.
                need_room(self._db)
                file.write(chunk)
                rows += len(chunk)
                if rows >= noted + _NOTED:
                    noted = rows
                    exports.note_progress(self._db, one.id, rows)
            file.close()
            out.flush()
            os.fsync(out.fileno())
        return rows

    def _rights(self, one: Export) -> tuple[Source, Scope, Actor]:
        """Say what is to be read, by the rights of this moment: less than was asked for is nothing."""
        source, then = read_source(one.filter), scope_read(one.scope)
        actor = self._sessions.by_ref(one.session, self._clock())
        if actor is None or not covers(scope_of_export(self._db, actor, source.page), then):
            raise NotPermitted(_AWAY)
        return source, then, actor

    def _fail(self, one: Export, reason: str, error: Exception | None = None) -> None:
        fail(self._db, one, reason, now=self._clock(), error=error)


def _facts(one: Export) -> dict[str, Scalar]:
    return {"rows": one.rows, "bytes": one.bytes, "sha256": one.sha256}


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, _FILE_MODE)
