"""A device's clock in the log: measured, told of when it is wrong, and no reason to take now for the past."""

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import event as sql_event
from sqlalchemy import select

from core.calls import Call, CallState
from core.doors import DoorFacets, DoorState, Position
from core.leaf import Draft
from core.records import Kind
from core.reports import CallReport, DoorReport, StatusReport
from core.times import DAY_US, HOUR_US, MINUTE_US, iso_us, parse_iso_us
from store import schema
from store.database import Database
from store.log import append
from tests.store.words import DEVICE, DOOR, FIRST, NOW, SECOND, SITE, event, kinds, status

SLOW = -HOUR_US
Y1970 = parse_iso_us("1970-01-01T00:02:00Z")


def beat(after: int, offset: int) -> StatusReport:
    """Make a heartbeat that came so long after the first, of a clock that is off by so much."""
    return status(FIRST, 0, received=NOW + after, told=NOW + after + offset)


def word(kind: Kind, after: int, told: int, **more: object) -> Draft:
    """Make a vendor's event as a family reads it: history if it is old by the device's clock."""
    received = NOW + after
    draft = Draft(kind=kind, received=received, at=told, site=SITE, door=DOOR, device=DEVICE, told=told)
    old = told < received - 30 * SECOND
    return replace(draft, by_age=True, backfilled=old, **more)


def beats(offset: int, since: int = 0) -> list[StatusReport]:
    return [beat(since + n * 10 * SECOND, offset) for n in range(3)]


def clock(db: Database) -> tuple[int, bool]:
    with db.read() as connection:
        row = connection.execute(select(schema.device_clock)).one()
    return row.offset_us, bool(row.wrong)


def leaves(db: Database) -> list[dict[str, object]]:
    with db.read() as connection:
        found = connection.execute(select(schema.leaf.c.leaf).order_by(schema.leaf.c.id)).scalars()
        return [msgspec.json.decode(one, type=dict[str, object]) for one in found]


def door(db: Database) -> DoorState:
    with db.read() as connection:
        state = connection.execute(select(schema.door_state.c.state)).scalar_one()
    return msgspec.json.decode(state, type=DoorState)


def calls(db: Database) -> list[Call]:
    with db.read() as connection:
        found = connection.execute(select(schema.call.c.state)).scalars()
        return [msgspec.json.decode(one, type=Call) for one in found]


def test_a_wrong_clock_is_recorded_once_with_how_far_it_is_off(db: Database) -> None:
    for one in [*beats(5 * SECOND), *beats(5 * SECOND, MINUTE_US)]:
        append(db, [one])

    assert kinds(db).count(Kind.DEVICE_CLOCK_WRONG) == 1
    record = next(one for one in leaves(db) if one["kind"] == "device.clock_wrong")
    assert (record["refs"], record["site"], record["device"]) == ({"offset_ms": 5_000}, SITE, DEVICE)
    assert clock(db) == (5 * SECOND, True)


def test_a_clock_that_was_set_is_recorded_as_right_again(db: Database) -> None:
    append(db, [*beats(5 * SECOND), *beats(0, MINUTE_US), *beats(0, 2 * MINUTE_US)])

    assert kinds(db).count(Kind.DEVICE_CLOCK_RIGHT) == 1
    assert clock(db) == (0, False)


@pytest.mark.parametrize("change", [{"live": False}, {"told": None}], ids=["is retained", "tells no time"])
def test_a_word_says_nothing_of_the_clock_where_it(db: Database, change: dict[str, bool | None]) -> None:
    append(db, [replace(one, **change) for one in beats(SLOW)])

    assert Kind.DEVICE_CLOCK_WRONG not in kinds(db)


def test_what_waited_at_the_broker_says_nothing_of_the_clock(db: Database) -> None:
    append(db, beats(SLOW), queued=True)

    assert Kind.DEVICE_CLOCK_WRONG not in kinds(db)


def test_what_was_replayed_says_nothing_of_the_clock(db: Database) -> None:
    for n in range(6):
        received = NOW + n * 10 * SECOND
        append(db, [event(FIRST, n + 1, received=received, told=received + SLOW, backfilled=True)])

    assert Kind.DEVICE_CLOCK_WRONG not in kinds(db)


def test_the_reports_of_one_message_are_one_sample(db: Database) -> None:
    append(db, [beat(0, SLOW)] * 9)

    assert Kind.DEVICE_CLOCK_WRONG not in kinds(db)


def test_an_event_of_now_by_a_slow_clock_is_live_and_proves_life(db: Database) -> None:
    append(db, beats(SLOW))
    append(db, [word(Kind.DOOR_FORCED_OPEN, MINUTE_US, NOW + MINUTE_US + SLOW)])

    record = leaves(db)[-1]
    assert record["kind"] == "door.forced_open"
    assert "backfilled" not in record
    with db.read() as connection:
        assert connection.execute(select(schema.heard.c.at)).scalar_one() == NOW + MINUTE_US


def test_events_alone_show_that_a_clock_is_slow(db: Database) -> None:
    for n in range(4):
        append(db, [word(Kind.ACCESS_DENIED, n * 6 * SECOND, NOW + n * 6 * SECOND + SLOW)])

    records = [one for one in leaves(db) if one["kind"] == "access.denied"]
    assert [one.get("backfilled", False) for one in records] == [True, True, False, False]


def test_what_is_old_by_a_slow_clock_too_is_history(db: Database) -> None:
    append(db, beats(SLOW))
    append(db, [word(Kind.DOOR_FORCED_OPEN, MINUTE_US, NOW + MINUTE_US + SLOW - 10 * MINUTE_US)])

    assert leaves(db)[-1]["backfilled"] is True


def test_what_is_old_is_history_even_where_a_fast_clock_makes_it_look_new(db: Database) -> None:
    append(db, [*beats(HOUR_US), *beats(HOUR_US, MINUTE_US)])
    at = NOW + 2 * MINUTE_US
    append(db, [word(Kind.DOOR_FORCED_OPEN, 2 * MINUTE_US, at + HOUR_US - 59 * MINUTE_US)])

    assert leaves(db)[-1]["backfilled"] is True


def test_an_alarm_is_no_history_only_because_its_fast_clock_was_set_right(db: Database) -> None:
    append(db, [*beats(HOUR_US), *beats(HOUR_US, MINUTE_US)])
    append(db, [report(2 * MINUTE_US, HOUR_US, Position.CLOSED)])
    append(db, [word(Kind.DOOR_FORCED_OPEN, 3 * MINUTE_US, NOW + 3 * MINUTE_US - SECOND)])

    record = next(one for one in leaves(db) if one["kind"] == "door.forced_open")
    assert "backfilled" not in record
    assert door(db).alarm.value == "forced"


def test_a_backlog_on_the_live_topic_is_history_and_makes_no_clock_wrong(db: Database) -> None:
    append(db, beats(0))
    for n in range(40):
        received = 2 * HOUR_US + n * SECOND // 20
        append(db, [word(Kind.DOOR_FORCED_OPEN, received, NOW + HOUR_US + n * 20 * SECOND)])

    forced = [one for one in leaves(db) if one["kind"] == "door.forced_open"]
    assert len(forced) == 40
    assert all(one.get("backfilled") for one in forced)
    assert Kind.DEVICE_CLOCK_WRONG not in kinds(db)


def test_what_the_feed_marks_as_replayed_stays_history_whatever_the_clock(db: Database) -> None:
    append(db, beats(SLOW))
    forced = word(Kind.DOOR_FORCED_OPEN, MINUTE_US, NOW + MINUTE_US + SLOW)
    append(db, [replace(forced, by_age=False)])

    assert leaves(db)[-1]["backfilled"] is True


def test_a_ring_of_now_by_a_slow_clock_opens_one_call(db: Database) -> None:
    append(db, beats(SLOW))
    at = NOW + MINUTE_US
    append(db, [word(Kind.CALL_RINGING, MINUTE_US, at + SLOW, refs={"call": f"{DOOR}/{at + SLOW}"})])
    append(db, [word(Kind.CALL_RINGING, MINUTE_US + SECOND, at + SECOND + SLOW, refs={"call": "again"})])

    (call,) = calls(db)
    assert (call.state, call.lives(at + SECOND)) == (CallState.RINGING, True)

    append(db, [word(Kind.CALL_ENDED, MINUTE_US + 2 * SECOND, at + 2 * SECOND + SLOW)])

    assert [one.state for one in calls(db)] == [CallState.ENDED]


def test_a_status_that_its_time_made_history_is_a_sign_of_life_by_a_slow_clock(db: Database) -> None:
    append(db, beats(SLOW))
    later = beat(MINUTE_US, SLOW)
    append(db, [replace(later, live=False, by_age=True)])

    with db.read() as connection:
        assert connection.execute(select(schema.heard.c.at)).scalar_one() == NOW + MINUTE_US


def test_a_record_keeps_what_a_clock_said_that_cant_be_right(db: Database) -> None:
    append(db, [event(FIRST, 1, received=NOW, told=Y1970)])
    append(db, [event(FIRST, 2, received=NOW, told=NOW - SECOND, at=NOW - SECOND)])

    first, second = leaves(db)
    assert (first["at"], first["received"]) == (NOW, NOW)
    assert first["refs"] == {"boot": FIRST, "seq": 1, "told": "1970-01-01T00:02:00.000Z"}
    assert second["refs"] == {"boot": FIRST, "seq": 2}


def test_the_record_of_a_report_keeps_it_too(db: Database) -> None:
    plain = {"device": DEVICE, "door": DOOR, "received": NOW, "live": True, "boot": "", "seq": 0, "at": NOW}
    ring = CallReport(call="", state=CallState.RINGING, told=Y1970, **plain)  # type: ignore[arg-type]
    opened = DoorReport(facets=DoorFacets(Position.OPEN), told=NOW + DAY_US, **plain)  # type: ignore[arg-type]
    append(db, [ring, opened])

    found = [one["refs"] for one in leaves(db)]
    assert [one["told"] for one in found if isinstance(one, dict)] == [
        "1970-01-01T00:02:00.000Z",
        iso_us(NOW + DAY_US),
    ]


def test_a_time_that_no_calendar_holds_is_left_out_and_harms_nothing(db: Database) -> None:
    append(db, [event(FIRST, 1, told=2**62)])

    assert leaves(db)[0]["refs"] == {"boot": FIRST, "seq": 1}


def report(after: int, offset: int, position: Position) -> DoorReport:
    received = NOW + after
    return DoorReport(
        device=DEVICE,
        door=DOOR,
        received=received,
        live=True,
        boot="",
        seq=0,
        at=received + offset,
        facets=DoorFacets(position),
        told=received + offset,
    )


def test_a_clock_set_back_does_not_hold_a_door_in_the_past(db: Database) -> None:
    append(db, [report(0, 0, Position.CLOSED)])
    append(db, [*beats(SLOW, MINUTE_US), *beats(SLOW, 2 * MINUTE_US)])
    append(db, [report(3 * MINUTE_US, SLOW, Position.OPEN)])

    assert door(db).position.value == "open"
    assert door(db).position.since == NOW + 3 * MINUTE_US


def test_a_clock_that_ran_ahead_and_was_set_right_does_not_either(db: Database) -> None:
    append(db, [report(0, 50 * SECOND, Position.CLOSED)])
    append(db, [report(5 * SECOND, 0, Position.OPEN)])

    assert door(db).position.value == "open"


def test_a_steady_clock_is_written_once_a_minute_at_most(db: Database) -> None:
    append(db, beats(0))
    append(db, [beat(MINUTE_US, 0)])
    written: list[str] = []
    sql_event.listen(db.engine, "before_cursor_execute", lambda *heard: written.append(str(heard[2])))

    for n in range(1, 50):
        append(db, [beat(MINUTE_US + n * SECOND, n % 3)])

    assert written
    assert not any("INTO device_clock" in one for one in written)
