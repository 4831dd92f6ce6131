"""Note who looked for what in the log: one record a search, written beside the page and not before it.

Whoever reads need not wait for a busy store. But nobody reads unrecorded for long: what could not be written
for a minute ends that reading, and any that begins anew, until it can be.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from threading import Condition, Thread
from time import monotonic
from typing import Final, TypeAlias
from urllib.parse import urlencode

from auth.current import Services
from auth.sessions import Actor
from core.errors import StoreError, StoreRefused, Unrecorded
from core.leaf import Draft
from core.log_filter import LogFilter, to_query
from core.permissions import Scope
from core.records import Kind
from core.times import MINUTE_US
from operations.acting import Acting
from operations.evidence import standing
from store.clock import new_reference
from store.database import Database
from store.log import append

# The same search in the same session is the same reading, however often its page is drawn.
ONCE_IN_US: Final = 30 * MINUTE_US
GRACE_US: Final = MINUTE_US
MOST_WAITING: Final = 1_000
_AGAIN_S: Final = 1.0
_PERSON: Final = "person"
_REFUSED: Final = (
    "Nothing is shown: who reads here is recorded, and for a minute that could not be. Try again in a moment."
)
_log = logging.getLogger("gatehouse.searched")
_Key: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What somebody looks for: on which page, within which scope; `record` where it is that one alone."""

    page: str
    scope: Scope
    wanted: LogFilter
    record: int | None = None

    @property
    def text(self) -> str:
        """The filter as it stands in an address, without a person, who is named in the detail alone."""
        query = {name: value for name, value in to_query(self.wanted).items() if name != _PERSON}
        if self.record is not None:
            query["record"] = str(self.record)
        return urlencode(sorted(query.items()))

    @property
    def site(self) -> str | None:
        """The one site that is read; None where there are several."""
        if len(self.wanted.sites) == 1:
            return next(iter(self.wanted.sites))
        sites = self.scope.sites
        return next(iter(sites)) if len(sites) == 1 and not self.scope.organisation else None

    def key(self, actor: Actor) -> _Key:
        """Say what makes a search of this person's session the same."""
        return actor.session, self.page, self.text, self.wanted.person or ""


@dataclass(frozen=True, slots=True)
class _Note:
    db: Database
    key: _Key
    record: Draft


class Notes:
    """What was looked for of late, and what of it waits to be written; safe to share between threads."""

    def __init__(self, write: Callable[[Database, Draft], object], again_s: float = _AGAIN_S) -> None:
        """Write by this, and after so many seconds try again what the store did not take."""
        self._write = write
        self._again_s = again_s
        self._noted: dict[_Key, int] = {}
        self._waiting: list[_Note] = []
        self._lost: set[_Key] = set()
        self._changed = Condition()
        self._writing = False

    def take(self, db: Database, key: _Key, record: Draft) -> None:
        """Note a search that is not the same as one of late; raises Unrecorded, see this module."""
        now = record.received
        with self._changed:
            self._noted = {one: at for one, at in self._noted.items() if now - at < ONCE_IN_US}
            if self._unrecorded(key, now):
                raise Unrecorded(_REFUSED)
            if key not in self._noted:
                self._noted[key] = now
                self._waiting.append(_Note(db, key, record))
                self._begin()

    def _unrecorded(self, key: _Key, now: int) -> bool:
        """Whether this reading is in no log and will not soon be."""
        oldest = self._waiting[0].record.received if self._waiting else now
        stuck = now - oldest > GRACE_US or len(self._waiting) >= MOST_WAITING
        written = key in self._noted and all(one.key != key for one in self._waiting)
        return key in self._lost or (stuck and not written)

    def _begin(self) -> None:
        if not self._writing:
            self._writing = True
            Thread(target=self._run, name="searched", daemon=True).start()

    def settle(self, seconds: float) -> bool:
        """Wait until all is written, for so long at most; says whether it is."""
        until = monotonic() + seconds
        with self._changed:
            while self._waiting and (left := until - monotonic()) > 0:
                self._changed.wait(left)
            return not self._waiting

    def forget(self) -> None:
        """Give up what waits, and what was noted: its store is closed."""
        with self._changed:
            self._noted.clear()
            self._waiting.clear()
            self._lost.clear()
            self._changed.notify_all()

    def _run(self) -> None:
        while (note := self._next()) is not None:
            if self._written(note):
                self._done(note)
            else:
                with self._changed:
                    self._changed.wait(self._again_s)

    def _next(self) -> _Note | None:
        with self._changed:
            if not self._waiting:
                self._writing = False
                return None
            return self._waiting[0]

    def _done(self, note: _Note) -> None:
        with self._changed:
            self._waiting = [one for one in self._waiting if one is not note]
            self._changed.notify_all()

    def _written(self, note: _Note) -> bool:
        """Write it, or say that it is to be tried again; where no try can, its reader reads no further."""
        try:
            self._write(note.db, note.record)
        except StoreError as error:
            if not isinstance(error, StoreRefused):
                _log.warning("a search waits for the store error=%s", error)
                return False
            self._lose(note)
        except Exception:  # noqa: BLE001 - the last resort of this thread
            self._lose(note)
        return True

    def _lose(self, note: _Note) -> None:
        _log.exception("a search can't be recorded reference=%s", new_reference())
        with self._changed:
            self._lost.add(note.key)


def _append(db: Database, record: Draft) -> None:
    append(db, [record])


notes: Final = Notes(_append)


def searched(services: Services, actor: Actor, search: Search, now: int) -> None:
    """Note that somebody reads this, once in half an hour; it never waits for the store to take it.

    Raises Unrecorded where that could not be written down for a minute.
    """
    sought = {} if search.wanted.person is None else {"sought": search.wanted.person}
    acting = Acting(services=services, actor=actor, now=now)
    sites = search.scope.sites if search.site is None else frozenset({search.site})
    record = Draft(
        kind=Kind.LOG_SEARCHED,
        received=now,
        site=search.site,
        refs={
            "session": actor.session,
            "page": search.page,
            "filter": search.text,
            **standing(acting, actor, sites),
        },
        private={**{name: value for name, value in acting.whole.items() if value}, **sought},
    )
    notes.take(services.db, search.key(actor), record)
