"""Commands at a real broker: each arrives once, in time, or not at all."""

import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.packettypes import PacketTypes

from connectors.mqtt.client import Broker, packet_properties
from connectors.mqtt.commanding import send
from connectors.mqtt.principals import Principal
from connectors.mqtt.turns import taken
from core.commands import Delivery, Order, Sent
from core.errors import BrokerUnreachable, LineBusy, OutcomeUnknown, Withheld
from core.model import Device, Estate
from core.times import SECOND_US
from store.clock import now_us
from tests.connectors.mqtt.running import Peer, RunningBroker, running
from tests.descriptors import many_open
from tests.faults import CONNACK, Fate, Proxy, after, hold
from tests.ports import free_port
from tests.waiting import until

pytestmark = pytest.mark.slow
TOPIC = "gatehouse/v1/hq/d1/cmd/unlock"
TURNS = "command.turn"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[RunningBroker]:
    with running(
        tmp_path / "broker", Estate.of([], [Device(id="d1", site="hq", family="gatehouse")], [])
    ) as one:
        yield one


def order(act: int = 1, *, topic: str = TOPIC, expiry_s: int = 5) -> Order:
    correlation = f"act-{act}".encode()
    response = f"gatehouse/v1/hq/d1/reply/act-{act}"
    return Order(
        topic=topic, payload=b"%d" % act, expiry_s=expiry_s, response=response, correlation=correlation
    )


def fire(broker: RunningBroker, what: Order, *, port: int | None = None, seconds: float = 10.0) -> Sent:
    where = Broker(host="127.0.0.1", port=port or broker.port)
    turn = broker.files.folder / TURNS
    return send(where, broker.principal("command"), what, turn=turn, seconds=seconds)


def device(broker: RunningBroker) -> Peer:
    return broker.peer("hq.d1").subscribe("gatehouse/v1/hq/d1/cmd/#")


def persistent(broker: RunningBroker) -> Peer:
    """Connect as a device whose session outlives its connection."""
    properties = packet_properties(PacketTypes.CONNECT)
    properties.SessionExpiryInterval = 600
    return Peer(broker.port, broker.principal("hq.d1"), "hq.d1", clean=False).connect(properties)


def test_a_command_arrives_with_where_to_answer(broker: RunningBroker) -> None:
    with device(broker) as ear:
        sent = fire(broker, order())
        until(lambda: ear.messages)

    assert (sent.delivery, sent.reason) == (Delivery.TAKEN, "Success")
    (message,) = ear.messages
    told: Any = message.properties
    assert (message.payload, message.qos, message.retain) == (b"1", 1, False)
    assert told.ResponseTopic == "gatehouse/v1/hq/d1/reply/act-1"
    assert told.CorrelationData == b"act-1"
    assert told.MessageExpiryInterval <= 5


def test_a_console_with_very_many_screens_sends_commands_too(broker: RunningBroker) -> None:
    with device(broker) as ear:
        with many_open():
            sent = fire(broker, order())
        until(lambda: ear.messages)

    assert sent.delivery is Delivery.TAKEN


def test_nobody_listens(broker: RunningBroker) -> None:
    assert fire(broker, order()).delivery is Delivery.NOBODY


def test_the_broker_refuses_what_is_no_command(broker: RunningBroker) -> None:
    sent = fire(broker, order(topic="gatehouse/v1/hq/d1/event"))

    assert (sent.delivery, sent.reason) == (Delivery.REFUSED, "Not authorized")


def test_twenty_at_once_arrive_once_each(broker: RunningBroker) -> None:
    with device(broker) as ear, ThreadPoolExecutor(20) as pool:
        sent = list(pool.map(lambda act: fire(broker, order(act), seconds=30), range(20)))
        until(lambda: len(ear.messages) >= 20)

    assert {one.delivery for one in sent} == {Delivery.TAKEN}
    assert sorted(int(message.payload) for message in ear.messages) == list(range(20))


def test_processes_take_turns_as_threads_do(broker: RunningBroker) -> None:
    with device(broker) as ear:
        children = [_child(broker, act) for act in range(5)]
        assert [os.waitpid(child, 0)[1] for child in children] == [0] * 5
        until(lambda: len(ear.messages) >= 5)

    assert sorted(int(message.payload) for message in ear.messages) == list(range(5))


def _child(broker: RunningBroker, act: int) -> int:
    child = os.fork()
    if child == 0:
        # Whatever happens, a child must not go on with the test.
        code = 1
        try:
            code = 0 if fire(broker, order(act), seconds=30).delivery is Delivery.TAKEN else 2
        finally:
            os._exit(code)
    return child


def test_what_is_not_to_be_sent_any_more_in_its_turn_is_not_sent(broker: RunningBroker) -> None:
    where, turn = Broker(host="127.0.0.1", port=broker.port), broker.files.folder / TURNS
    with device(broker) as ear:
        with pytest.raises(Withheld):
            send(where, broker.principal("command"), order(1), turn=turn, ready=lambda: False)
        fire(broker, order(2))
        until(lambda: ear.messages)

    assert [message.payload for message in ear.messages] == [b"2"]


def test_whether_it_is_ready_is_asked_in_its_turn_and_not_before(broker: RunningBroker) -> None:
    where, turn = Broker(host="127.0.0.1", port=broker.port), broker.files.folder / TURNS
    asked: list[int] = []
    with ThreadPoolExecutor(1) as pool:
        with taken(turn, time.monotonic() + 1, first=True):
            one = pool.submit(
                lambda: send(
                    where, broker.principal("command"), order(), turn=turn, ready=lambda: _noted(asked)
                )
            )
            threading.Event().wait(0.2)
            assert asked == []
        assert one.result().delivery is Delivery.NOBODY
    assert asked == [1]


def test_the_broker_keeps_a_command_for_what_is_left_of_its_time(broker: RunningBroker) -> None:
    soon = replace(order(), expires=now_us() + 3 * SECOND_US)
    with device(broker) as ear:
        fire(broker, soon)
        until(lambda: ear.messages)
    (message,) = ear.messages
    told: Any = message.properties

    assert told.MessageExpiryInterval <= 2


@pytest.mark.parametrize("left_us", [-SECOND_US, SECOND_US // 2])
def test_a_command_whose_time_is_over_is_neither_called_sent_nor_sent(
    broker: RunningBroker, left_us: int
) -> None:
    where, turn = Broker(host="127.0.0.1", port=broker.port), broker.files.folder / TURNS
    asked: list[int] = []
    late = replace(order(), expires=now_us() + left_us)
    with pytest.raises(Withheld):
        send(where, broker.principal("command"), late, turn=turn, ready=lambda: _noted(asked))
    slow = replace(order(), expires=now_us() + 3 * SECOND_US)
    with pytest.raises(LineBusy):
        send(where, broker.principal("command"), slow, turn=turn, ready=lambda: _slowly(slow))

    assert asked == []


def test_a_number_is_used_up_by_what_is_sent_alone(broker: RunningBroker) -> None:
    where, turn = Broker(host="127.0.0.1", port=broker.port), broker.files.folder / TURNS
    numbers = iter(range(7, 100))
    counted = replace(order(1), anew=lambda: order(next(numbers)))
    with device(broker) as ear:
        with pytest.raises(Withheld):
            send(where, broker.principal("command"), counted, turn=turn, ready=lambda: False)
        send(where, broker.principal("command"), counted, turn=turn)
        until(lambda: ear.messages)

    assert [message.payload for message in ear.messages] == [b"7"]


def test_a_broker_that_is_not_there_was_sent_nothing(broker: RunningBroker) -> None:
    with pytest.raises(BrokerUnreachable, match="nothing was sent"):
        fire(broker, order(), port=free_port())


def test_an_account_that_is_refused_has_sent_nothing(broker: RunningBroker) -> None:
    where = Broker(host="127.0.0.1", port=broker.port)

    with pytest.raises(BrokerUnreachable, match="Not authorized"):
        send(where, Principal("command", "wrong"), order(), turn=broker.files.folder / TURNS)


def test_in_a_black_hole_nothing_is_sent_then_or_later(broker: RunningBroker) -> None:
    with device(broker) as ear, Proxy(broker.port) as proxy:
        proxy.rule = hold
        with pytest.raises(BrokerUnreachable, match="nothing was sent"):
            fire(broker, order(1), port=proxy.port, seconds=0.3)
        proxy.heal()
        assert fire(broker, order(2), port=proxy.port).delivery is Delivery.TAKEN
        until(lambda: ear.messages)

    assert [message.payload for message in ear.messages] == [b"2"]


def test_what_a_black_hole_swallows_after_the_connect_is_unknown_and_never_arrives_later(
    broker: RunningBroker,
) -> None:
    with device(broker) as ear, Proxy(broker.port) as proxy:
        proxy.rule = after(CONNACK, Fate.HOLD)
        with pytest.raises(OutcomeUnknown):
            fire(broker, order(1), port=proxy.port, seconds=2)
        proxy.heal()
        # By the same way, so that what was held back would come before it.
        assert fire(broker, order(2), port=proxy.port).delivery is Delivery.TAKEN
        until(lambda: ear.messages)

    assert [message.payload for message in ear.messages] == [b"2"]


def test_the_broker_lets_a_command_expire_for_a_device_that_is_away(broker: RunningBroker) -> None:
    with persistent(broker) as ear:
        ear.subscribe("gatehouse/v1/hq/d1/cmd/#")
    assert fire(broker, order(1, expiry_s=1)).delivery is Delivery.TAKEN
    assert fire(broker, order(2, expiry_s=60)).delivery is Delivery.TAKEN
    watch = _Second()
    until(watch.over, seconds=10)

    with persistent(broker) as again:
        assert again.session_present
        until(lambda: again.messages)

    assert [message.payload for message in again.messages] == [b"2"]


def _noted(asked: list[int]) -> bool:
    asked.append(1)
    return True


def _slowly(what: Order) -> bool:
    """Take so long that less than the second is left that the broker counts in."""
    until(lambda: now_us() > what.expires - SECOND_US)
    return True


class _Second:
    """Tells when the broker's clock, which counts whole seconds, has passed an expiry of one."""

    def __init__(self) -> None:
        self._begun = os.times().elapsed

    def over(self) -> bool:
        return os.times().elapsed - self._begun > 2.5
