"""What a Zigbee lock is sent, as Zigbee2MQTT documents YRD256HA20BP."""

import pytest

from core.commands import Order, Verb
from tests.connectors.devices.commanding import ask, command, refused
from tests.connectors.devices.wall import Wall


@pytest.mark.parametrize(
    ("place", "door", "topic"),
    [
        ("zigbee2mqtt/FRIENDLY_NAME", "self", "zigbee2mqtt/FRIENDLY_NAME/set"),
        ("zigbee2mqtt", "front_lock", "zigbee2mqtt/front_lock/set"),
    ],
)
def test_a_lock_is_told_its_new_state(place: str, door: str, topic: str) -> None:
    wall = Wall("zigbee2mqtt", place, (door,))

    assert ask(wall.estate, door) == Order(topic=topic, payload=b'{"state":"UNLOCK"}', expiry_s=5)
    assert ask(wall.estate, door, command(Verb.LOCK_DOWN)).payload == b'{"state":"LOCK"}'


@pytest.mark.parametrize("door", ["front_lock.front_contact", "x-bell", ""])
def test_a_door_of_several_parts_is_not_opened(door: str) -> None:
    assert refused(Wall("zigbee2mqtt", "zigbee2mqtt", (door,)).estate, door) == "no_relay"
