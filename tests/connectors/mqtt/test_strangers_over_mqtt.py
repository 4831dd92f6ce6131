"""Strangers and last words from a real broker into the store."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from connectors.mqtt.client import Broker
from connectors.mqtt.ingest import Ingest
from core.model import Device, Estate, Site
from core.records import Kind
from store.database import Database
from store.estate import EstateDocument, import_estate
from store.ingest_log import IngestLog
from store.opening import open_database
from store.touch import Holder
from tests.connectors.mqtt.running import RunningBroker, running
from tests.store.words import records, table
from tests.waiting import until

pytestmark = pytest.mark.slow
SITE = Site(id="s", name="S", time_zone="UTC")
PANEL = Device(id="panel", site="s", family="gatehouse")
NEW = Device(id="shelly", site="s", family="shelly", topic="shellyplus1-08b61fd90730")
ANNOUNCED = b'{"name":"Front door","state_topic":"home/door/lock","unique_id":"x1"}'
RETAINED = {
    "homeassistant/lock/x/config": ANNOUNCED,
    "shellyplus1-08b61fd90730/online": b"true",
    "gatehouse/v1/s/nobody/status": b'{"online":true}',
}


@contextmanager
def listening(db: Database, broker: RunningBroker) -> Iterator[None]:
    account = broker.principal("ingest")
    at = Broker(host="127.0.0.1", port=broker.port, username=account.username, password=account.password)
    ingest = Ingest(IngestLog(db, Holder(id="test")), at, "ingest")
    thread = threading.Thread(target=ingest.run)
    thread.start()
    try:
        yield
    finally:
        ingest.stop()
        thread.join(10)


def strangers(db: Database) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in table(db, "unclaimed")}


def said(db: Database, words: bytes) -> bool:
    """Whether the panel's last words hold these."""
    return any(row["device"] == "panel" and words in row["words"] for row in table(db, "device_words"))


def test_who_speaks_without_being_in_the_estate_is_listed_and_counted_once_over_reconnects(
    tmp_path: Path,
) -> None:
    db = open_database(tmp_path / "data")
    import_estate(db, EstateDocument(sites=(SITE,), devices=(PANEL,), doors=()), 1, "admin")
    estate = Estate.of([SITE], [PANEL], [])
    with running(tmp_path / "broker", estate) as broker, broker.peer("demo") as world:
        for topic, payload in RETAINED.items():
            world.publish(topic, payload, retain=True)
        for word in (b"first", b"second"):
            with listening(db, broker):
                until(lambda: len(strangers(db)) == len(RETAINED), seconds=30)
                world.publish("gatehouse/v1/s/panel/event", word)
                until(partial(said, db, word), seconds=30)

        names = {"x1": 1, "shellyplus1-08b61fd90730": 1, "s/nobody": 1}
        assert {name: row["n"] for name, row in strangers(db).items()} == names
        assert len(records(db, Kind.DEVICE_DISCOVERED)) == len(RETAINED)
        assert said(db, b"feed.unmapped: not_json")
        import_estate(db, EstateDocument(sites=(SITE,), devices=(PANEL, NEW), doors=()), 2, "admin")
        assert set(strangers(db)) == {"x1", "s/nobody"}
    db.close()
