"""What Axis devices publish, to items: doors, access, calls, ports, coming and going."""

import json
from typing import Final

import pytest

from connectors.devices import Message, filters, read
from core.calls import CallState
from core.doors import Alarm, DoorFacets, Lock, Mode, Position
from core.leaf import Draft
from core.model import Estate
from core.records import Kind
from core.reports import CallReport, DoorReport, Item
from tests.connectors.devices.wall import (
    CLOSED,
    LOCKED,
    NOW,
    OPEN,
    SAMPLES,
    UNLOCKED,
    Wall,
    damaged,
    grants,
    hold,
    report,
    ring,
    sample,
    status,
    unread,
)
from tests.connectors.devices.wall import event as only

SERIAL: Final = "ACCC8E012345"
FRONT: Final = "886283000.954262000.port:1.port:2-bell.port:3-exit.relay:4"
BACK: Final = "887000000.port:5-closed.relay:6-holds.virtual:7.input:8"
DOOR: Final = {"DoorToken": "Axis-accc8e012345:1396251690.886283000"}
POINT: Final = {"AccessPointToken": "Axis-accc8e012345:1396251690.954262000"}
CONTROLLER: Final = Wall("axis", f"axis/{SERIAL}", (FRONT, BACK), serial="AC:CC:8E:01:23:45")
INTERCOM: Final = Wall("axis", "axis/intercom/B8A44F0B1CF0", ("1",))
# Two seconds before NOW.
STAMP: Final = (NOW - 2_000_000) // 1000
AT: Final = STAMP * 1000
GRANTED: Final = "tns1:AccessControl/AccessGranted/Credential"


def told(
    topic: str, source: dict[str, str] | None = None, stamp: object = STAMP, **data: object
) -> dict[str, object]:
    """Write an event as the bridge does."""
    message = {"source": source or {}, "key": {}, "data": data}
    return {"timestamp": stamp, "topic": topic, "message": message}


def hear(
    wall: Wall, words: dict[str, object], *, retain: bool = False, path: str = "event/x"
) -> tuple[Item, ...]:
    """Let a device of this wall publish an event."""
    return wall.hear(path, words, retain=retain)


def call(state: CallState) -> CallReport:
    """Give the report expected of a call at the intercom."""
    return CallReport(
        device="dev",
        door="1",
        call="",
        received=NOW,
        live=True,
        boot="",
        seq=0,
        at=AT,
        state=state,
    )


def test_a_grant_names_its_door_by_the_access_point_and_its_holder_by_name() -> None:
    found = only(
        hear(CONTROLLER, told(GRANTED, POINT, CredentialHolderName="Ada", Card="8165537", External="0"))
    )

    assert (found.kind, found.door, found.at, found.backfilled) == (Kind.ACCESS_GRANTED, FRONT, AT, False)
    assert found.private == {"credential": "card ****5537", "name": "Ada"}


@pytest.mark.parametrize(
    ("topic", "data", "kind", "reason"),
    [
        ("AccessControl/AccessGranted/Identifier", {}, Kind.ACCESS_GRANTED, None),
        ("AccessControl/AccessGranted/Anonymous", {"External": "0"}, Kind.EXIT_REQUESTED, None),
        (
            "AccessControl/Denied/Credential",
            {"Reason": "CredentialExpired"},
            Kind.ACCESS_DENIED,
            "credential_expired",
        ),
        (
            "AccessControl/Denied/Credential",
            {"Reason": "CredentialNotEnabled"},
            Kind.ACCESS_DENIED,
            "credential_not_enabled",
        ),
        (
            "AccessControl/Denied/Credential",
            {"Reason": "CredentialNotActive"},
            Kind.ACCESS_DENIED,
            "credential_not_active",
        ),
        ("AccessControl/Denied/Identifier", {"Reason": "InvalidPIN"}, Kind.ACCESS_DENIED, "invalid_pin"),
        (
            "AccessControl/Denied/Anonymous",
            {"Reason": "NotPermittedAtThisTime"},
            Kind.ACCESS_DENIED,
            "not_permitted_at_this_time",
        ),
        ("AccessControl/Denied/Credential", {"Reason": "Unauthorized"}, Kind.ACCESS_DENIED, "unauthorized"),
        ("AccessControl/Denied/Credential", {"Reason": "Moonlight"}, Kind.ACCESS_DENIED, "other"),
        (
            "AccessControl/Denied/CredentialNotFound/Card",
            {"Card": "1"},
            Kind.ACCESS_DENIED,
            "credential_not_found",
        ),
        ("AccessControl/Duress", {}, Kind.ACCESS_DURESS, None),
    ],
)
def test_onvifs_access_topics_are_understood(
    topic: str, data: dict[str, str], kind: Kind, reason: str | None
) -> None:
    found = only(hear(CONTROLLER, told(topic, POINT, **data)))

    assert (found.kind, found.reason, found.door) == (kind, reason, FRONT)


@pytest.mark.parametrize(
    "topic",
    [
        "tns1:Door/State/DoorPhysicalState",
        "onvif:Door/State/DoorPhysicalState",
        "Door/State/DoorPhysicalState",
    ],
)
def test_namespaces_may_be_on_or_off(topic: str) -> None:
    assert hear(CONTROLLER, told(topic, DOOR, State="Open")) == (report(FRONT, OPEN, at=AT),)


@pytest.mark.parametrize(
    ("topic", "word", "facets"),
    [
        ("DoorPhysicalState", "Open", OPEN),
        ("DoorPhysicalState", "Closed", CLOSED),
        ("DoorPhysicalState", "Unknown", DoorFacets()),
        ("LockPhysicalState", "Locked", LOCKED),
        ("LockPhysicalState", "Unlocked", UNLOCKED),
        ("DoorMode", "Locked", DoorFacets(mode=Mode.NORMAL)),
        ("DoorMode", "Accessed", DoorFacets(mode=Mode.NORMAL)),
        ("DoorMode", "DoubleLocked", DoorFacets(mode=Mode.NORMAL)),
        ("DoorMode", "Unlocked", DoorFacets(mode=Mode.HELD)),
        ("DoorMode", "LockedOpen", DoorFacets(mode=Mode.HELD)),
        ("DoorMode", "Blocked", DoorFacets(mode=Mode.LOCKED_DOWN)),
        ("DoorMode", "LockedDown", DoorFacets(mode=Mode.LOCKED_DOWN)),
        ("DoorMode", "Unknown", DoorFacets()),
        ("DoorAlarm", "Normal", DoorFacets(alarm=Alarm.NONE)),
    ],
)
@pytest.mark.parametrize("retain", [False, True])
def test_a_state_of_a_door_is_a_report(topic: str, word: str, facets: DoorFacets, retain: bool) -> None:
    found = hear(CONTROLLER, told(f"tns1:Door/State/{topic}", DOOR, State=word), retain=retain)

    assert found == (report(FRONT, facets, at=AT, live=not retain),)


@pytest.mark.parametrize(
    ("word", "kind", "alarm"),
    [
        ("DoorForcedOpen", Kind.DOOR_FORCED_OPEN, Alarm.FORCED),
        ("DoorOpenTooLong", Kind.DOOR_HELD_OPEN, Alarm.HELD),
    ],
)
def test_an_alarm_is_recorded_as_it_happens_and_reported_when_it_is_retained(
    word: str, kind: Kind, alarm: Alarm
) -> None:
    words = told("tns1:Door/State/DoorAlarm", DOOR, State=word)

    assert (only(hear(CONTROLLER, words)).kind, only(hear(CONTROLLER, words)).backfilled) == (kind, False)
    assert hear(CONTROLLER, words, retain=True) == (
        report(FRONT, DoorFacets(alarm=alarm), at=AT, live=False),
    )


def test_an_alarm_published_anew_is_the_same_and_no_live_one() -> None:
    old = told("tns1:Door/State/DoorAlarm", DOOR, stamp=STAMP - 60_000, State="DoorForcedOpen")

    first, again = (only(hear(CONTROLLER, old)) for _ in range(2))
    other = only(hear(CONTROLLER, told("Door/State/DoorAlarm", DOOR, STAMP - 60_001, State="DoorForcedOpen")))

    assert first.event_key == again.event_key != other.event_key
    assert first.backfilled


@pytest.mark.parametrize(
    ("topic", "source", "data", "kind", "reason"),
    [
        ("Door/State/DoorTamper", DOOR, {"State": "TamperDetected"}, Kind.DEVICE_TAMPERED, None),
        ("Door/State/DoorFault", DOOR, {"State": "FaultDetected"}, Kind.DEVICE_FAULT, "other"),
        ("tns1:Device/tnsaxis:Casing/Open", {"Name": "1"}, {"Open": "1"}, Kind.DEVICE_TAMPERED, None),
        ("Device/HardwareFailure/PowerSupplyFailure", {}, {"Failed": "true"}, Kind.DEVICE_FAULT, "power"),
        ("Device/HardwareFailure/StorageFailure", {}, {"Failed": "1"}, Kind.DEVICE_FAULT, "storage"),
        (
            "Device/HardwareFailure/TemperatureCritical",
            {},
            {"Critical": "1"},
            Kind.DEVICE_FAULT,
            "temperature",
        ),
        ("Device/HardwareFailure/FanFailure", {}, {"Failed": "1"}, Kind.DEVICE_FAULT, "other"),
        (
            "tns1:Device/tnsaxis:IO/SupervisedPort",
            {"port": "9"},
            {"tampered": "1"},
            Kind.DEVICE_TAMPERED,
            None,
        ),
        (
            "tns1:Credential/State/ApbViolation",
            {"CredentialToken": "c-77"},
            {"ApbViolation": "true"},
            Kind.ACCESS_DENIED,
            "antipassback",
        ),
    ],
)
def test_tampering_and_faults_are_recorded_while_they_begin(
    topic: str, source: dict[str, str], data: dict[str, str], kind: Kind, reason: str | None
) -> None:
    found = only(hear(CONTROLLER, told(topic, source, **data)))

    assert (found.kind, found.reason) == (kind, reason)


@pytest.mark.parametrize(
    ("topic", "source", "data"),
    [
        ("Door/State/DoorTamper", DOOR, {"State": "NotInTamper"}),
        ("Door/State/DoorFault", DOOR, {"State": "NotInFault"}),
        ("Door/State/DoorAlarm", DOOR, {"State": "Unknown"}),
        ("Door/State/DoubleLockPhysicalState", DOOR, {"State": "Locked"}),
        ("tns1:Device/tnsaxis:Casing/Open", {"Name": "1"}, {"Open": "0"}),
        ("Device/HardwareFailure/FanFailure", {}, {"Failed": "0"}),
        ("Credential/State/ApbViolation", {}, {"ApbViolation": "0"}),
        ("AccessControl/AccessTaken/Credential", POINT, {}),
        ("AccessControl/AccessNotTaken/Credential", POINT, {}),
        ("AccessControl/Request/Timeout", POINT, {}),
        ("tns1:Device/tnsaxis:IO/Port", {"port": "-1"}, {"state": "1"}),
        ("tns1:Device/tnsaxis:IO/SupervisedPort", {"port": "9"}, {"state": "1", "tampered": "0"}),
        ("tnsaxis:Call/DTMF", {"DTMFEventId": "d"}, {"CallId": "c"}),
        ("tns1:Monitoring/OperatingTime/LastReboot", {}, {"Status": "2026-11-23T15:00:00Z"}),
    ],
)
def test_what_is_no_news_of_a_door_says_nothing(
    topic: str, source: dict[str, str], data: dict[str, str]
) -> None:
    assert hear(CONTROLLER, told(topic, source, **data)) == ()


@pytest.mark.parametrize(
    ("topic", "source", "data", "door", "facets"),
    [
        ("tns1:Device/tnsaxis:IO/Port", {"port": "1"}, {"state": "1"}, FRONT, OPEN),
        ("tns1:Device/tnsaxis:IO/Port", {"port": "1"}, {"state": "0"}, FRONT, CLOSED),
        ("tns1:Device/tnsaxis:IO/Port", {"port": "5"}, {"state": "1"}, BACK, CLOSED),
        ("tns1:Device/tnsaxis:IO/SupervisedPort", {"port": "5"}, {"state": "0"}, BACK, OPEN),
        ("tns1:Device/tnsaxis:IO/VirtualInput", {"port": "7"}, {"active": "1"}, BACK, OPEN),
        ("tns1:Device/Trigger/DigitalInput", {"InputToken": "8"}, {"LogicalState": "false"}, BACK, CLOSED),
        ("tns1:Device/Trigger/Relay", {"RelayToken": "4"}, {"LogicalState": "active"}, FRONT, UNLOCKED),
        ("tns1:Device/Trigger/Relay", {"RelayToken": "4"}, {"LogicalState": "inactive"}, FRONT, LOCKED),
        ("tns1:Device/Trigger/Relay", {"RelayToken": "6"}, {"LogicalState": "active"}, BACK, LOCKED),
        ("tns1:Device/Trigger/Relay", {"RelayToken": "6"}, {"LogicalState": "inactive"}, BACK, UNLOCKED),
    ],
)
def test_a_clamp_is_read_by_what_hangs_there(
    topic: str, source: dict[str, str], data: dict[str, str], door: str, facets: DoorFacets
) -> None:
    assert hear(CONTROLLER, told(topic, source, **data)) == (report(door, facets, at=AT),)


def test_buttons_on_ports_ring_and_ask_to_leave_when_pressed_and_not_when_let_go() -> None:
    bell, button = (
        [hear(CONTROLLER, told("Device/IO/Port", {"port": port}, state=state)) for state in ("1", "0")]
        for port in ("2", "3")
    )

    assert bell == [(ring(FRONT, at=AT),), ()]
    assert (only(button[0]).kind, button[1]) == (Kind.EXIT_REQUESTED, ())
    assert hear(CONTROLLER, told("Device/IO/Port", {"port": "2"}, state="1"), retain=True) == ()


@pytest.mark.parametrize(
    ("topic", "name", "word", "state"),
    [
        ("tnsaxis:Call/State", "CallState", "Calling", CallState.RINGING),
        ("axis:Call/State", "CallState", "Active", CallState.ANSWERED),
        ("Call/State", "CallState", "Idle", CallState.MISSED),
        ("tnsaxis:Call/StateChange", "Reason", "Initiated", CallState.RINGING),
        ("tnsaxis:Call/StateChange", "Reason", "AcceptedByRemote", CallState.ANSWERED),
        ("tnsaxis:Call/StateChange", "Reason", "AcceptedByDevice", CallState.ANSWERED),
        ("tnsaxis:Call/StateChange", "Reason", "NoAnswer", CallState.MISSED),
        ("tnsaxis:Call/StateChange", "Reason", "Busy", CallState.MISSED),
        ("tnsaxis:Call/StateChange", "Reason", "Denied", CallState.MISSED),
        ("tnsaxis:Call/StateChange", "Reason", "Failed", CallState.MISSED),
        ("tnsaxis:Call/StateChange", "Reason", "Terminated", CallState.MISSED),
    ],
)
def test_a_call_is_followed(topic: str, name: str, word: str, state: CallState) -> None:
    words = told(topic, {"Source": "DoorStation"}, **{name: word})

    assert hear(INTERCOM, words, path="event/tns:axis/Call/State") == (call(state),)
    assert hear(INTERCOM, words, retain=True) == ()


def test_an_old_ring_opens_no_call() -> None:
    found = only(hear(INTERCOM, told("tnsaxis:Call/State", stamp=STAMP - 60_000, CallState="Calling")))

    assert (found.kind, found.backfilled, "call" in found.refs) == (Kind.CALL_RINGING, True, False)


@pytest.mark.parametrize("name", ["DoorState", "State"])
def test_an_intercom_reports_the_door_it_watches(name: str) -> None:
    words = told("tns1:Device/tnsaxis:Intercom/DoorState", {}, **{name: "Open"})

    assert hear(INTERCOM, words) == (report("1", OPEN, at=AT),)


@pytest.mark.parametrize(
    "words",
    [
        told("tns1:Device/tnsaxis:Intercom/KeyPin", {"Source": "Keypad"}, KeyPin="123"),
        told("tns1:Device/tnsaxis:Intercom/KeyPin", {"Source": "Keypad"}, KeyPin=["123"]),
        told("tns1:Device/tnsaxis:Intercom/KeyPin", {"Source": "Keypad"}, KeyPin={"x": "123"}),
        told("tns1:Device/tnsaxis:Intercom/RFID", {"Source": "Internal"}, UID="C0DE12AB", BitCount="32"),
        told("tns1:Device/tnsaxis:Intercom/RFID", {"Source": "Internal"}, UID="C0DE12AB", BitCount=32),
        told("tns1:Device/tnsaxis:Intercom/New", {}, UID="C0DE12AB", KeyPin="123"),
        told("AccessControl/Denied/CredentialNotFound/Card", {}, Card="C0DE12AB"),
    ],
)
def test_pins_and_cards_are_not_kept_even_when_the_message_makes_no_sense(words: dict[str, object]) -> None:
    kept = repr(hear(INTERCOM, words))

    assert "123" not in kept.replace(str(NOW), "")
    assert "C0DE" not in kept


def test_a_serial_number_may_be_told_in_any_writing() -> None:
    for told_serial in (SERIAL, "accc8e012345", "AC-CC-8E-01-23-45"):
        words = told("Door/State/DoorMode", DOOR, State="Locked") | {"serial": told_serial}
        assert isinstance(hear(CONTROLLER, words)[0], DoorReport)


@pytest.mark.parametrize("wall", [CONTROLLER, INTERCOM])
@pytest.mark.parametrize("path", ["event/x", "connection"])
def test_a_serial_number_that_is_not_the_topics_is_forged(wall: Wall, path: str) -> None:
    words = told(GRANTED, POINT, Card="8165537") if path == "event/x" else {"connected": True}

    found = only(hear(wall, words | {"serial": "B8A44F999999"}, path=path))

    assert (found.kind, found.reason, found.device) == (Kind.FEED_FORGED, "device_mismatch", "dev")
    assert "8165537" not in repr(found)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (told("tns1:Device/tnsaxis:Toaster/Done"), "unknown_kind"),
        (told(GRANTED, {"AccessPointToken": "Axis-x:1.2"}), "unknown_door"),
        (told(GRANTED, {}), "unknown_door"),
        (told("Door/State/DoorMode", DOOR), "wrong_shape"),
        (told("Door/State/DoorMode", DOOR, State=1), "wrong_shape"),
        (told("Device/IO/Port", {"port": "1"}, state="maybe"), "wrong_shape"),
        (told("Device/IO/Port", {"port": "1"}, state=True), "wrong_shape"),
        (told("Call/State", CallState="Singing"), "wrong_shape"),
        (told("Device/Intercom/DoorState", State="Ajar"), "wrong_shape"),
        (told(GRANTED, POINT, stamp="soon"), "bad_time"),
        (told(GRANTED, POINT, stamp=True), "wrong_shape"),
        (told(GRANTED, POINT) | {"serial": 7}, "wrong_shape"),
        ({"message": {}}, "unknown_kind"),
        ({"topic": 7, "message": {}}, "unknown_kind"),
    ],
)
def test_what_makes_no_sense_is_unmapped(words: dict[str, object], reason: str) -> None:
    assert unread(hear(CONTROLLER, words)) == reason


def test_a_controller_of_two_doors_has_no_bell_unless_one_is_numbered_so() -> None:
    assert unread(hear(CONTROLLER, told("Call/State", CallState="Calling"))) == "unknown_door"


def test_an_event_without_a_time_is_of_now_and_live() -> None:
    words = told(GRANTED, POINT)
    del words["timestamp"]

    found = only(hear(CONTROLLER, words))

    assert (found.at, found.backfilled, found.event_key) == (NOW, False, None)


@pytest.mark.parametrize("path", ["connection", "event/connection", "LWT", "status", "disconnected"])
@pytest.mark.parametrize(
    ("payload", "online"),
    [
        ({"connected": True}, True),
        ({"connected": "false", "serial": SERIAL}, False),
        ({"status": "offline"}, False),
        ("client_1 connected", True),
        ("client_1 disconnected", False),
        ("client_1 LWT", False),
        ("online", True),
    ],
)
def test_a_device_comes_and_goes(path: str, payload: object, online: bool) -> None:
    assert CONTROLLER.hear(path, payload) == (status(online=online),)
    assert CONTROLLER.hear(path, payload, retain=True) == (status(online=online, live=False),)


@pytest.mark.parametrize("payload", ["sleeping", {"connected": 1}, {"connected": "perhaps"}, {}])
def test_what_is_no_word_of_presence_is_unmapped(payload: object) -> None:
    assert unread(CONTROLLER.hear("connection", payload)) == "wrong_shape"


def test_a_will_taken_away_says_nothing() -> None:
    assert CONTROLLER.hear("connection", b"", retain=True) == ()


@pytest.mark.parametrize("topic", ["axis/B8A44F777777/connection", "axis/B8A44F777777/event/connection"])
def test_a_device_that_nobody_has_claimed_announces_itself(topic: str) -> None:
    found = only(read(Message(topic, b'{"connected":true}', retain=True, received=NOW), CONTROLLER.estate))

    assert (found.kind, found.reason, found.site, found.device) == (
        Kind.FEED_UNMAPPED,
        "unclaimed",
        None,
        None,
    )
    assert found.event_key is not None
    assert "axis/+/connection" in filters(Estate())


def test_every_depth_below_the_prefix_is_listened_to() -> None:
    mine = filters(CONTROLLER.estate)

    deep = f"axis/{SERIAL}/event/tns:onvif/Device/tns:axis/IO/Port/$source/port/1"
    assert f"axis/{SERIAL}" in mine
    assert f"axis/{SERIAL}" + "/+" * deep.removeprefix(f"axis/{SERIAL}").count("/") in mine


EXPECTED: Final[dict[str, str | None]] = {
    "axis-event.json": None,  # a movement sensor, long ago: nothing of a door
    "axis-event-2.json": None,  # analytics
    "axis-event-5.json": "wrong_shape",
    "axis-mqtt-config.json": "unknown_kind",
    "axis-mqtt-config-2.json": "unknown_kind",
}


def test_every_sample_is_expected() -> None:
    assert {path.name for path in (SAMPLES / "axis").iterdir()} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_payload_of_the_makers_is_read(name: str) -> None:
    found = CONTROLLER.hear("event/x", sample("axis", name))

    assert (unread(found) if found else None) == EXPECTED[name]
    assert '"pass"' not in repr(found)


@pytest.mark.parametrize(
    "words",
    [
        told(GRANTED, POINT, CredentialHolderName="Ada", Card="8165537"),
        told("AccessControl/Denied/Credential", POINT, Reason="Unauthorized", Card="8165537"),
        told("Door/State/DoorAlarm", DOOR, State="DoorForcedOpen") | {"serial": SERIAL},
        told("Call/State", CallState="Calling"),
        told("Device/IO/Port", {"port": "2"}, state="1"),
        {"connected": True, "serial": SERIAL},
    ],
)
@pytest.mark.parametrize("path", ["event/x", "connection"])
def test_no_damage_raises_or_lets_anybody_in(words: dict[str, object], path: str) -> None:
    payload = json.dumps(words).encode()
    true = grants(CONTROLLER.hear(path, payload))

    for hurt in damaged(payload):
        hold(CONTROLLER.hear(path, hurt), true)


def test_a_retained_grant_is_history() -> None:
    found = hear(CONTROLLER, told(GRANTED, POINT), retain=True)

    assert all(isinstance(one, Draft) and one.backfilled for one in found)


def test_a_door_with_a_fault_has_an_unknown_position() -> None:
    fault, state = hear(CONTROLLER, told("Door/State/DoorPhysicalState", DOOR, State="Fault"))

    assert isinstance(fault, Draft)
    assert fault.kind is Kind.DEVICE_FAULT
    assert state == report(FRONT, DoorFacets(Position.UNKNOWN, Lock.UNKNOWN), at=AT)
