"""The estate of the stand: 30 devices with a door each at three sites, and what they say.

Events are native (`connectors/devices/gatehouse`) and look like a day's life: a card, the lock, the door.
"""

import itertools
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from core.model import Device, Door, Site
from store.estate import EstateDocument

SITES: Final = (("berlin", "Europe/Berlin"), ("newyork", "America/New_York"), ("singapore", "Asia/Singapore"))
DEVICES: Final = 30
_CYCLE: Final = ("access.granted", "door.unlocked", "door.opened", "door.closed", "door.locked")
_ULID: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True, slots=True)
class Event:
    """One event as it is published, and what identifies it."""

    topic: str
    payload: bytes
    device: str
    door: str
    boot: str
    seq: int
    kind: str


def estate(heartbeat_s: int = 30) -> EstateDocument:
    """Give the estate of the stand."""
    devices = [
        Device(
            id=f"panel-{n:02}", site=_site(n), family="gatehouse", name=f"Panel {n}", heartbeat_s=heartbeat_s
        )
        for n in range(DEVICES)
    ]
    doors = [
        Door(id=f"door-{n:02}", site=_site(n), device=f"panel-{n:02}", number="1", name=f"Door {n}")
        for n in range(DEVICES)
    ]
    sites = tuple(Site(id=name, name=name.title(), time_zone=zone) for name, zone in SITES)
    return EstateDocument(sites=sites, devices=tuple(devices), doors=tuple(doors))


def _site(number: int) -> str:
    return SITES[number % len(SITES)][0]


def _boot(number: int) -> str:
    return f"01KAS{number:021}"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


class Life:
    """What the devices say, endlessly: one boot each, round by round, numbered from `after` on."""

    def __init__(self, after: int = 0) -> None:
        self._random = random.Random(after)
        self._seq = dict.fromkeys(range(DEVICES), after)
        self._turn = itertools.cycle(range(DEVICES))

    def take(self, count: int) -> list[Event]:
        """Give the next events; each carries the time at which this was called."""
        return list(itertools.islice(self.events(), count))

    def events(self) -> Iterator[Event]:
        """Give one event after another, each with the time at which it was asked for."""
        while True:
            yield self.event(next(self._turn))

    def event(self, number: int) -> Event:
        """Give the next event of this device."""
        self._seq[number] += 1
        seq = self._seq[number]
        device, kind = f"panel-{number:02}", _CYCLE[(seq - 1) % len(_CYCLE)]
        boot = _boot(number)
        said: dict[str, object] = {
            "v": 1,
            "id": self._ulid(),
            "boot": boot,
            "seq": seq,
            "ts": _now(),
            "kind": kind,
            "door": "1",
        }
        if kind == "access.granted":
            said["credential"] = {"type": "card", "masked": f"****{self._random.randrange(10_000):04}"}
            said["person"] = f"u-{self._random.randrange(20_000)}"
        topic = f"gatehouse/v1/{_site(number)}/{device}/event"
        return Event(topic, json.dumps(said).encode(), device, f"door-{number:02}", boot, seq, kind)

    def greetings(self) -> Iterator[tuple[str, bytes]]:
        """Give each device's status: it is here, and this is the last event it has made."""
        for number, seq in self._seq.items():
            said = {"online": True, "boot": _boot(number), "seq": seq, "ts": _now()}
            yield f"gatehouse/v1/{_site(number)}/panel-{number:02}/status", json.dumps(said).encode()

    def _ulid(self) -> str:
        return "01KAS" + "".join(self._random.choices(_ULID, k=21))
