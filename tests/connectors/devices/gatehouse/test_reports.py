"""Native status, door, call and back-fill messages to reports."""

import pytest

from connectors.devices import backfill_request
from core.calls import CallState
from core.doors import Alarm, DoorFacets, Lock, Mode, Position
from core.leaf import Draft, EventKey
from core.records import Kind
from core.reports import BackfillReport, CallReport, DoorReport, StatusReport
from tests.connectors.building import AT, BOOT, CALL, DEVICE, NEXT_BOOT, NOW, event, only, received

STAMP = {"boot": BOOT, "seq": 7, "ts": "2026-11-23T15:11:45.123Z"}
PAGE: dict[str, object] = {"boot": BOOT, "from": 3, "to": 12, "events": [], "lost": [], "more": False}


def test_a_status_says_what_can_be_replayed() -> None:
    words = {"online": True, "boot": BOOT, "seq": 7, "oldest": {"boot": BOOT, "seq": 2}, "fw": "1.2"}

    assert only(received("status", words), StatusReport) == StatusReport(
        device="lobby",
        received=NOW,
        online=True,
        live=True,
        boot=BOOT,
        seq=7,
        oldest=(BOOT, 2),
        firmware="1.2",
    )


def test_a_will_is_a_status_without_a_boot() -> None:
    report = only(received("status", {"online": False}), StatusReport)

    assert (report.online, report.boot, report.seq) == (False, None, None)


def test_a_retained_status_is_not_live() -> None:
    assert not only(received("status", {"online": True}, retain=True), StatusReport).live


def test_a_door_state_is_a_full_snapshot() -> None:
    words = {**STAMP, "position": "open", "lock": "unlocked", "mode": "held", "alarm": "held"}

    assert only(received("door/2/state", words), DoorReport) == DoorReport(
        device="lobby",
        door="berlin-side",
        received=NOW,
        live=True,
        boot=BOOT,
        seq=7,
        at=AT,
        facets=DoorFacets(Position.OPEN, Lock.UNLOCKED, Mode.HELD, Alarm.HELD),
    )


def test_a_word_for_a_door_we_dont_know_is_unknown() -> None:
    words = {**STAMP, "position": "ajar", "lock": "locked"}

    report = only(received("door/1/state", words), DoorReport)

    assert report.facets == DoorFacets(Position.UNKNOWN, Lock.LOCKED, Mode.UNKNOWN, Alarm.UNKNOWN)
    assert report.unknown == ("position",)


def test_a_snapshot_can_take_back_what_it_knew() -> None:
    report = only(received("door/1/state", {**STAMP, "lock": "unknown", "mode": "normal"}), DoorReport)

    assert (report.facets, report.unknown) == (DoorFacets(mode=Mode.NORMAL), ("lock",))


def test_a_call_state_names_its_call_and_door() -> None:
    words = {**STAMP, "call": CALL, "state": "ringing", "door": "1"}

    report = only(received("call/1/state", words), CallReport)

    assert (report.call, report.door, report.state, report.at) == (CALL, "berlin-main", CallState.RINGING, AT)


@pytest.mark.parametrize(
    ("path", "words", "reason"),
    [
        ("door/9/state", STAMP, "unknown_door"),
        ("door/1/state", {"boot": BOOT}, "wrong_shape"),
        ("door/1/state", {**STAMP, "ts": "now"}, "bad_time"),
        ("call/1/state", {**STAMP, "call": CALL, "state": "singing", "door": "1"}, "wrong_shape"),
        ("call/1/state", {**STAMP, "call": CALL, "state": "ringing", "door": "9"}, "unknown_door"),
        ("status", {"online": "true"}, "wrong_shape"),
        ("status", {"online": 1}, "wrong_shape"),
        ("weather", {}, "unknown_topic"),
        ("event/1", {}, "unknown_topic"),
        ("door/1/2/state", {}, "unknown_topic"),
        ("backfill/data", {**PAGE, "lost": [[5, 3]]}, "wrong_shape"),
        ("backfill/data", {**PAGE, "more": "no"}, "wrong_shape"),
    ],
)
def test_a_report_that_makes_no_sense_is_unmapped(path: str, words: object, reason: str) -> None:
    found = only(received(path, words), Draft)

    assert (found.kind, found.reason, found.device) == (Kind.FEED_UNMAPPED, reason, "lobby")
    assert found.event_key is None


@pytest.mark.parametrize("path", ["status", "door/1/state", "call/1/state", "backfill/data"])
def test_a_report_that_contradicts_its_topic_is_forged(path: str) -> None:
    found = only(received(path, {"device": "gate"}), Draft)

    assert (found.kind, found.reason) == (Kind.FEED_FORGED, "device_mismatch")


@pytest.mark.parametrize("path", ["status", "door/1/state", "call/1/state"])
def test_taking_a_retained_state_away_says_nothing(path: str) -> None:
    assert received(path, b"") == ()


def test_an_empty_event_is_no_silence() -> None:
    assert only(received("event", b""), Draft).reason == "not_json"


def test_a_replay_gives_back_filled_records() -> None:
    page = {**PAGE, "events": [event(seq=11), event(seq=12)], "lost": [[3, 10]], "next_boot": NEXT_BOOT}

    report = only(received("backfill/data", page), BackfillReport)

    assert [one.event_key for one in report.events] == [EventKey(BOOT, 11), EventKey(BOOT, 12)]
    assert all(one.backfilled and one.kind is Kind.ACCESS_DENIED for one in report.events)
    assert (report.first, report.last, report.lost, report.next_boot) == (3, 12, ((3, 10),), NEXT_BOOT)


def test_a_bad_event_of_a_replay_harms_no_other_and_keeps_its_number() -> None:
    page = {
        **PAGE,
        "events": [event(seq=11, kind="nonsense"), "not even an object", event(seq=12, device="gate")],
    }

    report = only(received("backfill/data", page), BackfillReport)

    assert [one.kind for one in report.events] == [Kind.FEED_UNMAPPED, Kind.FEED_UNMAPPED, Kind.FEED_FORGED]
    assert [one.event_key for one in report.events] == [EventKey(BOOT, 11), None, None]


def test_a_retained_replay_closes_no_gap() -> None:
    assert only(received("backfill/data", PAGE, retain=True), Draft).kind is Kind.FEED_UNMAPPED


def test_a_replay_is_asked_for_in_the_devices_own_subtree() -> None:
    asked = backfill_request(DEVICE, BOOT, 3, 2**53 - 1)

    assert asked == (
        "gatehouse/v1/berlin/lobby/cmd/backfill",
        b'{"boot":"01KAPQYXE0ABCDEFGHJKMNPQRS","from":3,"to":9007199254740991}',
    )
