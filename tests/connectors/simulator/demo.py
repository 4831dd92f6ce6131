"""The demo's estate as the connectors see it, and what its devices say as their families read it."""

import tomllib
from collections.abc import Iterable

from paho.mqtt.client import topic_matches_sub

from connectors.devices import Message, filters, read
from connectors.simulator.device import NativeDevice
from connectors.simulator.estate import DEMO_ESTATE
from connectors.simulator.speaking import Publication
from core.leaf import Draft
from core.model import Device, Door, Estate, Site
from core.reports import Item


def demo_estate() -> Estate:
    """Build the estate from its document, without the store."""
    tables = tomllib.loads(DEMO_ESTATE)
    return Estate.of(
        [Site(**one) for one in tables["sites"]],
        [Device(**one) for one in tables["devices"]],
        [Door(**one) for one in tables["doors"]],
    )


def replayed(model: NativeDevice, estate: Estate, received: int) -> list[Draft]:
    """Read every event of the current boot as if it had just come."""
    found = []
    for seq in range(1, model.spool.seq + 1):
        payload = model.spool.get((model.spool.boot, seq))
        assert payload is not None
        (item,) = read(Message(f"{model.root}/event", payload, retain=False, received=received), estate)
        assert isinstance(item, Draft)
        found.append(item)
    return found


def understood(publications: Iterable[Publication], estate: Estate, received: int) -> list[Item]:
    """Read what was published as ingest gets it while it happens."""
    listened = filters(estate)
    return [
        item
        for one in publications
        if any(topic_matches_sub(topic, one.topic) for topic in listened)
        for item in read(Message(one.topic, one.payload, retain=False, received=received), estate)
    ]
