"""Axis' ports, relays, intercoms and calls to items."""

import pytest

from core.calls import CallState
from core.doors import DoorFacets
from core.records import Kind
from core.reports import CallReport
from tests.connectors.devices.axis.publishing import AT, BACK, CONTROLLER, FRONT, INTERCOM, STAMP, hear, told
from tests.connectors.devices.wall import (
    CLOSED,
    LOCKED,
    NOW,
    OPEN,
    UNLOCKED,
    report,
    ring,
    unread,
)
from tests.connectors.devices.wall import event as only


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


def test_a_controller_of_two_doors_has_no_bell_unless_one_is_numbered_so() -> None:
    assert unread(hear(CONTROLLER, told("Call/State", CallState="Calling"))) == "unknown_door"
