"""What an esp-rfid reader is sent, as its README and mqtt.esp have opendoor."""

from core.commands import Order
from tests.connectors.devices.commanding import ask, refused
from tests.connectors.devices.wall import Wall


def test_a_reader_with_its_topic_for_itself_and_one_door_opens() -> None:
    wall = Wall("esprfid", "rfid/a1b2c3", ("1",))

    assert ask(wall.estate, "1") == Order(topic="rfid/a1b2c3/cmd", payload=b'{"cmd":"opendoor"}', expiry_s=5)


def test_a_reader_that_would_move_the_relays_of_several_doors_does_not() -> None:
    assert refused(Wall("esprfid", "rfid/a1b2c3", ("1", "2")).estate, "1") == "opens_more"
