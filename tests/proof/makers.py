"""Other makers' devices at a real broker, one of each family that obeys, and a console before them."""

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Self

from bench.stand.doors import enter
from bench.stand.stand import Stand, now_us
from bench.stand.wire import Wire
from connectors.mqtt.broker import ADDRESS
from connectors.mqtt.principals import COMMAND, DEMO, load_device_principals, load_principal
from connectors.simulator.link import Link
from connectors.simulator.loop import LONGEST_WAIT_US, Loop
from connectors.simulator.simulation import devices
from connectors.simulator.vendor import VendorDevice
from core.model import Device, Door, Estate, Site
from core.records import Kind
from operations.device_keys import DeviceKeys
from store.estate import EstateDocument
from tests.connectors.mqtt.running import Peer
from tests.proof.house import Desk, console
from tests.waiting import until

SITE: Final = "berlin"
GATEWAY: Final = "floors"
# A device that is only an account at the broker.
OTHER: Final = "other"
# Family, topic, serial and the numbers of two doors; an esp-rfid reader may have but one.
_PLACES: Final = {
    "floors": ("uhppoted", "uhppoted/gateway", "405419896", ("1", "2")),
    "relay": ("shelly", "shellypro2-c8f09e47e6f0", "", ("switch:0.input:0", "switch:1.input:1")),
    "lock": ("nuki", "nuki/4A3C1B7D", "", ("1",)),
    "bridge": ("zigbee2mqtt", "zigbee2mqtt", "", ("archive_lock", "gym_lock.gym_contact")),
    "reader": ("esprfid", "esp-rfid/3C71BF", "reader-1", ("1-only",)),
}
_NEVER: Final = 2**53
# The same again, which are not there.
_AWAY: Final = {
    "away-floors": ("uhppoted", "uhppoted/cellar", "405419897", ("1",)),
    "away-relay": ("shelly", "shellypro2-c8f09e47e6f1", "", ("switch:0",)),
    "away-lock": ("nuki", "nuki/4A3C1B7E", "", ("1",)),
    "away-bridge": ("zigbee2mqtt", "zigbee", "", ("store_lock",)),
    "away-reader": ("esprfid", "esp-rfid/3C71C0", "reader-2", ("1-only",)),
}


def document() -> EstateDocument:
    """Give the estate: the doors of a device are called after it, from 1."""
    made, doors = [Device(id=OTHER, site=SITE, family="gatehouse")], []
    for name, (family, topic, serial, numbers) in (_PLACES | _AWAY).items():
        made.append(Device(id=name, site=SITE, family=family, topic=topic, serial=serial, heartbeat_s=0))
        doors += [
            Door(id=f"{name}-{place}", site=SITE, device=name, number=number, name=f"{name} {place}")
            for place, number in enumerate(numbers, start=1)
        ]
    return EstateDocument(
        sites=(Site(id=SITE, name="Berlin", time_zone="Europe/Berlin"),),
        devices=tuple(made),
        doors=tuple(doors),
    )


class Makers:
    """Simulated devices in a thread of their own, to which nothing happens but what a test lets happen."""

    def __init__(self, stand: Stand) -> None:
        estate = Estate.of(stand.document.sites, stand.document.devices, stand.document.doors)
        keys = DeviceKeys(stand.folder)
        known = {one.id: keys.known(one) for one in stand.document.devices if one.family == "uhppoted"}
        found = [one for one in devices(estate, 1, known=known) if isinstance(one, VendorDevice)]
        self.models: Mapping[str, VendorDevice] = {one.device.id: one for one in found}
        self._estate = estate
        accounts = load_device_principals(stand.broker_files.folder, stand.document.devices)
        self._links = {
            name: Link(model, (ADDRESS, stand.port), accounts[name]) for name, model in self.models.items()
        }
        for name in _AWAY:
            self._links[name].cut(_NEVER)
        self._loop = Loop(tuple(self._links.values()))
        self._todo: deque[Callable[[], None]] = deque()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="makers", daemon=True)

    def __enter__(self) -> Self:
        for model in self.models.values():
            model.boot(now_us())
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping = True
        self._loop.wake()
        self._thread.join()

    def pulses(self) -> Counter[str]:
        """Count releases so far, by door."""
        return Counter(
            self._estate.by_number[name, pulse.door].id
            for name, model in self.models.items()
            for pulse in list(model.relays.released)
        )

    def pass_through(self, door: str) -> None:
        """Let somebody open a door and close it, longer than a second later: some clocks know no less."""
        place = self._estate.doors[door]
        model = self.models[place.device]

        def go() -> None:
            model.event(Kind.DOOR_OPENED, now_us(), place.number)
            later = partial(model.event, Kind.DOOR_CLOSED, door=place.number)
            model.relays.later(place.number, "leaf", now_us() + 1_100_000, later)

        self._soon(go)

    def bring(self, device: str) -> None:
        """Give a device its network."""
        self._soon(lambda: self._links[device].cut(0))

    def _soon(self, act: Callable[[], None]) -> None:
        self._todo.append(act)
        self._loop.wake()

    def _run(self) -> None:
        while not self._stopping:
            ends = [one.relays.next_at for one in self.models.values()]
            due = [one for one in ends if one is not None]
            self._loop.turn(min(due, default=now_us() + LONGEST_WAIT_US), self._step)
        self._loop.close()

    def _step(self, now: int) -> None:
        while self._todo:
            self._todo.popleft()()
        for model in self.models.values():
            model.relays.pass_time(now)


@dataclass(kw_only=True)
class Hall(Desk):
    """A desk before other makers' devices, with an ear at the broker that hears what they are sent."""

    makers: Makers
    ear: Peer

    def sent_to(self, device: str) -> list[tuple[str, bytes]]:
        """Give the commands that a device was sent so far: topic and payload."""
        root = self.makers.models[device].device.topic
        heard = [one for one in list(self.ear.messages) if one.topic.startswith(f"{root}/")]
        return [(one.topic, bytes(one.payload)) for one in heard if not one.topic.endswith(_POLLED)]

    def send(self, *messages: tuple[str, bytes]) -> None:
        """Publish as our own sender, in this order."""
        with Wire(self.stand.account(COMMAND), COMMAND) as wire:
            assert wire.publish(messages) == len(messages)

    def verdict(self, act: str) -> list[tuple[str, str | None]]:
        """Give what the log tells of an act once it is over, beyond that it was asked for."""
        self.settle([act])
        return [one for one in self.steps(act) if one[0] != "requested"]


# What the poller of a site asks its gateway for.
_POLLED: Final = ("status:get", "control:set")


@contextmanager
def hall(folder: Path) -> Iterator[Hall]:
    """Start broker, ingest and devices, with the secrets that a gateway asks for, and stand before them."""
    with Stand(folder / "data", document()) as stand:
        keys = DeviceKeys(stand.folder)
        for name in (GATEWAY, f"away-{GATEWAY}"):
            keys.put(name, hotp=b"twenty bytes of hotp", signing=b"a phrase", card="8165537")
        stand.start_broker()
        stand.start_ingest()
        _, actor = enter(stand, "guard")
        account = load_principal(stand.broker_files.folder, DEMO)
        with Makers(stand) as makers, Peer(stand.demo_port, account, "ear").connect() as ear:
            # Not to those that are away, or somebody would listen there.
            ear.subscribe(*(one.topic for name in _PLACES for one in makers.models[name].ears))
            online = "SELECT count(*) FROM device_state WHERE online = 1"
            until(lambda: stand.count(online) == len(_PLACES), seconds=30)
            services = console(stand, stand.port)
            yield Hall(stand=stand, services=services, session=actor.session, makers=makers, ear=ear)
