"""Modes of a strict native device: renewed by the next, obeyed door by door, no concern of readers."""

import json
from random import Random

import pytest

from connectors.devices.gatehouse.commands import order
from connectors.simulator.device import NativeDevice
from core.commands import LIVES_US, Command, Keys, Verb
from core.records import Kind
from core.times import SECOND_US
from tests.connectors.building import DEVICE, ESTATE, NOW

KEY = bytes(range(32))
ACT = "01kapqyxe0abcdefghjkmnpqrs"
DOOR = ESTATE.doors["berlin-main"]
MODE = "gatehouse/v1/berlin/lobby/cmd/mode"


@pytest.fixture
def model() -> NativeDevice:
    made = NativeDevice(DEVICE, ESTATE.doors_of(DEVICE.id), Random(1), keys=(KEY,))
    made.boot(NOW)
    list(made.hello(NOW))
    return made


def tell(model: NativeDevice, verb: Verb, act: str = ACT, *, lasts_s: int = 60, at: int = NOW) -> str:
    """Send a mode, and give the device's answer."""
    until = at + lasts_s * SECOND_US
    command = Command(act=act, verb=verb, issued=at, expires=at + LIVES_US, until=until)
    (reply,) = model.command(MODE, order(DEVICE, DOOR, command, Keys(signing=KEY), ESTATE).payload, at)
    assert reply.topic.endswith(f"/reply/{act}")
    return str(json.loads(reply.payload)["result"])


def events(model: NativeDevice) -> list[tuple[str, str | None]]:
    told = (json.loads(one.payload) for one in model.offers())
    return [(one["kind"], one.get("mode")) for one in told]


def test_the_act_of_one_door_of_several_is_obeyed_and_answered_by_its_name(model: NativeDevice) -> None:
    assert tell(model, Verb.LOCK_DOWN, f"{ACT}-12") == "accepted"
    assert tell(model, Verb.LOCK_DOWN, f"{ACT}-12") == "duplicate"
    assert tell(model, Verb.LOCK_DOWN, f"{ACT}-13") == "accepted"


def test_a_hold_that_is_renewed_ends_at_its_new_time_and_tells_each(model: NativeDevice) -> None:
    tell(model, Verb.HOLD)
    tell(model, Verb.HOLD, f"{ACT}-1", at=NOW + 30 * SECOND_US)
    assert events(model) == [
        ("door.mode_changed", "held"),
        ("door.unlocked", None),
        ("door.mode_changed", "held"),
    ]

    model.obedience.pass_time(NOW + 89 * SECOND_US)
    assert model.words("1")["mode"] == "held"
    model.obedience.pass_time(NOW + 90 * SECOND_US)

    assert events(model) == [("door.mode_changed", "normal"), ("door.locked", None)]
    assert json.loads(next(iter(model.states(NOW))).payload)["lock"] == "locked"


def test_the_end_of_a_hold_locks_at_once_and_nothing_ends_later(model: NativeDevice) -> None:
    tell(model, Verb.HOLD)
    tell(model, Verb.RESTORE, f"{ACT}-1", at=NOW + SECOND_US)
    assert (model.words("1")["mode"], model.words("1")["lock"]) == ("normal", "locked")
    events(model)

    model.obedience.pass_time(NOW + 61 * SECOND_US)

    assert events(model) == []


def test_a_reader_and_an_exit_button_work_at_a_door_that_is_locked_down(model: NativeDevice) -> None:
    tell(model, Verb.LOCK_DOWN)
    events(model)

    for kind in (Kind.ACCESS_GRANTED, Kind.EXIT_REQUESTED, Kind.DOOR_OPENED, Kind.DOOR_CLOSED):
        model.event(kind, NOW + SECOND_US, "1")

    assert [kind for kind, _ in events(model)] == [
        "access.granted",
        "exit.requested",
        "door.opened",
        "door.closed",
    ]
    assert model.words("1")["mode"] == "locked_down"
    assert model.obedience.pulses == {}
