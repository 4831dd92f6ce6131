"""One rule for every bell that names no calls: history is recorded and opens none."""

from pathlib import Path
from typing import Final

from sqlalchemy import select

from connectors.devices.bells import call
from connectors.devices.common import moment
from connectors.devices.family import Message
from connectors.devices.listening import Heard
from core.calls import CallState
from core.leaf import Draft, EventKey
from core.records import Kind
from core.reports import Item
from core.times import SECOND_US
from store.log import append
from store.schema import call as calls
from tests.connectors.devices.wall import NOW, Wall, ring
from tests.stores import new_store

WALL: Final = Wall("shelly", "wall", ("1",))
KEY: Final = EventKey("push", 7)


def rung(ago_s: int, *, retain: bool = False) -> Item:
    """Let the bell have rung so many seconds ago."""
    message = Message("wall/bell", b"", retain, NOW)
    source = Heard(message, WALL.estate.devices["dev"], WALL.estate)
    when = moment(NOW - ago_s * SECOND_US, message)
    return call(source, WALL.estate.doors["1"], CallState.RINGING, when, key=KEY)


def test_a_ring_of_now_is_about_the_call_at_the_door() -> None:
    assert rung(1) == ring("1", at=NOW - SECOND_US)


def test_a_ring_of_the_past_is_a_record_that_names_no_call() -> None:
    for found in (rung(60), rung(1, retain=True)):
        assert isinstance(found, Draft)
        assert (found.kind, found.door, found.backfilled) == (Kind.CALL_RINGING, "1", True)
        assert (found.refs, found.event_key) == ({}, KEY)


def test_a_ring_of_a_minute_ago_leaves_no_call_that_a_wall_could_show(tmp_path: Path) -> None:
    database = new_store(tmp_path / "data")

    appended = append(database, [rung(60)])

    assert appended.kinds == {Kind.CALL_RINGING}
    with database.read() as connection:
        assert connection.execute(select(calls.c.call)).all() == []
