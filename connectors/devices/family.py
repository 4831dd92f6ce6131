"""What every device family gives: how to read its messages and how to ask it again.

A family is pure and total: for any topic and any bytes it answers with items, never with an exception.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

import msgspec

from connectors.devices.ordering import Put, refusing
from connectors.devices.rights import BELOW_TOPIC, Rights
from core.capabilities import Answer, Capabilities, Clock, Trust
from core.model import Device, Estate
from core.reports import Item


class Message(msgspec.Struct, frozen=True):
    """One MQTT publication as it came; `retain` is the broker's flag, `received` µs UTC.

    `said` is what was said last on each topic that its family has named as making sense only together.
    """

    topic: str
    payload: bytes
    retain: bool
    received: int
    said: Mapping[str, bytes] | None = None


Read: TypeAlias = Callable[[Message, Estate], tuple[Item, ...] | None]
Ask: TypeAlias = Callable[[Device, str, int, int], tuple[str, bytes] | None]
Listen: TypeAlias = Callable[[Estate], tuple[str, ...]]


def nobody(_message: Message, _estate: Estate) -> None:
    """Answer for families that have no topics of their own before somebody sets them."""


def nothing(_estate: Estate) -> tuple[str, ...]:
    """Answer for families whose every message makes sense by itself."""
    return ()


NO_ORDERS: Final = refusing("Devices of this family can't be asked for anything yet.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """The words of one kind of device.

    `filters` are the MQTT topic filters to subscribe to for an estate; `parse` reads a message, or answers
    None when its topic is not this family's; `backfill_request` writes (topic, payload) that asks for events
    first..last of a boot, or None when the family can't be asked. `rights` are for the embedded broker.
    `secret` finds values that nobody may see in what is kept of a message, beside the numbers and passwords
    that are masked everywhere: cards in hex, names (see `common.fields`). `meet` is asked when no family has
    read a message: it tells who has spoken on topics that are the family's as its devices come, or None.
    `together` names the topics whose last words a message needs beside its own (see `memory`).
    `order` writes what asks a device to act at a door, or raises CommandImpossible; `counts` says that it
    needs a number that was used for nothing before.
    """

    name: str
    capabilities: Capabilities
    filters: Listen
    parse: Read
    backfill_request: Ask
    rights: Rights = BELOW_TOPIC
    meet: Read = nobody
    secret: re.Pattern[bytes] | None = None
    together: Listen = nothing
    order: Put = NO_ORDERS
    counts: bool = False


def never_asked(_device: Device, _boot: str, _first: int, _last: int) -> None:
    """Answer for families that keep no events to replay."""


__all__ = ["Answer", "Capabilities", "Clock", "Family", "Message", "Trust", "never_asked"]
