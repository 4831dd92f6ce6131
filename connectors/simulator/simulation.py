"""Runs an estate's devices against a broker until told to stop."""

import threading
from collections.abc import Iterator, Mapping
from random import Random
from typing import Final, TypeAlias

from connectors.mqtt.principals import Principal
from connectors.simulator.device import NativeDevice
from connectors.simulator.families import vendor_device
from connectors.simulator.life import Life
from connectors.simulator.link import Link
from connectors.simulator.loop import LONGEST_WAIT_US, Loop, now_us
from connectors.simulator.spool import Key
from connectors.simulator.vendor import VendorDevice
from core.model import Estate

NATIVE: Final = "gatehouse"
Simulated: TypeAlias = NativeDevice | VendorDevice


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
    seed: int = 1,
    speed: float = 1.0,
    remembered: Mapping[str, Key] | None = None,
) -> None:
    """Play life at every device of the estate; `credentials` are by device id.

    `remembered` tells by which number devices' last boots ended. Returns within half a second of `stop` being
    set. Devices without credentials stay dark, as do those of families that have no simulator.
    """
    models = [one for one in devices(estate, seed) if one.device.id in credentials]
    links = {one.device.id: Link(one, address, credentials[one.device.id]) for one in models}
    for model in models:
        if remembered and isinstance(model, NativeDevice) and model.device.id in remembered:
            model.spool.remember(*remembered[model.device.id])
        model.boot(now_us())
    life = Life(estate.sites, models, _Hands(links), seed=seed, now=now_us(), speed=speed)
    loop = Loop(tuple(links.values()))
    try:
        while not stop.is_set():
            due = life.next_at
            loop.turn(now_us() + LONGEST_WAIT_US if due is None else due, life.step)
    finally:
        loop.close()


def devices(estate: Estate, seed: int) -> Iterator[Simulated]:
    """Make every device of an estate; what one of another maker draws by lot depends on nobody else."""
    shared = Random(seed)  # noqa: S311 - a story, no secret
    for device in estate.devices.values():
        if device.family == NATIVE:
            yield NativeDevice(device, estate.doors_of(device.id), shared)
            continue
        own = Random(f"{seed} {device.id}")  # noqa: S311 - a story, no secret
        made = vendor_device(device, estate, own)
        if made is not None:
            yield made
