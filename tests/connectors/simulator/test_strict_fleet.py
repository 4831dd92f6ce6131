"""A hundred strict devices at a real broker: what is signed for a door pulses it once, nothing else does."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.devices.gatehouse.commands import order
from connectors.mqtt.principals import load_device_principals
from connectors.simulator.driver import Fleet
from core.commands import LIVES_US, Command, Keys, Order, Verb
from core.model import Device, Door, Estate, Site
from core.times import SECOND_US
from tests.connectors.mqtt.running import Peer, RunningBroker, running
from tests.waiting import until

pytestmark = pytest.mark.slow
COUNT = 100
ESTATE = Estate.of(
    [Site(id="s", name="S", time_zone="UTC")],
    [Device(id=f"d{number}", site="s", family="gatehouse") for number in range(COUNT)],
    [Door(id=f"door{n}", site="s", device=f"d{n}", number="1", name="D") for n in range(COUNT)],
)
KEYS = {f"d{number}": bytes([number]) * 32 for number in range(COUNT)}


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[RunningBroker]:
    with running(tmp_path / "broker", ESTATE) as one:
        yield one


@pytest.fixture
def fleet(broker: RunningBroker) -> Iterator[Fleet]:
    credentials = load_device_principals(broker.files.folder, ESTATE.devices.values())
    keys = {name: [key] for name, key in KEYS.items()}
    with Fleet.of(ESTATE, "127.0.0.1", broker.port, credentials, keys=keys) as one:
        one.wait_connected()
        yield one


@pytest.fixture
def sender(broker: RunningBroker, fleet: Fleet) -> Iterator[Peer]:
    """Give the command principal, once the devices listen."""
    assert fleet.pulses() == []
    with broker.peer("command", "command") as one:
        yield one


@pytest.fixture
def replies(broker: RunningBroker) -> Iterator[Peer]:
    with broker.peer("demo", "ear").subscribe("gatehouse/v1/+/+/reply/+") as one:
        yield one


def signed(number: int, act: str, *, age_s: float = 0, key: bytes | None = None) -> Order:
    """Write an unlock of a door for one second, issued a while ago."""
    issued = time.time_ns() // 1000 - int(age_s * SECOND_US)
    command = Command(act=act, verb=Verb.UNLOCK, issued=issued, expires=issued + LIVES_US, seconds=1)
    device, door = ESTATE.devices[f"d{number}"], ESTATE.doors[f"door{number}"]
    return order(device, door, command, Keys(signing=key or KEYS[device.id]), ESTATE)


def send(sender: Peer, *orders: Order) -> None:
    for one in orders:
        assert sender.publish(one.topic, one.payload) == "Success"


def results(replies: Peer, act: str) -> list[str]:
    """Give what devices answered to an act, in order."""
    found = [json.loads(one.payload) for one in list(replies.messages) if one.topic.endswith(f"/{act}")]
    return [" ".join(told[name] for name in ("result", "reason") if name in told) for told in found]


def test_each_door_pulses_once_for_its_own_token_and_locks_by_itself(
    fleet: Fleet, sender: Peer, replies: Peer
) -> None:
    begun = time.time_ns() // 1000
    for number in range(COUNT):
        # Signed only now: a token lives for five seconds, and a loaded machine sends a hundred in more.
        send(sender, signed(number, f"a{number}"))
    until(lambda: len(replies.messages) == COUNT, seconds=20)

    pulses = fleet.pulses()
    assert [(one.act, one.door) for one in pulses] == [(f"a{number}", "1") for number in range(COUNT)]
    assert all(begun <= one.at <= time.time_ns() // 1000 for one in pulses)
    assert [one.act for one in fleet.pulses("door7")] == ["a7"]
    until(lambda: {one.words("1")["lock"] for one in fleet._models} == {"locked"})


@pytest.mark.parametrize(
    ("token", "result"),
    [
        (signed(1, "0", age_s=9), "expired"),
        (signed(1, "0", key=bytes(32)), "bad_signature"),
        (signed(2, "0", key=KEYS["d1"]), "bad_signature"),
    ],
)
def test_what_is_late_or_not_signed_for_this_device_moves_nothing(
    fleet: Fleet, sender: Peer, replies: Peer, token: Order, result: str
) -> None:
    topic = token.topic.replace("/d2/", "/d1/")
    assert sender.publish(topic, token.payload) == "Success"
    until(lambda: results(replies, "0"))

    assert (results(replies, "0"), fleet.pulses()) == ([result], [])


def test_a_token_that_comes_again_is_a_duplicate_also_after_a_reboot(
    fleet: Fleet, sender: Peer, replies: Peer
) -> None:
    token = signed(3, "0")
    send(sender, token)
    until(lambda: results(replies, "0") == ["accepted"])
    boot = fleet._models[3].spool.boot
    fleet.reboot("d3")
    until(lambda: fleet._models[3].spool.boot != boot)
    fleet.wait_connected()
    until(lambda: sender.publish(token.topic, token.payload) == "Success")
    until(lambda: len(results(replies, "0")) == 2)

    assert results(replies, "0") == ["accepted", "duplicate"]
    assert len(fleet.pulses()) == 1
