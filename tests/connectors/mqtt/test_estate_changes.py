"""What comes into the estate while ingest runs is listened to from then on."""

from functools import partial
from pathlib import Path

import msgspec
import pytest

from core.doors import DoorState, Lock
from core.model import Device, Door, Estate, Site
from store.database import Database
from store.estate import EstateDocument, import_estate
from store.opening import open_database
from tests.connectors.mqtt.running import running
from tests.connectors.mqtt.test_strangers_over_mqtt import listening
from tests.store.words import table
from tests.waiting import until

pytestmark = pytest.mark.slow
SITE = Site(id="s", name="S", time_zone="UTC")
RELAY = Device(id="relay", site="s", family="shelly", topic="hall/relay", heartbeat_s=0)
DOOR = Door(id="hall", site="s", device="relay", number="switch:0", name="Hall")


def locks(db: Database) -> dict[str, Lock]:
    """Give what the lock of each door that was heard of does."""
    rows = table(db, "door_state")
    return {row["door"]: msgspec.json.decode(row["state"], type=DoorState).facets.lock for row in rows}


def test_a_door_that_comes_into_the_estate_is_followed_by_the_ingest_that_runs(tmp_path: Path) -> None:
    db = open_database(tmp_path / "data")
    import_estate(db, EstateDocument(sites=(SITE,)), 1, "admin")
    with running(tmp_path / "broker", Estate.of([SITE], [RELAY], [DOOR])) as broker:
        relay = broker.peer("demo")
        with relay, listening(db, broker):
            until(lambda: bool(table(db, "lease")), seconds=30)
            relay.publish("hall/relay/status/switch:0", b'{"id":0,"output":true}', retain=True)
            assert locks(db) == {}

            import_estate(db, EstateDocument(sites=(SITE,), devices=(RELAY,), doors=(DOOR,)), 2, "admin")
            until(partial(_is, db, Lock.UNLOCKED), seconds=30)

            relay.publish("hall/relay/status/switch:0", b'{"id":0,"output":false}', retain=True)
            until(partial(_is, db, Lock.LOCKED), seconds=30)
    db.close()


def _is(db: Database, lock: Lock) -> bool:
    return locks(db) == {"hall": lock}
