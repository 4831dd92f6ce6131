"""ONVIF's events of access and doors, as Axis publishes them, to items."""

import json

import pytest

from core.doors import Alarm, DoorFacets, Mode
from core.leaf import Draft
from core.records import Kind
from tests.connectors.devices.axis.publishing import (
    AT,
    CONTROLLER,
    DOOR,
    FRONT,
    GRANTED,
    POINT,
    SERIAL,
    STAMP,
    hear,
    told,
)
from tests.connectors.devices.wall import (
    CLOSED,
    LOCKED,
    NOW,
    OPEN,
    UNLOCKED,
    damaged,
    grants,
    hold,
    report,
    unread,
)
from tests.connectors.devices.wall import event as only


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
    ("topic", "kind", "outcome"),
    [
        ("AccessTaken/Credential", Kind.ACCESS_TAKEN, None),
        ("AccessTaken/Anonymous", Kind.ACCESS_TAKEN, None),
        ("AccessNotTaken/Credential", Kind.ACCESS_NOT_TAKEN, None),
        ("Request/Credential", Kind.ACCESS_REQUESTED, None),
        ("Request/Anonymous", Kind.ACCESS_REQUESTED, None),
        ("Request/Timeout", Kind.ACCESS_REQUESTED, "timeout"),
    ],
)
def test_what_comes_before_and_after_a_decision_is_recorded_and_is_no_grant(
    topic: str, kind: Kind, outcome: str | None
) -> None:
    found = only(hear(CONTROLLER, told(f"tns1:AccessControl/{topic}", POINT, Card="8165537")))

    assert (found.kind, found.outcome, found.door) == (kind, outcome, FRONT)
    assert found.private == {"credential": "card ****5537"}
    assert only(hear(CONTROLLER, told(f"AccessControl/{topic}", POINT), retain=True)).backfilled


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
        ("LockPhysicalState", "Locked", LOCKED),
        ("LockPhysicalState", "Unlocked", UNLOCKED),
        ("DoorMode", "Locked", DoorFacets(mode=Mode.NORMAL)),
        ("DoorMode", "Accessed", DoorFacets(mode=Mode.NORMAL)),
        ("DoorMode", "DoubleLocked", DoorFacets(mode=Mode.NORMAL)),
        ("DoorMode", "Unlocked", DoorFacets(mode=Mode.HELD)),
        ("DoorMode", "LockedOpen", DoorFacets(mode=Mode.HELD)),
        ("DoorMode", "Blocked", DoorFacets(mode=Mode.LOCKED_DOWN)),
        ("DoorMode", "LockedDown", DoorFacets(mode=Mode.LOCKED_DOWN)),
        ("DoorAlarm", "Normal", DoorFacets(alarm=Alarm.NONE)),
    ],
)
@pytest.mark.parametrize("retain", [False, True])
def test_a_state_of_a_door_is_a_report(topic: str, word: str, facets: DoorFacets, retain: bool) -> None:
    found = hear(CONTROLLER, told(f"tns1:Door/State/{topic}", DOOR, State=word), retain=retain)

    assert found == (report(FRONT, facets, at=AT, live=not retain),)


@pytest.mark.parametrize(
    ("topic", "facet"),
    [("DoorPhysicalState", "position"), ("LockPhysicalState", "lock"), ("DoorMode", "mode")],
)
def test_a_state_that_is_unknown_takes_the_last_one_back(topic: str, facet: str) -> None:
    found = hear(CONTROLLER, told(f"tns1:Door/State/{topic}", DOOR, State="Unknown"))

    assert found == (report(FRONT, DoorFacets(), at=AT, unknown=(facet,)),)


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
    ("words", "reason"),
    [
        (told("tns1:Device/tnsaxis:Toaster/Done"), "unknown_kind"),
        (told(GRANTED, {"AccessPointToken": "Axis-x:1.2"}), "unknown_door"),
        (told(GRANTED, {}), "unknown_door"),
        (told("Door/State/DoorMode", DOOR), "wrong_shape"),
        (told("Door/State/DoorMode", DOOR, State=1), "wrong_shape"),
        *(
            (told(f"Door/State/{name}", DOOR, State="Frobnicated"), "unknown_kind")
            for name in (
                *("DoorPhysicalState", "LockPhysicalState", "DoorMode"),
                *("DoorAlarm", "DoorTamper", "DoorFault"),
            )
        ),
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


def test_a_reason_that_onvif_does_not_have_is_other_and_keeps_its_word() -> None:
    found = only(hear(CONTROLLER, told("AccessControl/Denied/Credential", POINT, Reason="Frobnicated 4711")))

    assert (found.reason, found.private) == ("other", {"text": "Frobnicated ****"})


def test_an_event_without_a_time_is_of_now_and_live() -> None:
    words = told(GRANTED, POINT)
    del words["timestamp"]

    found = only(hear(CONTROLLER, words))

    assert (found.at, found.backfilled, found.event_key) == (NOW, False, None)


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
    assert state == report(FRONT, DoorFacets(), at=AT, unknown=("position",))
