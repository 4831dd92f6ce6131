"""Runs an estate's devices against a broker until told to stop."""

import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from types import MappingProxyType
from typing import Final, TypeAlias

from connectors.mqtt.principals import Principal
from connectors.simulator.device import NativeDevice
from connectors.simulator.families import vendor_device
from connectors.simulator.life import Life
from connectors.simulator.link import Link
from connectors.simulator.loop import LONGEST_WAIT_US, Loop, now_us
from connectors.simulator.spool import Key
from connectors.simulator.vendor import VendorDevice
from core.commands import Keys
from core.model import Estate

NATIVE: Final = "gatehouse"
# The one family whose simulator asks us for proofs that its makers thought out.
PROVED: Final = "uhppoted"
_SEED: Final = 1
Simulated: TypeAlias = NativeDevice | VendorDevice


@dataclass(frozen=True, slots=True, kw_only=True)
class Flash:
    """What devices keep without power: by which number their last boots ended, and the keys they obey.

    `known` is what gateways of other makers know us by; its counter is the last number that they have seen.
    """

    boots: Mapping[str, Key] = field(default_factory=dict)
    keys: Mapping[str, Sequence[bytes]] = field(default_factory=dict, repr=False)
    known: Mapping[str, Keys] = field(default_factory=dict, repr=False)


class _Hands:
    """Does to links what life asks for; belongs to the loop's thread."""

    def __init__(self, links: Mapping[str, Link]) -> None:
        self._links = links

    def cut(self, device: str, until: int) -> None:
        self._links[device].cut(until)

    def restart(self, device: str, until: int) -> None:
        link = self._links[device]
        link.cut(until)
        link.model.boot(now_us())


def run(
    address: tuple[str, int],
    credentials: Mapping[str, Principal],
    estate: Estate,
    stop: threading.Event,
    *,
    speed: float = 1.0,
    flash: Flash | None = None,
    still: Collection[str] = (),
) -> None:
    """Play life at every device of the estate; `credentials` are by device id.

    Who is let in by a command goes in. Those in `still` are connected and obey, but nobody passes there and
    nothing happens to them by itself. Devices without
    credentials stay dark, as do those of families that have no simulator. Returns within half a second of
    `stop` being set.
    """
    kept = flash or Flash()
    models = [one for one in devices(estate, _SEED, kept.keys, kept.known) if one.device.id in credentials]
    links = {one.device.id: Link(one, address, credentials[one.device.id]) for one in models}
    for model in models:
        if isinstance(model, NativeDevice) and model.device.id in kept.boots:
            model.spool.remember(*kept.boots[model.device.id])
        model.boot(now_us())
    life = Life(estate.sites, models, _Hands(links), seed=_SEED, now=now_us(), speed=speed, still=still)
    loop = Loop(tuple(links.values()))

    def step(now: int) -> None:
        for model in models:
            model.relays.pass_time(now)
            for pulse in model.relays.fresh():
                life.let_in(model.device.id, pulse.door, pulse.at)
        life.step(now)

    try:
        while not stop.is_set():
            ends = (life.next_at, *(model.relays.next_at for model in models))
            loop.turn(min((one for one in ends if one is not None), default=now_us() + LONGEST_WAIT_US), step)
    finally:
        loop.close()


def devices(
    estate: Estate,
    seed: int,
    keys: Mapping[str, Sequence[bytes]] = MappingProxyType({}),
    known: Mapping[str, Keys] = MappingProxyType({}),
) -> Iterator[Simulated]:
    """Make every device of an estate; what one of another maker draws by lot depends on nobody else."""
    shared = Random(seed)  # noqa: S311 - a story, no secret
    for device in estate.devices.values():
        if device.family == NATIVE:
            yield NativeDevice(device, estate.doors_of(device.id), shared, keys=keys.get(device.id, ()))
            continue
        own = Random(f"{seed} {device.id}")  # noqa: S311 - a story, no secret
        made = vendor_device(device, estate, own, known.get(device.id, Keys()))
        if made is not None:
            yield made
