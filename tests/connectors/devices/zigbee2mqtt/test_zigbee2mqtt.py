"""Zigbee2MQTT's topics to records."""

import pytest

from connectors.devices import Message
from connectors.devices.zigbee2mqtt import FAMILY
from connectors.devices.zigbee2mqtt.joined import DISCOVERY
from core.doors import DoorFacets, Lock, Position
from core.leaf import Draft
from core.model import Device, Estate
from core.records import Kind
from core.reports import DoorReport, Item, StatusReport
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
    sample,
    status,
    unread,
)

LOCK = Wall("zigbee2mqtt", "zigbee2mqtt/hall/front lock", ("self",), serial="0x00124b0001020304")
GATEWAY = Wall("zigbee2mqtt", "zigbee2mqtt", ("front_lock.front_contact", "0x00158d0001"))
FRONT, SIDE = GATEWAY.doors
UNLOCK = {"state": "UNLOCK", "lock_state": "unlocked"}


def lock(**words: object) -> dict[str, object]:
    """Give a message of a lock that has just been opened by a code."""
    entered = {"action": "unlock", "action_source_name": "keypad", "action_user": 3}
    return {**UNLOCK, **entered, "battery": 97, "linkquality": 80, **words}


def facts(items: tuple[Item, ...]) -> tuple[Kind, str | None, dict[str, str]]:
    """Give kind, reason and private fields of the one record."""
    found = event(items)
    return found.kind, found.reason, dict(found.private)


def test_a_request_is_not_heard() -> None:
    for name, path in (("z2m-lock-get.json", "get"), ("z2m-lock-set-unlock.json", "set")):
        message = Message(f"{LOCK.topic}/{path}", sample("zigbee2mqtt", name), retain=False, received=NOW)
        assert FAMILY.parse(message, LOCK.estate) is None
        assert message.topic not in FAMILY.filters(LOCK.estate)


def test_the_published_word_for_unlocked_is_understood_as_a_state_and_the_empty_one_is_not() -> None:
    assert LOCK.hear("", sample("zigbee2mqtt", "z2m-lock-set-unlock.json")) == (report("self", UNLOCKED),)
    told, strange = LOCK.hear("", sample("zigbee2mqtt", "z2m-lock-get.json"))
    assert told == report("self", DoorFacets())
    assert unread((strange,)) == "unknown_kind"


@pytest.mark.parametrize(
    ("words", "facets"),
    [
        ({"contact": True}, CLOSED),
        ({"contact": False, "battery": 3, "voltage": 2995}, OPEN),
        ({"door_state": "open"}, OPEN),
        ({"door_state": "open", "contact": True}, CLOSED),
        ({"state": "LOCK"}, LOCKED),
        ({"state": "UNLOCK"}, UNLOCKED),
        ({"lock_state": "locked"}, LOCKED),
        ({"state": "LOCK", "lock_state": "not_fully_locked"}, UNLOCKED),
        ({"state": "LOCK", "lock_state": "unlocked"}, UNLOCKED),
        ({"state": None, "lock_state": None, "contact": None, "action": None}, DoorFacets()),
        ({"contact": False, **UNLOCK}, DoorFacets(Position.OPEN, Lock.UNLOCKED)),
        ({"battery": 97}, DoorFacets()),
    ],
)
def test_a_state_is_reported(words: dict[str, object], facets: DoorFacets) -> None:
    assert LOCK.hear("", words) == (report("self", facets),)
    assert LOCK.hear("", words, retain=True) == (report("self", facets, live=False),)


@pytest.mark.parametrize(("word", "online"), [("online", True), ("offline", False)])
def test_both_forms_of_availability_are_understood(word: str, online: bool) -> None:
    assert LOCK.hear("availability", word) == (status(online=online),)
    assert LOCK.hear("availability", {"state": word}) == (status(online=online),)
    assert LOCK.hear("availability", {"state": word}, retain=True) == (status(online=online, live=False),)


@pytest.mark.parametrize("word", ["Online", '"online"', {"state": True}, {"online": 1}, b"\xff", "[]"])
def test_another_word_of_presence_is_not_understood(word: object) -> None:
    assert unread(LOCK.hear("availability", word)) in {"wrong_shape", "not_utf8"}
    assert unread(GATEWAY.hear("bridge/state", word)) in {"wrong_shape", "not_utf8"}


def test_a_bridge_speaks_for_all_that_it_carries() -> None:
    other = Device(id="yard", site="berlin", family="zigbee2mqtt", topic="zigbee2mqtt/yard")
    stranger = Device(id="far", site="berlin", family="zigbee2mqtt", topic="zigbee2mqtt2/yard")
    wall = Wall("zigbee2mqtt", "zigbee2mqtt/front", ("self",), more=(other, stranger))

    found = wall.hear_at("zigbee2mqtt/bridge/state", {"state": "offline"})

    assert [(one.device, one.online) for one in found if isinstance(one, StatusReport)] == [
        ("dev", False),
        ("yard", False),
    ]
    assert len(wall.hear_at("zigbee2mqtt/bridge/state", "sleepy")) == 1


def test_a_bridge_above_a_name_with_slashes_is_listened_to() -> None:
    assert FAMILY.filters(LOCK.estate) == (
        "zigbee2mqtt/hall/front lock",
        "zigbee2mqtt/hall/front lock/availability",
        "zigbee2mqtt/hall/front lock/bridge/state",
        "zigbee2mqtt/hall/bridge/state",
        "zigbee2mqtt/bridge/state",
        *DISCOVERY,
    )
    assert LOCK.hear_at("zigbee2mqtt/bridge/state", "online") == (status(online=True),)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({}, (Kind.ACCESS_GRANTED, None, {"person": "dev/3", "credential": "pin"})),
        (
            {"action_source_name": "rfid"},
            (Kind.ACCESS_GRANTED, None, {"person": "dev/3", "credential": "card"}),
        ),
        ({"action_user": None}, (Kind.ACCESS_GRANTED, None, {"credential": "pin"})),
        ({"action_user": 255}, (Kind.ACCESS_GRANTED, None, {"credential": "pin"})),
        ({"action_user": -1}, (Kind.ACCESS_GRANTED, None, {"credential": "pin"})),
        ({"action_user": 10**30}, (Kind.ACCESS_GRANTED, None, {"credential": "pin"})),
        ({"action_user": 65535}, (Kind.ACCESS_GRANTED, None, {"credential": "pin"})),
        ({"action_source_name": "rf"}, (Kind.DOOR_UNLOCKED, None, {"person": "dev/3"})),
        ({"action_source_name": None, "action_user": None}, (Kind.DOOR_UNLOCKED, None, {})),
        ({"action": "manual_unlock", "action_user": None}, (Kind.DOOR_UNLOCKED, None, {"credential": "pin"})),
        (
            {"action": "key_unlock", "action_source_name": "manual"},
            (Kind.DOOR_UNLOCKED, None, {"person": "dev/3"}),
        ),
        (
            {"action": "schedule_unlock", "action_user": None},
            (Kind.DOOR_UNLOCKED, None, {"credential": "pin"}),
        ),
        ({"action": "lock"}, (Kind.DOOR_LOCKED, None, {"person": "dev/3", "credential": "pin"})),
        ({"action": "auto_lock"}, (Kind.DOOR_LOCKED, None, {"person": "dev/3", "credential": "pin"})),
        ({"action": "one_touch_lock"}, (Kind.DOOR_LOCKED, None, {"person": "dev/3", "credential": "pin"})),
        (
            {"action": "unlock_failure_invalid_pin_or_id", "action_user": None},
            (Kind.ACCESS_DENIED, "invalid_pin", {"credential": "pin"}),
        ),
        (
            {"action": "lock_failure_invalid_pin_or_id", "action_user": None},
            (Kind.ACCESS_DENIED, "invalid_pin", {"credential": "pin"}),
        ),
        (
            {"action": "unlock_failure_invalid_schedule"},
            (Kind.ACCESS_DENIED, "not_permitted_at_this_time", {"person": "dev/3", "credential": "pin"}),
        ),
    ],
)
def test_an_action_is_an_event(
    words: dict[str, object], expected: tuple[Kind, str | None, dict[str, str]]
) -> None:
    items = LOCK.hear("", lock(**words))

    assert facts(items) == expected
    assert items[-1] == report("self", UNLOCKED)


@pytest.mark.parametrize("word", ["unknown", "non_access_user_operational_event", "pin_code_added", "dance"])
def test_an_action_that_tells_nothing_lets_nobody_in(word: str) -> None:
    kind, reason, private = facts(LOCK.hear("", lock(action=word)))

    assert (kind, reason) == (Kind.FEED_UNMAPPED, "unknown_kind")
    assert word in private["text"]


def test_the_empty_action_that_follows_each_is_none() -> None:
    assert LOCK.hear("", {"action": "", **UNLOCK}) == (report("self", UNLOCKED),)


def test_a_retained_action_is_not_told_again() -> None:
    assert LOCK.hear("", lock(tamper=True), retain=True) == (report("self", UNLOCKED, live=False),)
    assert LOCK.hear("", lock(action="dance"), retain=True) == (report("self", UNLOCKED, live=False),)


def test_tampering_is_recorded() -> None:
    assert facts(LOCK.hear("", {"contact": False, "tamper": True})) == (Kind.DEVICE_TAMPERED, None, {})
    assert LOCK.hear("", {"contact": False, "tamper": False}) == (report("self", OPEN),)


@pytest.mark.parametrize(
    "seen",
    ["2026-11-23T15:11:45.000Z", "2026-11-23T16:11:45+01:00", (NOW - 1_000_000) // 1000],
)
def test_the_time_last_seen_is_the_time(seen: object) -> None:
    granted, told = LOCK.hear("", lock(last_seen=seen))

    assert isinstance(granted, Draft)
    assert isinstance(told, DoorReport)
    assert (granted.at, granted.backfilled, told.at, told.live) == (
        NOW - 1_000_000,
        False,
        NOW - 1_000_000,
        True,
    )


def test_what_a_gateway_remembers_is_history_and_proves_nothing_alive() -> None:
    granted, told = LOCK.hear("", lock(last_seen="2026-11-23T14:11:45Z"))

    assert isinstance(granted, Draft)
    assert isinstance(told, DoorReport)
    assert (granted.backfilled, told.live) == (True, False)


def test_a_wrong_time_hides_no_state() -> None:
    assert LOCK.hear("", {"contact": True, "last_seen": "noon"}) == (report("self", CLOSED),)


@pytest.mark.parametrize("word", ["pin_code", "users"])
def test_no_pin_is_kept(word: str) -> None:
    secret = {"pin_code": {"user": 1, "pin_code": 947}, "users": {"1": {"status": "on", "pin_code": "94"}}}
    for items in (
        LOCK.hear("", lock(**{word: secret[word]})),
        LOCK.hear("", {word: secret[word], "action": "dance"}),
        LOCK.hear("", {word: secret[word], "contact": "ajar"}),
    ):
        assert not any(
            "94" in value for one in items if isinstance(one, Draft) for value in one.private.values()
        )


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ({"contact": "true"}, "wrong_shape"),
        ({"contact": 1}, "wrong_shape"),
        ({"lock_state": True}, "wrong_shape"),
        ({"action": ["unlock"]}, "wrong_shape"),
        ("LOCK", "not_json"),
        ("[]", "wrong_shape"),
    ],
)
def test_what_makes_no_sense_is_kept_to_look_at(words: object, reason: str) -> None:
    assert unread(LOCK.hear("", words)) == reason


@pytest.mark.parametrize("words", [{"lock_state": "ajar", "contact": True}, {"state": "ON", "contact": True}])
def test_a_word_we_dont_know_hides_no_other(words: dict[str, object]) -> None:
    told, strange = LOCK.hear("", words)

    assert told == report("self", CLOSED)
    assert unread((strange,)) == "unknown_kind"


def test_another_device_under_the_name_is_forged() -> None:
    info = {"ieeeAddr": "0x0011223344556677", "friendlyName": "x"}

    assert facts(LOCK.hear("", lock(device=info)))[:2] == (Kind.FEED_FORGED, "device_mismatch")
    assert not grants(LOCK.hear("", lock(device=info)))
    assert grants(LOCK.hear("", lock(device={"ieeeAddr": "0x00124b0001020304"})))


def test_a_gateway_joins_a_lock_and_a_contact_to_one_door() -> None:
    granted, told = GATEWAY.hear("front_lock", lock())

    assert isinstance(granted, Draft)
    assert (granted.door, granted.person) == (FRONT, "dev/front_lock/3")
    assert told == report(FRONT, UNLOCKED)
    assert GATEWAY.hear("front_contact", {"contact": False}) == (report(FRONT, OPEN),)
    assert GATEWAY.hear("0x00158d0001", {"contact": False}) == (report(SIDE, OPEN),)


def test_a_part_that_is_lost_is_a_fault_of_its_door_alone() -> None:
    found = event(GATEWAY.hear("front_lock/availability", {"state": "offline"}))

    assert (found.kind, found.door, found.reason) == (Kind.DEVICE_FAULT, FRONT, "other")
    assert GATEWAY.hear("front_lock/availability", {"state": "offline"}, retain=True) == ()
    assert GATEWAY.hear("front_lock/availability", "online") == ()


def test_what_serves_no_door_is_not_its_own() -> None:
    message = Message("zigbee2mqtt/kitchen_lamp", b'{"state": "ON"}', retain=False, received=NOW)

    assert FAMILY.parse(message, GATEWAY.estate) is None
    assert message.topic not in FAMILY.filters(GATEWAY.estate)


def test_a_lock_without_a_door_is_said() -> None:
    assert unread(GATEWAY.hear("", {"contact": True})) == "unknown_door"


def test_taking_a_retained_state_away_says_nothing() -> None:
    assert LOCK.hear("", b"") == LOCK.hear("availability", b"") == GATEWAY.hear("bridge/state", b"") == ()


def test_it_listens_to_nothing_without_devices() -> None:
    assert FAMILY.filters(Estate()) == DISCOVERY


@pytest.mark.parametrize(
    ("wall", "path", "payload"),
    [
        (LOCK, "", lock()),
        (LOCK, "", lock(action="unlock_failure_invalid_pin_or_id", last_seen="2026-11-23T15:11:45Z")),
        (LOCK, "", {"contact": False, "door_state": "open", "tamper": True, "device": {"ieeeAddr": "0x1"}}),
        (LOCK, "availability", {"state": "online"}),
        (GATEWAY, "bridge/state", "online"),
        (GATEWAY, "front_lock", lock()),
        (GATEWAY, "front_lock/availability", {"state": "offline"}),
    ],
)
def test_no_damage_raises_or_lets_a_wrong_person_in(wall: Wall, path: str, payload: object) -> None:
    true = grants(wall.hear(path, payload))
    for other in damaged(body(payload)):
        hold(wall.hear(path, other), true)
        assert not grants(wall.hear(path, other, retain=True))
