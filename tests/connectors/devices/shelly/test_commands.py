"""What a Shelly is sent, as its documents write Switch.Set and frames of requests."""

from dataclasses import replace

import pytest

from core.commands import Order, Verb
from core.times import SECOND_US
from tests.connectors.devices.commanding import ACT, ask, command, refused
from tests.connectors.devices.wall import NOW, Wall

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


@pytest.mark.parametrize(
    ("door", "verb", "params"),
    [
        ("switch:0", Verb.HOLD, b'{"id":0,"on":true,"toggle_after":3600}'),
        ("switch:1-holds.input:1", Verb.HOLD, b'{"id":1,"on":false,"toggle_after":3600}'),
        ("switch:0", Verb.LOCK_DOWN, b'{"id":0,"on":false}'),
        ("switch:1-holds.input:1", Verb.RESTORE, b'{"id":1,"on":true}'),
    ],
)
def test_a_hold_is_timed_by_the_device_and_a_lockdown_is_how_the_relay_rests(
    door: str, verb: Verb, params: bytes
) -> None:
    assert b'"params":%b}' % params in ask(WALL.estate, door, command(verb)).payload


@pytest.mark.parametrize("seconds", [0, 12 * 3600 + 1])
def test_a_hold_ends_within_twelve_hours(seconds: int) -> None:
    asked = replace(command(Verb.HOLD), until=NOW + seconds * SECOND_US)

    assert refused(WALL.estate, "switch:0", asked) == "unfit_length"


@pytest.mark.parametrize("seconds", [-1, 0, 601])
def test_a_pulse_has_an_end(seconds: int) -> None:
    assert refused(WALL.estate, "switch:0", command(seconds=seconds)) == "unfit_length"
