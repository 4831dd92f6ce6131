"""Tasmota's stat and tele topics to items of the log: pure, and total over all bytes."""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Final

from connectors.devices.bells import call
from connectors.devices.common import (
    Facts,
    concealing,
    fields,
    forged,
    retained_key,
    unclaimed,
    unmapped,
    zone_of,
)
from connectors.devices.family import Answer, Capabilities, Clock, Family, Message, Trust, never_asked
from connectors.devices.listening import Heard, Reader, apart, heard, online_words, plain, topics
from connectors.devices.local_time import local_us
from connectors.devices.rights import Rights, grantable
from connectors.devices.routes import remembered
from connectors.devices.tasmota.commands import order
from connectors.devices.tasmota.topics import CMND, PLACE, full_topic
from connectors.devices.wiring import EXIT, PRESSED, contact, relay, wired
from connectors.payloads import read_object
from core.calls import CallState
from core.errors import BadMessage
from core.model import Device, Door, Estate
from core.records import Kind
from core.reports import Item

NAME: Final = "tasmota"
# Where devices announce themselves (SetOption19 0), retained.
DISCOVERY: Final = "tasmota/discovery/+/config"
_ANNOUNCED: Final = re.compile(r"tasmota/discovery/(?P<mac>[^/]+)/config\Z")
_TOPIC: Final = "%topic%"
# What a tag's or remote control's reader on the board sends.
_SECRETS: Final = fields("UID", "Data")
_STAT: Final = "stat"
_TELE: Final = "tele"
# What the device says of itself without being asked, and what it says of its parts.
_TELE_PATHS: Final = ("LWT", "STATE", "SENSOR")
_RELAY: Final = re.compile(r"POWER\d{0,2}\Z", re.ASCII)
_LONE: Final = re.compile(r"[A-Za-z]+1?\Z", re.ASCII)
_PART: Final = re.compile(r"(?:POWER|Switch|Button)\d{0,2}\Z", re.ASCII)
_BUTTON_TOPIC: Final = re.compile(r"(?P<kind>BUTTON|SWITCH)(?P<number>\d{0,2})\Z", re.ASCII)
_STATUS: Final = re.compile(r"STATUS\d{0,2}\Z", re.ASCII)
_STATES: Final = {"ON": True, "OFF": False}
_PRESSES: Final = frozenset({"ON", "TOGGLE", "HOLD", "SINGLE", "DOUBLE", "TRIPLE", "QUAD", "PENTA"})
_RELEASES: Final = frozenset({"OFF", "CLEAR"})
# No FullTopic is longer (100 characters), and a stranger's may be endless.
_MAX_LEVELS: Final = 50


def filters(estate: Estate) -> tuple[str, ...]:
    """Listen to everything under stat, and under tele to what tells of doors; never to cmnd."""
    return (*(one for device in topics(estate, NAME) for one in _filters(full_topic(device))), DISCOVERY)


def _filters(full: str) -> tuple[str, ...]:
    tele = full.replace(PLACE, _TELE)
    return (*(f"{tele}/{path}" for path in _TELE_PATHS), f"{full.replace(PLACE, _STAT)}/+")


def parse(message: Message, estate: Estate) -> tuple[Item, ...] | None:
    """Read one message of a Tasmota, wherever its FullTopic has the prefix."""
    found = _listener(message.topic, estate)
    return None if found is None else heard(message, found[0], estate, found[1])


@remembered
def _listener(topic: str, estate: Estate) -> tuple[tuple[Device, ...], Reader] | None:
    for prefix, devices, path in _speakers(topic, estate):
        if prefix == _STAT and path and "/" not in path:
            return devices, partial(_stat, path=path)
        if prefix == _TELE and path in _TELE_PATHS:
            return devices, partial(_tele, path=path)
    return None


def meet(message: Message, estate: Estate) -> tuple[Item, ...] | None:
    """Tell of a device that announces itself: its MAC, and the topic to write down."""
    announced = _ANNOUNCED.match(message.topic)
    if announced is None or not message.payload:
        return None if announced is None else ()
    try:
        told = read_object(message.payload)
    except BadMessage as error:
        return (unmapped(message, None, error.reason, retained_key(message)),)
    full, topic = (_word(told, name) for name in ("ft", "t"))
    place = full.replace(_TOPIC, topic).strip("/")
    place = topic if place == f"{PLACE}/{topic}" else place or topic
    if any(place in {one.topic, full_topic(one)} for one in topics(estate, NAME)):
        return ()
    title = " ".join(filter(None, (_word(told, "dn"), _word(told, "md"))))
    return (unclaimed(message, NAME, announced["mac"], title=title, topic=place),)


def _word(told: Mapping[str, object], name: str) -> str:
    word = told.get(name)
    return word if isinstance(word, str) else ""


def _speakers(topic: str, estate: Estate) -> Iterator[tuple[str, tuple[Device, ...], str]]:
    """Find who may have spoken, for each place where the topic has a prefix."""
    levels = topic.split("/", _MAX_LEVELS)
    for place, level in enumerate(levels):
        if level in {_STAT, _TELE} and len(levels) <= _MAX_LEVELS:
            for full in _full_topics(levels, place):
                devices, path = estate.under(NAME, full)
                if devices:
                    yield level, devices, path


def _full_topics(levels: list[str], place: int) -> Iterator[str]:
    """Write the topic as the estate may have it: with the token, or without where the prefix comes first."""
    yield "/".join([*levels[:place], PLACE, *levels[place + 1 :]])
    if place == 0:
        yield "/".join(levels[1:])


def _tele(source: Heard, path: str) -> tuple[Item, ...]:
    if path == "LWT":
        return _presence(source)
    return _parts(source, _object(source)) if source.message.payload else ()


def _stat(source: Heard, path: str) -> tuple[Item, ...]:
    if not source.message.payload:
        return ()
    if path == "RESULT":
        return _parts(source, _object(source))
    if _RELAY.match(path):
        return _power(source, path, plain(source.message.payload), None)
    button = _BUTTON_TOPIC.match(path)
    if button:
        return _part(source, button["kind"].capitalize() + button["number"], _object(source), None)
    if _STATUS.match(path):
        return _status(source, _object(source))
    raise BadMessage("unknown_topic")


def _object(source: Heard) -> Mapping[str, object]:
    return read_object(source.message.payload)


def _status(source: Heard, value: Mapping[str, object]) -> tuple[Item, ...]:
    """Read the answer to `Status`: who it is, and the same states as telemetry has, one level down."""
    who = value.get("StatusMQT")
    name = who.get("MqttClient") if isinstance(who, dict) else None
    if source.device.serial and name not in (None, source.device.serial):
        return (forged(source.message, source.device, "device_mismatch"),)
    below = [value.get(name) for name in ("StatusSNS", "StatusSTS")]
    return tuple(item for one in below if isinstance(one, dict) for item in _parts(source, one))


def _parts(source: Heard, value: Mapping[str, object]) -> tuple[Item, ...]:
    """Read every relay, switch and button that a JSON message tells of; the rest is about no door."""
    at = _time(source, value.get("Time"))

    def read(name: str, told: object) -> tuple[Item, ...]:
        return (_power if name.startswith("POWER") else _part)(source, name, told, at)

    return apart(source, [one for one in value.items() if _PART.match(one[0])], read)


def _doors(source: Heard, name: str) -> tuple[tuple[Door, str], ...]:
    """Find the doors of a part; the only one of its kind goes with or without the number 1."""
    found = wired(source.estate, source.device.id, name)
    if found:
        return found
    other = f"{name}1" if name[-1:].isalpha() else name.removesuffix("1")
    return wired(source.estate, source.device.id, other) if _LONE.match(name) else ()


def _power(source: Heard, name: str, told: object, at: int | None) -> tuple[Item, ...]:
    doors = _doors(source, name)
    on = _STATES.get(told) if isinstance(told, str) else None
    if doors and on is None:
        raise BadMessage("wrong_shape", "a relay that is neither ON nor OFF")
    return tuple([source.report(door, relay(role, on=bool(on)), at) for door, role in doors])


def _part(source: Heard, name: str, told: object, at: int | None) -> tuple[Item, ...]:
    """Read a switch or button: an action if it comes in a box, else a state."""
    doors = _doors(source, name)
    if not doors:
        return ()
    action = isinstance(told, dict)
    word = told.get("Action", told.get("ACTION")) if isinstance(told, dict) else told
    if not isinstance(word, str):
        raise BadMessage("wrong_shape", "no word")
    items: list[Item] = []
    for door, role in doors:
        if role not in PRESSED and not name.startswith("Button"):
            items.append(source.report(door, contact(role, on=_state(word)), at))
        elif action and _is_press(source, word):
            items.append(_pressed(source, door, role))
    return tuple(items)


def _pressed(source: Heard, door: Door, role: str) -> Item:
    if role == EXIT:
        return source.event(Kind.EXIT_REQUESTED, Facts(door=door))
    return call(source, door, CallState.RINGING)


def _state(word: str) -> bool:
    if word not in _STATES:
        raise BadMessage("unknown_kind", "a contact that is neither ON nor OFF")
    return _STATES[word]


def _is_press(source: Heard, word: str) -> bool:
    """Tell a press from a release; a retained one is a picture of the past that rings no bell."""
    if word in _RELEASES:
        return False
    if word not in _PRESSES:
        raise BadMessage("unknown_kind", word)
    if source.message.retain:
        raise BadMessage("wrong_shape", "a press that is retained")
    return True


def _time(source: Heard, told: object) -> int | None:
    if told is None:
        return None
    if not isinstance(told, str):
        raise BadMessage("bad_time", "no text")
    return local_us(told, zone_of(source.device, source.estate), near=source.message.received)


_presence: Final = online_words({"Online": True, "Offline": False})


def _own(device: Device) -> tuple[str, ...]:
    """Let a device say what lies under its stat and tele, and hear its commands."""
    full = full_topic(device) if device.topic else ""
    rights = (("write", _STAT), ("write", _TELE), ("read", CMND))
    places = ((right, full.replace(PLACE, prefix)) for right, prefix in rights)
    return tuple(f"{right} {place}/#" for right, place in places if grantable(place))


FAMILY: Final = Family(
    name=NAME,
    capabilities=Capabilities(
        call=True,
        door_sensor=True,
        heartbeat=True,
        dedupe="one open call a door",
        clock=Clock.LOCAL,
        unlock=Answer.STATE_ONLY,
        trust=Trust.OWN_ACL,
    ),
    filters=filters,
    parse=concealing(parse, _SECRETS),
    meet=concealing(meet, _SECRETS),
    secret=_SECRETS,
    backfill_request=never_asked,
    order=order,
    rights=Rights(own=_own),
)
