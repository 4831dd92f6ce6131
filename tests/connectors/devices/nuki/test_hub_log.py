"""The lines of Nuki Hub's log to records."""

import pytest

from core.leaf import Draft, EventKey
from core.records import Kind
from core.times import SECOND_US
from tests.connectors.devices.wall import NOW, Wall, body, damaged, event, grants, hold, unread

WALL = Wall("nuki", "nukihub", ("lock",))


def line(**words: object) -> dict[str, object]:
    """Give a line of the hub's log: a code opened the door one second ago."""
    return {
        "index": 15185,
        "authorizationId": 77,
        "authorizationName": "Ada",
        "timeYear": 2026,
        "timeMonth": 11,
        "timeDay": 23,
        "timeHour": 15,
        "timeMinute": 11,
        "timeSecond": 45,
        "type": "KeypadAction",
        "action": "Unlatch",
        "trigger": "code",
        "completionStatus": "success",
        "codeId": 8300,
        **words,
    }


def test_a_line_of_the_log_is_a_record_with_its_key() -> None:
    assert WALL.hear("lock/log", [line()]) == (
        Draft(
            kind=Kind.ACCESS_GRANTED,
            received=NOW,
            at=NOW - SECOND_US,
            site="berlin",
            door="lock",
            device="dev",
            private={"person": "dev/code/8300", "name": "Ada", "credential": "pin"},
            event_key=EventKey("log", 15185),
        ),
    )


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({"completionStatus": "invalidCode"}, (Kind.ACCESS_DENIED, "invalid_pin")),
        ({"completionStatus": "motorBlocked"}, (Kind.DEVICE_FAULT, "other")),
        ({"trigger": "manual", "type": "LockAction"}, (Kind.EXIT_REQUESTED, None)),
        ({"trigger": "button", "type": "LockAction"}, (Kind.EXIT_REQUESTED, None)),
        ({"trigger": "levitation"}, (Kind.FEED_UNMAPPED, "unknown_kind")),
        ({"completionStatus": "meh"}, (Kind.FEED_UNMAPPED, "unknown_kind")),
        ({"index": -1}, (Kind.FEED_UNMAPPED, "wrong_shape")),
        ({"index": True}, (Kind.FEED_UNMAPPED, "wrong_shape")),
    ],
)
def test_a_line_tells_what_became_of_it(words: dict[str, object], expected: tuple[Kind, str | None]) -> None:
    found = event(WALL.hear("lock/log", [line(**words)]))

    assert (found.kind, found.reason) == expected


@pytest.mark.parametrize(
    "words",
    [{"action": "Lock"}, {"type": "Calibration"}, {"type": "DoorSensor"}, {"completionStatus": "busy"}],
)
def test_a_line_about_no_entry_is_no_record(words: dict[str, object]) -> None:
    assert WALL.hear("lock/log", [line(**words)]) == ()


def test_the_log_is_read_oldest_first_and_a_bad_line_hides_no_other() -> None:
    found = WALL.hear("lock/log", [line(index=9), 7, line(index=8)])

    assert [one.event_key for one in found if isinstance(one, Draft)] == [
        None,
        EventKey("log", 8),
        EventKey("log", 9),
    ]


def test_an_old_or_retained_or_timeless_line_is_history() -> None:
    assert event(WALL.hear("lock/log", [line(timeHour=14)])).backfilled
    assert event(WALL.hear("lock/log", [line(timeYear=0, timeMonth=0)])).backfilled
    assert event(WALL.hear("lock/log", [line(timeYear=2030)])).backfilled
    retained = event(WALL.hear("lock/log", [line()], retain=True))
    assert (retained.backfilled, retained.event_key) == (True, EventKey("log", 15185))


def test_a_keypads_own_number_is_no_persons() -> None:
    assert event(WALL.hear("lock/log", [line(codeId=0)])).person is None
    assert event(WALL.hear("lock/log", [line(type="LockAction", trigger="system")])).person == "dev/77"


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ({}, "wrong_shape"),
        ('[],"x":[]', "wrong_shape"),
        ('[],"log":[]', "duplicate_name"),
        ([7] * 65, "wrong_shape"),
    ],
)
def test_what_is_no_log_is_kept_to_look_at(payload: object, reason: str) -> None:
    assert unread(WALL.hear("lock/log", payload)) == reason


@pytest.mark.parametrize(
    "payload",
    [
        [line()],
        [line(trigger="manual", type="LockAction")],
        [line(completionStatus="invalidCode")],
        [line(type="LockAction", trigger="system", codeId=0), line(index=2, action="Lock")],
    ],
)
def test_no_damage_raises_or_lets_a_wrong_person_in(payload: object) -> None:
    true = grants(WALL.hear("lock/log", payload))
    for other in damaged(body(payload)):
        hold(WALL.hear("lock/log", other), true)
        hold(WALL.hear("lock/log", other, retain=True), true)
