"""Nuki's topics and the hub's to records."""

import pytest

from connectors.devices import Message
from connectors.devices.nuki import FAMILY
from connectors.devices.nuki.messages import DISCOVERY
from core.commands import Result
from core.doors import DoorFacets, Lock, Position
from core.model import Device, Estate
from core.records import Kind
from core.reports import CommandReply, Item
from tests.connectors.devices.wall import (
    CLOSED,
    LOCKED,
    NOW,
    OPEN,
    UNLOCKED,
    Wall,
    body,
    damaged,
    event,
    grants,
    hold,
    report,
    ring,
    sample,
    status,
    stranger,
    unread,
)

WALL = Wall("nuki", "nuki/2BB28570", ("lock",))
UNKNOWN = DoorFacets()


def told(items: tuple[Item, ...]) -> tuple[Kind, str | None, dict[str, str]]:
    """Give kind, reason and private fields of the one record; it must be of the door."""
    found = event(items)
    assert found.door == "lock"
    return found.kind, found.reason, dict(found.private)


def granted(**private: str) -> tuple[Kind, str | None, dict[str, str]]:
    """Give what a grant tells."""
    return Kind.ACCESS_GRANTED, None, private


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("nuki-lockActionEvent-1.txt", granted(person="dev/code/12345", credential="pin")),
        ("nuki-lockActionEvent-2.txt", granted(person="dev/54322", credential="mobile")),
        ("nuki-lockActionEvent-5.txt", granted(person="dev/54322", credential="remote")),
    ],
)
def test_a_published_action_becomes_its_record(
    name: str, expected: tuple[Kind, str | None, dict[str, str]]
) -> None:
    assert told(WALL.hear("lockActionEvent", sample("nuki", name))) == expected


def test_a_published_success_says_nothing_of_the_door() -> None:
    (found,) = WALL.hear("commandResponse", sample("nuki", "nuki-commandResponse-ok.txt"))

    assert found == CommandReply(device="dev", received=NOW, result=Result.ACCEPTED)


def test_a_command_is_not_heard() -> None:
    for path in ("unlock", "lock", "lockAction", "lock/action", "keypad/command/code", "keypad/json"):
        payload = sample("nuki", "nuki-unlock-cmd.txt")
        message = Message(f"{WALL.topic}/{path}", payload, retain=False, received=NOW)
        assert FAMILY.parse(message, WALL.estate) is None
        assert message.topic not in FAMILY.filters(WALL.estate)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("4,2,0,0,0", (Kind.EXIT_REQUESTED, None, {})),
        ("1,1,0,0,0", (Kind.EXIT_REQUESTED, None, {})),
        ("3,0,54321,12345,2", granted(person="dev/code/12345", credential="fingerprint")),
        ("3,0,54321,12345,0", granted(person="dev/code/12345", credential="other")),
        ("5,0,54321,0,0", granted(person="dev/54321", credential="mobile")),
        ("1,172,0,0,0", granted(credential="remote")),
        ("1,171,9,0,0", granted(person="dev/9", credential="remote")),
    ],
)
def test_an_action_is_told_with_who_and_how(
    words: str, expected: tuple[Kind, str | None, dict[str, str]]
) -> None:
    assert told(WALL.hear("lockActionEvent", words)) == expected


@pytest.mark.parametrize("words", ["2,0,54321,0,0", "6,2,0,0,1", "90,2,0,0,2"])
def test_locking_is_left_to_the_state_and_a_press_for_nothing_is_nothing(words: str) -> None:
    assert WALL.hear("lockActionEvent", words) == ()


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("7,0,1,0,0", "unknown_kind"),
        ("3,9,1,0,0", "unknown_kind"),
        ("3,0,1,0", "wrong_shape"),
        ("3,0,1,0,0,0", "wrong_shape"),
        ("3,0,-1,0,0", "wrong_shape"),
        ("3,0,1,0,x", "wrong_shape"),
        ("3,0,\u0661,0,0", "wrong_shape"),
        ("3,0,99999999999,0,0", "wrong_shape"),
        ("", "wrong_shape"),
        (b"\xff", "not_utf8"),
        ("3," * 200, "too_large"),
    ],
)
def test_an_action_that_makes_no_sense_lets_nobody_in(words: object, reason: str) -> None:
    assert unread(WALL.hear("lockActionEvent", words)) == reason


def test_a_retained_action_lets_nobody_in_and_counts_once() -> None:
    first = event(WALL.hear("lockActionEvent", "3,0,54321,12345,1", retain=True))
    again = event(WALL.hear("lockActionEvent", "3,0,54321,12345,1", retain=True))

    assert first.kind is Kind.FEED_UNMAPPED
    assert first.event_key == again.event_key is not None
    assert "54321" not in first.private["text"]


@pytest.mark.parametrize(("word", "online"), [("true", True), ("false", False)])
@pytest.mark.parametrize("retain", [True, False])
def test_their_will_says_whether_it_is_there(word: str, online: bool, retain: bool) -> None:
    assert WALL.hear("connected", word, retain=retain) == (status(online=online, live=not retain),)


@pytest.mark.parametrize(("word", "online"), [("online", True), ("offline", False)])
def test_the_hubs_will_says_whether_it_is_there(word: str, online: bool) -> None:
    assert WALL.hear("maintenance/mqttConnectionState", word) == (status(online=online),)


@pytest.mark.parametrize(
    ("path", "word", "facets"),
    [
        *(("state", number, UNKNOWN) for number in ("2", "4", "7", "253")),
        ("state", "1", LOCKED),
        *(("state", number, UNLOCKED) for number in ("3", "5", "6")),
        ("doorsensorState", "2", CLOSED),
        ("doorsensorState", "3", OPEN),
        ("lock/state", "locked", LOCKED),
        *(
            ("lock/state", w, UNLOCKED)
            for w in ("unlocked", "unlatched", "unlockedLnga", "RTOactive", "opening")
        ),
        *(("lock/state", w, UNKNOWN) for w in ("unlatching", "bootRun")),
        ("lock/doorSensorState", "doorClosed", CLOSED),
        ("lock/doorSensorState", "doorOpened", OPEN),
        ("lock/json", '{"lock_state": "locked", "door_sensor_state": "doorClosed"}', None),
    ],
)
@pytest.mark.parametrize("retain", [True, False])
def test_a_state_is_reported(path: str, word: str, facets: DoorFacets | None, retain: bool) -> None:
    expected = facets or DoorFacets(position=Position.CLOSED, lock=Lock.LOCKED)

    assert WALL.hear(path, word, retain=retain) == (report("lock", expected, live=not retain),)


@pytest.mark.parametrize(
    ("path", "word", "facet"),
    [
        *(("state", number, "lock") for number in ("0", "255")),
        *(("lock/state", word, "lock") for word in ("uncalibrated", "undefined")),
        *(("doorsensorState", number, "position") for number in ("0", "1", "4", "5", "16", "255")),
        *(
            ("lock/doorSensorState", word, "position")
            for word in ("unavailable", "deactivated", "calibrating")
        ),
    ],
)
@pytest.mark.parametrize("retain", [True, False])
def test_what_nobody_can_tell_any_more_is_unknown(path: str, word: str, facet: str, retain: bool) -> None:
    expected = report("lock", UNKNOWN, live=not retain, unknown=(facet,))

    assert WALL.hear(path, word, retain=retain) == (expected,)


def test_the_hubs_json_tells_the_state_and_no_event() -> None:
    told_ = {
        "lock_state": "unlatched",
        "trigger": "manual",
        "last_lock_action": "Unlatch",
        "lock_completion_status": "invalidCode",
        "door_sensor_state": "doorOpened",
        "auth_id": 77,
        "auth_name": "Ada",
        "currentTime": "2026-11-23 15:11:46",
    }

    assert WALL.hear("lock/json", told_) == (report("lock", DoorFacets(Position.OPEN, Lock.UNLOCKED)),)


@pytest.mark.parametrize(("path", "word"), [("state", "254"), ("lock/state", "motorBlocked")])
def test_a_jam_is_a_fault_that_a_retained_word_does_not_repeat(path: str, word: str) -> None:
    fault, state = WALL.hear(path, word)

    assert told((fault,)) == (Kind.DEVICE_FAULT, "other", {})
    assert state == report("lock", UNKNOWN, unknown=("lock",))
    assert WALL.hear(path, word, retain=True) == (report("lock", UNKNOWN, live=False, unknown=("lock",)),)


@pytest.mark.parametrize(("path", "word"), [("doorsensorState", "240"), ("lock/doorSensorState", "tampered")])
def test_a_contact_that_is_tampered_with_is_said_once(path: str, word: str) -> None:
    lost = report("lock", UNKNOWN, live=False, unknown=("position",))

    assert told(WALL.hear(path, word)) == (Kind.DEVICE_TAMPERED, None, {})
    assert WALL.hear(path, word, retain=True) == (lost,)


@pytest.mark.parametrize(
    ("path", "word", "expected"),
    [
        ("commandResponse", "69", (Kind.DEVICE_FAULT, "other", {"text": "commandResponse 69"})),
        ("lock/completionStatus", "motorBlocked", (Kind.DEVICE_FAULT, "other", {"text": "motorBlocked"})),
        (
            "lock/completionStatus",
            "lowMotorVoltage",
            (Kind.DEVICE_FAULT, "battery", {"text": "lowMotorVoltage"}),
        ),
        (
            "lock/completionStatus",
            "motorPowerFailure",
            (Kind.DEVICE_FAULT, "power", {"text": "motorPowerFailure"}),
        ),
        ("lock/completionStatus", "clutchFailure", (Kind.DEVICE_FAULT, "other", {"text": "clutchFailure"})),
        ("lock/completionStatus", "invalidCode", (Kind.ACCESS_DENIED, "invalid_pin", {"credential": "pin"})),
        ("lock/commandResult", "timeOut", (Kind.DEVICE_FAULT, "other", {"text": "timeOut"})),
        ("batteryCritical", "true", (Kind.DEVICE_FAULT, "battery", {})),
        ("battery/critical", "1", (Kind.DEVICE_FAULT, "battery", {})),
        ("battery/keypadCritical", "1", (Kind.DEVICE_FAULT, "battery", {})),
    ],
)
def test_trouble_is_recorded_when_it_comes_up(
    path: str, word: str, expected: tuple[Kind, str | None, dict[str, str]]
) -> None:
    assert told(WALL.hear(path, word)) == expected
    assert WALL.hear(path, word, retain=True) == ()


@pytest.mark.parametrize(
    ("path", "word"),
    [
        *(("lock/completionStatus", w) for w in ("success", "canceled", "tooRecent", "busy", "unknown")),
        *(("lock/commandResult", w) for w in ("success", "working", "undefined")),
        ("batteryCritical", "false"),
        ("battery/critical", "0"),
        ("lock/ring", "standby"),
    ],
)
def test_no_trouble_is_no_record(path: str, word: str) -> None:
    assert [item for item in WALL.hear(path, word) if not isinstance(item, CommandReply)] == []


@pytest.mark.parametrize("word", ["ring", "ringlocked"])
def test_a_ring_rings_but_a_retained_one_does_not(word: str) -> None:
    assert WALL.hear("lock/ring", word) == (ring("lock"),)
    assert unread(WALL.hear("lock/ring", word, retain=True)) == "wrong_shape"


@pytest.mark.parametrize(
    ("path", "word", "reason"),
    [
        ("connected", "True", "wrong_shape"),
        ("state", "locked", "unknown_kind"),
        ("state", "8", "unknown_kind"),
        ("state", "01", "unknown_kind"),
        ("doorsensorState", "2.0", "unknown_kind"),
        ("lock/state", "Locked", "unknown_kind"),
        ("lock/state", b"\xff", "not_utf8"),
        ("lock/json", {"lock_state": "ajar"}, "unknown_kind"),
        ("lock/json", {"door_sensor_state": "ajar"}, "unknown_kind"),
        ("lock/json", {"lock_state": 1}, "wrong_shape"),
        ("lock/completionStatus", "meh", "unknown_kind"),
        ("lock/commandResult", "meh", "unknown_kind"),
        ("commandResponse", "256", "wrong_shape"),
        ("commandResponse", "-1", "wrong_shape"),
        ("batteryCritical", "maybe", "wrong_shape"),
        ("lock/ring", "rang", "unknown_kind"),
    ],
)
def test_what_makes_no_sense_is_kept_to_look_at(path: str, word: object, reason: str) -> None:
    assert unread(WALL.hear(path, word)) == reason


def test_a_device_has_one_door() -> None:
    assert unread(Wall("nuki", "nuki/1", ("a", "b")).hear("state", "1")) == "unknown_door"
    assert unread(Wall("nuki", "nuki/1", ()).hear("lockActionEvent", "3,0,1,0,0")) == "unknown_door"


def test_two_devices_under_one_topic_cant_be_told_apart() -> None:
    twin = Device(id="twin", site="paris", family="nuki", topic="nuki/1")

    assert event(Wall("nuki", "nuki/1", ("a",), more=(twin,)).hear("state", "1")).device is None


def test_taking_a_retained_state_away_says_nothing() -> None:
    for topic in FAMILY.filters(WALL.estate):
        if not topic.endswith("lockActionEvent"):
            assert WALL.hear_at(topic, b"") == ()


def test_it_listens_to_its_devices_alone() -> None:
    assert FAMILY.filters(Estate()) == DISCOVERY
    ours = set(FAMILY.filters(WALL.estate)) - set(DISCOVERY)
    assert all(topic.startswith("nuki/2BB28570/") for topic in ours)


@pytest.mark.parametrize(
    ("topic", "word", "name"),
    [
        ("nuki/11AA22BB/connected", "true", "11AA22BB"),
        ("nuki/11AA22BB/connected", "nonsense", "11AA22BB"),
        ("nukihub/maintenance/mqttConnectionState", "online", "nukihub"),
    ],
)
def test_a_lock_that_nobody_has_claimed_is_a_stranger(topic: str, word: str, name: str) -> None:
    assert stranger(WALL.hear_at(topic, word), "nuki") == name
    assert WALL.hear_at(topic, "", retain=True) == ()


@pytest.mark.parametrize(
    ("path", "payload"),
    [
        ("lockActionEvent", "3,0,54321,12345,1"),
        ("lockActionEvent", "3,3,54322,0,3"),
        ("lockActionEvent", "4,2,0,0,0"),
        ("state", "1"),
        ("connected", "true"),
        ("lock/json", {"lock_state": "locked", "door_sensor_state": "doorClosed"}),
        ("lock/ring", "ring"),
    ],
)
def test_no_damage_raises_or_lets_a_wrong_person_in(path: str, payload: object) -> None:
    true = grants(WALL.hear(path, payload))
    for other in damaged(body(payload)):
        hold(WALL.hear(path, other), true)
        hold(WALL.hear(path, other, retain=True), true)
