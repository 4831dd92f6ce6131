"""Somebody who rings at doors of the demo: its intercoms say so, in the numbering that they have reached."""

import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from tests.waiting import until

_WAIT_S: Final = 10
# Door, site, device, and the device's number for it. In Berlin's cellar nobody of the demo's own rings.
DOORS: Final = {
    "berlin-garage": ("berlin", "ber-cellar", "1"),
    "berlin-bikes": ("berlin", "ber-cellar", "2"),
    "newyork-main": ("newyork", "nyc-intercom", "1"),
    "newyork-dock": ("newyork", "nyc-dock", "1"),
}


class Visitors:
    """Whoever stands at the doors; `accepted` are the acts that devices have said they did."""

    def __init__(self, client: mqtt.Client) -> None:
        """Speak through this connected client."""
        self._client = client
        self._status: dict[str, dict[str, Any]] = {}
        self.accepted: list[str] = []
        client.on_message = self._heard
        client.subscribe("gatehouse/v1/+/+/status", qos=1)
        client.subscribe("gatehouse/v1/+/+/reply/+", qos=1)

    def _heard(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        device, what = message.topic.split("/")[3:5]
        told = json.loads(message.payload) if message.payload else {}
        # The broker speaks for a device that is gone, and knows no numbering.
        if what == "status" and "boot" in told:
            self._status[device] = told
        elif what == "reply" and told.get("result") == "accepted":
            self.accepted.append(told["id"])

    def _tell(self, door: str, call: str, state: str) -> None:
        site, device, number = DOORS[door]
        until(lambda: device in self._status, seconds=30)
        status = self._status[device]
        told = {
            "call": call,
            "state": state,
            "door": number,
            "boot": status["boot"],
            "seq": status["seq"],
            "ts": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        }
        topic = f"gatehouse/v1/{site}/{device}/call/{call}/state"
        self._client.publish(topic, json.dumps(told), qos=1).wait_for_publish(_WAIT_S)

    def ring(self, door: str) -> str:
        """Press the bell at a door; gives the call's name."""
        call = f"t{secrets.token_hex(6)}"
        self._tell(door, call, "ringing")
        return call

    def leave(self, door: str, call: str) -> None:
        """End the call."""
        self._tell(door, call, "ended")


@contextmanager
def visitors(folder: Path) -> Iterator[Visitors]:
    """Connect with the account that the demo wrote down for such purposes."""
    account = json.loads((folder / "demo-broker.json").read_text(encoding="utf-8"))
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    client.username_pw_set(account["username"], account["password"])
    connected = threading.Event()
    client.on_connect = lambda *_: connected.set()
    client.connect(account["host"], account["port"])
    client.loop_start()
    assert connected.wait(_WAIT_S)
    try:
        yield Visitors(client)
    finally:
        client.disconnect()
        client.loop_stop()
