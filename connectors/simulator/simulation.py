"""Runs an estate's devices against a broker until told to stop."""

import threading
from collections.abc import Mapping
from random import Random

from connectors.mqtt.principals import Principal
from connectors.simulator.device import NativeDevice
from connectors.simulator.life import Life
from connectors.simulator.link import Link
from connectors.simulator.loop import LONGEST_WAIT_US, Loop, now_us
from core.model import Estate

FAMILY = "gatehouse"


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
) -> None:
    """Play life at every native device of the estate; `credentials` are by device id.

    Returns within half a second of `stop` being set. Devices without credentials stay dark.
    """
    random = Random(seed)  # noqa: S311 - a story, no secret
    links = {
        device.id: Link(
            NativeDevice(device, estate.doors_of(device.id), random), address, credentials[device.id]
        )
        for device in estate.devices.values()
        if device.family == FAMILY and device.id in credentials
    }
    models = [link.model for link in links.values()]
    for model in models:
        model.boot(now_us())
    life = Life(estate.sites, models, _Hands(links), seed=seed, now=now_us(), speed=speed)
    loop = Loop(tuple(links.values()))
    try:
        while not stop.is_set():
            due = life.next_at
            loop.turn(now_us() + LONGEST_WAIT_US if due is None else due, life.step)
    finally:
        loop.close()
