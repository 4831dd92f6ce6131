"""Follows the log: every record once and in order, within milliseconds of its commit in any process."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from core.errors import StoreError
from store.act_views import changed_acts
from store.clock import new_reference, now_us
from store.database import Database
from store.projections import changed_calls, changed_gaps, changed_tiles
from store.rows import Row, next_rows, read_head
from store.sqlite import VersionWatch
from store.views import ActView, CallView, GapView, Tile

logger = logging.getLogger(__name__)

PAGE: Final = 1_000
_ACTIVE_POLL_S: Final = 0.001
_IDLE_POLL_S: Final = 0.004
# How many polls after the last record still count as active. A word each second must not keep it so: most of
# what a console at rest does is looking.
_ACTIVE_POLLS: Final = 100
_FIRST_RETRY_S: Final = 0.1
_LAST_RETRY_S: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Records after `after` up to `head`, and what they changed, all of one moment of the log.

    A tile, call, gap or act is in the batch that holds its last change, so that state never runs ahead.
    """

    after: int
    head: int
    rows: tuple[Row, ...]
    doors: tuple[Tile, ...] = ()
    calls: tuple[CallView, ...] = ()
    gaps: tuple[GapView, ...] = ()
    acts: tuple[ActView, ...] = ()


Callback: TypeAlias = Callable[[Batch], None]


class Tail:
    """One thread a process that reads what is committed and tells its subscribers, on that thread."""

    def __init__(self, db: Database) -> None:
        """Follow this store; nothing runs before `start`."""
        self._db = db
        self._position = 0
        self._subscribers: tuple[Callback, ...] = ()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def position(self) -> int:
        """The id up to which every subscriber has been told."""
        return self._position

    def subscribe(self, callback: Callback) -> Callable[[], None]:
        """Tell this callback of every later batch, on the tail's thread; returns what ends that."""
        with self._lock:
            self._subscribers = (*self._subscribers, callback)

        def unsubscribe() -> None:
            with self._lock:
                self._subscribers = tuple(one for one in self._subscribers if one is not callback)

        return unsubscribe

    def start(self, after: int | None = None) -> None:
        """Follow from this record on (None: from the log's present head); raises StoreError. Idempotent."""
        with self._lock:
            if self._thread is not None:
                return
            self._position = self._head() if after is None else after
            self._thread = threading.Thread(target=self._run, name="tail", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End within a poll; a batch that is being told is told to its end."""
        self._stopping.set()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def _head(self) -> int:
        with self._db.read() as connection:
            return read_head(connection)

    def _run(self) -> None:
        retry = _FIRST_RETRY_S
        while not self._stopping.is_set():
            before = self._position
            try:
                self._follow()
            except StoreError as error:
                logger.warning("tail waits for the store position=%d error=%s", self._position, error)
            except Exception:
                logger.exception("tail tries again position=%d reference=%s", self._position, new_reference())
            retry = _FIRST_RETRY_S if self._position != before else min(retry * 2, _LAST_RETRY_S)
            self._stopping.wait(retry)

    def _follow(self) -> None:
        watch = VersionWatch(self._db.file)
        idle = 0
        try:
            while not self._stopping.is_set():
                # The version is looked at before the rows, so that a commit in between is not missed.
                if watch.changed() and watch.head() > self._position:
                    self._read_all()
                    idle = 0
                idle += 1
                self._stopping.wait(_ACTIVE_POLL_S if idle < _ACTIVE_POLLS else _IDLE_POLL_S)
        finally:
            watch.close()

    def _read_all(self) -> None:
        full = True
        while full and not self._stopping.is_set():
            full, batch = self._read()
            if batch.head > self._position:
                self._tell(batch)
                self._position = batch.head

    def _read(self) -> tuple[bool, Batch]:
        after, now = self._position, now_us()
        with self._db.read() as connection:
            some = next_rows(connection, after, PAGE)
            between = (after, some.head)
            batch = Batch(
                after=after,
                head=some.head,
                rows=some.rows,
                doors=changed_tiles(connection, some.rows, between),
                calls=changed_calls(connection, some.rows, between, now),
                gaps=changed_gaps(connection, some.rows, between),
                acts=changed_acts(connection, some.rows, between, now),
            )
        return some.full, batch

    def _tell(self, batch: Batch) -> None:
        for callback in self._subscribers:
            try:
                callback(batch)
            except Exception:
                logger.exception("a follower failed head=%d reference=%s", batch.head, new_reference())
