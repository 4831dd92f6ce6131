"""Whoever is let in from afar goes in, unless the device is to be left alone."""

from datetime import UTC, datetime
from random import Random

import pytest

from connectors.simulator.agenda import Agenda
from connectors.simulator.life import Life
from connectors.simulator.scenes import SceneDoor, Scenes
from connectors.simulator.simulation import Simulated, devices
from core.times import SECOND_US
from tests.connectors.simulator.demo import demo_estate
from tests.connectors.simulator.test_life import Watching

START = int(datetime(2026, 11, 24, 3, 0, tzinfo=UTC).timestamp()) * SECOND_US
ESTATE = demo_estate()
FLOORS = "ber-floors"


def made(device: str) -> Simulated:
    model = next(one for one in devices(ESTATE, 1) if one.device.id == device)
    model.boot(START)
    return model


def at_second(second: float) -> int:
    return START + int(second * SECOND_US)


def test_somebody_goes_through_and_the_bolt_is_left_to_its_device() -> None:
    model, agenda = made(FLOORS), Agenda()
    place = SceneDoor(model, model.doors["1"])
    model.relays.release("1", "", 5, START)
    Scenes(agenda, Random(1)).go_in(place, START)
    taken = place.taken
    seen: list[str] = []
    for tenth in range(100):
        agenda.run(at_second(tenth / 10))
        words = model.words("1")
        seen += [words["position"]] if words["position"] not in seen[-1:] else []

    assert (taken, seen, place.taken) == (True, ["closed", "open", "closed"], False)
    assert model.words("1")["lock"] == "unlocked"
    model.relays.pass_time(at_second(5))
    assert model.words("1")["lock"] == "locked"


@pytest.mark.parametrize(("still", "opens"), [((), True), ((FLOORS,), False)])
def test_nobody_goes_in_at_a_device_that_is_left_alone(still: tuple[str, ...], *, opens: bool) -> None:
    model = made(FLOORS)
    life = Life(ESTATE.sites, [model], Watching(), seed=1, now=START, still=still)
    model.relays.release("1", "", 5, START)
    (pulse,) = model.relays.fresh()
    life.let_in(FLOORS, pulse.door, pulse.at)
    was_open = False
    for tenth in range(21):
        life.step(at_second(tenth / 10))
        was_open |= model.words("1")["position"] == "open"

    assert was_open is opens
    assert model.relays.fresh() == []


def test_nobody_is_seen_to_go_in_where_nothing_would_see_it() -> None:
    model, agenda = made("sin-reader"), Agenda()
    place = SceneDoor(model, model.doors["2"])
    Scenes(agenda, Random(1)).go_in(place, START)

    assert (agenda.next_at, place.taken) == (None, False)
