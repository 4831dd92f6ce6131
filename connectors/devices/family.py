"""What every device family gives: how to read its messages and how to ask it again.

A family is pure and total: for any topic and any bytes it answers with items, never with an exception.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from connectors.devices.rights import BELOW_TOPIC, Rights
from core.model import Device, Estate
from core.reports import Item


@dataclass(frozen=True, slots=True)
class Message:
    """One MQTT publication as it came; `retain` is the broker's flag, `received` µs UTC."""

    topic: str
    payload: bytes
    retain: bool
    received: int


class Answer(StrEnum):
    """How good a device's answer to an unlock is (DESIGN, section 5)."""

    ACK = "ack"
    RESULT_NO_ID = "result-no-id"
    STATE_ONLY = "state-only"
    NONE = "none"


class Clock(StrEnum):
    """What the times in its messages mean."""

    UTC = "utc"
    LOCAL = "local"
    NONE = "none"


class Trust(StrEnum):
    """What vouches for the sender: the broker's ACL for this device, a gateway for all its own, nobody."""

    OWN_ACL = "own_acl"
    SHARED_GATEWAY = "shared_gateway"
    ANONYMOUS_BRIDGE = "anonymous_bridge"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a family can tell; `dedupe` says what makes an event the same, empty where nothing does."""

    call: bool
    door_sensor: bool
    heartbeat: bool
    dedupe: str
    clock: Clock
    unlock: Answer
    trust: Trust


Read: TypeAlias = Callable[[Message, Estate], tuple[Item, ...] | None]
Ask: TypeAlias = Callable[[Device, str, int, int], tuple[str, bytes] | None]
Listen: TypeAlias = Callable[[Estate], tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """The words of one kind of device.

    `filters` are the MQTT topic filters to subscribe to for an estate; `parse` reads a message, or answers
    None when its topic is not this family's; `backfill_request` writes (topic, payload) that asks for events
    first..last of a boot, or None when the family can't be asked. `rights` are for the embedded broker.
    """

    name: str
    capabilities: Capabilities
    filters: Listen
    parse: Read
    backfill_request: Ask
    rights: Rights = BELOW_TOPIC


def never_asked(_device: Device, _boot: str, _first: int, _last: int) -> None:
    """Answer for families that keep no events to replay."""
