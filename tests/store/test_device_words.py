"""What a device says of itself, its doors and its calls: only what differs becomes a record, once."""

import msgspec
import pytest
from sqlalchemy import select, update

from core.calls import Call, CallState
from core.commands import Result
from core.doors import DoorFacets, DoorState, Lock, Mode, Position
from core.records import Kind
from core.reports import CallReport, CommandReply, DoorReport, Silence, StatusReport
from store import schema
from store.database import Database
from store.ingest_log import IngestLog
from store.log import append
from store.touch import Holder, hear
from tests.store.words import (
    DEVICE,
    DOOR,
    FIRST,
    HEARTBEAT_S,
    NOW,
    SECOND,
    SECOND_BOOT,
    answer,
    event,
    heard_at,
    kinds,
    records,
    status,
    table,
)

STALE = NOW + 3 * HEARTBEAT_S * SECOND


def offline(received: int = NOW) -> StatusReport:
    return StatusReport(device=DEVICE, received=received, online=False, live=True)


def silence(received: int = STALE) -> Silence:
    return Silence(device=DEVICE, received=received)


def door(
    position: Position, seq: int = 0, *, boot: str = FIRST, live: bool = True, **more: str
) -> DoorReport:
    facets = DoorFacets(position=position, lock=Lock(more.get("lock", "unknown")), mode=Mode.NORMAL)
    return DoorReport(
        device=DEVICE, door=DOOR, received=NOW, live=live, boot=boot, seq=seq, at=NOW, facets=facets
    )


def door_state(db: Database) -> DoorState:
    with db.read() as connection:
        state = connection.execute(select(schema.door_state.c.state)).scalar_one()
    return msgspec.json.decode(state, type=DoorState)


def call(state: CallState, seq: int = 0) -> CallReport:
    return CallReport(
        device=DEVICE,
        door=DOOR,
        call="c-1",
        received=NOW,
        live=True,
        boot=FIRST,
        seq=seq,
        at=NOW,
        state=state,
    )


# There or not.


def test_a_device_comes_online_once_however_often_it_says_so(db: Database) -> None:
    for _ in range(3):
        append(db, [status(FIRST, 0)])

    assert kinds(db) == ["device.online"]


def test_a_retained_status_is_no_sign_of_life(db: Database) -> None:
    append(db, [status(FIRST, 0, live=False)])

    assert kinds(db) == []
    assert heard_at(db) == {}
    assert table(db, "device_state")[0]["online"] is None


@pytest.mark.parametrize("before", [[], [offline()]], ids=["never met", "gone"])
def test_the_hello_kept_for_a_device_with_a_will_alone_is_believed_but_it_was_not_heard(
    db: Database, before: list[StatusReport]
) -> None:
    with db.write() as connection:
        connection.execute(update(schema.device).values(heartbeat_s=0))
    append(db, before)
    kept = StatusReport(device=DEVICE, received=NOW, online=True, live=False)
    append(db, [kept, kept])

    assert kinds(db)[-1] == "device.online"
    assert kinds(db).count("device.online") == 1
    assert table(db, "device_state")[0]["online"]
    assert heard_at(db) == {}


def test_a_will_takes_the_device_offline_once_and_the_next_status_back(db: Database) -> None:
    append(db, [status(FIRST, 0), offline(), offline()])
    append(db, [offline(), status(FIRST, 0)])

    assert kinds(db) == ["device.online", "device.offline", "device.online"]


def test_a_reboot_is_told_with_its_reason(db: Database) -> None:
    append(db, [status(FIRST, 0), status(SECOND_BOOT, 0, firmware="2.0")])

    online = records(db, Kind.DEVICE_ONLINE)
    assert [one.leaf.get("reason") for one in online] == [None, "rebooted"]
    assert table(db, "device_state")[0]["boot"] == SECOND_BOOT
    assert table(db, "device_state")[0]["firmware"] == "2.0"


def test_a_boot_that_went_back_is_a_fault_told_once_and_gone_with_the_next_boot(db: Database) -> None:
    append(db, [status(SECOND_BOOT, 0)])
    append(db, [status(FIRST, 0), status(FIRST, 0)])

    assert [one.leaf["reason"] for one in records(db, Kind.DEVICE_FAULT)] == ["boot_went_back"]
    assert table(db, "device_state")[0]["fault"] == "boot_went_back"
    assert table(db, "device_state")[0]["boot"] == SECOND_BOOT

    append(db, [status("01Z", 0)])
    assert table(db, "device_state")[0]["fault"] is None


def test_an_old_retained_status_is_no_fault(db: Database) -> None:
    append(db, [status(SECOND_BOOT, 0), status(FIRST, 0, live=False)])

    assert records(db, Kind.DEVICE_FAULT) == []


def test_a_device_that_is_in_no_estate_changes_nothing(db: Database) -> None:
    stranger = StatusReport(device="nobody", received=NOW, online=True, live=True, boot=FIRST, seq=4)
    append(db, [stranger, Silence(device="nobody", received=NOW)])

    assert kinds(db) == []
    assert table(db, "device_state") == []


# Silent or not.


def test_silence_is_told_once_and_ends_with_the_next_live_word(db: Database) -> None:
    append(db, [status(FIRST, 0)])
    append(db, [silence(), silence()])
    append(db, [silence()])
    append(db, [event(FIRST, 1, received=STALE + SECOND)])

    assert kinds(db) == ["device.online", "device.silent", "device.online", "door.opened"]


def test_a_device_that_spoke_meanwhile_is_not_silent(db: Database) -> None:
    append(db, [status(FIRST, 0)])
    hear(db, {DEVICE: NOW + SECOND})
    append(db, [silence()])
    assert kinds(db) == ["device.online"]

    append(db, [silence(STALE + SECOND)])
    assert kinds(db) == ["device.online", "device.silent"]


def test_a_device_that_is_offline_is_not_silent_as_well(db: Database) -> None:
    append(db, [status(FIRST, 0), offline(), silence()])

    assert kinds(db) == ["device.online", "device.offline"]


def test_what_was_replayed_is_no_sign_of_life(db: Database) -> None:
    append(db, [status(FIRST, 0)])
    append(db, [silence()])
    append(db, [answer(FIRST, 1, 1, events=(1,), received=STALE + 2 * SECOND)])

    assert kinds(db) == ["device.online", "device.silent", "door.opened"]
    assert heard_at(db) == {DEVICE: NOW}


def test_a_live_event_is_heard_in_the_same_transaction(db: Database) -> None:
    append(db, [event(FIRST, 1, received=NOW + 5)])

    assert heard_at(db) == {DEVICE: NOW + 5}


def test_an_answer_to_a_command_is_a_sign_of_life_and_no_record(db: Database) -> None:
    reply = CommandReply(device=DEVICE, received=NOW + 5, result=Result.ACCEPTED)

    assert append(db, [reply], queued=True).kinds == frozenset()
    assert heard_at(db) == {}
    assert append(db, [reply]).kinds == frozenset()
    assert heard_at(db) == {DEVICE: NOW + 5}


def test_the_leader_finds_what_was_not_heard_in_time_since_it_listens(db: Database) -> None:
    log = IngestLog(db, Holder(id="test"))
    append(db, [status(FIRST, 0)])

    assert log.stale_devices(STALE - 1, since=0) == []
    assert log.stale_devices(STALE, since=0) == [DEVICE]
    assert log.stale_devices(STALE, since=NOW + 1) == []
    append(db, [silence()])
    assert log.stale_devices(STALE, since=0) == []


# Doors.


def test_a_first_report_of_a_door_is_reported_and_a_contradiction_corrected_once(db: Database) -> None:
    append(db, [door(Position.CLOSED)])
    append(db, [door(Position.CLOSED), door(Position.OPEN)])
    append(db, [door(Position.OPEN), door(Position.OPEN, live=False)])

    told = records(db, Kind.DOOR_REPORTED, Kind.DOOR_CORRECTED)
    assert [one.kind.value for one in told] == ["door.reported", "door.corrected"]
    assert told[0].refs == {"position": "closed", "mode": "normal", "boot": FIRST, "seq": 0}
    assert told[1].refs == {"position": "open", "boot": FIRST, "seq": 0}


def test_a_report_that_agrees_with_the_events_is_no_record(db: Database) -> None:
    append(db, [status(FIRST, 0), door(Position.CLOSED), event(FIRST, 1)])
    append(db, [door(Position.OPEN, seq=1)])

    assert kinds(db) == ["device.online", "door.reported", "door.opened"]


def test_an_event_that_comes_late_does_not_move_the_door_back(db: Database) -> None:
    append(db, [status(FIRST, 0), event(FIRST, 2, Kind.DOOR_CLOSED)])
    append(db, [event(FIRST, 1, Kind.DOOR_OPENED)])

    assert door_state(db).facets.position is Position.CLOSED
    assert len(records(db, Kind.DOOR_OPENED)) == 1


def test_an_event_from_before_a_report_that_changed_nothing_does_not_move_the_door_back(db: Database) -> None:
    append(db, [status(FIRST, 0), door(Position.CLOSED), event(FIRST, 1, Kind.DOOR_CLOSED)])
    append(db, [door(Position.CLOSED, seq=5)])
    append(db, [event(FIRST, 4, Kind.DOOR_OPENED)])

    assert door_state(db).facets.position is Position.CLOSED
    assert records(db, Kind.DOOR_CORRECTED) == []


def test_a_report_that_changes_nothing_is_no_change_of_the_door(db: Database) -> None:
    append(db, [status(FIRST, 0), door(Position.CLOSED), event(FIRST, 1, Kind.DOOR_CLOSED)])
    before = table(db, "door_state")[0]["changed_id"]
    append(db, [door(Position.CLOSED, seq=1)])

    assert table(db, "door_state")[0]["changed_id"] == before


# Calls.


def test_a_call_that_only_a_report_tells_of_becomes_a_record_once(db: Database) -> None:
    append(db, [call(CallState.RINGING)])
    append(db, [call(CallState.RINGING), call(CallState.ANSWERED), call(CallState.RINGING)])

    assert kinds(db) == ["call.ringing", "call.answered"]
    assert records(db)[0].refs == {"call": "c-1", "boot": FIRST, "seq": 0, "reported": True}


def test_a_call_that_an_event_told_of_is_not_told_again_by_its_report(db: Database) -> None:
    append(db, [status(FIRST, 0), event(FIRST, 1, Kind.CALL_RINGING, refs={"call": "c-1"})])
    append(db, [call(CallState.RINGING, seq=1)])

    assert kinds(db) == ["device.online", "call.ringing"]


def bell(state: CallState, at: int = NOW, door: str = DOOR) -> CallReport:
    """Make the word of a doorbell that names no calls."""
    return CallReport(
        device=DEVICE, door=door, call="", received=at, live=True, boot="", seq=0, at=at, state=state
    )


def test_a_bell_that_names_no_calls_rings_once_until_it_ends_and_then_again(db: Database) -> None:
    append(db, [bell(CallState.RINGING), bell(CallState.RINGING, NOW + SECOND)])
    append(db, [bell(CallState.RINGING, NOW + 2 * SECOND), bell(CallState.ENDED, NOW + 3 * SECOND)])
    append(db, [bell(CallState.ENDED, NOW + 4 * SECOND), bell(CallState.RINGING, NOW + 5 * SECOND)])

    assert kinds(db) == ["call.ringing", "call.ended", "call.ringing"]
    first, ended, again = [record.refs["call"] for record in records(db)]
    assert first == ended != again


def test_an_end_without_a_ring_is_no_record(db: Database) -> None:
    append(db, [bell(CallState.ENDED), bell(CallState.MISSED), bell(CallState.ANSWERED)])

    assert kinds(db) == []


def test_an_end_at_one_door_leaves_the_call_at_the_next_open(db: Database) -> None:
    append(db, [bell(CallState.RINGING), bell(CallState.RINGING, door="yard")])
    append(db, [bell(CallState.ENDED, NOW + SECOND, door="yard")])

    ringing = [row for row in table(db, "call") if row["open"]]
    assert [msgspec.json.decode(row["state"], type=Call).door for row in ringing] == [DOOR]


def test_a_bell_that_was_never_told_to_end_rings_anew_when_its_call_has_run_out(db: Database) -> None:
    append(db, [bell(CallState.RINGING)])
    append(db, [bell(CallState.RINGING, NOW + 121 * SECOND)])

    assert kinds(db) == ["call.ringing", "call.ringing"]


def test_missed_is_no_word_for_a_call_that_was_answered(db: Database) -> None:
    append(db, [bell(CallState.RINGING), bell(CallState.ANSWERED, NOW + 1), bell(CallState.MISSED, NOW + 2)])

    assert kinds(db) == ["call.ringing", "call.answered", "call.ended"]


def test_an_end_that_was_said_before_the_ring_ends_nothing(db: Database) -> None:
    append(db, [bell(CallState.RINGING), bell(CallState.ENDED, NOW - SECOND)])

    assert kinds(db) == ["call.ringing"]


def test_a_call_is_open_until_it_ends(db: Database) -> None:
    for seq, kind in enumerate((Kind.CALL_RINGING, Kind.CALL_ANSWERED, Kind.CALL_ENDED), start=1):
        append(db, [event(FIRST, seq, kind, refs={"call": "c-1"}, received=NOW + seq)])
        row = table(db, "call")[0]
        one = msgspec.json.decode(row["state"], type=Call)
        assert (row["open"], one.started) == (kind is not Kind.CALL_ENDED, NOW + 1)
        assert row["changed_id"] == seq


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_ring_that_comes_after_the_end_opens_nothing(db: Database, order: tuple[int, int]) -> None:
    words = [event(FIRST, 1, Kind.CALL_RINGING, refs={"call": "c-1"})]
    words += [event(FIRST, 2, Kind.CALL_MISSED, refs={"call": "c-1"})]
    for number in order:
        append(db, [words[number]])

    assert [row["open"] for row in table(db, "call")] == [False]
