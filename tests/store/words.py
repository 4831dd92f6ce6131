"""What a device may say, in the log's own words, and what the log holds of it."""

import atexit
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from sqlalchemy import insert, select

from core.feeds import Boot
from core.leaf import Draft, EventKey
from core.records import BY_CODE, Kind
from core.reports import BackfillReport, StatusReport
from store import schema
from store.database import FILE_NAME, Database
from store.folding.feeds import decode_boot
from store.opening import open_database
from tests.stores import new_store

NOW = 1_790_000_000_000_000
SECOND = 1_000_000
HEARTBEAT_S = 30
SITE, DEVICE, DOOR = "berlin", "ctl", "lobby"
ZONES = {"berlin": "Europe/Berlin", "newyork": "America/New_York", "chatham": "Pacific/Chatham"}
FIRST, SECOND_BOOT, THIRD = "01A", "01B", "01C"


@cache
def _template() -> Path:
    """Make one store with an estate, to be copied: migrating takes longer than most tests."""
    folder = Path(mkdtemp(prefix="gatehouse-test-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    db = new_store(folder)
    with db.write() as connection:
        sites = [{"id": site, "name": site.title(), "time_zone": zone} for site, zone in ZONES.items()]
        connection.execute(insert(schema.site), sites)
        plain = {"family": "gatehouse", "name": "", "heartbeat_s": HEARTBEAT_S}
        devices = [{"id": DEVICE, "site": SITE, **plain}, {"id": "other", "site": "newyork", **plain}]
        connection.execute(insert(schema.device), devices)
    db.close()
    return folder


def fresh(folder: Path) -> Database:
    """Open a new store in this folder, with three sites and two devices."""
    folder.mkdir(mode=0o700)
    shutil.copy(_template() / FILE_NAME, folder)
    return open_database(folder)


def event(boot: str, seq: int, kind: Kind = Kind.DOOR_OPENED, *, received: int = NOW, **more: Any) -> Draft:
    """Make what ingest makes of a native device's event."""
    plain = {"site": SITE, "door": DOOR, "device": DEVICE, "at": received}
    refs = {"boot": boot, "seq": seq, **more.pop("refs", {})}
    return Draft(kind=kind, received=received, refs=refs, event_key=EventKey(boot, seq), **{**plain, **more})


def status(boot: str, seq: int, *, received: int = NOW, live: bool = True, **more: Any) -> StatusReport:
    return StatusReport(
        device=DEVICE,
        received=received,
        online=more.pop("online", True),
        live=live,
        boot=boot,
        seq=seq,
        **more,
    )


def answer(
    boot: str, first: int, last: int, events: Sequence[int] = (), *, received: int = NOW, **more: Any
) -> BackfillReport:
    return BackfillReport(
        device=DEVICE,
        received=received,
        boot=boot,
        first=first,
        last=last,
        events=tuple(event(boot, seq, backfilled=True) for seq in events),
        lost=more.pop("lost", ()),
        more=more.pop("more", False),
        **more,
    )


@dataclass(frozen=True)
class Record:
    """A line of the log as it is stored."""

    id: int
    kind: Kind
    received: int
    at: int
    leaf: dict[str, Any]

    @property
    def refs(self) -> dict[str, Any]:
        refs: dict[str, Any] = self.leaf.get("refs", {})
        return refs


def records(db: Database, *kinds: Kind) -> list[Record]:
    """Give the whole log, or these kinds of it, in order."""
    with db.read() as connection:
        rows = connection.execute(select(schema.leaf).order_by(schema.leaf.c.id)).all()
    every = [Record(r.id, BY_CODE[r.kind].kind, r.received, r.at, json.loads(r.leaf)) for r in rows]
    return [one for one in every if not kinds or one.kind in kinds]


def kinds(db: Database) -> list[str]:
    """Give the names of all that was recorded, in order."""
    return [one.kind.value for one in records(db)]


def gaps(db: Database, *, still_open: bool = True) -> list[tuple[str, int, int]]:
    """Give the gaps as (boot, first, last), in order of their records."""
    query = select(schema.gap).order_by(schema.gap.c.id)
    with db.read() as connection:
        rows = connection.execute(
            query.where(schema.gap.c.closed_id.is_(None)) if still_open else query
        ).all()
    return [(row.boot, row.first, row.last) for row in rows]


def boots(db: Database) -> dict[str, Boot]:
    """Give what the log knows of the device's sequences."""
    with db.read() as connection:
        rows = connection.execute(select(schema.feed).where(schema.feed.c.device == DEVICE)).all()
    return {row.boot: decode_boot(row.state) for row in rows}


def heard_at(db: Database) -> dict[str, int]:
    """Give when each device was last heard."""
    return {row["device"]: row["at"] for row in table(db, "heard")}


def table(db: Database, name: str) -> list[dict[str, Any]]:
    """Give all rows of a table."""
    with db.read() as connection:
        return [dict(row) for row in connection.execute(select(schema.metadata.tables[name])).mappings()]
