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
from core.commands import LIVES_US, Command, Keys, Order, Verb
from core.errors import CommandImpossible
from core.model import Device, Door, Estate
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
# What stands for any act, and for any keys, where nothing but the topic is of interest.
_NO_ACT: Final = "0" * 26
_ANY_KEYS: Final = Keys(signing=b"0", hotp=b"0", card="1", counter=1)


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


def order(device: Device, door: Door, command: Command, keys: Keys, *, estate: Estate) -> Order:
    """Write what asks a device to act at a door, in its own family's words; raises CommandImpossible."""
    family = FAMILIES.get(device.family)
    if family is None:
        raise CommandImpossible("takes_no_commands", "Nobody knows the words of this device.")
    if door.device != device.id:
        raise CommandImpossible("no_relay", "Another device serves this door.")
    return family.order(device, door, command, keys, estate)


def command_topics(estate: Estate) -> tuple[str, ...]:
    """Name every topic on which a device of the estate can be asked for something, each once."""
    asked = (_topic_of(door, verb, estate) for door in estate.doors.values() for verb in Verb)
    return tuple(dict.fromkeys(topic for topic in asked if topic))


def _topic_of(door: Door, verb: Verb, estate: Estate) -> str:
    command = Command(act=_NO_ACT, verb=verb, issued=0, expires=LIVES_US, seconds=1, until=LIVES_US)
    device = estate.devices.get(door.device)
    try:
        return order(device, door, command, _ANY_KEYS, estate=estate).topic if device else ""
    except CommandImpossible:
        return ""


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


__all__ = [
    "FAMILIES",
    "Family",
    "Memory",
    "Message",
    "backfill_request",
    "command_topics",
    "filters",
    "order",
    "read",
]
