"""Locks and contacts that a bridge has and the estate has not."""

import json
from collections.abc import Mapping

import pytest

from connectors.devices import Message, read
from core.leaf import Draft
from core.reports import Item, Unclaimed
from tests.connectors.devices.wall import NOW, Wall, damaged, hold, unread

ONE = Wall("zigbee2mqtt", "zigbee2mqtt/front", ("self",), serial="0x01")
GATEWAY = Wall("zigbee2mqtt", "zigbee2mqtt", ("hall_lock.0x03",))


def device(name: str, address: str, *exposes: Mapping[str, object], **about: object) -> dict[str, object]:
    definition = {"vendor": "Yale", "model": "YRD256", "description": "Lock", "exposes": exposes, **about}
    return {"friendly_name": name, "ieee_address": address, "definition": definition}


LOCK = {"type": "lock", "features": []}
CONTACT = {"type": "binary", "name": "contact"}
NEW = device("cellar lock", "0x00158d0001", LOCK)
DEVICES = [
    {"type": "Coordinator", "friendly_name": "Coordinator", "ieee_address": "0x00", "definition": None},
    device("front", "0x01", LOCK),
    device("renamed", "0x01", LOCK),
    device("lamp", "0x02", {"type": "light"}),
    device("hall_lock", "0x04", LOCK),
    device("x", "0x03", CONTACT),
    NEW,
    "no device",
]


def heard(payload: object, topic: str = "zigbee2mqtt/bridge/devices", wall: Wall = ONE) -> tuple[Item, ...]:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return read(Message(topic, body, retain=topic.endswith("devices"), received=NOW), wall.estate)


def names(items: tuple[Item, ...]) -> list[str]:
    assert all(isinstance(item, Unclaimed) and item.family == "zigbee2mqtt" for item in items)
    return [item.name for item in items if isinstance(item, Unclaimed)]


@pytest.mark.parametrize(
    ("wall", "expected"),
    [(ONE, ["0x04", "0x03", "0x00158d0001"]), (GATEWAY, ["0x01", "0x01", "0x00158d0001"])],
)
def test_the_list_of_a_bridge_tells_of_locks_and_contacts_that_the_estate_has_not(
    wall: Wall, expected: list[str]
) -> None:
    assert names(heard(DEVICES, wall=wall)) == expected


def test_a_stranger_has_its_name_maker_and_where_it_speaks() -> None:
    (found,) = heard([NEW])

    assert isinstance(found, Unclaimed)
    assert (found.title, found.topic, found.retained) == ("Yale YRD256", "zigbee2mqtt/cellar lock", True)
    assert '"friendly_name": "cellar lock"' in found.text


def test_whoever_joins_is_a_stranger_once_it_is_known_what_it_is() -> None:
    def event(kind: str, data: object) -> tuple[Item, ...]:
        return heard({"type": kind, "data": data}, "zigbee2mqtt/bridge/event")

    assert names(event("device_interview", NEW)) == ["0x00158d0001"]
    assert event("device_joined", {"friendly_name": "a", "ieee_address": "0x9"}) == ()
    assert event("device_interview", {"friendly_name": "a", "ieee_address": "0x9", "status": "started"}) == ()
    assert event("device_leave", NEW) == ()


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"{}", "wrong_shape"),
        (b"[", "not_json"),
        (b'[],"devices":[]', "duplicate_name"),
        (b"[]}", "not_json"),
        (b" " * 70_000, "too_large"),
    ],
)
def test_a_list_that_makes_no_sense_is_unmapped_once(payload: bytes, reason: str) -> None:
    first, again = heard(payload), heard(payload)

    assert unread(first) == reason
    assert isinstance(first[0], Draft)
    assert isinstance(again[0], Draft)
    assert first[0].event_key == again[0].event_key is not None


def test_a_list_that_is_taken_away_says_nothing() -> None:
    assert heard(b"") == ()


def test_no_damage_raises() -> None:
    for payload in damaged(json.dumps([NEW]).encode()):
        hold(heard(payload))
