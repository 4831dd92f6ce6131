"""A published Axis event as it lies in its payload, where every value is a string."""

import re
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Annotated, Final, TypeAlias

import msgspec
from msgspec import Meta

from connectors.devices.common import Moment, moment
from connectors.devices.listening import Heard
from connectors.devices.local_time import epoch_us
from connectors.payloads import shape
from core.errors import BadMessage
from core.leaf import EventKey
from core.model import Door

_NAMESPACE: Final = re.compile(r"(?:(?<=/)|^)(?:tns1|tnsaxis|onvif|axis):")
_encode = msgspec.json.Encoder(order="sorted").encode
_PLAIN_SERIAL: Final = re.compile(r"[^0-9A-Za-z]")
_YES: Final = frozenset({"1", "true", "active", "yes", "on"})
_NO: Final = frozenset({"0", "false", "inactive", "no", "off"})
_Values: TypeAlias = dict[str, Annotated[str, Meta(max_length=256)]]


class _Body(msgspec.Struct, frozen=True):
    source: _Values = {}
    key: _Values = {}
    data: _Values = {}


class _Payload(msgspec.Struct, frozen=True):
    topic: Annotated[str, Meta(max_length=256)]
    message: _Body
    timestamp: int | float | str | None = None
    serial: str | None = None


class Notification(msgspec.Struct, frozen=True):
    """An event with its topic free of namespaces, and who sent it."""

    heard: Heard
    topic: str
    source: Mapping[str, str]
    data: Mapping[str, str]
    when: Moment

    @property
    def key(self) -> EventKey | None:
        """Name what the event says: the same words of the same moment are the same event, come twice."""
        if self.when.told is None:
            return None
        content = _encode((self.topic, self.source, self.data))
        return EventKey("event/" + sha256(content).hexdigest()[:32], self.when.told)

    def said(self, name: str) -> str:
        """Give a value of the data; raises BadMessage where it is missing."""
        value = self.data.get(name)
        if value is None:
            raise BadMessage("wrong_shape", f"no {name}")
        return value

    def yes(self, name: str) -> bool:
        """Read a value of the data as yes or no; raises BadMessage for anything else."""
        word = self.said(name).lower()
        if word not in _YES | _NO:
            raise BadMessage("wrong_shape", f"{name} is neither yes nor no")
        return word in _YES

    def door(self, name: str) -> Door:
        """Find the door by the token that the source names so; raises BadMessage("unknown_door")."""
        names = _token_names(self.source.get(name, ""))
        found: Door | None = None
        for door in self.heard.estate.doors_of(self.heard.device.id):
            if not names.isdisjoint(_names(door.number)):
                if found is not None:
                    raise BadMessage("unknown_door", "of two doors")
                found = door
        if found is None:
            raise BadMessage("unknown_door")
        return found


def parts(door: Door) -> tuple[str, ...]:
    """Give everything by which the device knows the door, parted by dots: ports, relays, ends of tokens."""
    return tuple(door.number.split("."))


def read(source: Heard, value: Mapping[str, object]) -> Notification:
    """Read an event; raises BadMessage."""
    payload = shape(value, _Payload)
    told = None if payload.timestamp is None else epoch_us(payload.timestamp)
    return Notification(
        source,
        _plain_topic(payload.topic),
        payload.message.source,
        payload.message.data,
        moment(told, source.message),
    )


def plain_serial(serial: str) -> str:
    """Write a serial number, which is a MAC address, in one way."""
    return _PLAIN_SERIAL.sub("", serial).upper()


@lru_cache(maxsize=1024)
def _plain_topic(topic: str) -> str:
    return _NAMESPACE.sub("", topic)


@lru_cache(maxsize=1024)
def _token_names(token: str) -> frozenset[str]:
    return frozenset((token, token.rpartition(":")[2], token.rpartition(".")[2])) - {""}


@lru_cache(maxsize=4096)
def _names(number: str) -> frozenset[str]:
    return frozenset((number, *number.split("."))) - {""}
