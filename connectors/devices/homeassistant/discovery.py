"""Discovery: what an entity says of itself, as text for the person who puts it into the estate.

A config never changes how a message is read. Anybody who may write below `homeassistant/` could otherwise
turn "unlocked" into "locked", or point a door at another topic.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from connectors.devices.common import retained_key, unclaimed, unmapped
from connectors.devices.family import Message
from connectors.devices.homeassistant.bindings import Role
from connectors.masking import masked_word
from connectors.payloads import read_object
from core.errors import BadMessage
from core.model import Estate
from core.reports import Item, Unclaimed

NAME: Final = "homeassistant"
FILTERS: Final = ("homeassistant/+/+/config", "homeassistant/+/+/+/config")
_CONFIG: Final = re.compile(r"homeassistant/(?P<component>[^/]+)/(?:[^/]+/)?[^/]+/config\Z")
_SHOWN: Final = 600
_MOST: Final = 64
_NUMBER: Final = re.compile(r"[A-Za-z0-9_:-]{1,64}\Z")
# The only template that is understood; any other is code, and is never run.
_TEMPLATE: Final = re.compile(r"\{\{ ?value_json\.(?P<field>[A-Za-z_]\w{0,31}) ?\}\}\Z", re.ASCII)
_LONG: Final = {
    "avty": "availability",
    "avty_mode": "availability_mode",
    "avty_t": "availability_topic",
    "cmps": "components",
    "dev": "device",
    "dev_cla": "device_class",
    "mdl": "model",
    "p": "platform",
    "pl_avail": "payload_available",
    "pl_not_avail": "payload_not_available",
    "pl_off": "payload_off",
    "pl_on": "payload_on",
    "stat_locked": "state_locked",
    "stat_t": "state_topic",
    "stat_unlocked": "state_unlocked",
    "t": "topic",
    "uniq_id": "unique_id",
    "val_tpl": "value_template",
}
_SENSORS: Final = {
    "door": Role.OPEN,
    "garage_door": Role.OPEN,
    "opening": Role.OPEN,
    "lock": Role.UNLOCKED,
    "tamper": Role.TAMPER,
}
_COMPONENTS: Final = frozenset({"lock", "event", "binary_sensor", "device"})
_USUAL: Final = {
    "payload_available": "online",
    "payload_not_available": "offline",
    "payload_off": "OFF",
    "payload_on": "ON",
    "state_locked": "LOCKED",
    "state_unlocked": "UNLOCKED",
}
_MODES: Final = ("all", "any", "latest")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A lock, bell or sensor of a door as it describes itself; `odd` is what of it can't be read.

    `device` is the name and model of what it is a part of.
    """

    role: Role
    name: str
    id: str
    device: str
    topic: str
    field: str = ""
    availability: tuple[str, ...] = ()
    mode: str = "latest"
    odd: tuple[str, ...] = ()


def is_config(topic: str) -> bool:
    """Tell the topics of configs, which are no state of anything."""
    return _CONFIG.match(topic) is not None


def discovered(message: Message, estate: Estate) -> tuple[Item, ...] | None:
    """Tell of the entities of a config that no device of the estate has; None where it is no config."""
    found = _CONFIG.match(message.topic)
    if found is None:
        return None
    if not message.payload or found["component"] not in _COMPONENTS:
        return ()
    try:
        entities = tuple(_entities(found["component"], _expanded(read_object(message.payload))))
    except BadMessage as error:
        return (unmapped(message, None, error.reason, retained_key(message)),)
    return tuple(_stranger(message, one) for one in entities if not _claimed(one, estate))


def _claimed(entity: Entity, estate: Estate) -> bool:
    """Whether some device of any family speaks at or above the entity's topic."""
    topics = {device.topic for device in estate.devices.values() if device.topic}
    return any(entity.topic == topic or entity.topic.startswith(f"{topic}/") for topic in topics)


def _stranger(message: Message, entity: Entity) -> Unclaimed:
    """Name an entity by its unique id, or else by where it speaks, which is what has to be claimed."""
    field = f"::{entity.field}" if entity.field else ""
    return unclaimed(
        message,
        NAME,
        entity.id or f"{entity.topic}{field}-{entity.role}",
        title=masked_word(", ".join(filter(None, (entity.name, entity.device)))),
        topic=entity.topic,
        text=masked_word(_told(entity), _SHOWN),
    )


def _told(entity: Entity) -> str:
    head, _, last = entity.topic.rpartition("/")
    number = f"{last}::{entity.field}-{entity.role}" if entity.field else f"{last}-{entity.role}"
    seen = ", ".join(entity.availability)
    parts = [f"{entity.role} '{entity.name}' at {entity.topic}"]
    if seen:
        parts.append(f"available ({entity.mode}) by {seen}")
    odd = (
        entity.odd if head and _NUMBER.match(number) else (*entity.odd, "its topic fits no number of a door")
    )
    parts.append("; ".join(odd) if odd else f'topic = "{head}", number = "{number}"')
    return "; ".join(parts)


def _entities(component: str, config: Mapping[str, object]) -> Iterator[Entity]:
    if component != "device":
        one = _entity(component, config)
        yield from () if one is None else (one,)
        return
    parts = config.get("components")
    if not isinstance(parts, dict) or len(parts) > _MOST:
        raise BadMessage("wrong_shape", "no components")
    common = ("availability", "payload", "device")
    shared = {name: value for name, value in config.items() if name.startswith(common)}
    for part in parts.values():
        if isinstance(part, dict):
            whole = _expanded({**shared, "~": config.get("~", ""), **part})
            yield from _entities(str(whole.get("platform")), whole) if "components" not in whole else ()


def _entity(component: str, config: Mapping[str, object]) -> Entity | None:
    role = _role(component, config.get("device_class"))
    topic = config.get("state_topic")
    if role is None:
        return None
    if not isinstance(topic, str) or not topic:
        raise BadMessage("wrong_shape", "no state topic: its state is only ever assumed")
    template = config.get("value_template")
    field = _TEMPLATE.match(template) if isinstance(template, str) else None
    mode = config.get("availability_mode", "latest")
    return Entity(
        role=role,
        name=str(config.get("name") or config.get("unique_id") or ""),
        id=_word(config.get("unique_id")),
        device=_device(config.get("device")),
        topic=topic,
        field=field["field"] if field else "",
        availability=tuple(_availability(config)),
        mode=mode if mode in _MODES else "latest",
        odd=tuple(_odd(config, understood=template is None or field is not None)),
    )


def _device(told: object) -> str:
    if not isinstance(told, dict):
        return ""
    return " ".join(filter(None, (_word(_long(told).get(name)) for name in ("name", "model"))))


def _word(value: object) -> str:
    return value if isinstance(value, str) else ""


def _role(component: str, device_class: object) -> Role | None:
    if component == "lock":
        return Role.LOCK
    if component == "event" and device_class == "doorbell":
        return Role.BELL
    if component == "binary_sensor" and isinstance(device_class, str):
        return _SENSORS.get(device_class)
    return None


def _availability(config: Mapping[str, object]) -> Iterator[str]:
    topic = config.get("availability_topic")
    if isinstance(topic, str):
        yield topic
    listed = config.get("availability")
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict) and isinstance(one.get("topic"), str):
            yield str(one["topic"])


def _odd(config: Mapping[str, object], *, understood: bool) -> Iterator[str]:
    if not understood:
        yield "its template is code, which is never run"
    for name, usual in _USUAL.items():
        word = config.get(name, usual)
        if not isinstance(word, str) or word.casefold() != usual.casefold():
            yield f"it has a {name} of its own"


def _expanded(config: Mapping[str, object]) -> dict[str, object]:
    """Write abbreviations out and put the base topic for "~", as Home Assistant does."""
    long = _long(config)
    base = long.pop("~", "")
    listed = long.get("availability")
    if isinstance(listed, list):
        long["availability"] = [_based(_long(one), base) for one in listed if isinstance(one, dict)]
    return {**_based(long, base), **({"~": base} if "components" in long else {})}


def _long(config: Mapping[str, object]) -> dict[str, object]:
    return {_LONG.get(name, name): value for name, value in config.items()}


def _based(config: Mapping[str, object], base: object) -> dict[str, object]:
    return {name: _topic(value, base) if name.endswith("topic") else value for name, value in config.items()}


def _topic(value: object, base: object) -> object:
    if not isinstance(value, str) or not isinstance(base, str) or not base:
        return value
    if value.startswith("~"):
        return base + value[1:]
    return value[:-1] + base if value.endswith("~") else value
