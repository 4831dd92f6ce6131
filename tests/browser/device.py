"""A device that publishes through the demo's broker like any other."""

import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from core.ulid import CHANCE_BITS, ulid

SITE: Final = "singapore"
DEVICE: Final = "sin-lab"
DOOR: Final = "singapore-lab"
_WAIT_S: Final = 10


class Device:
    """The laboratory's lock after a restart: its events come after everything the simulator said of it."""

    def __init__(self, client: mqtt.Client) -> None:
        """Speak through this connected client."""
        self._client = client
        self._random = Random(secrets.randbits(64))
        self._boot = self._ulid()
        self._seq = 0

    def _ulid(self) -> str:
        return ulid(int(datetime.now(UTC).timestamp() * 1_000_000), self._random.getrandbits(CHANCE_BITS))

    def event(self, kind: str, **more: object) -> None:
        """Publish an event of door 1, and wait for the broker to have it."""
        self._seq += 1
        event = {
            "v": 1,
            "id": self._ulid(),
            "boot": self._boot,
            "seq": self._seq,
            "ts": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
            "kind": kind,
            "door": "1",
        }
        topic = f"gatehouse/v1/{SITE}/{DEVICE}/event"
        self._client.publish(topic, json.dumps(event | more), qos=1).wait_for_publish(_WAIT_S)

    def events(self, *kinds: str) -> None:
        """Publish one event of each of these kinds."""
        for kind in kinds:
            self.event(kind)

    def swipe(self, card: str) -> None:
        """Publish the refusal of a card, by its last four digits."""
        self.event("access.denied", reason="lockout", credential={"type": "card", "masked": f"****{card}"})


@contextmanager
def device(folder: Path) -> Iterator[Device]:
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
        yield Device(client)
    finally:
        client.disconnect()
        client.loop_stop()
