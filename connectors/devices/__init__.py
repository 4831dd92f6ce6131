"""Device families, one folder each; adding one is a folder and a line in the table."""

from typing import Final

from connectors.devices import (
    axis,
    dahua,
    doorbird,
    esprfid,
    frigate,
    gatehouse,
    hikvision,
    homeassistant,
    nuki,
    shelly,
    tasmota,
    uhppoted,
    unifi,
    zigbee2mqtt,
)
from connectors.devices.common import unclaimed
from connectors.devices.family import Family, Message
from connectors.devices.memory import Memory
from connectors.devices.routes import Routes
from core.model import Device, Estate
from core.reports import Item, Unclaimed

FAMILIES: Final[dict[str, Family]] = {
    "gatehouse": gatehouse.FAMILY,
    "shelly": shelly.FAMILY,
    "tasmota": tasmota.FAMILY,
    "zigbee2mqtt": zigbee2mqtt.FAMILY,
    "nuki": nuki.FAMILY,
    "uhppoted": uhppoted.FAMILY,
    "dahua": dahua.FAMILY,
    "hikvision": hikvision.FAMILY,
    "unifi": unifi.FAMILY,
    "frigate": frigate.FAMILY,
    "axis": axis.FAMILY,
    "homeassistant": homeassistant.FAMILY,
    "esprfid": esprfid.FAMILY,
    "doorbird": doorbird.FAMILY,
}
_routes: Final = Routes(FAMILIES.values())
# Enough levels of an unknown topic to tell who speaks, and few enough that it is the same with each message.
_LEVELS: Final = 3


def filters(estate: Estate) -> tuple[str, ...]:
    """Give every topic filter that ingest subscribes to for this estate, each once."""
    return tuple(dict.fromkeys(one for family in FAMILIES.values() for one in family.filters(estate)))


def read(message: Message, estate: Estate) -> tuple[Item, ...]:
    """Read a message by the family its topic belongs to; never raises, whatever the bytes."""
    items = _routes.read(message, estate)
    return _met(message, estate) if items is None else items


def backfill_request(device: Device, boot: str, first: int, last: int) -> tuple[str, bytes] | None:
    """Ask a device, in its own family's words, for events first..last of a boot."""
    family = FAMILIES.get(device.family)
    return None if family is None else family.backfill_request(device, boot, first, last)


def _met(message: Message, estate: Estate) -> tuple[Item, ...]:
    """Ask whose topic it would be, only now: it may be that of a device that the estate has in any family."""
    for family in FAMILIES.values():
        items = family.meet(message, estate)
        if items is not None:
            return items
    return (_nobodys(message),)


def _nobodys(message: Message) -> Unclaimed:
    """Take the beginning of a topic that no family knows for who speaks."""
    return unclaimed(message, "", "/".join(message.topic.split("/", _LEVELS)[:_LEVELS]))


__all__ = ["FAMILIES", "Family", "Memory", "Message", "backfill_request", "filters", "read"]
