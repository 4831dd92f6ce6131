"""The sealer as a thread of the ingest process: it seals, says how it is, and tries again by itself."""

import logging
import os
import time
from threading import Event, Thread
from typing import Final

from auth.evidence_keys import EvidenceKey, certified
from auth.ledger_keys import LedgerKeys
from commands.checkpoints import Checkpoints, destinations
from commands.console import Console
from commands.ledger_checks import LedgerChecks
from core.errors import AlreadyRunning, GatehouseError, LogAltered, StartRefused, StoreError
from core.times import SECOND_US
from settings import Settings
from store.clock import new_reference, now_us
from store.database import Database
from store.ledger import open_ledger, reading
from store.log import append
from store.sealed import PART
from store.sealer import AT_ONCE, Sealer
from store.touch import Part, PartState, report_part

_EVERY_S: Final = 0.4
_AGAIN_S: Final = 1.0
_REPORT_US: Final = SECOND_US
# Further behind than this, a record is not sealed as soon as is promised.
_LATE_US: Final = 3 * SECOND_US
_LAST_WAIT_S: Final = 2.0
_log = logging.getLogger("gatehouse.sealer")


def make_key(settings: Settings, console: Console) -> None:
    """Make the key of a new log and print its fingerprint; raises StartRefused."""
    keys = LedgerKeys(settings.data, settings.public_url)
    if keys.ensure():
        key = keys.public()
        console.say(f"seals its log by the key {key.fingerprint}: write this down where no one can change it")


class Sealing:
    """Seals from `start` to `stop`."""

    def __init__(self, db: Database, settings: Settings) -> None:
        """Prepare; nothing runs yet; raises SettingsRefused for where checkpoints are to go."""
        self._db = db
        self._settings = settings
        self._checkpoints = Checkpoints(db, settings, destinations(settings))
        self._checks = LedgerChecks(db, settings)
        self._over = Event()
        self._thread = Thread(target=self._run, name="sealer", daemon=True)
        self._ledger: Database | None = None
        self._reported = 0
        self._state: PartState | None = None
        self._vouched = self._unvouched = ""

    def start(self) -> None:
        """Begin."""
        self._checkpoints.start()
        self._thread.start()

    def stop(self) -> None:
        """Seal what is there, and end."""
        self._over.set()
        self._thread.join(_LAST_WAIT_S)
        self._checks.stop()
        self._checkpoints.stop()

    def _run(self) -> None:
        while not self._over.is_set():
            sealer: Sealer | None = None
            try:
                sealer = self._open()
                self._seal(sealer)
            except AlreadyRunning:
                # It says itself how it is.
                _log.debug("another process seals")
            except Exception as error:  # noqa: BLE001 - the boundary of this thread
                self._trouble(error)
            finally:
                if sealer is not None:
                    sealer.close()
                # What failed on a file is not tried again on the same one.
                if self._ledger is not None:
                    self._ledger.close()
            self._over.wait(_AGAIN_S)

    def _open(self) -> Sealer:
        keys = LedgerKeys(self._settings.data, self._settings.public_url)
        if keys.ensure():
            _log.warning("a key was made for the log fingerprint=%s", keys.public().fingerprint)
        ledger = self._ledger = open_ledger(self._settings.data)
        sealer = Sealer(self._db, ledger, keys, self._checkpoints.tell)
        try:
            sealer.open(now_us())
            self._checks.begin(ledger)
            with reading(ledger) as tree:
                last = tree.latest()
            if last is not None:
                # Signed by who sealed before, it may not have got anywhere.
                self._checkpoints.tell(last)
        except BaseException:
            sealer.close()
            raise
        return sealer

    def _seal(self, sealer: Sealer) -> None:
        while True:
            last = self._over.is_set()
            before = sealer.size
            self._vouch(sealer)
            sealer.turn(now_us())
            self._report(sealer)
            if sealer.size - before >= AT_ONCE:
                continue
            if last:
                return
            self._over.wait(_EVERY_S)

    def _vouch(self, sealer: Sealer) -> None:
        """Say by the log's key, once for each, which key signs evidence packages."""
        if sealer.key.kid == self._vouched:
            return
        try:
            evidence = EvidenceKey.of(self._settings.data)
        except StartRefused as error:
            # The log is sealed without it: only packages wait until somebody has put it right.
            if str(error) != self._unvouched:
                _log.warning("no evidence package can be made: %s", error)
            self._unvouched = str(error)
            return
        log = LedgerKeys(self._settings.data, self._settings.public_url).signer(sealer.key.name)
        append(self._db, [certified(log, evidence, now_us())])
        self._vouched, self._unvouched = log.key.kid, ""

    def _report(self, sealer: Sealer) -> None:
        now = now_us()
        if 0 <= now - self._reported < _REPORT_US:
            return
        since = sealer.waiting_since()
        behind = max(0, now - since) if since else 0
        info: dict[str, str | int] = {
            "size": sealer.size,
            "sealed_at": sealer.sealed_at,
            "kid": sealer.key.kid,
            "fingerprint": sealer.key.fingerprint,
            "behind_us": behind,
            # What all this has cost so far.
            "cpu_ms": time.thread_time_ns() // 1_000_000,
            **self._checks.info,
        }
        if behind > _LATE_US:
            info["trouble"] = "records wait to be sealed"
        elif "damage" in info:
            info["trouble"] = f"the log is not what was sealed: {info['damage']}"
        self._say(PartState.DEGRADED if "trouble" in info else PartState.OK, info, now)

    def _trouble(self, error: Exception) -> None:
        now = now_us()
        words = str(error) if isinstance(error, GatehouseError) else f"see reference {self._reference(error)}"
        info: dict[str, str | int] = {"trouble": f"nothing is sealed: {words}"}
        if isinstance(error, LogAltered):
            info["altered"] = words
        try:
            self._say(PartState.DOWN, info, now)
        except StoreError as also:
            _log.warning("the sealer could not report its trouble error=%s", also)

    @staticmethod
    def _reference(error: Exception) -> str:
        reference = new_reference()
        _log.error("sealing is tried again reference=%s", reference, exc_info=error)
        return reference

    def _say(self, state: PartState, info: dict[str, str | int], now: int) -> None:
        if state is not self._state:
            level = logging.INFO if state is PartState.OK else logging.WARNING
            _log.log(level, "state=%s trouble=%s", state.value, info.get("trouble", ""))
        self._state, self._reported = state, now
        report_part(self._db, Part(name=PART, state=state, at=now, pid=os.getpid(), info=info))
