"""Sequenced devices for proofs and benches: they publish as told, obey strictly and answer back-fill.

with Fleet(devices, host, port, credentials) as fleet:
    fleet.publish(20_000)
    stored == fleet.expected()
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from random import Random
from types import MappingProxyType
from typing import Final, Self, TypeAlias

from connectors.mqtt.principals import Principal
from connectors.simulator.device import NativeDevice
from connectors.simulator.link import WINDOW, Link
from connectors.simulator.loop import Loop, now_us
from connectors.simulator.relays import Pulse
from core.errors import BrokerUnreachable
from core.model import Device, Door, Estate
from core.records import Kind
from core.times import SECOND_US

_KINDS: Final = (
    Kind.ACCESS_GRANTED,
    Kind.DOOR_UNLOCKED,
    Kind.DOOR_OPENED,
    Kind.DOOR_CLOSED,
    Kind.DOOR_LOCKED,
)
# By device, each key that it obeys.
Keys: TypeAlias = Mapping[str, Sequence[bytes]]
_NO_KEYS: Final[Keys] = MappingProxyType({})
_SPOOL: Final = 1_000_000  # a proof must not lose anything by a device's own forgetting


class Fleet:
    """Devices in a thread of their own; methods may be called from any other, one at a time."""

    def __init__(
        self,
        devices: Mapping[Device, Iterable[Door]],
        host: str,
        port: int,
        credentials: Mapping[str, Principal],
        *,
        keys: Keys = _NO_KEYS,
        make: Callable[..., NativeDevice] = NativeDevice,
        seed: int = 1,
    ) -> None:
        """Take devices with their doors, who each is at the broker, and the keys each obeys.

        `make` makes one, for devices that behave otherwise.
        """
        random = Random(seed)  # noqa: S311 - load, no secret
        self._models = [
            make(device, doors, random, spool=_SPOOL, keys=keys.get(device.id, ()))
            for device, doors in devices.items()
        ]
        for model in self._models:
            model.boot(now_us())
        self._links = [Link(model, (host, port), credentials[model.device.id]) for model in self._models]
        self._loop = Loop(self._links)
        self._todo: deque[Callable[[], None]] = deque()
        self._changed = threading.Condition()
        self._left = 0
        self._made = 0
        self._due = 0
        self._every = 0
        self._expected: set[tuple[str, str, int]] = set()
        self._stopping = False
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="fleet", daemon=True)

    @classmethod
    def of(
        cls,
        estate: Estate,
        host: str,
        port: int,
        credentials: Mapping[str, Principal],
        *,
        keys: Keys = _NO_KEYS,
        make: Callable[..., NativeDevice] = NativeDevice,
    ) -> "Fleet":
        """Take every device of an estate, each with its doors."""
        devices = {device: estate.doors_of(device.id) for device in estate.devices.values()}
        return cls(devices, host, port, credentials, keys=keys, make=make)

    def __enter__(self) -> Self:
        """Connect all devices."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Drop all connections without a word."""
        self._stopping = True
        self._loop.wake()
        self._thread.join()

    def wait_connected(self, seconds: float = 10) -> None:
        """Wait until every device is connected; raises BrokerUnreachable."""
        self._wait(lambda: all(link.model.connected for link in self._links), seconds)

    def start(self, total: int, rate: float | None = None) -> None:
        """Begin to make events, turn about over the devices: `rate` a second, or as fast as they go out.

        With a rate, events are made also while a device is cut off, and wait in its spool to be asked for.
        """
        with self._changed:
            self._left += total
            self._every = int(SECOND_US / rate) if rate else 0
            self._due = now_us()
        self._loop.wake()

    def publish(self, total: int, rate: float | None = None, seconds: float = 120) -> None:
        """Make `total` events and wait until each is acknowledged or in the spool of a lost connection."""
        self.start(total, rate)
        self.wait_published(seconds)

    def wait_published(self, seconds: float = 120) -> None:
        """Wait until nothing is left to make, send or acknowledge; raises BrokerUnreachable."""
        self._wait(lambda: self._left == 0 and all(map(_idle, self._links, self._models)), seconds)

    def expected(self) -> set[tuple[str, str, int]]:
        """Give (device, boot, seq) of every event made so far."""
        with self._changed:
            return set(self._expected)

    def pulses(self, door: str | None = None) -> list[Pulse]:
        """Give every release so far, in each door's order; of one door (by the estate's id) or of all."""
        return [
            pulse
            for model in self._models
            for pulse in list(model.obedience.released)
            if door is None or model.doors[pulse.door].id == door
        ]

    def reboot(self, device: str, dark_us: int = 0) -> None:
        """Take a device's power away, and let it come back after a while."""
        link = next(one for one in self._links if one.model.device.id == device)

        def fall() -> None:
            link.cut(now_us() + dark_us)
            link.model.boot(now_us())

        self._todo.append(fall)
        self._loop.wake()

    @property
    def refused(self) -> int:
        """How many events the broker has refused."""
        return sum(link.refused for link in self._links)

    def _wait(self, done: Callable[[], bool], seconds: float) -> None:
        with self._changed:
            in_time = self._changed.wait_for(lambda: done() or self._error is not None, seconds)
        if self._error is not None:
            raise self._error
        if not in_time:
            raise BrokerUnreachable(f"the devices were not done within {seconds} s")

    def _run(self) -> None:
        try:
            while not self._stopping:
                self._loop.turn(self._next(), self._step)
                with self._changed:
                    self._changed.notify_all()
        except Exception as error:  # noqa: BLE001 - handed to the thread that waits
            with self._changed:
                self._error = error
                self._changed.notify_all()
        finally:
            self._loop.close()

    def _step(self, now: int) -> None:
        while self._todo:
            self._todo.popleft()()
        for model in self._models:
            model.obedience.pass_time(now)
        self._make(now)

    def _next(self) -> int:
        ends = [model.obedience.next_at for model in self._models]
        return min([self._next_event(), *(at for at in ends if at is not None)])

    def _next_event(self) -> int:
        if self._left == 0:
            return now_us() + SECOND_US
        return self._due if self._every else now_us() + (0 if self._room() else SECOND_US // 100)

    def _room(self) -> bool:
        return any(link.model.connected and link.unacknowledged < WINDOW for link in self._links)

    def _make(self, now: int) -> None:
        with self._changed:
            if self._every:
                self._make_at_rate(now)
            else:
                self._make_at_once(now)

    def _make_at_rate(self, now: int) -> None:
        while self._left and self._due <= now:
            self._one(self._models[self._made % len(self._models)], now)
            self._due += self._every

    def _make_at_once(self, now: int) -> None:
        for link, model in zip(self._links, self._models, strict=True):
            room = WINDOW - link.unacknowledged - model.waiting if model.connected else 0
            for _ in range(min(room, self._left)):
                self._one(model, now)

    def _one(self, model: NativeDevice, now: int) -> None:
        doors = list(model.doors)
        turn = model.spool.seq
        kind = _KINDS[turn % len(_KINDS)]
        words = {"person": f"u-{turn % 100}"} if kind is Kind.ACCESS_GRANTED else {}
        boot, seq = model.event(kind, now, doors[turn // len(_KINDS) % len(doors)], **words)
        self._expected.add((model.device.id, boot, seq))
        self._left -= 1
        self._made += 1


def _idle(link: Link, model: NativeDevice) -> bool:
    return model.connected and model.waiting == 0 and link.unacknowledged == 0
