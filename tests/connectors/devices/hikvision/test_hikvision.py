"""What the Hikvision add-on publishes to records."""

import pytest
from msgspec.structs import replace

from connectors.devices import Message
from connectors.devices.hikvision import FAMILY
from connectors.devices.hikvision.messages import DISCOVERY
from core.calls import CallState
from core.model import Device
from core.records import Kind
from core.reports import Item
from tests.connectors.devices.wall import (
    LOCKED,
    NOW,
    UNLOCKED,
    Wall,
    body,
    damaged,
    event,
    grants,
    hold,
    report,
    ring,
    status,
    stranger,
    unread,
)

WALL = Wall("hikvision", "hmd", ("1", "2"), serial="Front-door")
CALL = "sensor/Front-door/Call-state/state"
RELAY = "switch/Front-door/Door-2-relay"
TRIGGER = "device_automation/Front-door"


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("ringing", CallState.RINGING),
        ("ring", CallState.RINGING),
        ("onCall", CallState.ANSWERED),
        ("dismissed", CallState.ENDED),
        ("idle", CallState.MISSED),
    ],
)
def test_the_call_state_is_about_the_call_at_the_door(word: str, state: CallState) -> None:
    assert WALL.hear(CALL, word) == (replace(ring("1"), state=state),)
    assert WALL.hear(CALL.replace("state/", "State/"), word) == (replace(ring("1"), state=state),)


@pytest.mark.parametrize("word", ["ringing", "idle", "dismissed"])
def test_a_retained_call_state_says_nothing(word: str) -> None:
    assert WALL.hear(CALL, word, retain=True) == ()


@pytest.mark.parametrize(("word", "online"), [("online", True), ("offline", False)])
def test_the_will_of_the_add_on_says_whether_the_station_can_be_heard(word: str, online: bool) -> None:
    assert WALL.hear("sensor/Front-door/Call-state/availability", word) == (status(online=online),)
    assert WALL.hear("sensor/Front-door/Last-event/availability", word) == ()


def test_a_relay_flips() -> None:
    assert WALL.hear(f"{RELAY}/state", "ON") == (report("2", UNLOCKED),)
    assert WALL.hear(f"{RELAY}/state", "OFF") == (report("2", LOCKED),)


def test_a_retained_relay_is_only_believed_at_rest() -> None:
    assert WALL.hear(f"{RELAY}/state", "ON", retain=True) == ()
    assert WALL.hear(f"{RELAY}/state", "OFF", retain=True) == (report("2", LOCKED, live=False),)


def test_a_release_tells_the_end_of_the_card_and_is_no_grant() -> None:
    found = event(WALL.hear(f"{RELAY}/attributes", {"control_source": "1234567890"}))

    assert (found.kind, found.door) == (Kind.DOOR_UNLOCKED, "2")
    assert found.private == {"credential": "card ****7890"}


def test_a_release_by_a_word_shows_no_card() -> None:
    assert event(WALL.hear(f"{RELAY}/attributes", {"control_source": "indoor"})).private == {}


@pytest.mark.parametrize(
    ("trigger", "payload", "kind", "more"),
    [
        ("tampering_alarm", b"", Kind.DEVICE_TAMPERED, {}),
        ("access_control_tampering_alarm", b"", Kind.DEVICE_TAMPERED, {}),
        ("hijacking_alarm", b"", Kind.ACCESS_DURESS, {"door": "1"}),
        ("multiple_passwords_unlock_failure", b"", Kind.ACCESS_DENIED, {"reason": "lockout"}),
        (
            "illegal_card_swiping_event",
            {"control_source": "98765432"},
            Kind.ACCESS_DENIED,
            {"reason": "credential_not_found", "private": {"credential": "card ****5432"}},
        ),
        ("door-open-by-external-force", {"door_id": 2}, Kind.DOOR_FORCED_OPEN, {"door": "2"}),
        ("door_not_closed_0", b"", Kind.DOOR_HELD_OPEN, {"door": "1"}),
        ("door_not_open_1", b"", Kind.DEVICE_FAULT, {"door": "2", "reason": "other"}),
        ("smart_lock_low_battery_alarm", b"", Kind.DEVICE_FAULT, {"reason": "battery"}),
    ],
)
def test_an_alarm_is_recorded_at_its_door(
    trigger: str, payload: object, kind: Kind, more: dict[str, object]
) -> None:
    found = event(WALL.hear(f"{TRIGGER}/{trigger}/state", payload))

    assert found.kind is kind
    assert {name: getattr(found, name) for name in more} == more
    assert WALL.hear(f"{TRIGGER}/{trigger}/state", payload, retain=True) == ()


@pytest.mark.parametrize("trigger", ["motion_detection", "Door-unlocked"])
def test_what_needs_no_record_is_a_sign_of_life(trigger: str) -> None:
    assert WALL.hear(f"{TRIGGER}/{trigger}/state", b"") == (status(online=True),)


@pytest.mark.parametrize(
    ("path", "payload", "reason"),
    [
        (CALL, "singing", "unknown_kind"),
        (CALL, "Ringing", "unknown_kind"),
        (CALL, b"\xff", "not_utf8"),
        (CALL, "", "unknown_kind"),
        (f"{RELAY}/state", "on", "wrong_shape"),
        (f"{RELAY}/attributes", "ON", "not_json"),
        (f"{RELAY}/attributes", {"control_source": 7}, "wrong_shape"),
        ("switch/Front-door/Door-7-relay/state", "ON", "unknown_door"),
        ("switch/Front-door/Door-0-relay/state", "ON", "unknown_topic"),
        ("switch/Front-door/Com-1-relay/state", "ON", "unknown_topic"),
        (f"{TRIGGER}/door_not_closed_9/state", b"", "unknown_door"),
        (f"{TRIGGER}/door-open-by-external-force/state", {"door_id": 0}, "wrong_shape"),
        (f"{TRIGGER}/no_mask_alarm/state", b"", "unknown_kind"),
        ("sensor/Front-door/Battery/state", "7", "unknown_topic"),
        ("sensor/Front-door", "ringing", "unknown_topic"),
    ],
)
def test_what_is_not_understood_is_kept_with_the_reason(path: str, payload: object, reason: str) -> None:
    assert unread(WALL.hear(path, payload)) == reason


def test_stations_share_the_root_and_are_told_apart_by_their_names() -> None:
    yard = Device(id="yard", site="berlin", family="hikvision", topic="hmd", serial="Yard")
    wall = Wall("hikvision", "hmd", ("1",), serial="Front-door", more=(yard,))

    assert wall.hear(CALL, "ringing") == (ring("1"),)
    assert event(wall.hear("device_automation/Yard/tampering_alarm/state", b"")).device == "yard"
    assert stranger(wall.hear("sensor/Shed/Call-state/state", "ringing"), "hikvision") == "Shed"


def test_a_station_that_nobody_has_claimed_is_a_stranger() -> None:
    assert stranger(WALL.hear("sensor/Rear-door/Call-state/state", "ringing"), "hikvision") == "Rear-door"
    elsewhere = Wall("hikvision", "other", ("1",), serial="Front-door")
    heard = elsewhere.hear_at("hmd/sensor/Rear-door/Call-state/availability", "online")
    assert stranger(heard, "hikvision") == "Rear-door"
    assert elsewhere.hear_at("hmd/sensor/Rear-door/Call-state/availability", "", retain=True) == ()


def test_a_name_that_could_be_a_wildcard_is_not_listened_to() -> None:
    for serial in ("", "+", "#", "a/b"):
        assert FAMILY.filters(Wall("hikvision", "hmd", ("1",), serial=serial).estate) == (DISCOVERY,)
    ours = set(FAMILY.filters(WALL.estate)) - {DISCOVERY}
    assert all("Front-door" in one for one in ours)


def test_another_root_is_another_familys() -> None:
    message = Message("zigbee/sensor/Front-door/Call-state/state", b"ringing", retain=False, received=NOW)

    assert FAMILY.parse(message, WALL.estate) is None


GOOD = (
    (CALL, b"ringing"),
    (f"{RELAY}/state", b"ON"),
    (f"{RELAY}/attributes", body({"control_source": "1234567890"})),
    (f"{TRIGGER}/door-open-by-external-force/state", body({"door_id": 2})),
)


@pytest.mark.parametrize(("path", "payload"), GOOD)
def test_no_damage_raises_or_lets_anybody_in(path: str, payload: bytes) -> None:
    for other in (payload, *damaged(payload)):
        found: tuple[Item, ...] = WALL.hear(path, other)
        hold(found)
        assert not grants(found)
        hold(WALL.hear(path, other, retain=True))
