"""What every family writes alike: messages not understood, false identities, times, a vendor's event."""

import re
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Final

import msgspec
from msgspec import structs

from connectors.devices.family import Message, Read
from connectors.masking import KEPT_TOPIC, masked_text, plain_words, printable
from core.clocks import HISTORY_AFTER_US
from core.errors import BadMessage
from core.leaf import Draft, EventKey, Scalar
from core.model import Device, Door, Estate
from core.records import NOT_BELIEVED, Kind
from core.reports import Item, Unclaimed
from core.retention import RAW_US
from core.times import parse_iso_us, plausible_at

# More than any serial number, host name or unique id has.
MAX_NAME: Final = 128
# Four characters of a number this short would be most of it.
_SHORT_NUMBER: Final = 6
# Clocks that lost their battery say 1970 or 2000: not history, only a clock that can't be right.
_CLOCKS_SET_SINCE_US: Final = parse_iso_us("2010-01-01T00:00:00Z")


class Moment(msgspec.Struct, frozen=True):
    """When something happened (µs UTC) as far as the device can be believed, and whether that is history.

    `told` is what its clock said; `by_age`: nothing but that says whether it is history.
    """

    at: int
    history: bool
    told: int | None = None
    by_age: bool = False


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What a vendor's event tells beside its kind; `private` alone may hold words of the device."""

    door: Door | None = None
    reason: str | None = None
    outcome: str | None = None
    refs: Mapping[str, Scalar] = msgspec.field(default_factory=dict)
    private: Mapping[str, str] = msgspec.field(default_factory=dict)
    key: EventKey | None = None


NO_FACTS: Final = Facts()


def told_us(text: str) -> int:
    """Read a device's time as µs UTC, however wrong its clock is; raises BadMessage."""
    try:
        return parse_iso_us(text)
    except (ValueError, OverflowError) as error:
        raise BadMessage("bad_time", str(error)) from error


def moment(told: int | None, message: Message, *, replayed: bool = False) -> Moment:
    """Judge a device's time (µs UTC, None where it tells none); what is retained or replayed is history.

    Of the rest, age alone makes history: the store, which knows how far each clock is off, judges it again.
    """
    past = replayed or message.retain
    if told is None:
        return Moment(message.received, past)
    aged = _CLOCKS_SET_SINCE_US <= told < message.received - HISTORY_AFTER_US
    return Moment(plausible_at(told, message.received), past or aged, told, not past)


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
        private=plain_words(facts.private) if facts.private else facts.private,
        event_key=facts.key,
        backfilled=when.history,
        told=when.told,
        by_age=when.by_age,
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
        keep_until=message.received + RAW_US,
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
        keep_until=message.received + RAW_US,
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


def concealing(parse: Read, secret: re.Pattern[bytes]) -> Read:
    """Take out of what a family keeps of a message not understood the values that `secret` finds.

    Card numbers in hex look like any other word, so a family that has them names their fields (see `fields`).
    """

    def read(message: Message, estate: Estate) -> tuple[Item, ...] | None:
        items = parse(message, estate)
        for item in items or ():
            if _quotes(item):
                return tuple(_concealed(one, secret) if _quotes(one) else one for one in items or ())
        return items

    return read


def conceal(text: str, secret: re.Pattern[bytes] | None) -> str:
    """Take the values that a family's `secret` finds out of a masked text, which may be cut anywhere."""
    if secret is None:
        return text
    return secret.sub(rb"\1***", text.encode("utf-8", "replace")).decode("utf-8", "replace")


def _quotes(item: Item) -> bool:
    if isinstance(item, Draft):
        return item.kind in NOT_BELIEVED
    return isinstance(item, Unclaimed)


def _concealed(item: Item, secret: re.Pattern[bytes]) -> Item:
    if isinstance(item, Draft):
        return structs.replace(
            item, private={**item.private, "text": conceal(item.private.get("text", ""), secret)}
        )
    return replace(item, text=conceal(item.text, secret)) if isinstance(item, Unclaimed) else item


def fields(*names: str) -> re.Pattern[bytes]:
    """Make the pattern that finds the values of these fields in JSON, whole or damaged.

    Where a value is no plain one, all that follows it counts as part of it.
    """
    listed = "|".join(re.escape(name) for name in names)
    return re.compile(
        rf"""(["']?(?:{listed})["']?\s*+:\s*+)(?:"(?:[^"\\]|\\.)*+"?+|[\[{{].*+|[^,}}]++)""".encode(),
        re.IGNORECASE | re.DOTALL,
    )
