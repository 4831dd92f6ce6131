"""What each device said last, as it came: kept in memory, masked only when it is written down.

Adding is on the way of every message, so it does next to nothing; `due` does the work for a few devices at
a time. Pure, and one thread's own.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, TypeAlias

from connectors.devices import FAMILIES, Message
from connectors.devices.common import conceal
from connectors.masking import KEPT_BYTES, KEPT_TOPIC, masked_text, printable
from core.leaf import Draft
from core.model import Device, Estate
from core.records import NOT_BELIEVED
from core.reports import (
    BackfillReport,
    CallReport,
    CommandReply,
    DoorReport,
    Item,
    LastWords,
    StatusReport,
    Word,
)

KEPT: Final = 10
# Masking takes up to a millisecond for a device with ten long words.
MOST_AT_ONCE: Final = 16
MOST_DEVICES: Final = 2_000
_MOST_WITHOUT_ITEMS: Final = 200
LIMITED: Final = "limited"
NOTHING: Final = "nothing"
_REPORTS: Final = {
    StatusReport: "status",
    DoorReport: "state",
    CallReport: "call",
    BackfillReport: "backfill",
    CommandReply: "answer",
}
# When, where, what, and what became of it.
_Raw: TypeAlias = tuple[int, str, bytes, str]


class Words:
    """The last words of every device."""

    def __init__(self) -> None:
        """Start with none."""
        self._said: dict[str, deque[_Raw]] = {}
        self._dirty: dict[str, None] = {}
        # What became nothing names no device: whose it was is found when there is time.
        self._unnamed: deque[_Raw] = deque(maxlen=_MOST_WITHOUT_ITEMS)

    def add(self, message: Message, items: Sequence[Item], *, limited: bool = False) -> None:
        """Take a message in, with what it was read as; `limited` where it is not recorded by itself."""
        if len(items) == 1:
            item = items[0]
            device = getattr(item, "device", None)
            if device:
                self._keep(device, _raw(message, LIMITED if limited else _verdict(item)))
            return
        self._add_many(message, items, limited=limited)

    def _add_many(self, message: Message, items: Sequence[Item], *, limited: bool) -> None:
        if not items:
            self._unnamed.append(_raw(message, NOTHING))
            return
        verdicts: dict[str, dict[str, None]] = {}
        for item in items:
            device = getattr(item, "device", None)
            if device:
                verdicts.setdefault(device, {})[_verdict(item)] = None
        for device, told in verdicts.items():
            self._keep(device, _raw(message, LIMITED if limited else ", ".join(told)))

    def _keep(self, device: str, raw: _Raw) -> None:
        said = self._said.get(device)
        if said is None:
            said = self._said[device] = deque(maxlen=KEPT)
            if len(self._said) > MOST_DEVICES:
                forgotten = next(iter(self._said))
                del self._said[forgotten]
                self._dirty.pop(forgotten, None)
        said.append(raw)
        self._dirty[device] = None

    def due(self, estate: Estate, most: int = MOST_AT_ONCE) -> tuple[LastWords, ...]:
        """Give what is to be written down now, masked; those who wait longest first, `most` at a time."""
        self._name(estate)
        found: list[LastWords] = []
        while self._dirty and len(found) < most:
            name = next(iter(self._dirty))
            del self._dirty[name]
            device = estate.devices.get(name)
            if device is None:
                # It has left the estate, and with it goes what it said.
                del self._said[name]
                continue
            said = self._said[name]
            words = tuple(_masked(device, raw) for raw in said)
            found.append(LastWords(device=name, at=said[-1][0], words=words))
        return tuple(found)

    def _name(self, estate: Estate) -> None:
        while self._unnamed:
            raw = self._unnamed.popleft()
            for device in _at(estate, raw[1]):
                self._keep(device.id, raw)


def _raw(message: Message, verdict: str) -> _Raw:
    return message.received, message.topic[:KEPT_TOPIC], message.payload[:KEPT_BYTES], verdict


def _verdict(item: Item) -> str:
    if isinstance(item, Draft):
        if item.kind in NOT_BELIEVED:
            return f"{item.kind}: {item.reason}"
        return item.kind.value
    return _REPORTS.get(type(item), NOTHING)


def _masked(device: Device, raw: _Raw) -> Word:
    at, topic, payload, verdict = raw
    family = FAMILIES.get(device.family)
    text = conceal(masked_text(topic, payload), family.secret if family else None)
    return Word(at=at, topic=printable(topic, KEPT_TOPIC), text=text, verdict=verdict)


def _at(estate: Estate, topic: str) -> Iterable[Device]:
    """Find the one device of a family that speaks at or above a topic; behind a gateway it could be any."""
    return (found[0] for found in _under(estate, topic) if len(found) == 1)


def _under(estate: Estate, topic: str) -> Iterator[Sequence[Device]]:
    levels = topic.split("/")
    native = estate.devices.get(levels[3]) if levels[:2] == ["gatehouse", "v1"] and levels[3:] else None
    if native is not None and native.site == levels[2]:
        yield (native,)
    for family in FAMILIES:
        devices, _ = estate.under(family, topic)
        # What has no topic in the estate is under none.
        yield tuple(one for one in devices if one.topic)
