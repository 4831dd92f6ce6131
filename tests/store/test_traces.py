"""Who did what at a door is forgotten beside the log when it is in the log, and not before."""

import msgspec
from sqlalchemy import insert

from core.records import Kind
from core.retention import Hold
from core.times import DAY_US
from store import schema_acts
from store.database import Database
from store.log import append
from store.retention import place_hold
from store.traces import forget_traces
from tests.store.words import NOW, event, table


def fill(db: Database) -> None:
    ring = event("01A", 1, Kind.CALL_RINGING, refs={"call": "c-1"})
    declined = event("01A", 2, Kind.CALL_ENDED, refs={"call": "c-1"})
    append(db, [ring, declined])
    state = msgspec.json.decode(table(db, "call")[0]["state"]) | {"declined": ["local:zoe"]}
    plain: dict[str, object] = {
        "door": "lobby",
        "device": "ctl",
        "subject": "local:zoe",
        "session": "s",
        "state": b"{}",
    }
    plain |= {"busy": False, "requested": NOW, "changed_id": 1}
    with db.write() as connection:
        connection.exec_driver_sql("UPDATE call SET state = ?", (msgspec.json.encode(state),))
        rows = [plain | {"act": "over", "open": False}, plain | {"act": "open", "open": True}]
        connection.execute(insert(schema_acts.flight), rows)


def test_what_is_as_old_as_its_records_are_kept_goes(db: Database) -> None:
    fill(db)

    assert forget_traces(db, NOW + 90 * DAY_US - 1) == 0
    assert forget_traces(db, NOW + 90 * DAY_US) == 1
    assert "declined" not in msgspec.json.decode(table(db, "call")[0]["state"])
    assert len(table(db, "flight")) == 2
    assert forget_traces(db, NOW + 365 * DAY_US) == 1
    assert [row["act"] for row in table(db, "flight")] == ["open"]


def test_while_anything_is_held_all_of_it_stays(db: Database) -> None:
    fill(db)
    place_hold(db, Hold(case="C-1", site="berlin"), "a theft", now=NOW, by="cli:me")

    assert forget_traces(db, NOW + 400 * DAY_US) == 0
    assert len(table(db, "flight")) == 2
