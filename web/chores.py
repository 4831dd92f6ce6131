"""What the web process does by itself, each chore in a thread of its own.

They wait for other people's servers, some of them for long: on the event loop's threads they would take
places from requests, and hold up the end of the process.
"""

import logging
from collections.abc import Callable
from threading import Event, Thread
from time import monotonic
from typing import Final

from auth.identity import Identity
from auth.trust_watch import watches
from core.errors import StoreError
from store.clock import new_reference, now_us
from store.database import Database
from web.export_builder import ExportBuilder

_log = logging.getLogger("gatehouse.web")
_EVERY_S: Final = 1.0
# Whoever is still waiting for a provider then ends with the process.
_LAST_WAIT_S: Final = 1.0


class Chores:
    """Runs chores from `begin` to `stop`."""

    def __init__(self, every_s: float = _EVERY_S) -> None:
        """Begin nothing yet."""
        self._every_s = every_s
        self._over = Event()
        self._threads: list[Thread] = []

    def begin(self, name: str, work: Callable[[int], object]) -> None:
        """Do this now and again and again, each time with the time (µs UTC)."""
        thread = Thread(target=self._run, args=(name, work), name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def stop(self) -> None:
        """Begin no round any more, and wait a little for those under way."""
        self._over.set()
        until = monotonic() + _LAST_WAIT_S
        for thread in self._threads:
            thread.join(max(0.0, until - monotonic()))

    def _run(self, name: str, work: Callable[[int], object]) -> None:
        while not self._over.is_set():
            try:
                work(now_us())
            except StoreError as error:
                _log.warning("a chore waits for the store chore=%s error=%s", name, error)
            except Exception:  # noqa: BLE001 - the last resort of this thread
                _log.exception("a chore is done again later chore=%s reference=%s", name, new_reference())
            self._over.wait(self._every_s)


def begin_chores(db: Database, identity: Identity) -> Chores:
    """Begin to look at each provider, to take back tokens of sessions that have ended, to build exports."""
    chores = Chores()
    chores.begin("exports", ExportBuilder(db).round)
    chores.begin("revocation", identity.revocation.round)
    for watch in watches(db, identity.oidc):
        chores.begin(f"trust-{watch.name}", watch.round)
    return chores
