"""The newest checkpoint at a real broker: retained, by an account that may write nothing else."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.checkpoints.mqtt import Retained
from connectors.mqtt.client import Broker
from connectors.mqtt.principals import CHECKPOINT_TOPIC, SEALER, WITNESS
from core.errors import Undelivered
from core.model import Device, Estate
from tests.connectors.checkpoints.servers import HOST, listening, never_answers
from tests.connectors.checkpoints.signing import seal
from tests.connectors.mqtt.running import RunningBroker, running
from tests.ports import free_port
from tests.waiting import until

pytestmark = pytest.mark.slow
ESTATE = Estate.of([], [Device(id="d1", site="hq", family="gatehouse")], [])


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[RunningBroker]:
    with running(tmp_path / "broker", ESTATE) as one:
        yield one


def account(broker: RunningBroker, name: str = SEALER) -> Broker:
    one = broker.principal(name)
    return Broker(host=HOST, port=broker.port, username=one.username, password=one.password)


def retained(broker: RunningBroker, name: str = SEALER, seconds: float = 10.0) -> Retained:
    return Retained(lambda: account(broker, name), f"{HOST}:{broker.port}", seconds)


def test_the_newest_is_there_for_whoever_comes_later(broker: RunningBroker) -> None:
    destination = retained(broker)
    destination.deliver(seal(3))
    destination.deliver(seal(4))
    destination.close()

    with broker.peer(WITNESS).subscribe(CHECKPOINT_TOPIC) as ear:
        until(lambda: ear.messages)
        (message,) = ear.messages
    assert (message.topic, message.payload, message.retain) == (CHECKPOINT_TOPIC, seal(4).note, True)


def test_a_broker_that_was_restarted_gets_the_next_one_at_once(broker: RunningBroker) -> None:
    destination = retained(broker)
    destination.deliver(seal(3))
    broker.stop()
    with pytest.raises(Undelivered, match="refuses the connection"):
        destination.deliver(seal(4))
    broker.start()
    destination.deliver(seal(5))
    broker.stop()
    broker.start()
    destination.deliver(seal(6))
    destination.close()

    with broker.peer(WITNESS).subscribe(CHECKPOINT_TOPIC) as ear:
        until(lambda: ear.messages)
        assert ear.messages[0].payload == seal(6).note


def test_the_sealer_may_write_its_topic_and_nothing_else_and_read_nothing(broker: RunningBroker) -> None:
    with broker.peer("demo").subscribe("#") as demo, broker.peer(SEALER).subscribe("#") as sealer:
        for topic in ("gatehouse/v1/hq/d1/cmd/unlock", "gatehouse/v1/hq/d1/event", "gatehouse/audit/other"):
            assert sealer.publish(topic) == "Not authorized"
        assert sealer.publish(CHECKPOINT_TOPIC, b"x", retain=True) in {"Success", "No matching subscribers"}
        until(lambda: demo.messages)

        assert demo.topics() == [CHECKPOINT_TOPIC]
        assert sealer.messages == []


@pytest.mark.parametrize("name", ["ingest", "command", "witness", "demo", "hq.d1"])
def test_nobody_else_may_write_a_checkpoint(broker: RunningBroker, name: str) -> None:
    with broker.peer(name) as other:
        assert other.publish(CHECKPOINT_TOPIC, retain=True) == "Not authorized"


def test_an_account_without_the_right_is_told_apart_from_a_broker_that_is_away(broker: RunningBroker) -> None:
    with pytest.raises(Undelivered, match="does not take it: Not authorized"):
        retained(broker, "command").deliver(seal(3))


def test_a_wrong_password_is_refused_without_being_named(broker: RunningBroker) -> None:
    wrong = Broker(host=HOST, port=broker.port, username=SEALER, password="a-wrong-password")
    with pytest.raises(Undelivered, match="refuses us: Not authorized") as refused:
        Retained(lambda: wrong, f"{HOST}:{broker.port}").deliver(seal(3))
    assert "a-wrong-password" not in str(refused.value)


def test_a_broker_that_takes_the_connection_and_never_answers_is_given_up_in_time() -> None:
    with listening(never_answers) as server:
        mute = Broker(host=HOST, port=server.port, username=SEALER, password="x")
        began = time.monotonic()
        with pytest.raises(Undelivered, match="does not answer in time"):
            Retained(lambda: mute, f"{HOST}:{server.port}", seconds=0.5).deliver(seal(3))
        assert time.monotonic() - began < 5


def test_a_broker_on_this_machine_leaves_nothing_beyond_it() -> None:
    nobody = Broker(host=HOST, port=free_port())

    assert not Retained(lambda: nobody, "127.0.0.1:1883").leaves()
    assert not Retained(lambda: nobody, "localhost:1883").leaves()
    assert Retained(lambda: nobody, "broker.example:8883").leaves()
