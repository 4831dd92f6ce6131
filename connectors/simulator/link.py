"""A device's connection: paho in the caller's thread, a new client for each connection.

A new client, because an old one would send by itself what it still holds; what to send again is the
device's to say. A publication counts as delivered when the broker acknowledges it (QoS 1).
"""

import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage, MQTTv5, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from connectors.mqtt.principals import Principal, device_username
from connectors.simulator.speaking import Publication, Speaker
from connectors.simulator.spool import Key
from core.times import SECOND_US

KEEPALIVE_S: Final = 10
WINDOW: Final = 200
CONNECT_S: Final = 2.0
FIRST_WAIT_US: Final = SECOND_US // 4
LONGEST_WAIT_US: Final = 5 * SECOND_US
logger = logging.getLogger(__name__)


class Link:
    """One device and its way to the broker; all methods belong to one thread."""

    def __init__(self, model: Speaker, address: tuple[str, int], principal: Principal) -> None:
        self.model = model
        self.refused = 0
        self._address = address
        self._principal = principal
        self._client: Client | None = None
        self._sent: dict[int, Key] = {}
        self._wait = FIRST_WAIT_US
        self._due = 0
        self._beat_due = 0
        self._now: Callable[[], int] = lambda: 0

    @property
    def socket(self) -> socket.socket | None:
        """The socket to wait on, if there is one."""
        found = self._client.socket() if self._client else None
        return found if isinstance(found, socket.socket) else None

    @property
    def wants_to_write(self) -> bool:
        """Whether paho holds bytes that the socket did not take."""
        return self._client is not None and self._client.want_write()

    @property
    def unacknowledged(self) -> int:
        """How many events are sent and not yet acknowledged."""
        return len(self._sent)

    def connect_if_due(self, now: Callable[[], int]) -> None:
        """Open a connection when there is none and the back-off is over; `now` gives µs UTC."""
        if self.socket is not None or now() < self._due:
            return
        self._forget()
        self._now = now
        self._client = self._make_client()
        try:
            self._client.connect(*self._address, keepalive=KEEPALIVE_S)
        except OSError:
            self._retry_later()

    def read(self) -> None:
        """Take in what the socket has."""
        if self._client is not None and self._client.loop_read() != MQTTErrorCode.MQTT_ERR_SUCCESS:
            self._retry_later()

    def write(self) -> None:
        """Hand the socket what paho still holds."""
        if self._client is not None:
            self._client.loop_write()

    def keep_alive(self) -> None:
        """Let paho ping, and notice a broker that does not answer."""
        if self._client is not None and self._client.loop_misc() != MQTTErrorCode.MQTT_ERR_SUCCESS:
            self._retry_later()

    def flush(self) -> None:
        """Send what the device has to say: events as far as the window allows, then changed states."""
        if not self.model.connected:
            return
        for publication in self.model.offers(WINDOW - len(self._sent)):
            self._publish(publication)
        now = self._now()
        if self.model.beat_s and now >= self._beat_due:
            for publication in self.model.beat(now):
                self._publish(publication)
            self._beat_due = now + self.model.beat_s * SECOND_US
        for publication in self.model.states(now):
            self._publish(publication)

    def cut(self, until: int) -> None:
        """Lose the network without a word, so that the broker sends the will; come back at `until`."""
        found = self.socket
        if found is not None:
            with suppress(OSError):
                found.shutdown(socket.SHUT_RDWR)
        self._forget()
        self._due = until

    def _make_client(self) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=device_username(self.model.device),
            protocol=MQTTv5 if self.model.modern else MQTTv311,
            reconnect_on_failure=False,
        )
        client.username_pw_set(self._principal.username, self._principal.password)
        client.max_inflight_messages_set(2 * WINDOW)
        client.connect_timeout = CONNECT_S
        will = self.model.will()
        if will is not None:
            client.will_set(will.topic, will.payload, qos=will.qos, retain=will.retain)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        client.on_socket_open = _no_delay
        return client

    def _on_connect(
        self, client: Client, _: object, __: ConnectFlags, reason: ReasonCode, ___: Properties | None
    ) -> None:
        if client is not self._client or reason.is_failure:
            logger.warning("device refused by the broker device=%s reason=%s", self.model.device.id, reason)
            return
        self._wait = FIRST_WAIT_US
        for ear in self.model.ears:
            client.subscribe(ear.topic, qos=ear.qos)
        now = self._now()
        for publication in self.model.hello(now):
            self._publish(publication)
        self._beat_due = now + self.model.beat_s * SECOND_US

    def _on_disconnect(
        self, client: Client, _: object, __: DisconnectFlags, ___: ReasonCode, ____: Properties | None
    ) -> None:
        if client is self._client:
            self._retry_later()

    def _on_publish(
        self, client: Client, _: object, mid: int, reason: ReasonCode, __: Properties | None
    ) -> None:
        if client is not self._client:
            return
        event = self._sent.pop(mid, None)
        if event is not None and reason.is_failure:
            self.refused += 1
            logger.warning("event refused device=%s reason=%s", self.model.device.id, reason)

    def _on_message(self, client: Client, _: object, message: MQTTMessage) -> None:
        if client is not self._client:
            return
        for answer in self.model.command(message.topic, bytes(message.payload), self._now()):
            self._publish(answer)

    def _publish(self, publication: Publication) -> None:
        if self._client is None:
            return
        info = self._client.publish(
            publication.topic,
            publication.payload,
            qos=publication.qos,
            retain=publication.retain,
            properties=_expiry(publication.expiry_s),
        )
        # Also when the socket has just died: a lost connection offers it again, under its own number.
        if publication.key is not None:
            self._sent[info.mid] = publication.key

    def _retry_later(self) -> None:
        self._forget()
        self._due = self._now() + self._wait
        self._wait = min(2 * self._wait, LONGEST_WAIT_US)

    def _forget(self) -> None:
        client, self._client = self._client, None
        sent, self._sent = self._sent, {}
        if client is None:
            return
        self.model.lost(sent.values())
        found = client.socket()
        if isinstance(found, socket.socket):
            found.close()


def _no_delay(_: Client, __: object, opened: object) -> None:
    if isinstance(opened, socket.socket):
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _expiry(seconds: int | None) -> Properties | None:
    if seconds is None:
        return None
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    properties.MessageExpiryInterval = seconds
    return properties
