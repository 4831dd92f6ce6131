"""The demo's devices at a real broker: each as itself, all of them understood."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connectors.mqtt.principals import device_username, load_device_principals
from connectors.simulator.simulation import run
from connectors.simulator.speaking import Publication
from core.leaf import Draft
from core.records import Kind
from core.reports import CallReport, DoorReport, Item, StatusReport
from tests.connectors.mqtt.running import Peer, RunningBroker, running
from tests.connectors.simulator.demo import demo_estate, understood
from tests.waiting import until

pytestmark = pytest.mark.slow
ESTATE = demo_estate()
SPEED = 150.0


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[RunningBroker]:
    with running(tmp_path / "broker", ESTATE) as one:
        yield one


@pytest.fixture
def simulated(broker: RunningBroker) -> Iterator[Callable[[float], Peer]]:
    """Run the demo's devices at a speed; gives somebody who hears everything."""
    stop = threading.Event()
    threads: list[threading.Thread] = []
    credentials = load_device_principals(broker.files.folder, ESTATE.devices.values())

    def start(speed: float) -> Peer:
        address = ("127.0.0.1", broker.port)
        thread = threading.Thread(
            target=run, args=(address, credentials, ESTATE, stop), kwargs={"speed": speed}
        )
        peer = broker.peer("demo").subscribe("#")
        thread.start()
        threads.append(thread)
        return peer

    yield start
    stop.set()
    for thread in threads:
        thread.join(5)
        assert not thread.is_alive()


class Story:
    """What has been heard so far, each message read once."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self._read = 0
        # Speed lets more happen, not time pass: all of it is now.
        self._now = time.time_ns() // 1000
        self.items: list[Item] = []

    def go_on(self) -> list[Item]:
        heard = list(self._peer.messages)[self._read :]
        self._read += len(heard)
        published = (Publication(topic=one.topic, payload=bytes(one.payload)) for one in heard)
        self.items += understood(published, ESTATE, self._now)
        return self.items

    def online(self) -> set[str]:
        """Name the devices that have said that they are there."""
        return {one.device for one in self.go_on() if isinstance(one, StatusReport) and one.online}

    def told(self) -> set[tuple[str, object]]:
        """Name what each family has told: kinds, states of calls, that doors are known."""
        return {(ESTATE.devices[one.device].family, what(one)) for one in self.go_on() if one.device}  # type: ignore[union-attr]


def what(item: Item) -> object:
    """Say what an item tells, without when and where."""
    match item:
        case Draft():
            return item.kind
        case CallReport():
            return item.state
        case StatusReport():
            return item.online
        case _:
            return type(item)


GRANTED, DENIED, EXIT = Kind.ACCESS_GRANTED, Kind.ACCESS_DENIED, Kind.EXIT_REQUESTED
OPENED, CLOSED, RING = Kind.DOOR_OPENED, Kind.DOOR_CLOSED, Kind.CALL_RINGING
EXPECTED: dict[str, set[object]] = {
    "gatehouse": {True, GRANTED, DENIED, EXIT, OPENED, CLOSED, RING, DoorReport},
    "uhppoted": {True, GRANTED, DENIED, EXIT, OPENED, CLOSED, DoorReport},
    "shelly": {True, "ringing", DoorReport},
    "zigbee2mqtt": {True, GRANTED, DENIED, Kind.DOOR_UNLOCKED, Kind.DOOR_LOCKED, DoorReport},
    "axis": {True, "ringing", GRANTED, EXIT, DoorReport},
    "esprfid": {True, "ringing", GRANTED, EXIT, OPENED, CLOSED},
    "nuki": {True, GRANTED, EXIT, DoorReport},
}


def test_every_family_of_the_demo_yields_its_records(simulated: Callable[[float], Peer]) -> None:
    expected = {(family, one) for family, words in EXPECTED.items() for one in words}
    with simulated(SPEED) as peer:
        story = Story(peer)
        until(lambda: expected <= story.told() and story.online() == set(ESTATE.devices), seconds=90)
        found = story.items

    strange = {Kind.FEED_UNMAPPED, Kind.FEED_FORGED}
    assert not [one for one in found if isinstance(one, Draft) and one.kind in strange]


def test_a_device_that_drops_is_told_by_its_last_word(simulated: Callable[[float], Peer]) -> None:
    with simulated(SPEED) as peer:
        story = Story(peer)
        until(
            lambda: any(isinstance(one, StatusReport) and not one.online for one in story.go_on()), seconds=60
        )


def test_every_door_with_a_sensor_is_known_at_once(simulated: Callable[[float], Peer]) -> None:
    # esp-rfid tells its door only when it moves.
    known = {door.id for door in ESTATE.doors.values() if door.device != "sin-reader"}
    with simulated(1.0) as peer:
        story = Story(peer)
        until(lambda: known <= {one.door for one in story.go_on() if isinstance(one, DoorReport)})


def test_the_demo_stops_at_once(simulated: Callable[[float], Peer]) -> None:
    with simulated(1.0) as peer:
        until(lambda: peer.messages)


def test_the_account_of_the_demo_speaks_for_every_device_and_no_device_for_another(
    broker: RunningBroker,
) -> None:
    devices = [one for one in ESTATE.devices.values() if one.topic]
    with broker.peer("demo").subscribe("#") as demo:
        for device, other in zip(devices, devices[1:] + devices[:1], strict=True):
            assert demo.publish(f"{device.topic}/online") == "Success"
            # One that tries another's topic is cut off by the broker, so it tries but once.
            with broker.peer(device_username(device)) as one:
                assert one.publish(f"{device.topic}/online") == "Success"
                assert one.publish(f"{other.topic}/online") == "Not authorized"
        until(lambda: len(demo.messages) == 2 * len(devices))
