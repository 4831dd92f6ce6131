"""Sends one command by a connection of its own, which is gone before anybody could send it again.

A client that lives on keeps what it could not send and sends it after a reconnect, with a fresh expiry: a
door would open when nobody stands there any more. So: a new client for each command, nothing published
unless connected, and after a failure a connection that is cut off, since a closed one lets the kernel go on
delivering what was written to it.

The account's name is the client's id (docs/decisions/0013), so a second connection would take the first
one's place. Commands therefore take turns (`turns`), and only who has the turn may say that a command is
sent: until then a lockdown, or the time, may have gone before it.
"""

import socket
import ssl
import struct
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from paho.mqtt.client import Client, ConnectFlags, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from connectors.mqtt import readiness
from connectors.mqtt.client import Broker, packet_properties, trouble
from connectors.mqtt.connecting import Attempt
from connectors.mqtt.principals import Principal
from connectors.mqtt.turns import taken
from core.commands import Delivery, Order, Ready, Sent
from core.errors import BrokerUnreachable, LineBusy, OutcomeUnknown, Withheld
from core.times import SECOND_US

PATIENCE_S: Final = 2.0
_KEEPALIVE_S: Final = 10
_NOBODY: Final = 0x10
# On, for no time at all: close() then tells the other side to forget what is on its way.
_AT_ONCE: Final = struct.pack("ii", 1, 0)


def _always() -> bool:
    return True


def send(
    broker: Broker,
    principal: Principal,
    order: Order,
    *,
    turn: Path,
    ready: Ready = _always,
    seconds: float = PATIENCE_S,
) -> Sent:
    """Publish once and wait for the broker's word; blocks the calling thread, any number may call at once.

    `seconds` are for turn and connection, and as many again for the PUBACK. `ready` is asked in the turn,
    connected, and next comes the publication or nothing. Raises BrokerUnreachable, LineBusy and Withheld
    when nothing was sent, OutcomeUnknown when it was and nobody answered. `turn` is the file to take turns
    by, the same for all who use this account.
    """
    _need_time(order)
    deadline = time.monotonic() + min(seconds, _left_us(order) / SECOND_US)
    who = replace(broker, username=principal.username, password=principal.password)
    with taken(turn, deadline, first=order.first):
        return _Shot(who).fire(order, ready, deadline, seconds)


def _need_time(order: Order) -> None:
    if _expiry_s(order) < 1:
        raise Withheld("nothing was sent: its time was over")


def _need_ready(order: Order, ready: Ready) -> None:
    _need_time(order)
    if not ready():
        raise Withheld("nothing was sent: it was not to be sent any more when its turn came")


def _left_us(order: Order) -> int:
    """Give for how long the command is still good."""
    return order.expires - time.time_ns() // 1000 if order.expires else order.expiry_s * SECOND_US


def _expiry_s(order: Order) -> int:
    """Give the whole seconds that the broker may keep it: never beyond the command's own end."""
    return min(order.expiry_s, _left_us(order) // SECOND_US)


class _Shot:
    """One client, one publication; the calling thread's own."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._connected = False
        self._over = False
        self._refusal = ""
        self._sent: Sent | None = None
        self._client = self._make_client()

    def fire(self, order: Order, ready: Ready, deadline: float, seconds: float) -> Sent:
        """Connect, ask whether it is still to be sent, publish, wait, leave."""
        with ExitStack() as unless_answered:
            unless_answered.callback(self._cut)
            self._connect(deadline)
            _need_ready(order, ready)
            written = order if order.anew is None else order.anew()
            sent = self._publish(written, time.monotonic() + seconds)
            unless_answered.pop_all()
        self._client.disconnect()
        self._close()
        return sent

    def _make_client(self) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._broker.username or "",
            protocol=MQTTv5,
            reconnect_on_failure=False,
        )
        client.username_pw_set(self._broker.username, self._broker.password)
        client.on_connect = self._on_connect
        client.on_publish = self._on_publish
        client.on_socket_open = self._on_socket_open
        return client

    def _connect(self, deadline: float) -> None:
        properties = packet_properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = 0
        broker, client = self._broker, self._client
        if broker.tls is not None:
            client.tls_set_context(broker.tls.context())
        left = max(0.01, deadline - time.monotonic())
        client.connect_timeout = left
        try:
            Attempt(
                lambda: client.connect(
                    broker.host, broker.port, _KEEPALIVE_S, clean_start=True, properties=properties
                )
            ).wait(left)
            self._serve(lambda: self._connected or bool(self._refusal), deadline)
        except (OSError, ValueError) as error:
            raise BrokerUnreachable(f"nothing was sent: the broker {trouble(error)}") from error
        if not self._connected:
            why = self._refusal or "closes the connection or does not answer"
            raise BrokerUnreachable(f"nothing was sent: the broker says to {broker.username!r}: {why}")

    def _publish(self, order: Order, deadline: float) -> Sent:
        expiry_s = _expiry_s(order)
        if expiry_s < 1:
            raise LineBusy("nothing was sent: its time was over before it could be")
        properties = packet_properties(PacketTypes.PUBLISH)
        properties.MessageExpiryInterval = expiry_s
        if order.response:
            properties.ResponseTopic = order.response
        if order.correlation:
            properties.CorrelationData = order.correlation
        with suppress(OSError):
            self._client.publish(order.topic, order.payload, qos=1, retain=False, properties=properties)
            self._serve(lambda: self._sent is not None, deadline)
        if self._sent is None:
            raise OutcomeUnknown("sent, but the broker did not say that it has it")
        return self._sent

    def _serve(self, done: Callable[[], bool], deadline: float) -> None:
        """Move bytes until it is done, the time is over or the connection is gone."""
        while not done():
            connection, left = self._client.socket(), deadline - time.monotonic()
            if connection is None or left <= 0:
                return
            pending = isinstance(connection, ssl.SSLSocket) and connection.pending() > 0
            writing = [connection] if self._client.want_write() else []
            readable, writable = readiness.ready([connection], writing, 0 if pending else left)
            if pending or readable:
                self._client.loop_read()
            if writable:
                self._client.loop_write()

    def _on_socket_open(self, _client: Client, _userdata: Any, connection: Any) -> None:
        if self._over:
            # Given up meanwhile: this CONNECT would take the place of the next command's connection.
            connection.close()
            raise ConnectionAbortedError
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _on_connect(
        self, _client: Client, _userdata: Any, _flags: ConnectFlags, reason: ReasonCode, _props: Any
    ) -> None:
        self._connected = not reason.is_failure
        self._refusal = str(reason) if reason.is_failure else ""

    def _on_publish(
        self, _client: Client, _userdata: Any, _mid: int, reason: ReasonCode, _props: Any
    ) -> None:
        delivery = Delivery.REFUSED if reason.is_failure else Delivery.TAKEN
        if reason.value == _NOBODY:
            delivery = Delivery.NOBODY
        self._sent = Sent(delivery=delivery, reason=str(reason), at=time.time_ns() // 1000)

    def _cut(self) -> None:
        """End the connection so that nothing still under way arrives later."""
        connection = self._client.socket()
        if isinstance(connection, socket.socket):
            with suppress(OSError):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        self._close()

    def _close(self) -> None:
        self._over = True
        connection = self._client.socket()
        if connection is not None:
            connection.close()
