"""What a Shelly is sent, as its documents write Switch.Set and frames of requests."""

import pytest

from core.commands import Order
from tests.connectors.devices.commanding import ACT, ask, command, refused
from tests.connectors.devices.wall import Wall

WALL = Wall(
    "shelly",
    "wall/plus",
    ("switch:0", "switch:1-holds.input:1", "switch:2.switch:3", "switch:4.input:4", "switch:4", "input:0"),
)


@pytest.mark.parametrize(
    ("door", "params"),
    [
        ("switch:0", '{"id":0,"on":true,"toggle_after":5}'),
        ("switch:1-holds.input:1", '{"id":1,"on":false,"toggle_after":5}'),
    ],
)
def test_a_relay_is_pulsed_by_the_device_itself(door: str, params: str) -> None:
    request = f'{{"id":"{ACT}","src":"wall/plus/reply","method":"Switch.Set","params":{params}}}'

    assert ask(WALL.estate, door) == Order(
        topic="wall/plus/rpc", payload=request.encode(), expiry_s=5, response="wall/plus/reply/rpc"
    )


@pytest.mark.parametrize(
    ("door", "reason"),
    [
        ("switch:2.switch:3", "no_relay"),
        ("input:0", "no_relay"),
        ("switch:4", "opens_more"),
        ("switch:4.input:4", "opens_more"),
    ],
)
def test_a_door_without_one_relay_of_its_own_is_not_opened(door: str, reason: str) -> None:
    assert refused(WALL.estate, door) == reason


@pytest.mark.parametrize("seconds", [-1, 0, 601])
def test_a_pulse_has_an_end(seconds: int) -> None:
    assert refused(WALL.estate, "switch:0", command(seconds=seconds)) == "unfit_length"
