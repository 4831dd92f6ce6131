"""A broker that retains the newest checkpoint, for everybody who may read its topic.

The connection stays: a heartbeat of the log comes often enough to keep it. What was lost meanwhile is seen
when the next one is to go, and then one new connection is tried.
"""

import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from paho.mqtt.client import Client, ConnectFlags, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from connectors.checkpoints.destination import Sealed
from connectors.checkpoints.reaching import LIMIT_S, is_loopback, trouble
from connectors.mqtt.client import Broker, packet_properties
from connectors.mqtt.connecting import Attempt
from connectors.mqtt.principals import CHECKPOINT_TOPIC
from connectors.mqtt.readiness import ready
from core.errors import BrokerUnreachable, StartRefused, Undelivered

# A checkpoint comes at least every minute.
_KEEPALIVE_S: Final = 180


class Retained:
    """The topic at one broker; one thread's own."""

    name = "mqtt"

    def __init__(self, broker: Callable[[], Broker], where: str, seconds: float = LIMIT_S) -> None:
        """Speak to this broker, which is asked for at each connection, at most so long a time."""
        self.where = f"mqtt://{where}"
        self._broker = broker
        self._host = where.rpartition(":")[0]
        self._seconds = seconds
        self._line: _Line | None = None

    def leaves(self) -> bool:
        """Whether the broker is another machine."""
        return not is_loopback(self._host.strip("[]"))

    def deliver(self, seal: Sealed) -> None:
        """Have the broker keep a checkpoint; raises Undelivered."""
        deadline = time.monotonic() + self._seconds
        if self._line is not None and not self._line.alive():
            self.close()
        try:
            if self._line is None:
                self._line = _Line(self._broker())
                self._line.open(deadline)
            self._line.publish(seal.note, deadline)
        except (StartRefused, BrokerUnreachable) as error:
            self.close()
            raise Undelivered("our account at the broker, or its files for TLS, can't be used") from error
        except (OSError, ValueError) as error:
            self.close()
            raise Undelivered(trouble(error)) from error
        except Undelivered:
            self.close()
            raise

    def close(self) -> None:
        """Leave the broker."""
        line, self._line = self._line, None
        if line is not None:
            line.close()


class _Line:
    """One connection, that nothing is ever queued for."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._connected = False
        self._over = False
        self._refusal = ""
        self._answers: dict[int, ReasonCode] = {}
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=broker.username or "",
            protocol=MQTTv5,
            reconnect_on_failure=False,
        )
        if broker.username is not None:
            client.username_pw_set(broker.username, broker.password)
        if broker.tls is not None:
            client.tls_set_context(broker.tls.context())
        client.on_connect = self._on_connect
        client.on_publish = self._on_publish
        client.on_socket_open = self._on_socket_open
        self._client = client

    def open(self, deadline: float) -> None:
        """Connect, and wait to be let in; raises Undelivered, OSError."""
        properties = packet_properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = 0
        broker, client, left = self._broker, self._client, max(0.01, deadline - time.monotonic())
        client.connect_timeout = left
        Attempt(
            lambda: client.connect(
                broker.host, broker.port, _KEEPALIVE_S, clean_start=True, properties=properties
            )
        ).wait(left)
        self._serve(lambda: self._connected or bool(self._refusal), deadline)
        if self._refusal:
            raise Undelivered(f"the broker refuses us: {self._refusal}")
        if not self._connected:
            raise TimeoutError if client.socket() is not None else ConnectionResetError

    def alive(self) -> bool:
        """Whether the broker has not closed it, as far as it has told."""
        self._serve(lambda: False, time.monotonic())
        return self._client.socket() is not None

    def publish(self, note: bytes, deadline: float) -> None:
        """Have it retained; raises Undelivered, OSError."""
        sent = self._client.publish(CHECKPOINT_TOPIC, note, qos=1, retain=True)
        self._serve(lambda: sent.mid in self._answers, deadline)
        answer = self._answers.pop(sent.mid, None)
        if answer is None:
            raise TimeoutError if self._client.socket() is not None else ConnectionResetError
        if answer.is_failure:
            raise Undelivered(f"the broker does not take it: {answer}")

    def close(self) -> None:
        """Say good-bye, and let go."""
        self._over = True
        with suppress(OSError):
            self._client.disconnect()
        connection = self._client.socket()
        if connection is not None:
            connection.close()

    def _serve(self, done: Callable[[], bool], deadline: float) -> None:
        """Move bytes until it is done, the time is over or the connection is gone; looks at least once."""
        while not done():
            connection, left = self._client.socket(), max(0.0, deadline - time.monotonic())
            if connection is None:
                return
            pending = isinstance(connection, ssl.SSLSocket) and connection.pending() > 0
            writing = [connection] if self._client.want_write() else []
            readable, writable = ready([connection], writing, 0 if pending else left)
            if pending or readable:
                self._client.loop_read()
            if writable:
                self._client.loop_write()
            if not (pending or readable or writable):
                return

    def _on_socket_open(self, _client: Client, _userdata: Any, connection: Any) -> None:
        if self._over:
            # Given up meanwhile: this CONNECT would take the place of the connection that came after.
            connection.close()
            raise ConnectionAbortedError
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _on_connect(
        self, _client: Client, _userdata: Any, _flags: ConnectFlags, reason: ReasonCode, told: Any
    ) -> None:
        if reason.is_failure:
            self._refusal = str(reason)
        elif getattr(told, "RetainAvailable", 1) == 0:
            self._refusal = "it retains nothing"
        else:
            self._connected = True

    def _on_publish(self, _client: Client, _userdata: Any, mid: int, reason: ReasonCode, _props: Any) -> None:
        self._answers[mid] = reason
