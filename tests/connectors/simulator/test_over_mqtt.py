"""Simulated devices at a real broker: nothing twice under another number, nothing forgotten."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from connectors.devices import Message, read
from connectors.mqtt.principals import load_device_principals, load_principal
from connectors.simulator.driver import Fleet
from core.feeds import OPEN_END
from core.leaf import Draft
from core.model import Device, Door, Estate, Site
from core.reports import BackfillReport, Item, StatusReport
from tests.connectors.mqtt.running import Peer, RunningBroker, running
from tests.waiting import until

pytestmark = pytest.mark.slow
ESTATE = Estate.of(
    [Site(id="s", name="S", time_zone="UTC")],
    [Device(id=f"d{number}", site="s", family="gatehouse") for number in range(3)],
    [Door(id=f"door{n}", site="s", device=f"d{n}", number="1", name="D") for n in range(3)],
)
Key = tuple[str, str, int]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[RunningBroker]:
    with running(tmp_path / "broker", ESTATE) as one:
        yield one


@pytest.fixture
def fleet(broker: RunningBroker) -> Iterator[Fleet]:
    credentials = load_device_principals(broker.files.folder, ESTATE.devices.values())
    with Fleet.of(ESTATE, "127.0.0.1", broker.port, credentials) as one:
        one.wait_connected()
        yield one


def listening(broker: RunningBroker, name: str = "listener") -> Peer:
    return broker.peer("demo", name).subscribe("gatehouse/v1/#")


def items(peer: Peer, estate: Estate = ESTATE) -> list[Item]:
    """Read everything heard, in order, but commands."""
    heard = [one for one in list(peer.messages) if "/cmd/" not in one.topic]
    return [
        item
        for one in heard
        for item in read(Message(one.topic, bytes(one.payload), one.retain, 1_800_000_000_000_000), estate)
    ]


def events(peer: Peer) -> dict[Key, Draft]:
    """Give the events heard by their key, live or back-filled, and check that none changed its content."""
    found: dict[Key, Draft] = {}
    for item in items(peer):
        replayed = item.events if isinstance(item, BackfillReport) else ()
        for draft in (item, *replayed):
            if isinstance(draft, Draft) and draft.event_key and draft.device:
                key = (draft.device, draft.event_key.stream, draft.event_key.number)
                assert found.setdefault(key, draft).refs == draft.refs
    return found


def newest(fleet: Fleet) -> Mapping[str, tuple[str, int]]:
    """Give each device's boot and last number."""
    return {device: (boot, seq) for device, boot, seq in sorted(fleet.expected())}


def test_a_fleet_publishes_what_it_says_once_and_in_order(broker: RunningBroker, fleet: Fleet) -> None:
    with listening(broker) as peer:
        fleet.publish(600)
        until(lambda: len(events(peer)) == 600)

        heard = [(one.device, one.event_key) for one in items(peer) if isinstance(one, Draft)]
        assert events(peer).keys() == fleet.expected()
        assert len(heard) == len(set(heard)) == 600
        for device in ESTATE.devices:
            numbers = [key.number for name, key in heard if name == device and key]
            assert numbers == list(range(1, 201))
        assert fleet.refused == 0


def test_a_rate_is_kept(broker: RunningBroker, fleet: Fleet) -> None:
    with listening(broker) as peer:
        fleet.publish(100, rate=200)
        until(lambda: len(events(peer)) == 100)
        times = sorted(one.at or 0 for one in events(peer).values())

    assert len(fleet.expected()) == 100
    assert 450_000 < times[-1] - times[0] < 3_000_000


def test_what_a_killed_broker_forgot_comes_back_when_asked_for(broker: RunningBroker, fleet: Fleet) -> None:
    with listening(broker, "before"):
        fleet.publish(150)
    fleet.start(300, rate=600)
    until(lambda: len(fleet.expected()) > 200)
    broker.kill()
    until(lambda: len(fleet.expected()) == 450)
    broker.start()
    fleet.wait_published()

    with listening(broker, "after") as peer:
        until(lambda: len(statuses(peer)) == 3)
        assert {one.device: (one.boot, one.seq) for one in statuses(peer)} == newest(fleet)
        with ingest(broker) as asking:
            ask_for_all(asking, peer, newest(fleet))
        assert events(peer).keys() == fleet.expected()


def statuses(peer: Peer) -> list[StatusReport]:
    return [one for one in items(peer) if isinstance(one, StatusReport)]


def ingest(broker: RunningBroker) -> Peer:
    return Peer(broker.port, load_principal(broker.files.folder, "ingest"), "asking").connect()


def ask_for_all(asking: Peer, hearing: Peer, boots: Mapping[str, tuple[str, int]]) -> None:
    """Ask each device for a whole boot, page after page."""
    for device, (boot, _) in boots.items():
        first, more = 1, True
        while more:
            request = json.dumps({"boot": boot, "from": first, "to": OPEN_END}).encode()
            assert asking.publish(f"gatehouse/v1/s/{device}/cmd/backfill", request) == "Success"
            page = answered(hearing, device, first)
            first, more = page.last + 1, page.more


def answered(peer: Peer, device: str, first: int) -> BackfillReport:
    """Wait for the page that begins there."""
    found: list[BackfillReport] = []

    def came() -> bool:
        pages = (one for one in items(peer) if isinstance(one, BackfillReport))
        found.extend(one for one in pages if (one.device, one.first) == (device, first))
        return bool(found)

    until(came)
    return found[0]


def test_a_device_that_loses_power_leaves_its_will(broker: RunningBroker) -> None:
    credentials = load_device_principals(broker.files.folder, ESTATE.devices.values())
    with listening(broker) as peer:
        with Fleet.of(ESTATE, "127.0.0.1", broker.port, credentials) as fleet:
            fleet.wait_connected()
            until(lambda: len(statuses(peer)) == 3)
        until(lambda: {one.device for one in statuses(peer) if not one.online} == set(ESTATE.devices))
