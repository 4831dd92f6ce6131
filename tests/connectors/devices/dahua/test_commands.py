"""What a door station is sent, as DahuaVTO2MQTT documents Command/Open."""

import pytest

from core.commands import Order
from tests.connectors.devices.commanding import ask, refused
from tests.connectors.devices.wall import Wall

STATION = Wall("dahua", "DahuaVTO", ("1", "2", "0", "front"))


@pytest.mark.parametrize(("door", "payload"), [("1", b'{"Door":1}'), ("2", b'{"Door":2}')])
def test_a_station_opens_the_door_of_that_number(door: str, payload: bytes) -> None:
    assert ask(STATION.estate, door) == Order(topic="DahuaVTO/Command/Open", payload=payload, expiry_s=5)


@pytest.mark.parametrize("door", ["0", "front"])
def test_a_door_that_no_station_counts_is_not_opened(door: str) -> None:
    assert refused(STATION.estate, door) == "no_relay"
