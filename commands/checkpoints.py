"""Sends checkpoints to every destination that is set up, and says and records how that goes."""

import logging
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event, Thread
from typing import Final

from commands.brokers import sealer_broker
from commands.checkpoint_settings import CheckpointSettings, read_checkpoints
from commands.couriers import Courier
from connectors.checkpoints.destination import Destination
from connectors.checkpoints.folder import Folder
from connectors.checkpoints.mqtt import Retained
from connectors.checkpoints.syslog import Syslog
from connectors.checkpoints.webhook import Webhook
from connectors.mqtt.client import Broker
from core.delivery import Turn
from core.errors import Contradicted, ProofWrong, StartRefused, StoreError, Undelivered
from core.leaf import Draft, EventKey, Scalar
from core.records import Kind
from core.verifying import What
from settings import Settings, SettingsRefused
from store.clock import new_reference, now_us
from store.database import Database
from store.deliveries import PART, Delivered, Deliveries, of_info, to_info
from store.ledger import Seal, open_ledger, reading
from store.log import append
from store.touch import Part, PartState, parts, report_part

_LOOK_S: Final = 0.5
_REPORT_S: Final = 5.0
_LAST_WAIT_S: Final = 1.0
_KINDS: Final = {Turn.LOST: Kind.CHECKPOINT_UNDELIVERED, Turn.BACK: Kind.CHECKPOINT_DELIVERED}
_log = logging.getLogger("gatehouse.checkpoints")


class Checkpoints:
    """Sends from `start` to `stop`; `tell` never waits for a destination."""

    def __init__(self, db: Database, settings: Settings, destinations: Sequence[Destination]) -> None:
        """Prepare; nothing runs yet."""
        self._db = db
        self._demo = settings.demo
        before = {one.name: one for one in _last_told(db).each}
        self._couriers = [Courier(one, before.get(one.name)) for one in destinations]
        self._newest = 0
        self._owed: list[Draft] = []
        self._reported = 0.0
        self._shown: tuple[Delivered, ...] = ()
        self._over = Event()
        self._thread = Thread(target=self._watch, name="checkpoints", daemon=True)

    def start(self) -> None:
        """Begin."""
        for one in self._couriers:
            one.start()
        self._thread.start()

    def stop(self) -> None:
        """Try once more what waits, and end."""
        deadline = time.monotonic() + _LAST_WAIT_S
        for one in self._couriers:
            one.stop(max(0.0, deadline - time.monotonic()))
        self._over.set()
        self._thread.join(_LAST_WAIT_S)

    def tell(self, seal: Seal) -> None:
        """Let a checkpoint go out."""
        self._newest = seal.size
        for one in self._couriers:
            one.offer(seal)

    def _watch(self) -> None:
        last = False
        while not last:
            last = self._over.wait(_LOOK_S)
            try:
                self._record()
                self._report(last=last)
            except StoreError as error:
                _log.warning("how checkpoints go could not be written error=%s", error)
            except Exception:  # noqa: BLE001 - the boundary of this thread
                _log.exception("how checkpoints go could not be told reference=%s", new_reference())

    def _record(self) -> None:
        for courier in self._couriers:
            turn = courier.judge()
            if turn is not None:
                self._owe(turn, courier.told())
            found = courier.contradiction()
            if found is not None:
                self._owed.append(_damage(courier.name, found))
        if self._owed:
            append(self._db, self._owed)
            self._owed.clear()

    def _owe(self, turn: Turn, told: Delivered) -> None:
        refs: dict[str, Scalar] = {"destination": told.name, "delivered": told.size, "newest": self._newest}
        self._owed.append(Draft(kind=_KINDS[turn], received=now_us(), refs=refs))
        _log.warning("destination=%s is %s trouble=%s", told.name, turn.value, told.trouble)

    def _report(self, *, last: bool) -> None:
        each = tuple(one.told() for one in self._couriers)
        changed = [(one.name, one.lost, one.trouble) for one in each] != [
            (one.name, one.lost, one.trouble) for one in self._shown
        ]
        now = time.monotonic()
        if not (last or changed or now - self._reported >= _REPORT_S):
            return
        state = PartState.DEGRADED if any(one.lost for one in each) else PartState.OK
        info = to_info(Deliveries(each=each, newest=self._newest, demo=self._demo))
        report_part(self._db, Part(name=PART, state=state, at=now_us(), pid=os.getpid(), info=info))
        self._reported, self._shown = now, each


def _damage(name: str, found: Contradicted) -> Draft:
    """Say that the log is not the one whose checkpoint lies elsewhere, once for each such checkpoint."""
    _log.error("the log is not what was sealed destination=%s trouble=%s", name, found)
    refs: dict[str, Scalar] = {"what": What.CONTRADICTED.value, "destination": name, "known": found.size}
    once = EventKey(stream=f"ledger.damaged.{What.CONTRADICTED.value}.{name}", number=found.size)
    return Draft(kind=Kind.LEDGER_DAMAGED, received=now_us(), refs=refs, event_key=once)


def destinations(settings: Settings) -> tuple[Destination, ...]:
    """Make every destination that is set up; raises SettingsRefused."""
    return tuple(_destinations(settings, read_checkpoints(settings)))


def _destinations(settings: Settings, chosen: CheckpointSettings) -> Iterator[Destination]:
    if chosen.folder is not None:
        data = settings.data
        yield Folder(chosen.folder, data, lambda *span: _kept(data, *span), lambda size: _root(data, size))
    if chosen.syslog is not None:
        yield Syslog(*chosen.syslog)
    if chosen.webhook is not None:
        yield Webhook(chosen.webhook)
    if chosen.mqtt:
        where = f"{settings.mqtt_host or '127.0.0.1'}:{settings.mqtt_port}"
        yield Retained(lambda: _broker(settings, chosen), where)


def _broker(settings: Settings, chosen: CheckpointSettings) -> Broker:
    try:
        return sealer_broker(settings, chosen.mqtt_username, chosen.mqtt_password_file)
    except SettingsRefused as error:
        raise StartRefused(str(error)) from error


def _kept(data: Path, size: int, last: int, most: int) -> Sequence[Seal]:
    """Give checkpoints that the ledger has kept; raises Undelivered."""
    try:
        ledger = open_ledger(data)
        try:
            with reading(ledger) as tree:
                return tree.seals_after(size, last, most)
        finally:
            ledger.close()
    except StoreError as error:
        raise Undelivered("what was sealed can't be read from ledger.db") from error


def _root(data: Path, size: int) -> bytes | None:
    """Give the root over the first so many records; raises Undelivered."""
    try:
        ledger = open_ledger(data)
        try:
            with reading(ledger) as tree:
                return tree.root(size) if size <= tree.size else None
        finally:
            ledger.close()
    except (StoreError, ProofWrong) as error:
        raise Undelivered("what was sealed can't be read from ledger.db") from error


def _last_told(db: Database) -> Deliveries:
    return next((of_info(one.info) for one in parts(db) if one.name == PART), Deliveries())
