"""What an esp-rfid reader is sent, as its README and mqtt.esp have opendoor."""

import pytest

from core.commands import Order
from tests.connectors.devices.commanding import ask, refused
from tests.connectors.devices.wall import Wall


def test_a_reader_with_its_topic_for_itself_and_one_relay_by_the_estates_word_opens() -> None:
    wall = Wall("esprfid", "rfid/a1b2c3", ("1-only",))

    assert ask(wall.estate, "1-only") == Order(
        topic="rfid/a1b2c3/cmd", payload=b'{"cmd":"opendoor"}', expiry_s=5
    )


def test_a_reader_that_would_move_the_relays_of_several_doors_does_not() -> None:
    assert refused(Wall("esprfid", "rfid/a1b2c3", ("1", "2")).estate, "1") == "opens_more"


@pytest.mark.parametrize("left", ["1", "2"])
def test_a_reader_of_which_one_door_is_left_in_service_may_have_more_relays(left: str) -> None:
    assert refused(Wall("esprfid", "rfid/a1b2c3", (left,)).estate, left) == "opens_more"


def test_a_reader_of_whose_relays_the_estate_says_two_things_does_not_open() -> None:
    assert refused(Wall("esprfid", "rfid/a1b2c3", ("1-only", "2")).estate, "1-only") == "opens_more"
