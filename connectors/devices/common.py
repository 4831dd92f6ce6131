"""What every family writes alike: messages not understood, false identities, times, a vendor's event."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Final

from connectors.devices.family import Message
from connectors.masking import KEPT_TOPIC, masked_text, printable
from core.errors import BadMessage
from core.leaf import Draft, EventKey, Scalar
from core.model import Device, Door, Estate
from core.records import Kind
from core.reports import Item, Unclaimed
from core.times import DAY_US, SECOND_US, parse_iso_us, plausible_at

KEPT_US: Final = 7 * DAY_US
# A vendor's event that is older than this by its own clock is history: recorded, never a live alarm.
HISTORY_AFTER_US: Final = 30 * SECOND_US
# More than any serial number, host name or unique id has.
MAX_NAME: Final = 128
_NOT_BELIEVED: Final = frozenset({Kind.FEED_UNMAPPED, Kind.FEED_FORGED})
# Four characters of a number this short would be most of it.
_SHORT_NUMBER: Final = 6
# Clocks that lost their battery say 1970 or 2000: not history, only a clock that can't be right.
_CLOCKS_SET_SINCE_US: Final = parse_iso_us("2010-01-01T00:00:00Z")


@dataclass(frozen=True, slots=True)
class Moment:
    """When something happened (µs UTC) as far as the device can be believed, and whether that is history."""

    at: int
    history: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a vendor's event tells beside its kind; `private` alone may hold words of the device."""

    door: Door | None = None
    reason: str | None = None
    outcome: str | None = None
    refs: Mapping[str, Scalar] = field(default_factory=dict)
    private: Mapping[str, str] = field(default_factory=dict)
    key: EventKey | None = None


NO_FACTS: Final = Facts()


def device_time(text: str, received: int) -> int:
    """Read a device's time as µs UTC, or `received` where its clock can't be right; raises BadMessage."""
    try:
        return plausible_at(parse_iso_us(text), received)
    except (ValueError, OverflowError) as error:
        raise BadMessage("bad_time", str(error)) from error


def moment(told: int | None, message: Message, *, replayed: bool = False) -> Moment:
    """Judge a device's time (µs UTC, None where it tells none); what is retained or replayed is history."""
    aged = told is not None and _CLOCKS_SET_SINCE_US <= told < message.received - HISTORY_AFTER_US
    return Moment(plausible_at(told, message.received), replayed or message.retain or aged)


def vendor_event(
    message: Message, device: Device, kind: Kind, when: Moment, *, facts: Facts = NO_FACTS
) -> Draft:
    """Make the record of an event of a family that has no boots and sequence numbers."""
    return Draft(
        kind=kind,
        received=message.received,
        at=when.at,
        site=device.site,
        door=facts.door.id if facts.door else None,
        device=device.id,
        reason=facts.reason,
        outcome=facts.outcome,
        refs=facts.refs,
        private=facts.private,
        event_key=facts.key,
        backfilled=when.history,
    )


def unmapped(
    message: Message,
    device: Device | None,
    reason: str,
    key: EventKey | None = None,
    *,
    refs: Mapping[str, Scalar] | None = None,
) -> Draft:
    """Record a message that could not be understood; with `key` it counts once, however often it comes.

    A retained one is what was said once and is delivered at each connect: it proves no life.
    """
    return Draft(
        kind=Kind.FEED_UNMAPPED,
        received=message.received,
        site=device.site if device else None,
        device=device.id if device else None,
        reason=reason,
        refs=refs or {},
        private={"text": masked_text(message.topic, message.payload)},
        event_key=key or (retained_key(message) if message.retain else None),
        keep_until=message.received + KEPT_US,
        backfilled=message.retain,
    )


def forged(message: Message, device: Device, reason: str) -> Draft:
    """Record a message that contradicts its topic or the estate.

    It takes no place in a sequence: a false word must not stand where the true one is expected.
    """
    return Draft(
        kind=Kind.FEED_FORGED,
        received=message.received,
        site=device.site,
        device=device.id,
        reason=reason,
        private={"text": masked_text(message.topic, message.payload)},
        event_key=retained_key(message) if message.retain else None,
        keep_until=message.received + KEPT_US,
        backfilled=message.retain,
    )


def unclaimed(
    message: Message, family: str, name: str, *, title: str = "", topic: str = "", text: str = ""
) -> Unclaimed:
    """Tell of a device that the estate does not name, by what it calls itself.

    `topic` is where it speaks, if that is not the topic of the message; `text` must be masked already.
    """
    return Unclaimed(
        family=family,
        name=printable(name, MAX_NAME),
        topic=printable(topic or message.topic, KEPT_TOPIC),
        received=message.received,
        title=printable(title, MAX_NAME),
        text=text or masked_text(message.topic, message.payload),
        retained=message.retain,
    )


def retained_key(message: Message) -> EventKey:
    """Name a retained message by what it says, so that it counts once however often it is delivered."""
    digest = sha256(message.topic.encode("utf-8", "replace") + message.payload).hexdigest()
    return EventKey("retained/" + digest[:32], 1)


def zone_of(device: Device, estate: Estate) -> str:
    """Give the zone of a device's local times: its own, else its site's, else UTC."""
    site = estate.sites.get(device.site)
    return device.time_zone or (site.time_zone if site else "UTC")


def credential(kind: str, number: str) -> str:
    """Show a credential by the last four characters of its number, or fewer where it has less than seven.

    Unlike last_four it takes letters for part of the number, as cards written in hex have them.
    """
    known = number[:64]
    if not known.isalnum():
        known = "".join(character for character in known if character.isalnum())
    if not known:
        return kind
    shown = 4 if len(known) > _SHORT_NUMBER else len(known) // 2
    return f"{kind} ****{known[len(known) - shown :]}"


def conceal(items: tuple[Item, ...], message: Message, secret: re.Pattern[bytes]) -> tuple[Item, ...]:
    """Take out of what is kept of a message not understood the values that `secret` finds.

    Card numbers in hex look like any other word, so a family that has them names their fields (see `fields`).
    """
    if not any(map(_quotes, items)):
        return items
    text = concealed(message.topic, message.payload, secret)
    return tuple(_quoting(item, text) if _quotes(item) else item for item in items)


def concealed(topic: str, payload: bytes, secret: re.Pattern[bytes] | None) -> str:
    """Show what may be kept of a message: without secrets, numbers and the values that `secret` finds."""
    # A value that begins in what is kept may end behind it: all of it is found before it is cut.
    return masked_text(topic, payload if secret is None else secret.sub(rb"\1***", payload))


def _quotes(item: Item) -> bool:
    return isinstance(item, Unclaimed) or (isinstance(item, Draft) and item.kind in _NOT_BELIEVED)


def _quoting(item: Item, text: str) -> Item:
    if isinstance(item, Draft):
        return replace(item, private={"text": text})
    return replace(item, text=text) if isinstance(item, Unclaimed) else item


def fields(*names: str) -> re.Pattern[bytes]:
    """Make the pattern that finds the values of these fields in JSON, whole or damaged.

    Where a value is no plain one, all that follows it counts as part of it.
    """
    listed = "|".join(re.escape(name) for name in names)
    return re.compile(
        rf"""(["']?(?:{listed})["']?\s*+:\s*+)(?:"(?:[^"\\]|\\.)*+"?+|[\[{{].*+|[^,}}]++)""".encode(),
        re.IGNORECASE | re.DOTALL,
    )
