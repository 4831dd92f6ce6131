"""The sender's account at the embedded broker: orders come to their devices, and nothing else may be said."""

from collections.abc import Iterator

import pytest

from connectors.devices import command_topics, filters
from connectors.mqtt.principals import device_username
from core.errors import CommandImpossible
from tests.connectors.devices.commanding import KEYS, ask
from tests.connectors.devices.house import HOUSE
from tests.connectors.mqtt.running import RunningBroker, running
from tests.waiting import until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBroker]:
    with running(tmp_path_factory.mktemp("sender") / "broker", HOUSE) as one:
        yield one


def opened(door: str) -> bool:
    try:
        return bool(ask(HOUSE, door, keys=KEYS))
    except CommandImpossible:
        return False


@pytest.mark.parametrize("door", [door for door in HOUSE.doors if opened(door)])
def test_an_order_comes_to_its_device_and_its_answer_to_ingest(broker: RunningBroker, door: str) -> None:
    device = device_username(HOUSE.devices[HOUSE.doors[door].device])
    order = ask(HOUSE, door, keys=KEYS)
    with broker.peer(device).subscribe(order.topic) as own, broker.peer("command") as command:
        assert command.publish(order.topic, order.payload) == "Success"
        until(lambda: [one.payload for one in own.messages] == [order.payload])
    if order.response:
        with broker.peer("ingest").subscribe(*filters(HOUSE)) as ingest, broker.peer(device) as own:
            assert own.publish(order.response) == "Success"
            until(lambda: order.response in ingest.topics())


def test_the_sender_can_say_nothing_that_devices_say(broker: RunningBroker) -> None:
    said = [one.replace("+", "x") for one in filters(HOUSE)]
    beside = [f"{one}/x" for one in command_topics(HOUSE)]
    with broker.peer("command") as command:
        assert {command.publish(one) for one in (*said, *beside)} == {"Not authorized"}
