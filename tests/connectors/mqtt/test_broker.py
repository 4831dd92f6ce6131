"""The embedded broker itself: who may do what there, tried with real connections."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from connectors.mqtt import broker as broker_module
from connectors.mqtt.broker import MAX_MESSAGE_BYTES, MAX_PACKET_BYTES
from connectors.mqtt.principals import Principal
from core.model import Device, Estate
from tests.connectors.mqtt.running import Peer, RunningBroker, running
from tests.waiting import until

pytestmark = pytest.mark.slow
A = Device(id="a", site="s", family="gatehouse")
B = Device(id="b", site="s", family="gatehouse")
ONE, BOTH = Estate.of([], [A], []), Estate.of([], [A, B], [])
ROOT_A, ROOT_B = "gatehouse/v1/s/a", "gatehouse/v1/s/b"
# A filter that the ACL will never serve counts as a subscriber too, so either word means "taken".
TAKEN = {"Success", "No matching subscribers"}
FORBIDDEN = "Not authorized"


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBroker]:
    # A folder with a space, since a data folder may have one.
    with running(tmp_path_factory.mktemp("with space") / "broker", BOTH) as one:
        yield one


def said(broker: RunningBroker, username: str, topic: str) -> str:
    """Publish one message on a connection of its own."""
    with broker.peer(username, f"one-{username}") as peer:
        return peer.publish(topic)


def marked(broker: RunningBroker, listener: Peer, topic: str, username: str) -> None:
    """Publish a last message that the listener may hear, so that what came before has been delivered."""
    with broker.peer(username, "marker") as marker:
        assert marker.publish(topic, b"mark") in TAKEN
    until(lambda: topic in listener.topics())


def test_nobody_is_let_in_without_an_account(broker: RunningBroker) -> None:
    assert Peer(broker.port, None, "anonymous").connect().refusal == FORBIDDEN


def test_a_wrong_password_is_refused(broker: RunningBroker) -> None:
    assert Peer(broker.port, Principal("ingest", "guess"), "guesser").connect().refusal == FORBIDDEN


@pytest.mark.parametrize(
    "path", ["status", "event", "door/1/state", "call/1/state", "backfill/data", "reply/x"]
)
def test_a_device_writes_its_own_subtree_and_no_other(broker: RunningBroker, path: str) -> None:
    assert said(broker, "s.a", f"{ROOT_A}/{path}") in TAKEN
    assert said(broker, "s.a", f"{ROOT_B}/{path}") == FORBIDDEN


@pytest.mark.parametrize(
    "topic",
    [f"{ROOT_A}/cmd/unlock", f"{ROOT_B}/cmd/unlock", "gatehouse/v1/t/a/event", "gatehouse/canary/x", "x"],
)
def test_a_device_writes_nothing_else(broker: RunningBroker, topic: str) -> None:
    assert said(broker, "s.a", topic) == FORBIDDEN


def test_a_device_hears_its_own_commands_and_nobody_elses(broker: RunningBroker) -> None:
    with broker.peer("s.a").subscribe("#", f"{ROOT_B}/cmd/#", f"{ROOT_A}/cmd/#") as device:
        with broker.peer("command") as command, broker.peer("s.b") as other:
            assert command.publish(f"{ROOT_B}/cmd/unlock") in TAKEN
            other.publish(f"{ROOT_B}/event")
        marked(broker, device, f"{ROOT_A}/cmd/unlock", "command")

        assert set(device.topics()) == {f"{ROOT_A}/cmd/unlock"}


def test_ingest_hears_what_devices_say_and_never_an_unlock(broker: RunningBroker) -> None:
    filters = ("#", "gatehouse/v1/+/+/cmd/unlock", f"{ROOT_A}/cmd/unlock", "gatehouse/v1/+/+/event")
    with broker.peer("ingest").subscribe(*filters) as ingest:
        with broker.peer("command") as command:
            command.publish(f"{ROOT_A}/cmd/unlock")
            command.publish(f"{ROOT_A}/cmd/mode")
        marked(broker, ingest, f"{ROOT_A}/event", "s.a")

        assert set(ingest.topics()) == {f"{ROOT_A}/event"}


def test_ingest_writes_backfill_requests_and_its_canary_only(broker: RunningBroker) -> None:
    assert said(broker, "ingest", f"{ROOT_A}/cmd/backfill") in TAKEN
    assert said(broker, "ingest", "gatehouse/canary/ingest") in TAKEN
    assert said(broker, "ingest", f"{ROOT_A}/cmd/unlock") == FORBIDDEN
    assert said(broker, "ingest", f"{ROOT_A}/event") == FORBIDDEN


def test_an_unlock_that_nobody_listens_for_is_said_so(broker: RunningBroker) -> None:
    assert said(broker, "command", f"{ROOT_A}/cmd/unlock") == "No matching subscribers"


def test_ingest_hears_its_canary(broker: RunningBroker) -> None:
    with broker.peer("ingest").subscribe("gatehouse/canary/ingest") as ingest:
        assert ingest.publish("gatehouse/canary/ingest") == "Success"
        until(lambda: ingest.topics() == ["gatehouse/canary/ingest"])


def test_command_writes_commands_only(broker: RunningBroker) -> None:
    assert said(broker, "command", f"{ROOT_A}/cmd/unlock") in TAKEN
    assert said(broker, "command", f"{ROOT_A}/cmd/unlock/deeper") == FORBIDDEN
    assert said(broker, "command", f"{ROOT_A}/event") == FORBIDDEN
    assert said(broker, "command", "gatehouse/canary/ingest") == FORBIDDEN


def test_command_hears_nothing(broker: RunningBroker) -> None:
    with broker.peer("command").subscribe("#", "gatehouse/v1/+/+/event") as command:
        with broker.peer("s.a") as device, broker.peer("demo").subscribe(f"{ROOT_A}/event") as demo:
            device.publish(f"{ROOT_A}/event")
            until(lambda: demo.messages)
        assert command.publish(f"{ROOT_A}/cmd/mode") in TAKEN
        assert command.messages == []


def test_health_reads_the_brokers_own_figures_only(broker: RunningBroker) -> None:
    with broker.peer("health").subscribe("$SYS/broker/version", "gatehouse/#") as health:
        until(lambda: health.topics() == ["$SYS/broker/version"])
    assert said(broker, "health", f"{ROOT_A}/event") == FORBIDDEN


def test_the_demos_account_speaks_for_any_device_and_opens_nothing(broker: RunningBroker) -> None:
    with broker.peer("demo").subscribe("gatehouse/#") as demo:
        assert demo.publish(f"{ROOT_A}/event") == "Success"
        assert demo.publish(f"{ROOT_B}/door/1/state") == "Success"
        until(lambda: len(demo.messages) == 2)
    assert said(broker, "demo", f"{ROOT_A}/cmd/unlock") == FORBIDDEN


def test_a_packet_beyond_the_limit_ends_the_connection_and_harms_nobody_else(broker: RunningBroker) -> None:
    with broker.peer("demo", "watcher").subscribe(f"{ROOT_A}/event") as watcher:
        with broker.peer("s.a", "shouter") as device:
            assert device.publish(f"{ROOT_A}/event", b"x" * (MAX_PACKET_BYTES + 1)) == "closed"
        marked(broker, watcher, f"{ROOT_A}/event", "s.a")

        assert [message.payload for message in watcher.messages] == [b"mark"]


def test_a_picture_that_is_too_large_goes_to_nobody_and_cuts_nobody_off(broker: RunningBroker) -> None:
    topic = f"{ROOT_A}/event"
    with broker.peer("demo", "watcher").subscribe(topic) as watcher, broker.peer("s.a") as bridge:
        for size in (MAX_MESSAGE_BYTES + 1, 4 * MAX_MESSAGE_BYTES, MAX_MESSAGE_BYTES):
            # As bridges publish them; above QoS 0 mosquitto's answer to a picture breaks MQTT 5.
            bridge.client.publish(topic, b"x" * size)

        assert bridge.publish(topic, b"mark") == "Success"
        until(lambda: len(watcher.messages) > 1)
        assert [len(message.payload) for message in watcher.messages] == [MAX_MESSAGE_BYTES, 4]


def test_a_message_that_the_access_list_forbids_cuts_nobody_off(broker: RunningBroker) -> None:
    with broker.peer("s.a") as device:
        assert device.publish(f"{ROOT_B}/event") == FORBIDDEN
        assert device.publish(f"{ROOT_A}/event") in TAKEN


def test_a_payload_of_64_kib_passes(broker: RunningBroker) -> None:
    with broker.peer("demo", "watcher").subscribe(f"{ROOT_A}/event") as watcher, broker.peer("s.a") as device:
        assert device.publish(f"{ROOT_A}/event", b"x" * 65_536) == "Success"
        until(lambda: watcher.messages)


def test_the_log_holds_no_payload_and_no_password(broker: RunningBroker) -> None:
    with broker.peer("s.a") as device:
        device.publish(f"{ROOT_A}/event", b"canary-in-a-payload")
    log = broker.files.folder / "mosquitto.log"
    until(lambda: "s.a" in log.read_text())

    assert "canary-in-a-payload" not in log.read_text()
    assert broker.principal("s.a").password not in log.read_text()


def test_a_new_device_is_let_in_after_a_reload_and_one_that_left_is_not(tmp_path: Path) -> None:
    with running(tmp_path / "broker", ONE) as broker:
        left = broker.principal("s.a")
        assert broker.process is not None
        assert broker.files.write(Estate.of([], [B], []))
        os.kill(broker.process.pid, signal.SIGHUP)

        def admitted() -> bool:
            with Peer(broker.port, broker.principal("s.b"), "new").connect() as peer:
                return peer.connected

        until(admitted)
        assert Peer(broker.port, left, "old").connect().refusal == FORBIDDEN


def test_a_log_put_aside_is_followed_by_a_new_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running(tmp_path / "broker", ONE) as broker:
        log = broker.files.folder / "mosquitto.log"
        broker.peer("demo").close()
        until(lambda: "demo" in log.read_text())
        monkeypatch.setattr(broker_module, "LOG_BYTES", 10)
        assert broker.files.write(ONE)
        assert broker.process is not None
        os.kill(broker.process.pid, signal.SIGHUP)
        broker.peer("ingest").close()

        until(lambda: "ingest" in log.read_text())
        assert "u'demo'" not in log.read_text()


def test_what_waits_for_ingest_is_kept_over_a_restart_beyond_the_default_thousand(tmp_path: Path) -> None:
    with running(tmp_path / "broker", ONE) as broker:
        ingest = session(broker)
        ingest.subscribe("gatehouse/v1/+/+/event")
        ingest.close()
        with broker.peer("s.a") as device:
            for number in range(1_500):
                device.client.publish(f"{ROOT_A}/event", b"%d" % number, qos=1)
            device.publish(f"{ROOT_A}/event", b"1500")
            device.publish(f"{ROOT_A}/status", b"kept", retain=True)
        broker.stop()
        broker.start()

        ingest = session(broker)
        until(lambda: len(ingest.messages) == 1_501, seconds=20)
        assert ingest.session_present
        assert [message.payload for message in ingest.messages] == [b"%d" % number for number in range(1_501)]
        ingest.subscribe("gatehouse/v1/+/+/status")
        until(lambda: ingest.messages[-1].payload == b"kept")
        ingest.close()


def session(broker: RunningBroker) -> Peer:
    """Connect as ingest does: a session that outlives its connection."""
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = 600
    return Peer(broker.port, broker.principal("ingest"), "ingest", clean=False).connect(properties)
