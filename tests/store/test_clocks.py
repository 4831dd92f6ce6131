"""What clocks that are wrong, theirs or ours, must not do."""

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import select

from core.calls import CALL_LIVES_US, Call
from core.doors import Alarm, DoorFacets, DoorState, Lock, Position
from core.leaf import Draft
from core.records import Kind
from core.reports import DoorReport
from core.times import DAY_US, MINUTE_US
from store import schema
from store.database import Database
from store.ingest_log import IngestLog
from store.log import append
from store.touch import Holder, hear
from tests.store.words import DEVICE, DOOR, FIRST, NOW, SECOND, SITE, event, kinds, status

HOUR = 60 * MINUTE_US


def heard(db: Database) -> int:
    with db.read() as connection:
        return int(connection.execute(select(schema.heard.c.at)).scalar_one())


def test_after_our_clock_was_set_back_a_word_counts_from_the_clock_as_it_is(db: Database) -> None:
    hear(db, {DEVICE: NOW + 2 * HOUR})
    hear(db, {DEVICE: NOW})

    assert heard(db) == NOW


def test_a_word_that_was_only_noted_late_moves_nothing_back(db: Database) -> None:
    hear(db, {DEVICE: NOW})
    hear(db, {DEVICE: NOW - SECOND})

    assert heard(db) == NOW


def test_a_device_that_died_while_our_clock_was_ahead_falls_silent_in_time(db: Database) -> None:
    log = IngestLog(db, Holder(id="h"))
    append(db, [status(FIRST, 0)])
    hear(db, {DEVICE: NOW + 2 * HOUR})

    assert log.stale_devices(NOW, NOW - HOUR) == []
    assert log.stale_devices(NOW + 2 * MINUTE_US, NOW - HOUR) == [DEVICE]


def test_one_reading_of_a_clock_far_ahead_does_not_drag_the_times_of_devices_along(db: Database) -> None:
    append(db, [event(FIRST, 1, received=NOW + 500 * DAY_US)])
    append(db, [event(FIRST, 2, received=NOW)])

    with db.read() as connection:
        rows = connection.execute(select(schema.leaf.c.at, schema.leaf.c.received)).all()
    assert [row.at for row in rows] == [NOW + 500 * DAY_US, NOW]
    assert rows[1].received == NOW + 500 * DAY_US


@pytest.mark.parametrize("behind", [0, 150 * SECOND])
def test_a_bell_rings_however_slow_its_clock_is(db: Database, behind: int) -> None:
    append(db, [event(FIRST, 1, Kind.CALL_RINGING, at=NOW - behind, refs={"call": "c1"})])

    assert called(db).lives(NOW + SECOND)
    assert not called(db).lives(NOW + CALL_LIVES_US + SECOND)


def test_a_ring_that_came_late_does_not_ring(db: Database) -> None:
    late = NOW - CALL_LIVES_US - SECOND
    append(db, [event(FIRST, 1, Kind.CALL_RINGING, at=late, refs={"call": "c1"}, backfilled=True)])

    assert not called(db).lives(NOW)


def called(db: Database) -> Call:
    with db.read() as connection:
        return msgspec.json.decode(connection.execute(select(schema.call.c.state)).scalar_one(), type=Call)


def told(position: Position, at: int, alarm: Alarm = Alarm.NONE) -> DoorReport:
    facets = DoorFacets(position=position, lock=Lock.LOCKED, alarm=alarm)
    return DoorReport(device=DEVICE, door=DOOR, received=at, live=True, boot="", seq=0, at=at, facets=facets)


def said(kind: Kind, at: int) -> Draft:
    return Draft(kind=kind, received=at, at=at, site=SITE, door=DOOR, device=DEVICE)


def facets(db: Database) -> DoorFacets:
    with db.read() as connection:
        state = connection.execute(select(schema.door_state.c.state)).scalar_one()
    return msgspec.json.decode(state, type=DoorState).facets


def test_of_a_device_that_numbers_nothing_the_later_word_counts_be_it_event_or_state(db: Database) -> None:
    append(db, [told(Position.CLOSED, NOW)])
    append(db, [said(Kind.DOOR_FORCED_OPEN, NOW + MINUTE_US)])
    assert (facets(db).position, facets(db).alarm) == (Position.OPEN, Alarm.FORCED)

    append(db, [told(Position.CLOSED, NOW + 2 * MINUTE_US)])
    assert (facets(db).position, facets(db).alarm) == (Position.CLOSED, Alarm.NONE)

    append(db, [said(Kind.DOOR_OPENED, NOW + MINUTE_US)])
    assert facets(db).position is Position.CLOSED


def test_the_states_of_a_device_that_numbers_nothing_are_recorded_as_what_happened(db: Database) -> None:
    append(db, [told(Position.CLOSED, NOW)])
    append(db, [told(Position.OPEN, NOW + SECOND, Alarm.HELD)])
    append(db, [told(Position.CLOSED, NOW + 2 * SECOND)])
    append(db, [replace(told(Position.OPEN, NOW + 3 * SECOND), live=False)])

    assert kinds(db) == [
        Kind.DOOR_REPORTED,
        Kind.DOOR_HELD_OPEN,
        Kind.DOOR_OPENED,
        Kind.DOOR_CLOSED,
        Kind.DOOR_CORRECTED,
    ]


def test_what_waited_for_us_at_the_broker_does_not_prove_that_its_device_lives(db: Database) -> None:
    append(db, [status(FIRST, 0)])
    hear(db, {DEVICE: NOW - HOUR})
    before = heard(db)
    append(db, [event(FIRST, 1)], queued=True)
    append(db, [status(FIRST, 1)], queued=True)

    assert heard(db) == before
    append(db, [event(FIRST, 2)])
    assert heard(db) == NOW


def test_a_ring_that_waited_for_us_too_long_does_not_ring(db: Database) -> None:
    late = NOW - CALL_LIVES_US - SECOND
    append(db, [event(FIRST, 1, Kind.CALL_RINGING, at=late, refs={"call": "c1"})], queued=True)

    assert not called(db).lives(NOW)
