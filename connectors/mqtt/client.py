"""The one persistent MQTT 5 session (paho's own-loop API), acknowledged by hand after the commit.

Everything but the connecting runs in the caller's thread, so an error surfaces there instead of killing a
thread that still says it is connected. A delivery carries the generation of the connection it came by: its
message id means another message after a reconnect, and an old acknowledgement must not be sent.
"""

import logging
import socket
import ssl
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion, LogLevel
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from connectors.devices import Message
from connectors.mqtt.connecting import Attempt
from connectors.mqtt.readiness import ready
from connectors.mqtt.tls import Tls
from core.errors import BrokerUnreachable

KEEPALIVE_S: Final = 5
SESSION_EXPIRY_S: Final = 7 * 24 * 3600
RECEIVE_MAXIMUM: Final = 2_000
MAXIMUM_PACKET_BYTES: Final = 128 * 1024
# Payloads in our hands: with more, no further one is read before these are taken.
_INBOX_BYTES: Final = 1024 * 1024
_SUB_OPTIONS_QOS: Final = 1
# Together with the waits between attempts within ingest's lease (5 s) wherever one of them is used up.
_CONNECT_S: Final = 2.0
_ANSWER_S: Final = 2.0
# By then an embedded broker has read the rights that go with a changed estate.
_AGAIN_S: Final = 6.0
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """Where the broker is and who we are there."""

    host: str
    port: int
    username: str | None = None
    password: str | None = None
    tls: Tls | None = None

    def __repr__(self) -> str:
        """Leave the password out of logs."""
        return f"Broker({self.host}:{self.port} as {self.username})"


class Receipt(Protocol):
    """What of a delivery is needed to acknowledge it."""

    @property
    def mid(self) -> int:
        """Give its number within its connection."""

    @property
    def qos(self) -> int:
        """Give its quality of service: 0 wants no answer."""

    @property
    def generation(self) -> int:
        """Give the number of its connection."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message and what it takes to acknowledge it."""

    message: Message
    mid: int
    qos: int
    generation: int


class Session:
    """A connection that picks up where the last one left; one thread's own."""

    def __init__(self, broker: Broker, client_id: str, filters: Sequence[str] = ()) -> None:
        """Prepare; `open` connects."""
        self.broker = broker
        self.client_id = client_id
        self.generation = 0
        self.connected = False
        self.resumed = False
        self._filters = tuple(filters)
        self._inbox: deque[Delivery] = deque()
        self._inbox_bytes = 0
        self._refusal: str | None = None
        self._trouble = ""
        self._again: tuple[float, tuple[str, ...]] | None = None
        self._client = self._make_client()

    def _make_client(self) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2, client_id=self.client_id, protocol=MQTTv5, manual_ack=True
        )
        if self.broker.username is not None:
            client.username_pw_set(self.broker.username, self.broker.password)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_socket_open = self._on_socket_open
        client.connect_timeout = _CONNECT_S
        return client

    def open(self, wake: socket.socket | None = None) -> None:
        """Connect and wait for the broker's answer, a few seconds at most; raises BrokerUnreachable.

        It also ends when something can be read from `wake`.
        """
        self.drop()
        self._refusal, self._trouble = None, ""
        if self.broker.tls is not None:
            self._client.tls_set_context(self.broker.tls.context())
        self._client.on_log = self._on_log
        try:
            Attempt(self._connecting(self._client)).wait(_CONNECT_S, wake)
            self._await_answer(time.monotonic() + _ANSWER_S, wake)
        except (OSError, ValueError) as error:
            self.drop()
            raise BrokerUnreachable(f"the broker at {self._address} {trouble(error)}") from error
        except BrokerUnreachable:
            self.drop()
            raise
        # Asked for at each packet, so only as long as nothing else tells what is wrong.
        self._client.on_log = None

    @property
    def _address(self) -> str:
        return f"{self.broker.host}:{self.broker.port}"

    def _connecting(self, client: Client) -> Callable[[], object]:
        properties = packet_properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = SESSION_EXPIRY_S
        properties.ReceiveMaximum = RECEIVE_MAXIMUM
        properties.MaximumPacketSize = MAXIMUM_PACKET_BYTES
        host, port = self.broker.host, self.broker.port
        return lambda: client.connect(host, port, KEEPALIVE_S, clean_start=False, properties=properties)

    def _await_answer(self, deadline: float, wake: socket.socket | None) -> None:
        while not self.connected:
            if self._refusal is not None:
                raise BrokerUnreachable(f"the broker refuses {self.broker.username!r}: {self._refusal}")
            if self._client.socket() is None:
                raise BrokerUnreachable(f"the broker at {self._address} closes the connection{self._trouble}")
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            if wake is not None and ready([wake], [], 0)[0]:
                raise InterruptedError
            self._step(left, wake)

    def _on_log(self, _client: Client, _userdata: Any, level: int, text: str) -> None:
        if level == LogLevel.MQTT_LOG_ERR:
            self._trouble = f": {text}"

    def _on_socket_open(self, client: Client, _userdata: Any, connection: Any) -> None:
        if client is not self._client:
            # Given up meanwhile. Its CONNECT would take our session away from the connection that came after.
            connection.close()
            raise ConnectionAbortedError
        # Without it each answer waits for a delayed acknowledgement: 40 to 90 ms.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _on_connect(
        self, client: Client, _userdata: Any, flags: ConnectFlags, reason: ReasonCode, _properties: Any
    ) -> None:
        if reason.is_failure:
            self._refusal = str(reason)
            return
        self.generation += 1
        self.connected, self.resumed = True, flags.session_present
        # Idempotent, and what brings the retained states of every device.
        if self._filters:
            client.subscribe([(one, _SUB_OPTIONS_QOS) for one in self._filters])

    def _on_disconnect(
        self, _client: Client, _userdata: Any, _flags: Any, reason: ReasonCode, _props: Any
    ) -> None:
        if self.connected:
            logger.warning("broker connection lost reason=%s", reason)
        self.connected = False

    def _on_message(self, _client: Client, _userdata: Any, message: MQTTMessage) -> None:
        received = time.time_ns() // 1000
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""
        delivery = Delivery(
            Message(topic, bytes(message.payload), message.retain, received),
            message.mid,
            message.qos,
            self.generation,
        )
        self._inbox.append(delivery)
        self._inbox_bytes += len(message.payload)

    def follow(self, filters: Sequence[str]) -> None:
        """Subscribe to exactly these from now on; what is new also brings its retained states."""
        before, self._filters = self._filters, tuple(filters)
        new = [one for one in filters if one not in before]
        gone = [one for one in before if one not in self._filters]
        if self.connected and new:
            self._client.subscribe([(one, _SUB_OPTIONS_QOS) for one in new])
            self._again = (time.monotonic() + _AGAIN_S, tuple(new))
        if self.connected and gone:
            self._client.unsubscribe(gone)

    def _subscribe_again(self) -> None:
        """Ask once more for the retained states of what is new: the broker's rights may come after us."""
        if self._again is None or time.monotonic() < self._again[0]:
            return
        filters = [one for one in self._again[1] if one in self._filters]
        self._again = None
        if self.connected and filters:
            self._client.subscribe([(one, _SUB_OPTIONS_QOS) for one in filters])

    def poll(self, seconds: float, limit: int, wake: socket.socket | None = None) -> list[Delivery]:
        """Wait until something has come, then take what is there, at most `limit`; never wait for more."""
        if not self._inbox and limit:
            self._step(seconds, wake)
        while len(self._inbox) < limit and self._inbox_bytes < _INBOX_BYTES and self.connected:
            before = len(self._inbox)
            self._client.loop_read()
            if len(self._inbox) == before:
                break
        self._client.loop_misc()
        self._subscribe_again()
        taken = [self._inbox.popleft() for _ in range(min(limit, len(self._inbox)))]
        if not self._inbox:
            self._inbox_bytes = 0
        return taken

    def _step(self, seconds: float, wake: socket.socket | None = None) -> None:
        connection = self._client.socket()
        if connection is None:
            self.connected = False
            return
        # Already decrypted, so that the socket no longer shows it.
        pending = isinstance(connection, ssl.SSLSocket) and connection.pending() > 0
        reading = [connection] if wake is None else [connection, wake]
        writing = [connection] if self._client.want_write() else []
        readable, writable = ready(reading, writing, 0 if pending else seconds)
        if pending or connection in readable:
            self._client.loop_read()
        if writable:
            self._client.loop_write()
        self._client.loop_misc()

    def acknowledge(self, deliveries: Iterable[Receipt]) -> None:
        """Tell the broker, in order of arrival, that these are on disk; not those of a lost connection."""
        for delivery in deliveries:
            if delivery.qos and self.connected and delivery.generation == self.generation:
                self._client.ack(delivery.mid, delivery.qos)

    def publish(self, topic: str, payload: bytes, *, expiry_s: int, qos: int = 0) -> bool:
        """Send now or not at all: paho would queue it for a later connection."""
        if not self.connected:
            return False
        properties = packet_properties(PacketTypes.PUBLISH)
        properties.MessageExpiryInterval = expiry_s
        self._client.publish(topic, payload, qos=qos, properties=properties)
        return True

    def drop(self) -> None:
        """Let the connection go without a word; the session stays at the broker."""
        connection = self._client.socket()
        if connection is not None:
            connection.close()
        self.connected = False
        self._inbox.clear()
        self._inbox_bytes = 0
        self._client = self._make_client()

    def close(self) -> None:
        """Say good-bye; the broker keeps the session and queues for it."""
        leaving, self.connected = self.connected, False
        if leaving:
            self._client.disconnect()


def trouble(error: Exception) -> str:
    """Say what is wrong with a broker that could not be reached."""
    match error:
        case ssl.SSLCertVerificationError():
            return f"can't be trusted: {error.verify_message}"
        case ssl.SSLError():
            return f"and we find no common TLS: {error.reason}"
        case InterruptedError():
            return "was not waited for: we are told to stop"
        case _:
            return "does not answer"


def packet_properties(packet: int) -> Any:
    """Make the empty properties of one of paho's `PacketTypes`."""
    return Properties(packet)  # type: ignore[no-untyped-call]  # paho leaves this class untyped
