"""What a door needs for somebody to be asked for a proof: a key of its device, and ingest that is heard."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Final

from operations.device_keys import DeviceKeys
from store.clock import now_us
from store.database import Database
from store.ingest_log import LEASE
from store.sealed import PART as LEDGER
from store.touch import Part, PartState, report_part, take_lease
from tests.operations.unlocking import HOLDER
from tests.sso.console import Sso

DEVICE: Final = "paris-dev"


@contextmanager
def keyed(sso: Sso) -> Iterator[None]:
    """Let the door's device have a key: at one that can't be asked nobody is asked for a proof."""
    keys = DeviceKeys(sso.console.data)
    keys.issue(DEVICE)
    yield
    keys.revoke(DEVICE)


class Hearing:
    """Ingest, as far as those who act ask after it: heard for as long as the block lasts."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._over = Event()
        self._thread = Thread(target=self._go_on)

    def __enter__(self) -> None:
        self._hear()
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _go_on(self) -> None:
        while not self._over.wait(1.0):
            self._hear()

    def _hear(self) -> None:
        now = now_us()
        assert take_lease(self._db, LEASE, HOLDER, now=now, seconds=5)
        info = {"canary_age_us": 0}
        report_part(self._db, Part(name="ingest", state=PartState.OK, at=now, info=info))
        report_part(self._db, Part(name=LEDGER, state=PartState.OK, at=now))
