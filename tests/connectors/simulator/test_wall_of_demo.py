"""The demo's doors as the log has them after a while, against how they are in the story."""

from pathlib import Path

import pytest

from connectors.simulator.estate import DEMO_ESTATE
from connectors.simulator.life import Life
from connectors.simulator.simulation import Simulated, devices
from connectors.simulator.speaking import Publication
from core.records import Kind
from core.times import SECOND_US, parse_iso_us
from store.database import Database
from store.estate import import_estate, parse_estate
from store.log import append
from store.queries import wall_snapshot
from tests.connectors.simulator.demo import demo_estate, understood
from tests.store.building import scope
from tests.store.words import kinds, records
from tests.stores import new_store

ESTATE = demo_estate()
START = parse_iso_us("2026-11-24T03:00:00.100Z")
SEED = 5
MINUTES = 12
BEAT_S = 10
# What a family has no word for is unknown, and not wrong.
UNTOLD = {"unknown"}


class Standing:
    """Hands that leave everything running."""

    def cut(self, device: str, until: int) -> None:
        del device, until

    def restart(self, device: str, until: int) -> None:
        del device, until


def heartbeat(model: Simulated, at: int) -> list[Publication]:
    """Say what comes round, and answer what the device is asked at that."""
    told = list(model.beat(at))
    return told + [answer for one in told for answer in model.command(one.topic, one.payload, at)]


def say(model: Simulated, at: int) -> list[Publication]:
    """Send what has happened, as a link does."""
    told = [*model.offers(1_000), *model.states(at)]
    return told + [answer for one in told for answer in model.command(one.topic, one.payload, at)]


def live(db: Database, models: list[Simulated], seed: int) -> int:
    """Let life go on for a while, half a second at a time, and log it; returns the end."""
    life = Life(ESTATE.sites, models, Standing(), seed=seed, now=START)
    at = START
    for turn in range(MINUTES * 120):
        at = START + turn * SECOND_US // 2
        told = [one for model in models for one in (model.hello(at) if turn == 0 else ())]
        life.step(at)
        told += [one for model in models for one in say(model, at)]
        if turn % (2 * BEAT_S) == 1:
            told += [one for model in models for one in heartbeat(model, at)]
        append(db, understood(told, ESTATE, at))
    return at


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Database, list[Simulated], int]:
    folder: Path = tmp_path_factory.mktemp("demo")
    db = new_store(folder)
    import_estate(db, parse_estate(DEMO_ESTATE), START, "test")
    models = list(devices(ESTATE, SEED))
    for model in models:
        model.boot(START)
    return db, models, live(db, models, SEED)


def test_the_wall_shows_every_door_as_it_is(told: tuple[Database, list[Simulated], int]) -> None:
    db, models, end = told
    wall = wall_snapshot(db, scope(*ESTATE.sites), end)
    truth = {
        door.id: (model.words(door.number)["position"], model.words(door.number)["lock"])
        for model in models
        for door in model.doors.values()
    }
    shown = {door.door: (str(door.position), str(door.lock)) for door in wall.doors}
    wrong = {
        door: (pair, truth[door])
        for door, pair in shown.items()
        if any(one not in UNTOLD and one != true for one, true in zip(pair, truth[door], strict=True))
    }

    assert wrong == {}
    assert shown.keys() == truth.keys()


def test_every_move_is_told_once_and_nothing_is_strange_or_corrected(
    told: tuple[Database, list[Simulated], int],
) -> None:
    db, _, _ = told
    last: dict[str, Kind] = {}
    again = []
    for record in records(db, Kind.DOOR_OPENED, Kind.DOOR_CLOSED, Kind.DOOR_FORCED_OPEN):
        door = record.leaf["door"]
        if record.kind is Kind.DOOR_FORCED_OPEN:
            last[door] = Kind.DOOR_OPENED
            continue
        again += [(door, record.kind, record.at)] if last.get(door) is record.kind else []
        last[door] = record.kind

    assert again == []
    assert not {Kind.FEED_UNMAPPED, Kind.FEED_FORGED, Kind.FEED_GAP} & set(kinds(db))
    # An Axis controller says apart that an alarm is over, which has no event of its own.
    assert {tuple(one.refs.items()) for one in records(db, Kind.DOOR_CORRECTED)} <= {(("alarm", "none"),)}
