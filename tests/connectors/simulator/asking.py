"""Devices of other makers that are asked for something in their family's own words, without a broker."""

from collections.abc import Iterable

from connectors.devices import order
from connectors.simulator.simulation import devices
from connectors.simulator.speaking import Publication
from connectors.simulator.vendor import VendorDevice
from core.commands import Command, Keys, Order, Verb
from core.model import Device, Door, Estate, Site
from core.reports import CommandReply, Item
from core.times import SECOND_US, parse_iso_us
from tests.connectors.simulator.demo import understood

NOW = parse_iso_us("2026-11-24T09:00:00.000Z")
ACT = "01jdbz9x0c5v7r3kq2m8n4p6ta"
SITE = Site(id="berlin", name="Berlin", time_zone="Europe/Berlin")
NO_KEYS = Keys()


def placed(family: str, topic: str, *numbers: str, serial: str = "") -> Estate:
    """Give an estate of one device, with a door for each of its numbers: door-0, door-1."""
    device = Device(id="it", site="berlin", family=family, topic=topic, serial=serial, heartbeat_s=0)
    doors = [
        Door(id=f"door-{place}", site="berlin", device="it", number=number, name=f"Door {place}")
        for place, number in enumerate(numbers)
    ]
    return Estate.of([SITE], [device], doors)


def connected(estate: Estate, known: Keys = NO_KEYS) -> VendorDevice:
    """Make the device, which has just connected."""
    (model,) = devices(estate, 1, known={"it": known})
    assert isinstance(model, VendorDevice)
    model.boot(NOW - SECOND_US)
    list(model.hello(NOW))
    return model


def ordered(
    estate: Estate,
    door: str = "door-0",
    verb: Verb = Verb.UNLOCK,
    keys: Keys = NO_KEYS,
    *,
    seconds: int = 5,
    command: Command | None = None,
) -> Order:
    """Write what our side sends."""
    usual = Command(act=ACT, verb=verb, issued=NOW, expires=NOW + 5 * SECOND_US, seconds=seconds)
    return order(estate.devices["it"], estate.doors[door], command or usual, keys, estate=estate)


def heard(model: VendorDevice, topic: str, payload: bytes, at: int = NOW) -> list[Publication]:
    """Let the broker deliver a message, and give all that the device says to it."""
    assert any(_fits(one.topic, topic) for one in model.ears), "it does not listen there"
    return [*model.command(topic, payload, at), *model.offers(100)]


def told(model: VendorDevice, estate: Estate, asked: Order, at: int = NOW) -> list[Item]:
    """Let it hear an order, and read what it says as ingest would."""
    return understood(heard(model, asked.topic, asked.payload, at), estate, at)


def later(model: VendorDevice, estate: Estate, seconds: float) -> list[Item]:
    """Let time pass, and read what the device says by then."""
    at = NOW + int(seconds * SECOND_US)
    model.relays.pass_time(at)
    return understood(model.offers(100), estate, at)


def replies(items: Iterable[Item]) -> list[tuple[str, str, str]]:
    """Give the device's answers: act, result, and why."""
    found = [one for one in items if isinstance(one, CommandReply)]
    return [(one.act or "", str(one.result), one.reason or "") for one in found]


def _fits(ear: str, topic: str) -> bool:
    return topic == ear or (ear.endswith("/#") and topic.startswith(ear[:-1]))
