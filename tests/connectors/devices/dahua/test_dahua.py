"""Events of the Dahua bridge to records."""

import json

import pytest
from msgspec.structs import replace

from connectors.devices import Message
from connectors.devices.dahua import FAMILY
from core.calls import CallState
from core.leaf import Draft, EventKey
from core.model import Device
from core.records import Kind
from core.reports import Item
from tests.connectors.devices.wall import (
    NOW,
    Wall,
    body,
    damaged,
    event,
    grants,
    hold,
    ring,
    sample,
    status,
    stranger,
    unread,
)

SERIAL = "Device Serial Number"
WALL = Wall("dahua", "DahuaVTO", ("1", "2"), serial=SERIAL)
UTC = NOW // 1_000_000 - 2
AT = UTC * 1_000_000
RINGS = ring("1", at=AT)
OF_THE_PAST = status(online=True, live=False)


def said(action: str, /, *, utc: object = UTC, serial: str = SERIAL, **data: object) -> dict[str, object]:
    """Give an event as the bridge publishes it; a value of None takes the field away."""
    fields = {"LocaleTime": "2026-11-23 16:11:44", "UTC": utc, **data}
    return {
        "Action": action,
        "Data": {name: value for name, value in fields.items() if value is not None},
        "deviceType": "VTO2202F-P",
        "serialNumber": serial,
    }


def opened(**changes: object) -> dict[str, object]:
    """Give an opening as the document has it, a moment ago."""
    data = json.loads(sample("dahua", "dahua-accesscontrol.json"))["Data"]
    return said("Pulse", **{**data, "UTC": UTC, "LocaleTime": "2026-11-23 16:11:44", **changes})


def record(kind: Kind, *, history: bool = False, **more: object) -> Draft:
    """Give the record expected of this station."""
    plain = Draft(kind=kind, received=NOW, at=AT, site="berlin", device="dev", backfilled=history)
    return replace(plain, **more)


# The samples are of 2020: history to us, at a time that is past what a clock may claim.
SAMPLES: tuple[tuple[str, str, tuple[Item, ...] | str], ...] = (
    (
        "dahua-accesscontrol.json",
        "AccessControl/Event",
        (
            record(
                Kind.ACCESS_GRANTED,
                history=True,
                at=NOW,
                door="1",
                private={"credential": "remote"},
                event_key=EventKey("AccessControl/1583173448", 691),
            ),
        ),
    ),
    ("dahua-apconnect.json", "APConnect/Event", (OF_THE_PAST,)),
    ("dahua-backkeylight.json", "BackKeyLight/Event", (OF_THE_PAST,)),
    ("dahua-backlightoff.json", "BackLightOff/Event", (OF_THE_PAST,)),
    ("dahua-backlighton.json", "BackLightOn/Event", (OF_THE_PAST,)),
    ("dahua-callsnap.json", "CallSnap/Event", (status(online=True),)),
    ("dahua-generic-structure.json", "Generic structure/Event", "wrong_shape"),
    ("dahua-lock-state.json", "MagneticLock/Status", ()),
    ("dahua-ntpadjusttime.json", "NTPAdjustTime/Event", (OF_THE_PAST,)),
    (
        "dahua-passivehungup.json",
        "PassiveHungup/Event",
        (record(Kind.CALL_ENDED, history=True, at=NOW, door="1"),),
    ),
    ("dahua-requestcallstate.json", "RequestCallState/Event", (OF_THE_PAST,)),
    ("dahua-sipregisterresult.json", "SIPRegisterResult/Event", (OF_THE_PAST,)),
)


@pytest.mark.parametrize(("name", "path", "expected"), SAMPLES)
def test_a_published_payload_becomes_its_items(
    name: str, path: str, expected: tuple[Item, ...] | str
) -> None:
    found = WALL.hear(path, sample("dahua", name))

    assert (unread(found) if isinstance(expected, str) else found) == expected


@pytest.mark.parametrize(
    ("path", "payload", "state"),
    [
        ("Invite", said("Pulse", CallID="1", LockNum=2), CallState.RINGING),
        ("Invite", said("Start"), CallState.RINGING),
        ("CallNoAnswered", said("Start", CallID="1"), CallState.RINGING),
        ("CallNoAnswered", said("Pulse"), CallState.MISSED),
        ("IgnoreInvite", said("Pulse"), CallState.ANSWERED),
        ("PassiveHungup", said("?", Index=1), CallState.ENDED),
        ("HangupPhone", said("Start"), CallState.ENDED),
        ("BackKeyLight", said("Pulse", State=0), CallState.ENDED),
        ("BackKeyLight", said("Pulse", State=1), CallState.RINGING),
        ("BackKeyLight", said("Pulse", State=2), CallState.RINGING),
        ("BackKeyLight", said("Pulse", State=5), CallState.ANSWERED),
        ("BackKeyLight", said("Pulse", State=6), CallState.MISSED),
    ],
)
def test_a_word_about_the_call_is_about_the_call_at_the_door(
    path: str, payload: dict[str, object], state: CallState
) -> None:
    assert WALL.hear(f"{path}/Event", payload) == (replace(RINGS, state=state),)


@pytest.mark.parametrize(
    ("path", "payload", "expected"),
    [
        ("BackKeyLight", said("Pulse", State=9), {"kind": Kind.ACCESS_DENIED, "door": "1"}),
        ("BackKeyLight", said("Pulse", State=11), {"kind": Kind.DEVICE_FAULT, "reason": "rebooted"}),
        (
            "FingerPrintCheck",
            said("Pulse", FingerPrintID=0),
            {"kind": Kind.ACCESS_DENIED, "reason": "credential_not_found"},
        ),
        ("SIPRegisterResult", said("Pulse", Success=False), {"kind": Kind.DEVICE_FAULT}),
        ("VideoBlind", said("Start"), {"kind": Kind.DEVICE_TAMPERED}),
        ("AlarmLocal", said("Start"), {"kind": Kind.DEVICE_FAULT, "private": {"text": "AlarmLocal"}}),
        (
            "ProfileAlarmTransmit",
            said("?", AlarmType="Gas 12345"),
            {"kind": Kind.DEVICE_FAULT, "private": {"text": "Gas *****"}},
        ),
    ],
)
def test_what_goes_wrong_at_a_station_is_recorded(
    path: str, payload: dict[str, object], expected: dict[str, object]
) -> None:
    found = event(WALL.hear(f"{path}/Event", payload))

    assert {name: getattr(found, name) for name in expected} == expected
    assert (found.at, found.backfilled) == (AT, False)


@pytest.mark.parametrize(
    ("path", "payload"),
    [
        ("VideoMotion", said("Start")),
        ("NTPAdjustTime", said("Pulse", result=True)),
        ("BackKeyLight", said("Pulse", State=8)),
        ("FingerPrintCheck", said("Pulse", FingerPrintID=7)),
        ("SIPRegisterResult", said("Pulse", Success=True)),
        ("AlarmLocal", said("Stop")),
        ("VideoBlind", said("Stop")),
        ("RtspSessionDisconnect", said("Start", Device="::ffff:10.0.0.7")),
    ],
)
def test_what_needs_no_record_is_a_sign_of_life(path: str, payload: dict[str, object]) -> None:
    assert WALL.hear(f"{path}/Event", payload) == (status(online=True),)


def test_an_opening_says_who_and_where_and_counts_once() -> None:
    found = event(WALL.hear("AccessControl/Event", opened(CardNo="1A2B3C4D", UserID="101", ReaderID="2")))

    assert found == record(
        Kind.ACCESS_GRANTED,
        door="2",
        private={"credential": "card ****3C4D", "person": "101"},
        event_key=EventKey(f"AccessControl/{UTC}", 691),
    )


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"Method": 4}, "remote"),
        ({"Method": 6}, "fingerprint"),
        ({"Method": 99}, "other"),
        ({"Method": 0, "Password": "4711"}, "pin"),
        ({"CardNo": "99887766", "Password": "4711"}, "card ****7766"),
    ],
)
def test_a_credential_is_named_and_no_pin_is_kept(changes: dict[str, object], shown: str) -> None:
    found = event(WALL.hear("AccessControl/Event", opened(**changes)))

    assert found.private["credential"] == shown
    assert "4711" not in str(found)


def test_a_pin_in_what_is_not_understood_is_masked() -> None:
    found = event(WALL.hear("AccessControl/Event", opened(Name="Nonsense", Password="4711", CardNo="123456")))

    assert found.reason == "unknown_kind"
    assert "4711" not in found.private["text"]
    assert "3456" not in found.private["text"]


def test_an_opening_that_was_refused_is_a_denial() -> None:
    found = event(WALL.hear("AccessControl/Event", opened(Status=0)))

    assert (found.kind, found.reason) == (Kind.ACCESS_DENIED, "other")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"Name": "CloseDoor"}, "unknown_kind"),
        ({"Status": 2}, "unknown_kind"),
        ({"Status": "1"}, "wrong_shape"),
        ({"Status": True}, "wrong_shape"),
        ({"Status": None}, "wrong_shape"),
        ({"ReaderID": "7"}, "unknown_door"),
        ({"UTC": "soon"}, "wrong_shape"),
        ({"LocaleTime": "yesterday", "UTC": None}, "bad_time"),
    ],
)
def test_what_is_no_opening_lets_nobody_in(changes: dict[str, object], reason: str) -> None:
    assert unread(WALL.hear("AccessControl/Event", opened(**changes))) == reason


def test_an_unknown_action_about_a_call_is_not_understood() -> None:
    assert unread(WALL.hear("Invite/Event", said("Frobnicate", CallID="1"))) == "unknown_kind"


def test_a_ring_of_the_past_is_history_and_opens_no_call() -> None:
    payload = said("Pulse", utc=UTC - 3600, LocaleTime="2026-11-23 15:11:44")

    found = event(WALL.hear("Invite/Event", payload))

    assert (found.kind, found.backfilled, found.at) == (Kind.CALL_RINGING, True, AT - 3_600_000_000)
    assert "call" not in found.refs


def test_local_time_in_the_place_of_utc_makes_no_history() -> None:
    assert WALL.hear("Invite/Event", said("Pulse", utc=UTC - 5 * 3600)) == (RINGS,)


def test_the_wall_clock_serves_where_there_is_no_utc() -> None:
    assert WALL.hear("Invite/Event", said("Pulse", utc=None)) == (RINGS,)


def test_a_clock_of_1970_gives_way_to_the_time_of_receipt() -> None:
    payload = said("Pulse", utc=7, LocaleTime="1970-01-01 01:00:07")

    assert WALL.hear("Invite/Event", payload) == (ring("1"),)


def test_another_serial_number_is_forged() -> None:
    found = event(WALL.hear("AccessControl/Event", {**opened(), "serialNumber": "another"}))

    assert (found.kind, found.reason) == (Kind.FEED_FORGED, "device_mismatch")


def test_stations_that_share_a_prefix_are_told_apart_by_their_serial_numbers() -> None:
    other = Device(id="yard", site="berlin", family="dahua", topic="DahuaVTO", serial="B2")
    wall = Wall("dahua", "DahuaVTO", ("1",), serial="A1", more=(other,))

    assert wall.hear("Invite/Event", said("Pulse", serial="A1")) == (RINGS,)
    assert event(wall.hear("SIPRegisterResult/Event", said("Pulse", serial="B2", Success=False))).device == (
        "yard"
    )
    assert stranger(wall.hear("Invite/Event", said("Pulse", serial="C3")), "dahua") == "C3"
    for nobody in (b"{", {}, {"serialNumber": 7}):
        assert unread(wall.hear("Invite/Event", nobody)) == "device_mismatch"


def test_a_station_behind_a_bridge_that_nobody_has_claimed_is_a_stranger() -> None:
    wall = Wall("dahua", "elsewhere", ("1",))

    for payload, name in ((said("Pulse", serial="C3"), "C3"), (b"{", "DahuaVTO")):
        assert stranger(wall.hear_at("DahuaVTO/Invite/Event", payload), "dahua") == name
    assert wall.hear_at("DahuaVTO/Invite/Event", b"") == ()
    assert "DahuaVTO/+/Event" in FAMILY.filters(wall.estate)


def test_a_retained_event_is_a_picture_of_the_past_and_counts_once() -> None:
    first = event(WALL.hear("AccessControl/Event", opened(), retain=True))
    again = event(WALL.hear("AccessControl/Event", opened(), retain=True))

    assert (first.kind, first.reason) == (Kind.FEED_UNMAPPED, "wrong_shape")
    assert first.event_key == again.event_key is not None


def test_an_unknown_event_keeps_the_makers_word() -> None:
    found = event(WALL.hear("FaceDetection/Event", said("Start")))

    assert (found.kind, found.reason) == (Kind.FEED_UNMAPPED, "unknown_kind")
    assert found.private["text"].startswith("DahuaVTO/FaceDetection/Event")


def test_only_events_and_the_lock_are_heard() -> None:
    assert FAMILY.filters(WALL.estate) == ("DahuaVTO/+/Event", "DahuaVTO/MagneticLock/Status")
    message = Message("Elsewhere/Invite/Event", body(said("Pulse")), retain=False, received=NOW)
    assert FAMILY.parse(message, WALL.estate) is None
    assert unread(WALL.hear("Command/Open", b"")) == "unknown_topic"


GOOD = (
    ("AccessControl/Event", opened()),
    ("AccessControl/Event", opened(Status=0, CardNo="12345678")),
    ("Invite/Event", said("Pulse")),
    ("BackKeyLight/Event", said("Pulse", State=9)),
    ("MagneticLock/Status", {"door": 1, "isLocked": True}),
)


@pytest.mark.parametrize(("path", "payload"), GOOD)
def test_no_damage_raises_or_lets_anybody_in(path: str, payload: object) -> None:
    true = grants(WALL.hear(path, payload))
    # Without its number, method or reader an opening is told with less, and never with more.
    less = tuple(replace(one, private={"credential": word}) for one in true for word in ("other", "pin"))
    for other in damaged(body(payload)):
        hold(WALL.hear(path, other), true + less)
        hold(WALL.hear(path, other, retain=True))
