"""What every device family gives: how to read its messages and how to ask it again.

A family is pure and total: for any topic and any bytes it answers with items, never with an exception.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from core.model import Device, Estate
from core.reports import Item


@dataclass(frozen=True, slots=True)
class Message:
    """One MQTT publication as it came; `retain` is the broker's flag, `received` µs UTC."""

    topic: str
    payload: bytes
    retain: bool
    received: int


Read: TypeAlias = Callable[[Message, Device | None, Estate], tuple[Item, ...]]
Ask: TypeAlias = Callable[[Device, str, int, int], tuple[str, bytes] | None]
Address: TypeAlias = Callable[[str], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """The words of one kind of device.

    `filters` are the MQTT topic filters to subscribe to; `address` names the device a topic belongs to,
    or None when the topic is not this family's; `parse` reads a message of that device (None: not in the
    estate); `backfill_request` writes (topic, payload) that asks for events first..last of a boot, or
    None when the family can't be asked.
    """

    name: str
    filters: tuple[str, ...]
    address: Address
    parse: Read
    backfill_request: Ask
