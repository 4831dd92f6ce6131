"""Believable life: the same from the same seed, and nothing that contradicts itself."""

from collections import Counter
from collections.abc import Collection
from datetime import UTC, datetime

import pytest

from connectors.simulator.device import NativeDevice
from connectors.simulator.estate import PEOPLE
from connectors.simulator.life import Life, busy
from connectors.simulator.simulation import Simulated, devices
from core.doors import EFFECTS
from core.leaf import Draft
from core.model import Estate
from core.records import REASONS, Kind
from core.times import HOUR_US, SECOND_US
from tests.connectors.simulator.demo import demo_estate, replayed

START = int(datetime(2026, 11, 24, 3, 0, tzinfo=UTC).timestamp()) * SECOND_US
HOUR = 3_600


class Watching:
    """Hands that only remember."""

    def __init__(self) -> None:
        self.done: list[tuple[str, str, int]] = []

    def cut(self, device: str, until: int) -> None:
        self.done.append(("cut", device, until))

    def restart(self, device: str, until: int) -> None:
        self.done.append(("restart", device, until))


def lived(
    estate: Estate,
    seed: int,
    seconds: int,
    *,
    step: int = 1,
    speed: float = 1.0,
    still: Collection[str] = (),
) -> tuple[list[Draft], Watching]:
    """Live for a while and read every event of the native devices by their family."""
    models = list(devices(estate, seed))
    for model in models:
        model.boot(START)
    hands = Watching()
    life = Life(estate.sites, models, hands, seed=seed, now=START, speed=speed, still=still)
    for second in range(0, seconds + 1, step):
        life.step(START + second * SECOND_US)
    native = (model for model in models if isinstance(model, NativeDevice))
    events = [one for model in native for one in replayed(model, estate, START + HOUR_US)]
    return sorted(events, key=lambda one: (one.at or 0, one.device or "")), hands


def test_the_same_seed_tells_the_same_story_whatever_the_steps() -> None:
    estate = demo_estate()

    first, watched = lived(estate, 7, 600)
    again, watched_again = lived(estate, 7, 600, step=60)

    assert [(one.at, one.kind, one.door, one.private) for one in first] == [
        (one.at, one.kind, one.door, one.private) for one in again
    ]
    assert watched.done == watched_again.done


def test_another_seed_tells_another_story() -> None:
    estate = demo_estate()

    assert lived(estate, 1, 300)[0] != lived(estate, 2, 300)[0]


def test_an_hour_shows_everything_a_building_has() -> None:
    events, hands = lived(demo_estate(), 1, HOUR)
    seen = Counter(one.kind for one in events)

    assert {
        Kind.ACCESS_GRANTED, Kind.ACCESS_DENIED, Kind.EXIT_REQUESTED, Kind.DOOR_OPENED, Kind.DOOR_CLOSED,
        Kind.DOOR_UNLOCKED, Kind.DOOR_LOCKED, Kind.DOOR_HELD_OPEN, Kind.DOOR_FORCED_OPEN,
        Kind.DOOR_MODE_CHANGED, Kind.CALL_RINGING, Kind.CALL_ANSWERED, Kind.CALL_ENDED, Kind.CALL_MISSED,
        Kind.DEVICE_TAMPERED, Kind.DEVICE_FAULT,
    } <= seen.keys()  # fmt: skip
    assert Kind.FEED_UNMAPPED not in seen
    assert {what for what, _, _ in hands.done} == {"cut", "restart"}
    assert {one.site for one in events} == {"berlin", "newyork", "singapore"}


def test_nothing_happens_by_itself_to_a_device_that_is_left_alone() -> None:
    estate, alone = demo_estate(), {"nyc-dock", "ber-cellar"}

    events, hands = lived(estate, 1, 6 * HOUR, step=60, still=alone)

    assert {one.device for one in events} & alone == set()
    assert {device for _, device, _ in hands.done} & alone == set()
    assert {one.device for one in events} >= {"nyc-intercom", "nyc-floors"}


def test_with_every_device_left_alone_time_passes_all_the_same() -> None:
    estate = demo_estate()

    events, hands = lived(estate, 1, HOUR, step=60, still=estate.devices)

    assert events == []
    assert hands.done == []


@pytest.mark.parametrize("hour", range(0, 24, 3))
def test_something_happens_in_every_minute_of_any_hour(hour: int) -> None:
    estate = demo_estate()
    models = list(devices(estate, 1))
    start = START + hour * HOUR_US
    for model in models:
        model.boot(start)
        list(model.hello(start))
    life = Life(estate.sites, models, Watching(), seed=3, now=start)
    made = 0
    for minute in range(1, 11):
        life.step(start + minute * 60 * SECOND_US)
        total = sum(said(model) for model in models)
        assert total - made >= 20, f"minute {minute}"
        made = total


def said(model: Simulated) -> int:
    """Count what a device has made known of its doors so far."""
    return model.spool.seq if isinstance(model, NativeDevice) else model.waiting


def test_doors_never_contradict_themselves() -> None:
    events, _ = lived(demo_estate(), 4, HOUR)
    states: dict[str, dict[str, str]] = {}
    for one in events:
        before = states.setdefault(one.door or "", {"position": "closed", "lock": "locked"})
        match one.kind:
            case Kind.DOOR_OPENED:
                assert before == {**before, "position": "closed", "lock": "unlocked"}
            case Kind.DOOR_CLOSED:
                assert before["position"] == "open"
            case Kind.DOOR_FORCED_OPEN:
                assert before == {**before, "position": "closed", "lock": "locked"}
            case Kind.DOOR_LOCKED:
                assert before == {**before, "position": "closed", "lock": "unlocked"}
            case _:
                pass
        before.update({name: str(value) for name, value in EFFECTS.get(one.kind, {}).items()})


def test_people_are_known_and_reasons_are_ours() -> None:
    events, _ = lived(demo_estate(), 5, HOUR)
    denied = [one for one in events if one.kind is Kind.ACCESS_DENIED]

    assert {one.person for one in events if one.person} <= PEOPLE.keys()
    assert {one.reason for one in denied} <= REASONS
    assert len({one.reason for one in denied}) >= 4
    assert all(one.person is None for one in denied if one.reason == "credential_not_found")


def test_a_faster_demo_has_more_to_show() -> None:
    estate = demo_estate()

    assert len(lived(estate, 1, 120, speed=4)[0]) > 2 * len(lived(estate, 1, 120)[0])


def test_sites_are_busy_by_their_own_clock() -> None:
    noon = int(datetime(2026, 11, 24, 8, 0, tzinfo=UTC).timestamp()) * SECOND_US

    assert busy("Europe/Berlin", noon) > busy("America/New_York", noon)
    assert min(busy("UTC", START + hour * HOUR_US) for hour in range(24)) >= 0.25
