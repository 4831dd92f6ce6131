"""The log as the ingest process uses it: appends, liveness, gaps, the lease."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import func, select, text, update

from core.calls import CALL_LIVES_US
from core.feeds import Boot, Missing, within
from core.model import Estate, stale_at
from core.records import Kind
from core.reports import Bucket, Item, LastWords
from store.acts import awaited, close_due
from store.claims import pass_calls
from store.database import Database
from store.disk import PART, DiskWatch
from store.estate import load_estate
from store.folding.feeds import decode_boot
from store.log import append
from store.modes import close_leases
from store.refusals import close_refusals
from store.schema import call, device, device_state, feed, flood, gap, heard, note
from store.touch import (
    Holder,
    Part,
    PartState,
    drop_lease,
    forget_future,
    forget_part,
    hear,
    report_part,
    take_lease,
)
from store.words import forget_words, keep_words

LEASE: Final = "ingest"
LEASE_S: Final = 5.0
_STALE: Final = (
    select(device.c.id, device.c.heartbeat_s, func.coalesce(heard.c.at, 0).label("heard"))
    .join(device_state, device_state.c.device == device.c.id)
    .outerjoin(heard, heard.c.device == device.c.id)
    .where(device.c.retired.is_(None), device_state.c.online, ~device_state.c.silent)
)
_FIRST_TIME: Final = text("INSERT INTO note (name, value) VALUES (:name, :value) ON CONFLICT DO NOTHING")


class IngestLog:
    """What connectors.mqtt.ports.Log asks for, on the store; one thread's own."""

    def __init__(self, db: Database, holder: Holder, low_bytes: int | None = None) -> None:
        """Act for this holder of the lease; the disk is low below `low_bytes`."""
        self._db = db
        self._holder = holder
        self._disk = DiskWatch(db, low_bytes)

    def append(self, items: Sequence[Item], *, queued: bool = False) -> frozenset[Kind]:
        """Store items durably; answers the kinds that were written."""
        return append(self._db, items, queued=queued).kinds

    def hear(self, words: Mapping[str, int]) -> None:
        """Note when devices were last heard."""
        hear(self._db, words)

    def floods(self) -> Sequence[tuple[str, Bucket]]:
        """Give the floods that nobody has told the end of."""
        with self._db.read() as connection:
            rows = connection.execute(select(flood.c.device, flood.c.bucket)).all()
        return [(row.device, Bucket(row.bucket)) for row in rows]

    def contended(self) -> bool:
        """Whether somebody waits for an act that is being written."""
        return self._db.precedence.is_taken()

    def awaited(self) -> Sequence[tuple[str, str]]:
        """Name each command that waits for an answer, by device and act."""
        return awaited(self._db)

    def missing(self) -> Sequence[Missing]:
        """Give, for each open gap, the first range of it that has not come."""
        with self._db.read() as connection:
            rows = connection.execute(
                select(gap, feed.c.state)
                .outerjoin(feed, (feed.c.device == gap.c.device) & (feed.c.boot == gap.c.boot))
                .join(device, device.c.id == gap.c.device)
                .where(gap.c.closed_id.is_(None), device.c.retired.is_(None))
                .order_by(gap.c.id)
            ).all()
        found = []
        for row in rows:
            boot = decode_boot(row.state) if row.state else Boot()
            ranges = within(boot.missing, row.first, row.last)
            # Where nothing is known to be missing, what is asked for is what may come after the last.
            first = ranges[0][0] if ranges else max(row.first, boot.high + 1)
            found.append(Missing(row.id, row.device, row.boot, first, row.last))
        return found

    def estate(self) -> Estate:
        """Give what is in service."""
        return load_estate(self._db)

    def stale_devices(self, now: int, since: int) -> Sequence[str]:
        """Give the devices that count as online and were not heard in time, nor since we listen."""
        forget_future(self._db, now)
        with self._db.read() as connection:
            rows = connection.execute(_STALE).all()
        return [row.id for row in rows if stale_at(max(row.heard, since), row.heartbeat_s) <= now]

    def lead(self, now: int) -> bool:
        """Take or renew the lease."""
        return take_lease(self._db, LEASE, self._holder, now=now, seconds=LEASE_S)

    def stand_down(self) -> None:
        """Give the lease back, and with it the watch over the disk."""
        drop_lease(self._db, LEASE, self._holder)
        forget_part(self._db, PART)

    def client_id(self) -> str:
        """Give the fixed MQTT client id of this installation.

        No device can guess it: an account at the broker may call itself by any id, and would take our
        session over.
        """
        name = {"name": "mqtt.client_id", "value": f"gatehouse-{secrets.token_hex(8)}"}
        with self._db.write() as connection:
            connection.execute(_FIRST_TIME, name)
            return str(
                connection.execute(select(note.c.value).where(note.c.name == name["name"])).scalar_one()
            )

    def had_session(self, client_id: str) -> bool:
        """Whether this client id has had a session before; notes that it has one now."""
        with self._db.write() as connection:
            done = connection.execute(_FIRST_TIME, {"name": f"mqtt.session.{client_id}", "value": "yes"})
        return done.rowcount == 0

    def report(self, state: str, info: Mapping[str, str | int], now: int) -> None:
        """Say how ingest is."""
        one = Part(name="ingest", state=PartState(state), at=now, pid=self._holder.pid, info=info)
        report_part(self._db, one)

    def keep_words(self, rows: Sequence[LastWords]) -> None:
        """Replace what is kept of the last words of devices."""
        keep_words(self._db, rows)

    def watch_disk(self, now: int) -> None:
        """Keep an eye on the room for records."""
        self._disk.look(now)

    def make_room(self) -> None:
        """Give up the reserve."""
        self._disk.give_up_ballast()

    def close_acts(self, now: int) -> None:
        """Let time pass for commands under way, holds and lockdowns, locks of acts, and unclaimed calls."""
        close_due(self._db, now)
        close_leases(self._db, now)
        close_refusals(self._db, now)
        pass_calls(self._db, now)

    def tidy(self, now: int) -> None:
        """Delete raw words whose time is up, and close calls that nobody ended."""
        with self._db.write() as connection:
            forget_words(connection, now)
            over = call.c.open & (call.c.changed < now - CALL_LIVES_US)
            connection.execute(update(call).where(over).values(open=False, holder=None))
