"""Consumers that store nothing, run as processes of their own: what receiving alone costs.

`python -m bench.consumer paho|session HOST PORT USERNAME CLIENT COUNT FIRST` reads the password from its
standard input, says "first" after FIRST messages and "last" after COUNT, and ends.
"""

import socket
import sys
from typing import Any, Final

from paho.mqtt.client import Client, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from connectors.mqtt.client import Broker, Session

FILTER: Final = "gatehouse/v1/+/+/event"
_BATCH: Final = 1_000
_RECEIVE_MAXIMUM: Final = 2_000
_EXPIRY_S: Final = 3_600


class Counter:
    """Counts messages and says when the first part and the last are there."""

    def __init__(self, first: int, count: int) -> None:
        self.left_to_first = first
        self.left = count

    def add(self, count: int) -> bool:
        """Count; returns whether all have come."""
        if 0 < self.left_to_first <= count:
            print("first", flush=True)
        self.left_to_first -= count
        self.left -= count
        if self.left <= 0:
            print("last", flush=True)
        return self.left <= 0


def paho(broker: Broker, client_id: str, counter: Counter) -> None:
    """Take messages the usual way: loop_forever, acknowledged by hand in on_message."""

    def on_message(client: Client, _userdata: Any, message: MQTTMessage) -> None:
        client.ack(message.mid, message.qos)
        if counter.add(1):
            client.disconnect()

    def on_socket_open(_client: Client, _userdata: Any, connection: Any) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    client = Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=MQTTv5, manual_ack=True)
    client.username_pw_set(broker.username or "", broker.password)
    client.on_connect = lambda c, *_: c.subscribe(FILTER, 1)
    client.on_message = on_message
    client.on_socket_open = on_socket_open
    properties: Any = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho leaves it untyped
    properties.SessionExpiryInterval = _EXPIRY_S
    properties.ReceiveMaximum = _RECEIVE_MAXIMUM
    client.connect(broker.host, broker.port, 60, clean_start=False, properties=properties)
    client.loop_forever()


def session(broker: Broker, client_id: str, counter: Counter) -> None:
    """Take messages with Gatehouse's own session, and do nothing with them."""
    one = Session(broker, client_id, (FILTER,))
    one.open()
    done = False
    while not done:
        deliveries = one.poll(1.0, _BATCH)
        one.acknowledge(deliveries)
        done = bool(deliveries) and counter.add(len(deliveries))
    one.close()


def main(arguments: list[str]) -> None:
    """Run one consumer until it has taken everything."""
    how, host, port, username, client_id, count, first = arguments
    password = sys.stdin.readline().strip()
    broker = Broker(host=host, port=int(port), username=username, password=password)
    {"paho": paho, "session": session}[how](broker, client_id, Counter(int(first), int(count)))


if __name__ == "__main__":
    main(sys.argv[1:])
