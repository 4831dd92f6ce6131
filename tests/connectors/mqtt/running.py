"""A real mosquitto on a free port, and a plain MQTT client to try it with."""

import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from connectors.mqtt.broker import ADDRESS, EmbeddedBroker
from connectors.mqtt.principals import DEMO, Principal, load_principal
from core.model import Estate
from tests.ports import free_port
from tests.waiting import until

# Of MQTT 5: a client without a name or an account, which is answered and not let in.
_NOBODYS_CONNECT: Final = b"\x10\x0d\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x00"
_CONNACK: Final = b"\x20"


class RunningBroker:
    """The embedded broker as a child of the test."""

    def __init__(self, folder: Path, estate: Estate) -> None:
        self.files = EmbeddedBroker(folder, free_port(), demo_port=free_port())
        self.files.write(estate)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def port(self) -> int:
        return self.files.port

    def start(self) -> Self:
        """Start and wait until it takes connections."""
        self.process = subprocess.Popen(self.files.command_line(), stderr=subprocess.DEVNULL)
        until(self._answers, seconds=30)
        return self

    def stop(self) -> None:
        """End it as a supervisor does."""
        self._end(kill=False)

    def kill(self) -> None:
        """End it as a power cut does."""
        self._end(kill=True)

    def principal(self, username: str) -> Principal:
        """Give an account of this broker."""
        return load_principal(self.files.folder, username)

    def peer(self, username: str, name: str | None = None) -> "Peer":
        """Connect as one of its accounts."""
        port = self.files.demo_port if username == DEMO else self.port
        assert port is not None
        return Peer(port, self.principal(username), name or f"test-{username}").connect()

    def _answers(self) -> bool:
        return all(_answers(one) for one in (self.port, self.files.demo_port) if one is not None)

    def _end(self, *, kill: bool) -> None:
        process, self.process = self.process, None
        if process is not None:
            process.kill() if kill else process.terminate()
            process.wait(10)


def _answers(port: int) -> bool:
    """Whether a broker answers: only then does it mind signals, which it listens before it does."""
    try:
        with socket.create_connection((ADDRESS, port), 5) as probe:
            probe.sendall(_NOBODYS_CONNECT)
            return probe.recv(1) == _CONNACK
    except OSError:
        return False


@contextmanager
def running(folder: Path, estate: Estate) -> Iterator[RunningBroker]:
    """Run a broker for a while."""
    broker = RunningBroker(folder, estate).start()
    try:
        yield broker
    finally:
        broker.stop()


class Peer:
    """A client that remembers what it was told; its waits have deadlines."""

    def __init__(self, port: int, principal: Principal | None, name: str, *, clean: bool = True) -> None:
        self.messages: list[MQTTMessage] = []
        self.refusal: str | None = None
        self.connected = False
        self.closed = False
        self.session_present = False
        self._clean = clean
        self._port = port
        self._acks: dict[int, ReasonCode] = {}
        self._subscribed = threading.Event()
        self.client = Client(
            CallbackAPIVersion.VERSION2, client_id=name, protocol=MQTTv5, reconnect_on_failure=False
        )
        if principal is not None:
            self.client.username_pw_set(principal.username, principal.password)
        self.client.on_connect = self._on_connect
        self.client.on_message = lambda _, __, message: self.messages.append(message)
        self.client.on_publish = lambda _, __, mid, reason, ___: self._acks.update({mid: reason})
        self.client.on_subscribe = lambda *_: self._subscribed.set()
        self.client.on_disconnect = lambda *_: setattr(self, "closed", True)

    def connect(self, properties: Properties | None = None) -> Self:
        """Connect and wait for the broker's word, good or bad."""
        self.client.connect("127.0.0.1", self._port, clean_start=self._clean, properties=properties)
        self.client.loop_start()
        until(lambda: self.connected or self.refusal)
        return self

    def subscribe(self, *filters: str) -> Self:
        """Subscribe and wait for the answer, which with an ACL file says nothing."""
        self._subscribed.clear()
        self.client.subscribe([(one, 1) for one in filters])
        assert self._subscribed.wait(20)
        return self

    def publish(self, topic: str, payload: bytes = b"{}", *, retain: bool = False) -> str:
        """Publish at QoS 1 and give the broker's reason."""
        mid = self.client.publish(topic, payload, qos=1, retain=retain).mid
        until(lambda: mid in self._acks or self.closed)
        return str(self._acks[mid]) if mid in self._acks else "closed"

    def topics(self) -> list[str]:
        """Give the topics heard so far, in order."""
        return [message.topic for message in self.messages]

    def close(self) -> None:
        """Leave politely."""
        self.client.disconnect()
        self.client.loop_stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _on_connect(
        self, _: Client, __: object, flags: ConnectFlags, reason: ReasonCode, ___: Properties | None
    ) -> None:
        self.session_present = flags.session_present
        if reason.is_failure:
            self.refusal = str(reason)
        else:
            self.connected = True
