"""Locks and contacts that a bridge has and the estate has not: its list, and whoever joins later."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from connectors.devices.common import retained_key, unclaimed, unmapped
from connectors.devices.family import Message
from connectors.devices.listening import topics
from connectors.devices.wiring import parts
from connectors.masking import masked_text
from connectors.payloads import read_object
from core.errors import BadMessage
from core.model import Estate
from core.reports import Item

NAME: Final = "zigbee2mqtt"
# The base topic as it comes.
BASE: Final = "zigbee2mqtt"
_LIST: Final = f"{BASE}/bridge/devices"
_NEWS: Final = f"{BASE}/bridge/event"
DISCOVERY: Final = (_LIST, _NEWS)
_MOST: Final = 200
# What a device exposes that has something to say of a door.
_AT_DOORS: Final = frozenset({"lock", "lock_state", "contact", "door_state"})


def meet(message: Message, estate: Estate) -> tuple[Item, ...] | None:
    """Tell of the devices of a bridge at the base topic as it comes that the estate does not have."""
    if message.topic not in DISCOVERY:
        return None
    if not message.payload:
        return ()
    try:
        found = _listed(message.payload) if message.topic == _LIST else _joined(message.payload)
    except BadMessage as error:
        return (unmapped(message, None, error.reason, retained_key(message)),)
    return tuple(_strangers(message, found, estate))


def _listed(payload: bytes) -> Iterable[object]:
    """Read a JSON list as strictly as an object: in a box, in which nothing else may be."""
    boxed = read_object(b'{"devices":' + payload + b"}")
    listed = boxed.get("devices")
    if len(boxed) != 1 or not isinstance(listed, list):
        raise BadMessage("wrong_shape", "no list of devices")
    return listed[:_MOST]


def _joined(payload: bytes) -> Iterable[object]:
    """Take a device once its interview has told what it is."""
    news = read_object(payload)
    return [news.get("data")] if news.get("type") == "device_interview" else []


def _strangers(message: Message, found: Iterable[object], estate: Estate) -> Iterator[Item]:
    known = set(_known(estate))
    for one in found:
        if not isinstance(one, dict) or not isinstance(one.get("definition"), dict):
            continue
        about, name = one["definition"], _word(one, "friendly_name")
        address = _word(one, "ieee_address") or name
        if not name or {name, address} & known or not _at_a_door(about):
            continue
        title = " ".join(filter(None, (_word(about, "vendor"), _word(about, "model"))))
        # The whole list would tell of others: what is kept is about this one.
        said = json.dumps({"friendly_name": name, "ieee_address": address, **_short(about)}).encode()
        text = masked_text(message.topic, said)
        yield unclaimed(message, NAME, address, title=title, topic=f"{BASE}/{name}", text=text)


def _known(estate: Estate) -> Iterator[str]:
    """Give every name and address under which the estate has a device or a part of a gateway."""
    for device in topics(estate, NAME):
        yield from (device.topic.removeprefix(f"{BASE}/"), device.serial)
        yield from parts(estate, device.id)


def _at_a_door(about: Mapping[str, object]) -> bool:
    exposes = about.get("exposes")
    return any(
        isinstance(one, dict) and not _AT_DOORS.isdisjoint((_word(one, "type"), _word(one, "name")))
        for one in (exposes if isinstance(exposes, list) else ())
    )


def _short(about: Mapping[str, object]) -> dict[str, str]:
    return {name: _word(about, name) for name in ("vendor", "model", "description")}


def _word(told: Mapping[str, object], name: str) -> str:
    word = told.get(name)
    return word if isinstance(word, str) else ""
