"""Client ids at the embedded broker: an account can't take the place of another by calling itself so."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.mqtt.client import Broker, Session
from core.model import Device, Estate
from tests.connectors.mqtt.running import Peer, RunningBroker, running
from tests.waiting import until

pytestmark = pytest.mark.slow
DEVICES = [Device(id=name, site="hq", family="gatehouse") for name in ("d1", "d2")]
STATUS = "gatehouse/v1/hq/d1/status"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[RunningBroker]:
    with running(tmp_path / "broker", Estate.of([], DEVICES, [])) as one:
        yield one


def device(broker: RunningBroker, username: str, name: str) -> Peer:
    peer = Peer(broker.port, broker.principal(username), name)
    peer.client.will_set(f"gatehouse/v1/hq/{username.removeprefix('hq.')}/status", b"gone", qos=1)
    return peer.connect()


def test_a_device_that_calls_itself_by_another_ones_name_cuts_nobody_off(broker: RunningBroker) -> None:
    with (
        broker.peer("demo", "watcher").subscribe("gatehouse/#") as watcher,
        device(broker, "hq.d1", "hq.d1") as d1,
    ):
        with device(broker, "hq.d2", "hq.d1") as impostor:
            assert impostor.connected
            assert d1.publish(STATUS, b"here") == "Success"
        until(lambda: watcher.messages)

        assert not d1.closed
        assert [message.payload for message in watcher.messages] == [b"here"]


def test_a_device_gets_nothing_of_what_waits_for_ingest_by_calling_itself_so(broker: RunningBroker) -> None:
    session = Session(of(broker, "ingest"), "ingest", ("gatehouse/v1/+/+/event",))
    session.open()
    session.close()
    with device(broker, "hq.d1", "hq.d1") as d1:
        assert d1.publish("gatehouse/v1/hq/d1/event", b"waiting") == "Success"
    thief = Session(of(broker, "hq.d2"), "ingest")
    thief.open()
    assert (thief.resumed, thief.poll(0.2, 10)) == (False, [])
    thief.close()

    session.open()
    until(lambda: [one.message.payload for one in session.poll(0.1, 10)] == [b"waiting"])
    assert session.resumed
    session.close()


def test_a_second_client_of_one_account_takes_the_place_of_the_first(broker: RunningBroker) -> None:
    with device(broker, "hq.d1", "one") as first, device(broker, "hq.d1", "two") as second:
        until(lambda: first.closed)

        assert second.publish(STATUS) in {"Success", "No matching subscribers"}


def test_the_demos_account_may_have_many_clients(broker: RunningBroker) -> None:
    with broker.peer("demo", "ear").subscribe(STATUS) as ear, broker.peer("demo", "mouth") as mouth:
        assert mouth.publish(STATUS) == "Success"
        until(lambda: ear.messages)

        assert not ear.closed


@pytest.mark.parametrize("username", ["hq.d1", "ingest", "command", "health"])
def test_nobody_else_is_let_in_where_client_ids_are_free(broker: RunningBroker, username: str) -> None:
    assert broker.files.demo_port is not None

    assert refused(Peer(broker.files.demo_port, broker.principal(username), "x"))


def test_the_demos_listener_outlives_a_reload(broker: RunningBroker) -> None:
    assert broker.process is not None
    left = broker.principal("hq.d2")
    assert broker.files.write(Estate.of([], DEVICES[:1], []))
    os.kill(broker.process.pid, signal.SIGHUP)
    until(lambda: refused(Peer(broker.port, left, "x")))

    with broker.peer("demo", "ear").subscribe(STATUS) as ear, broker.peer("hq.d1") as d1:
        assert d1.publish(STATUS) == "Success"
        until(lambda: ear.messages)


def refused(peer: Peer) -> bool:
    """Try to connect."""
    with peer.connect():
        return peer.refusal is not None


def of(broker: RunningBroker, username: str) -> Broker:
    """Say where the broker is and who we are."""
    one = broker.principal(username)
    return Broker(host="127.0.0.1", port=broker.port, username=one.username, password=one.password)
